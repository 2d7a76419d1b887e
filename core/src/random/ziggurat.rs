//! Standard normal numbers by the ziggurat method of Marsaglia and Tsang (Journal of Statistical Software 5(8), 2000),
//! with separate bits for layer and position as in Doornik (2005).
//!
//! A noise operation draws as many numbers as its output has, several million a step. This method needs an elementary
//! function for one number in a hundred; the Box–Muller transform needs three for each. The functions are those of
//! `libm`, which give the same bits on every machine.

use std::sync::LazyLock;

use rand_chacha::rand_core::Rng;

/// Number of layers of equal area below exp(−x²/2), one for each value of a byte.
const LAYERS: usize = 256;
/// Left end of the tail, which belongs to the lowest layer.
const TAIL: f64 = 3.654_152_885_361_009;

static LAYERED: LazyLock<Ziggurat> = LazyLock::new(Ziggurat::new);

/// Layers below exp(−x²/2) for x ≥ 0.
struct Ziggurat {
    /// Right ends of the layers from the lowest to the highest, and 0. The lowest one ends where its rectangle would if it
    /// had the tail's area as well.
    ends: [f64; LAYERS + 1],
    /// Values of exp(−x²/2) at the right ends.
    heights: [f64; LAYERS + 1],
}

impl Ziggurat {
    fn new() -> Self {
        let area = TAIL * density(TAIL) + libm::sqrt(std::f64::consts::FRAC_PI_2) * libm::erfc(TAIL / libm::sqrt(2.0));
        let mut ends = [0.0; LAYERS + 1];
        ends[0] = area / density(TAIL);
        ends[1] = TAIL;
        for layer in 2..LAYERS {
            let below = ends[layer - 1];
            ends[layer] = libm::sqrt(-2.0 * libm::log(area / below + density(below)));
        }
        Self { ends, heights: ends.map(density) }
    }

    fn draw(&self, random: &mut impl Rng) -> f64 {
        loop {
            let bits = random.next_u64();
            let layer = usize::from(bits.to_le_bytes()[0]);
            let x = (2.0 * fraction(bits) - 1.0) * self.ends[layer];
            if x.abs() < self.ends[layer + 1] {
                return x;
            }
            if layer == 0 {
                return tail(random).copysign(x);
            }
            let [low, high] = [self.heights[layer], self.heights[layer + 1]];
            if low + (high - low) * fraction(random.next_u64()) < density(x) {
                return x;
            }
        }
    }
}

/// Draws a number of the distribution's tail.
fn tail(random: &mut impl Rng) -> f64 {
    loop {
        let [beyond, test] = [(); 2].map(|()| -libm::log(fraction(random.next_u64())));
        let beyond = beyond / TAIL;
        if 2.0 * test > beyond * beyond {
            return TAIL + beyond;
        }
    }
}

fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

/// Returns a number in (0, 1) from the upper 52 bits.
fn fraction(bits: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "52 bits fit")]
    let [whole, above] = [bits >> 12, 1 << 52].map(|count| count as f64);
    (whole + 0.5) / above
}

/// Draws as many numbers of the standard normal distribution.
pub(crate) fn normals(random: &mut impl Rng, count: usize) -> Vec<f32> {
    let layered = &*LAYERED;
    #[expect(clippy::cast_possible_truncation, reason = "networks compute in single precision")]
    let draws = (0..count).map(|_| layered.draw(random) as f32).collect();
    draws
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, stream};

    /// Compares the shares of a million draws below some numbers with the distribution, in the layers and in the tail. A
    /// standard deviation is 5e-4 in the middle and 1.6e-5 in the tail.
    #[test]
    fn draws_follow_the_normal_distribution() {
        let draws = normals(&mut stream(7, Stream::Noise, 1), 1_000_000);
        let below = |bound: f64| draws.iter().filter(|&&x| f64::from(x) < bound).map(|_| 1e-6).sum::<f64>();
        for (bound, allowed) in [
            (-4.0, 3e-5),
            (-3.7, 5e-5),
            (-3.0, 2e-4),
            (-1.5, 1e-3),
            (-0.5, 2e-3),
            (-0.1, 2e-3),
            (0.0, 2e-3),
            (0.3, 2e-3),
            (1.0, 2e-3),
            (2.0, 6e-4),
            (3.654, 6e-5),
            (3.9, 4e-5),
        ] {
            let share = below(bound);
            let expected = 0.5 * libm::erfc(-bound / libm::sqrt(2.0));
            assert!((share - expected).abs() < allowed, "{share} of the draws are below {bound}, not {expected}");
        }
        let moment = |power: i32| draws.iter().map(|&x| f64::from(x).powi(power)).sum::<f64>() / 1e6;
        assert!((moment(2) - 1.0).abs() < 6e-3 && (moment(4) - 3.0).abs() < 4e-2, "{} {}", moment(2), moment(4));
    }

    #[test]
    fn the_highest_layer_has_the_same_area() {
        let Ziggurat { ends, heights } = Ziggurat::new();
        let area = |layer: usize| ends[layer] * (heights[layer + 1] - heights[layer]);
        assert!((area(LAYERS - 1) / area(1) - 1.0).abs() < 1e-9, "{} {}", area(LAYERS - 1), area(1));
    }
}
