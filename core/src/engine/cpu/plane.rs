//! Feature maps into padded planes and back.

use super::Real;
use super::frame::Frame;

/// Reader of a channel: `(x − mean) · scale + shift`, followed by a ReLU if the operation has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel<T> {
    pub(super) mean: T,
    /// 1/σ.
    pub(super) inverse: T,
    /// γ/σ.
    pub(super) scale: T,
    pub(super) shift: T,
}

impl<T: Real> Channel<T> {
    pub(super) const PLAIN: Self = Self { mean: T::ZERO, inverse: T::ONE, scale: T::ONE, shift: T::ZERO };

    #[inline(always)]
    pub(super) fn value(&self, x: T) -> T {
        (x - self.mean) * self.scale + self.shift
    }
}

/// Reads a stretch of a channel.
#[inline(always)]
pub(super) fn read<T: Real>(out: &mut [T], x: &[T], channel: &Channel<T>, relu: bool) {
    if relu {
        out.iter_mut().zip(x).for_each(|(out, &x)| {
            let value = channel.value(x);
            *out = if value > T::ZERO { value } else { T::ZERO };
        });
    } else {
        out.iter_mut().zip(x).for_each(|(out, &x)| *out = channel.value(x));
    }
}

/// Applies the ReLU mask to a gradient (or a tangent): zero where the input of the ReLU is not positive.
#[inline(always)]
pub(super) fn relu_masked<T: Real>(gradient: &mut [T], x: &[T], channel: &Channel<T>) {
    gradient.iter_mut().zip(x).for_each(|(gradient, &x)| {
        *gradient = if channel.value(x) > T::ZERO { *gradient } else { T::ZERO };
    });
}

/// Copies numbers through the ReLU mask of a value without a norm.
#[inline(always)]
pub(super) fn masked_by<T: Real>(out: &mut [T], numbers: &[T], x: &[T]) {
    out.iter_mut().zip(numbers).zip(x).for_each(|((out, &number), &x)| {
        *out = if x > T::ZERO { number } else { T::ZERO };
    });
}

/// Adds a gradient, through the ReLU mask if there is a ReLU, to that of a value without a norm.
#[inline(always)]
pub(super) fn add_masked<T: Real>(to: &mut [T], gradient: &[T], x: &[T], relu: bool) {
    if relu {
        to.iter_mut().zip(gradient).zip(x).for_each(|((to, &gradient), &x)| {
            *to += if x > T::ZERO { gradient } else { T::ZERO };
        });
    } else {
        to.iter_mut().zip(gradient).for_each(|(to, &gradient)| *to += gradient);
    }
}

/// Copies a short row in pieces of constant size, since a copy of variable size is a call, which is expensive in a
/// browser.
#[inline(always)]
pub(super) fn copy<T: Real>(to: &mut [T], from: &[T]) {
    let (to, from) = pieces::<T, 8>(to, from);
    let (to, from) = pieces::<T, 4>(to, from);
    let (to, from) = pieces::<T, 2>(to, from);
    pieces::<T, 1>(to, from);
}

#[inline(always)]
fn pieces<'a, T: Real, const N: usize>(to: &'a mut [T], from: &'a [T]) -> (&'a mut [T], &'a [T]) {
    let (to, to_rest) = to.as_chunks_mut::<N>();
    let (from, from_rest) = from.as_chunks::<N>();
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    (to_rest, from_rest)
}

/// Copies a channel into a plane that holds `padding` elsewhere.
#[inline(always)]
pub(super) fn pad<T: Real>(plane: &mut [T], x: &[T], frame: &Frame, padding: T) {
    let (images, mut gaps) = (frame.images, Gaps::new(plane, padding));
    for phase in &frame.phases {
        for (row, runs) in x.chunks_exact(frame.input[1] * images).zip(&phase.rows) {
            let [Some(run), _] = runs else { continue };
            let place = gaps.run(phase.start + run.place, run.count * images);
            let row = &row[run.first..];
            if run.step == 1 {
                copy(place, &row[..run.count * images]);
            } else if images == 1 {
                place.iter_mut().zip(row.iter().step_by(run.step)).for_each(|(to, from)| *to = *from);
            } else {
                place.chunks_exact_mut(images).zip(row.chunks(run.step * images)).for_each(|(to, from)| {
                    copy(to, &from[..images]);
                });
            }
        }
    }
    gaps.close();
}

/// Plane that is written run by run, and the padding between its runs.
struct Gaps<'a, T> {
    plane: &'a mut [T],
    padding: [T; SHORT],
    /// End of the last run.
    end: usize,
}

/// Longest gap that is copied rather than filled: a fill is a call.
const SHORT: usize = 16;

impl<'a, T: Real> Gaps<'a, T> {
    /// True if all is filled at once, since many short fills are expensive in a browser.
    const AT_ONCE: bool = cfg!(target_family = "wasm");

    #[inline(always)]
    fn new(plane: &'a mut [T], padding: T) -> Self {
        if Self::AT_ONCE {
            plane.fill(padding);
        }
        Self { plane, padding: [padding; SHORT], end: 0 }
    }

    /// Fills the gap before a run, and returns the run.
    #[inline(always)]
    fn run(&mut self, start: usize, count: usize) -> &mut [T] {
        if !Self::AT_ONCE {
            let gap = &mut self.plane[self.end..start];
            match self.padding.get(..gap.len()) {
                Some(padding) => copy(gap, padding),
                None => gap.fill(self.padding[0]),
            }
        }
        self.end = start + count;
        &mut self.plane[start..start + count]
    }

    /// Fills what follows the last run.
    #[inline(always)]
    fn close(self) {
        if !Self::AT_ONCE {
            self.plane[self.end..].fill(self.padding[0]);
        }
    }
}

/// Copies the gradient of one phase, in rows of the pitch, to the pixels of that phase.
#[inline(always)]
pub(super) fn spread<T: Real>(x: &mut [T], rows: &[T], frame: &Frame, phase: usize) {
    let (phase, images) = (&frame.phases[phase], frame.images);
    for (y, row) in x.chunks_exact_mut(frame.input[1] * images).enumerate() {
        let [_, Some(run)] = phase.rows[y] else { continue };
        let place = &rows[run.place..][..run.count * images];
        let row = &mut row[run.first..];
        if run.step == 1 {
            copy(&mut row[..run.count * images], place);
        } else if images == 1 {
            row.iter_mut().step_by(run.step).zip(place).for_each(|(to, from)| *to = *from);
        } else {
            row.chunks_mut(run.step * images).zip(place.chunks_exact(images)).for_each(|(to, from)| {
                copy(&mut to[..images], from);
            });
        }
    }
}

/// Copies the gradients of a channel of the output into their plane.
#[inline(always)]
pub(super) fn pad_gradient<T: Real>(plane: &mut [T], d: &[T], frame: &Frame) {
    let (width, mut gaps) = (frame.width(), Gaps::new(plane, T::ZERO));
    for (row, d) in d.chunks_exact(width).enumerate() {
        copy(gaps.run(frame.d_start + row * frame.pitch, width), d);
    }
    gaps.close();
}

/// Copies rows of the pitch to rows of the output's width.
#[inline(always)]
pub(super) fn compact<T: Real>(out: &mut [T], rows: &[T], frame: &Frame) {
    let width = frame.width();
    for (out, row) in out.chunks_exact_mut(width).zip(rows.chunks(frame.pitch)) {
        copy(out, &row[..width]);
    }
}
