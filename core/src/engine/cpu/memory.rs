//! Memory of training on batches of one shape, known before anything is allocated: the buffers of a step are gone through
//! in the order in which the passes take and release them.

use super::component::{Component, Pair};
use super::context::Layout;
use super::conv::winograd::{Grid, POINTS};
use super::group::{Moments, Slope};
use super::pass::Cut;
use super::product::SLACK;
use super::stage::Shard;
use crate::engine::{Plan, Training};
use crate::graph::{Concat, Conv, IMAGE, Pool, PoolKind, Primitive, Sum, ValueId};

/// Returns the bytes of the engine's state and buffers, with numbers of `number` bytes.
pub(in crate::engine) fn bytes(plan: &Plan, training: Training, number: u64) -> u64 {
    let Training { shape: [batch, _, height, width], tangent, saves } = training;
    let cut = Cut::of(plan, training.shape);
    let layout = Layout::new(plan, [height, width], &[cut.each]);
    let groups = wide(cut.groups);
    let numbers = of_values(plan, &layout, tangent);
    let states = if saves { 6 } else { 4 };
    let of_shards = wide(cut.shards()).saturating_mul(wide(plan.weights) + scratch(plan, &layout, cut.each, tangent));
    let all = numbers
        .saturating_mul(wide(batch))
        .saturating_add(wide(plan.weights).saturating_mul(states))
        .saturating_add(of_shards)
        .saturating_add(packed(plan, &layout));
    let normalized = size_of::<[Moments; 2]>() + size_of::<Slope>();
    let heads = 7 * size_of::<Vec<f32>>() * plan.values().len() + normalized * plan.normalized;
    let tags = argmax(plan, &layout).saturating_mul(wide(batch));
    all.saturating_mul(number)
        .saturating_add(tags)
        .saturating_add(groups.saturating_mul(wide(heads)))
        .saturating_add(wide(cut.shards() * size_of::<Shard<f32>>()))
}

fn wide(number: usize) -> u64 {
    number as u64
}

/// Returns the numbers of a value for each image.
fn length(plan: &Plan, layout: &Layout, value: ValueId) -> u64 {
    wide(plan.values()[value].channels).saturating_mul(wide(layout.pixels(value)))
}

/// Returns the numbers of all feature maps, tangents and gradients for each image.
fn of_values(plan: &Plan, layout: &Layout, tangent: bool) -> u64 {
    let lengths: Vec<u64> = (0..plan.values().len()).map(|value| length(plan, layout, value)).collect();
    let maps: u64 = lengths.iter().fold(0, |sum, &length| sum.saturating_add(length));
    let tangents = (0..lengths.len()).filter(|&value| tangent && !plan.schedule.fixed[value]);
    let tangents = tangents.fold(0_u64, |sum, value| sum.saturating_add(lengths[value]));
    let mut gradients = Gradients::new(plan, lengths);
    // The second step finds the buffers of the first in another order.
    for _ in 0..2 {
        gradients.clear();
        gradients.backward(Component::Primal, Needs { all: false, keep: false });
        gradients.clear();
        gradients.backward(Component::Primal, Needs { all: true, keep: tangent });
        if tangent {
            gradients.backward(Component::Tangent, Needs { all: true, keep: false });
        }
    }
    maps.saturating_add(tangents).saturating_add(gradients.total)
}

/// Choices of a backward pass.
#[derive(Clone, Copy)]
struct Needs {
    /// True if the gradients of values that depend on no operation weight are needed, too.
    all: bool,
    /// True if the gradients stay for a tangent.
    keep: bool,
}

/// Buffers of gradients by their lengths, as a group of images has them.
struct Gradients<'a> {
    plan: &'a Plan,
    lengths: Vec<u64>,
    held: Pair<Vec<u64>>,
    before: Vec<u64>,
    free: Vec<u64>,
    total: u64,
}

impl<'a> Gradients<'a> {
    fn new(plan: &'a Plan, lengths: Vec<u64>) -> Self {
        let none = vec![0; lengths.len()];
        Self { plan, before: none.clone(), held: Pair::both(none), lengths, free: Vec::new(), total: 0 }
    }

    /// Returns a buffer, the smallest free one that is long enough.
    fn buffer(&mut self, length: u64) -> u64 {
        let fits = self.free.iter().enumerate().filter(|(_, free)| **free >= length);
        if let Some(at) = fits.min_by_key(|(_, free)| **free).map(|(at, _)| at) {
            return self.free.swap_remove(at);
        }
        self.total = self.total.saturating_add(length);
        length
    }

    fn take(&mut self, component: Component, value: ValueId) {
        if self.held[component][value] == 0 {
            self.held[component][value] = self.buffer(self.lengths[value]);
        }
    }

    fn release(&mut self, component: Component, value: ValueId) {
        let gradient = std::mem::take(&mut self.held[component][value]);
        let before = if component == Component::Primal { std::mem::take(&mut self.before[value]) } else { 0 };
        self.free.extend([gradient, before].into_iter().filter(|&length| length > 0));
    }

    fn clear(&mut self) {
        for component in [Component::Primal, Component::Tangent] {
            (0..self.lengths.len()).for_each(|value| self.release(component, value));
        }
    }

    fn backward(&mut self, component: Component, needs: Needs) {
        let plan = self.plan;
        let needed = |value: ValueId| value != IMAGE && (needs.all || !plan.schedule.fixed[value]);
        plan.schedule.sinks.iter().for_each(|&sink| self.take(component, sink));
        for stage in &plan.schedule.backward {
            for (&at, release) in stage.steps.iter().zip(&stage.release) {
                let mut ends = !needs.keep;
                match &plan.operations()[at] {
                    Primitive::Conv(Conv { x, y, .. }) | Primitive::Pool(Pool { x, y, .. }) => {
                        let source = plan.schedule.source[*y].map_or(*y, |(sum, _)| sum);
                        if self.held[component][source] > 0 && needed(*y) && needed(*x) {
                            self.take(component, *x);
                        }
                    }
                    Primitive::Noise(_) => {}
                    Primitive::Sum(Sum { terms, y, .. }) => {
                        self.keep_before(component, *y, needs);
                        let plain = terms.iter().filter(|(x, _)| plan.values()[*x].norm.is_none() && needed(*x));
                        plain.for_each(|&(x, _)| self.take(component, x));
                    }
                    Primitive::Concat(Concat { parts, y }) => {
                        self.keep_before(component, *y, needs);
                        if self.held[component][*y] > 0 {
                            parts.iter().filter(|part| needed(part.x)).for_each(|part| self.take(component, part.x));
                        }
                        ends |= plan.values()[*y].norm.is_none();
                    }
                }
                if ends {
                    for &value in release {
                        self.release(component, value);
                    }
                }
            }
        }
    }

    /// Takes the copy of a normalized sum's gradient that a tangent reads.
    fn keep_before(&mut self, component: Component, value: ValueId, needs: Needs) {
        let held = self.held[component][value];
        if needs.keep && held > 0 && self.plan.values()[value].norm.is_some() {
            self.before[value] = self.buffer(self.lengths[value]);
        }
    }
}

/// Returns the winning taps of all max pools for each image, a byte each.
fn argmax(plan: &Plan, layout: &Layout) -> u64 {
    let pools = plan.operations().iter().filter_map(|step| match step {
        Primitive::Pool(Pool { kind: PoolKind::Max, y, .. }) => Some(length(plan, layout, *y)),
        _ => None,
    });
    pools.fold(0, u64::saturating_add)
}

/// Returns the numbers of the packed weights of all convolutions, forward and backward.
fn packed(plan: &Plan, layout: &Layout) -> u64 {
    let dense = plan.operations().iter().enumerate().filter_map(|(at, step)| match step {
        Primitive::Conv(conv) => {
            let taps = if layout.is_transformed(at) { POINTS } else { conv.dense.window.taps() };
            let taps = wide(taps);
            Some(wide(conv.rows).saturating_mul(wide(plan.values()[conv.x].channels)).saturating_mul(2 * taps))
        }
        _ => None,
    });
    dense.fold(0, u64::saturating_add)
}

/// Returns the numbers of the buffers that the operations of a shard share, for groups of `images`.
fn scratch(plan: &Plan, layout: &Layout, images: usize, tangent: bool) -> u64 {
    let (mut planes, mut middle, mut d, mut d_middle, mut d_planes, mut rows) = (0, 0, 0, 0, 0, 0);
    let mut tiles = [0; 8];
    for (at, step) in plan.operations().iter().enumerate() {
        let Primitive::Conv(conv) = step else { continue };
        if let Some(grid) = Grid::of(plan, conv, layout.sizes[conv.x], images) {
            let channels = [plan.values()[conv.x].channels, conv.rows];
            tiles.iter_mut().zip(grid.buffers(channels)).for_each(|(most, numbers)| *most = wide(numbers).max(*most));
            continue;
        }
        let frame = layout.frames.get(&images).and_then(|frames| frames[at].as_ref());
        let Some(frame) = frame else { continue };
        let channels = wide(plan.values()[conv.x].channels);
        let [input, output] = [conv.x, conv.y].map(|value| wide(images * layout.pixels(value)));
        let stride = output + wide(SLACK);
        let most = |of: &mut u64, numbers: u64| *of = (*of).max(numbers);
        most(&mut d, wide(conv.rows).saturating_mul(stride));
        if conv.depthwise.is_some() || frame.is_plain() {
            most(&mut middle, channels.saturating_mul(stride));
            most(&mut d_middle, channels.saturating_mul(stride));
        }
        if !frame.is_plain() {
            most(&mut planes, channels.saturating_mul(wide(frame.x_stride())));
        }
        if conv.depthwise.is_none() && !frame.is_plain() {
            most(&mut d_middle, channels.saturating_mul(input));
            most(&mut d_planes, wide(conv.rows).saturating_mul(wide(frame.d_stride())));
            if frame.rows().is_none() {
                most(&mut rows, wide(conv.rows).saturating_mul(wide(frame.run())));
            }
            if frame.back_rows().is_none() {
                most(&mut rows, channels.saturating_mul(wide(frame.back_run())));
            }
        }
    }
    let of_components = [planes, middle, d, d_middle].into_iter().fold(0, u64::saturating_add);
    of_components
        .saturating_mul(if tangent { 2 } else { 1 })
        .saturating_add(d_planes)
        .saturating_add(rows)
        .saturating_add(tiles.into_iter().fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, NetworkOptions, NetworkSize};
    use crate::space::{Genotype, Space};

    /// The estimate needs no list as long as an image: a checkpoint may name any size.
    #[test]
    fn images_of_any_size_are_estimated() {
        let genotype: Genotype = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|".parse().unwrap();
        let size = NetworkSize { channels: 16, cells: 1, image_channels: 3, classes: 10 };
        let space = Space::named("nas-bench-201").unwrap();
        let plan = Plan::new(Graph::derived(&space, &genotype, size, NetworkOptions::default()).unwrap());
        let of_side = |side| bytes(&plan, Training { shape: [1, 3, side, side], tangent: false, saves: false }, 4);
        // Four times the pixels, and hardly anything that does not grow with them.
        let ratio = of_side(1 << 16) / of_side(1 << 15);
        assert!((3..=4).contains(&ratio), "{ratio}");
        assert!(of_side(1 << 16) > (16 * 4) << 32, "more than one map of 16 channels");
    }
}
