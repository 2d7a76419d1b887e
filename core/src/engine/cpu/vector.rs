//! Arithmetic on vectors of the length of ω: in stripes on all threads, each number by itself or in a fixed order.

use super::Real;
use super::each;
use crate::engine::SgdStep;

/// Numbers that a thread works on at a time.
const STRIPE: usize = 1 << 14;
/// Virtual lanes of a sum: number i is added to lane i mod 16, and lanes are added in their order.
const LANES: usize = 16;

/// ‖v‖₂.
pub(super) fn norm<T: Real>(v: &[T]) -> f64 {
    let mut stripes: Vec<&[T]> = v.chunks(STRIPE).collect();
    each(&mut stripes, |stripe| sum_of_squares(stripe)).iter().sum::<f64>().sqrt()
}

/// ‖v − w‖₂.
pub(super) fn distance<T: Real>(v: &[T], w: &[T]) -> f64 {
    let mut stripes: Vec<_> = v.chunks(STRIPE).zip(w.chunks(STRIPE)).collect();
    let sums = each(&mut stripes, |(v, w)| {
        let mut difference = [T::ZERO; STRIPE];
        let difference = &mut difference[..v.len()];
        difference.iter_mut().zip(v.iter().zip(w.iter())).for_each(|(difference, (&v, &w))| *difference = v - w);
        sum_of_squares(difference)
    });
    sums.iter().sum::<f64>().sqrt()
}

/// Sum of the squares of a stripe, in lanes.
fn sum_of_squares<T: Real>(stripe: &[T]) -> f64 {
    let (whole, rest) = stripe.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in whole {
        for lane in 0..LANES {
            let x = chunk[lane].wide();
            sums[lane] += x * x;
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        *sum += x.wide() * x.wide();
    }
    sums.iter().sum()
}

/// SGD step; the gradient is zero afterwards.
pub(super) fn sgd<T: Real>(weights: &mut [T], momentum: &mut [T], gradient: &mut [T], step: SgdStep) {
    let [lr, keep, decay, scale] = [step.lr, step.momentum, step.decay, step.scale].map(T::of);
    let parts = weights.chunks_mut(STRIPE).zip(momentum.chunks_mut(STRIPE)).zip(gradient.chunks_mut(STRIPE));
    let mut stripes: Vec<_> = parts.collect();
    each(&mut stripes, |((weights, momentum), gradient)| {
        for ((weight, momentum), gradient) in weights.iter_mut().zip(momentum.iter_mut()).zip(gradient.iter_mut()) {
            let slope = scale * *gradient + decay * *weight;
            *momentum = keep * *momentum + slope;
            *weight -= lr * if step.nesterov { slope + keep * *momentum } else { *momentum };
            *gradient = T::ZERO;
        }
    });
}

/// weights ← from + by · gradient.
pub(super) fn displaced<T: Real>(weights: &mut [T], from: &[T], gradient: &[T], by: T) {
    let parts = weights.chunks_mut(STRIPE).zip(from.chunks(STRIPE)).zip(gradient.chunks(STRIPE));
    let mut stripes: Vec<_> = parts.collect();
    each(&mut stripes, |((weights, from), gradient)| {
        for ((weight, &from), &slope) in weights.iter_mut().zip(from.iter()).zip(gradient.iter()) {
            *weight = from + by * slope;
        }
    });
}

/// to ← to + coefficient · Σ parts, the parts in their order.
pub(super) fn add_parts<T: Real>(to: &mut [T], parts: &[&[T]], coefficient: T) {
    let mut stripes: Vec<_> = to.chunks_mut(STRIPE).enumerate().collect();
    each(&mut stripes, |(index, to)| {
        let mut sum = [T::ZERO; STRIPE];
        let sum = &mut sum[..to.len()];
        for part in parts {
            let part = &part[*index * STRIPE..][..sum.len()];
            sum.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part);
        }
        to.iter_mut().zip(&*sum).for_each(|(to, &sum)| *to += coefficient * sum);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps of `torch.optim.SGD([1, -2], lr=.1, momentum=.9, weight_decay=.01)` with gradients [.5, -1], [.2, .3].
    #[test]
    fn sgd_equals_pytorch() {
        // m₁ = [.51, −1.02], ω₁ = [.949, −1.898]; m₂ = .9 m₁ + [.2 + .00949, .3 − .01898]. Those with Nesterov's
        // momentum are PyTorch's.
        for (nesterov, expected) in [(false, [0.882_151, -1.834_302]), (true, [0.822_074_11, -1.777_148_22])] {
            let (mut weights, mut momentum) = (vec![1.0, -2.0], vec![0.0; 2]);
            for gradient in [[0.5, -1.0], [0.2, 0.3]] {
                let step = SgdStep { lr: 0.1, momentum: 0.9, decay: 0.01, scale: 1.0, nesterov };
                sgd::<f64>(&mut weights, &mut momentum, &mut gradient.clone(), step);
            }
            for (weight, expected) in weights.iter().zip(expected) {
                assert!((weight - expected).abs() < 1e-12, "{nesterov}: {weights:?}");
            }
        }
    }

    #[test]
    fn norms_are_those_of_all_numbers() {
        let v: Vec<f64> = (0..40_001).map(|i| f64::from(i % 7) - 3.0).collect();
        let plain = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!((norm(&v) - plain).abs() < 1e-9 * plain);
        let moved: Vec<f64> = v.iter().map(|x| x + 0.5).collect();
        assert!((distance(&moved, &v) - 0.5 * 40_001_f64.sqrt()).abs() < 1e-9);
    }
}
