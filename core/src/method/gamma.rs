//! Gamma distribution of scale 1: quantiles and their derivative in the shape, with the polygamma functions.
//!
//! ```text
//! F(x; a) = x^a e^−x / Γ(a + 1) · S,   S = Σ_n x^n / ((a + 1) … (a + n))        the series of the lower part
//! 1 − F(x; a) = x^a e^−x / Γ(a) · h,   h a continued fraction                    for x > a + 1
//! ```
//!
//! The quantile x at the probability u moves with the shape by d ln x / da = −(∂F/∂a) / (x f), f the density. With
//! ∂S/∂a and ∂h/∂a that is −(S (ln x − ψ(a + 1)) + ∂S/∂a) / a and h (ln x − ψ(a)) + ∂h/∂a, where nothing large cancels.
//! Quantiles are logarithms: those of a small shape are far below the smallest number.

use super::sampling::LEAST;

/// Shapes that a quantile is taken of; those outside count as the nearest.
pub(super) const SHAPES: [f64; 2] = [1e-6, 1e4];

/// Largest number of terms, which shapes up to 10⁴ stay below.
const TERMS: u32 = 2000;

/// Largest number of steps of Newton's method.
const STEPS: usize = 100;

/// Probability above which the upper part is used.
const UPPER: f64 = 0.9;

/// Quantile of a Gamma distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantile {
    /// Natural logarithm of the quantile x.
    pub(super) log: f64,
    /// Derivative d ln x / da in the shape a.
    pub(super) slope: f64,
}

/// Sum or fraction with its derivative in the shape.
type WithSlope = (f64, f64);

/// Digamma function ψ(x) = d ln Γ(x)/dx of a positive number.
pub(super) fn digamma(x: f64) -> f64 {
    let (x, shift) = raised(x, |x| 1.0 / x);
    let i = 1.0 / (x * x);
    let series = i
        * (1.0 / 12.0
            - i * (1.0 / 120.0
                - i * (1.0 / 252.0 - i * (1.0 / 240.0 - i * (1.0 / 132.0 - i * (691.0 / 32_760.0 - i / 12.0))))));
    libm::log(x) - 0.5 / x - series - shift
}

/// Trigamma function ψ′(x) of a positive number.
pub(super) fn trigamma(x: f64) -> f64 {
    let (x, shift) = raised(x, |x| 1.0 / (x * x));
    let i = 1.0 / (x * x);
    let series = i
        * (1.0 / 6.0
            - i * (1.0 / 30.0
                - i * (1.0 / 42.0 - i * (1.0 / 30.0 - i * (5.0 / 66.0 - i * (691.0 / 2730.0 - i * 7.0 / 6.0))))));
    (1.0 + 0.5 / x + series) / x + shift
}

/// Number raised by whole steps to where asymptotic series hold, and the sum of `term` over the steps.
fn raised(mut x: f64, term: impl Fn(f64) -> f64) -> (f64, f64) {
    let mut shift = 0.0;
    for _ in 0..10 {
        if x >= 10.0 {
            break;
        }
        shift += term(x);
        x += 1.0;
    }
    (x, shift)
}

/// Quantile at a probability from 0 to 1. The ends stand for the nearest numbers within.
pub(super) fn quantile(shape: f64, probability: f64) -> Quantile {
    let a = shape.clamp(SHAPES[0], SHAPES[1]);
    let log = if probability <= UPPER { from_below(a, probability) } else { from_above(a, 1.0 - probability) };
    Quantile { log, slope: slope(a, log) }
}

/// Solves ln F = ln u for ln x. F ≤ x^a / Γ(a + 1) gives a start below the solution, and ln F is concave in ln x:
/// Newton's method then climbs to it.
fn from_below(a: f64, u: f64) -> f64 {
    let (target, log_gamma) = (libm::log(u.max(LEAST)), libm::lgamma(a + 1.0));
    let mut y = (target + log_gamma) / a;
    for _ in 0..STEPS {
        let x = libm::exp(y);
        let (sum, _) = series(a, x);
        let step = (target - (a * y - x - log_gamma + libm::log(sum))) * sum / a;
        y += step;
        if step <= resolution(y) {
            break;
        }
    }
    y
}

/// Solves ln(1 − F) = ln q for ln x, from above.
fn from_above(a: f64, q: f64) -> f64 {
    let (target, log_gamma) = (libm::log(q.max(LEAST)), libm::lgamma(a));
    let mut y = libm::log(a + 40.0 * a.sqrt() + 100.0);
    for _ in 0..STEPS {
        let x = libm::exp(y);
        let density = a * y - x - log_gamma;
        // ln(1 − F), and (1 − F) / (x f).
        let (log, ratio) = if x > a + 1.0 {
            let (h, _) = fraction(a, x);
            (density + libm::log(h), h)
        } else {
            let (sum, _) = series(a, x);
            let above = -libm::expm1(density + libm::log(sum / a));
            (libm::log(above), above * libm::exp(-density))
        };
        let step = (log - target) * ratio;
        y += step;
        if -step <= resolution(y) {
            break;
        }
    }
    y
}

/// Smallest step of Newton's method that is not rounding.
fn resolution(y: f64) -> f64 {
    4.0 * f64::EPSILON * (1.0 + y.abs())
}

/// Derivative d ln x / da at ln x.
fn slope(a: f64, log: f64) -> f64 {
    let x = libm::exp(log);
    if x > a + 1.0 {
        let (h, own) = fraction(a, x);
        return h * (log - digamma(a)) + own;
    }
    let (sum, own) = series(a, x);
    -(sum * (log - digamma(a + 1.0)) + own) / a
}

/// Sum S of the lower part.
fn series(a: f64, x: f64) -> WithSlope {
    let (mut term, mut log_slope, mut sum, mut slope) = (1.0, 0.0, 1.0, 0.0);
    for n in 1..=TERMS {
        let place = a + f64::from(n);
        term *= x / place;
        log_slope -= 1.0 / place;
        sum += term;
        slope += term * log_slope;
        if term < 1e-18 * sum {
            break;
        }
    }
    (sum, slope)
}

/// Continued fraction h = 1/(x + 1 − a − 1·(1 − a)/(x + 3 − a − 2·(2 − a)/(x + 5 − a − …))) by Lentz's method, of which
/// every number has its derivative in a.
fn fraction(a: f64, x: f64) -> WithSlope {
    let mut b = x + 1.0 - a;
    let (mut c, mut c_slope) = (b, -1.0);
    let (mut d, mut d_slope) = (0.0, 0.0);
    let (mut value, mut log_slope) = (b, -1.0 / b);
    for n in (1..=TERMS).map(f64::from) {
        let (numerator, numerator_slope) = (n * (a - n), n);
        b += 2.0;
        let (below, below_slope) = (b + numerator * d, -1.0 + numerator_slope * d + numerator * d_slope);
        c_slope = -1.0 + numerator_slope / c - numerator * c_slope / (c * c);
        c = b + numerator / c;
        (d, d_slope) = (1.0 / below, -below_slope / (below * below));
        let (factor, own) = (c * d, c_slope / c + d_slope / d);
        value *= factor;
        log_slope += own;
        // At a whole shape the fraction ends, and its derivative goes on.
        if (factor - 1.0).abs() < f64::EPSILON && own.abs() < 1e-17 {
            break;
        }
    }
    (1.0 / value, -log_slope / value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [f64; 6] = [1e-9, 0.02, 0.35, 0.7, 0.93, 0.999_999];

    fn near(found: f64, expected: f64, tolerance: f64) -> bool {
        (found - expected).abs() <= tolerance * expected.abs().max(1.0)
    }

    /// Integral of the density up to e^top, by Simpson's rule over ln x.
    fn below(a: f64, top: f64) -> f64 {
        let (bottom, steps) = (top.min(0.0) - 60.0 / a, 40_000_u32);
        let width = (top - bottom) / f64::from(steps);
        let density = |at: u32| {
            let y = bottom + width * f64::from(at);
            (a * y - y.exp() - libm::lgamma(a)).exp()
        };
        let weight = |at: u32| if at == 0 || at == steps { 1.0 } else { f64::from(2 + 2 * (at % 2)) };
        (0..=steps).map(|at| weight(at) * density(at)).sum::<f64>() * width / 3.0
    }

    #[test]
    fn quantiles_invert_the_integral_of_the_density() {
        for a in [0.3, 0.9, 1.0, 1.7, 4.0, 60.0] {
            for u in PLACES {
                let found = below(a, quantile(a, u).log);
                assert!((found - u).abs() < 1e-9, "shape {a}: {found}, not {u}");
            }
        }
    }

    /// At shape 1 the distribution is exponential: x = −ln(1 − u).
    #[test]
    fn quantiles_of_shape_1_have_a_closed_form() {
        for u in PLACES {
            assert!(near(quantile(1.0, u).log, (-(-u).ln_1p()).ln(), 1e-12), "{u}");
        }
        // The ends of the draws.
        assert!(near(quantile(1.0, 0.0).log, LEAST.ln(), 1e-12));
        assert!(near(quantile(1.0, 1.0).log, (-LEAST.ln()).ln(), 1e-12));
    }

    /// The smallest shapes: F = x^a / Γ(a + 1) where x is small.
    #[test]
    fn quantiles_of_small_shapes_are_far_below_zero() {
        let found = quantile(1e-3, 0.5);
        let expected = (0.5_f64.ln() + libm::lgamma(1.001)) / 1e-3;
        assert!(near(found.log, expected, 1e-12), "{found:?}");
        assert!(near(found.slope, (digamma(1.001) - expected) / 1e-3, 1e-12), "{found:?}");
        assert_eq!(quantile(0.0, 0.5), quantile(SHAPES[0], 0.5));
        assert!(quantile(1e300, 0.5).log < 10.0);
    }

    #[test]
    fn slopes_are_derivatives_in_the_shape() {
        for a in [0.02, 0.3, 1.0, 1.5, 2.0, 7.0, 100.0] {
            for u in PLACES {
                let h = 1e-5 * a;
                let difference = (quantile(a + h, u).log - quantile(a - h, u).log) / (2.0 * h);
                let found = quantile(a, u).slope;
                assert!(near(found, difference, 1e-6), "shape {a} at {u}: {found}, not {difference}");
            }
        }
    }

    #[test]
    fn polygamma_functions_are_derivatives() {
        for x in [0.05, 0.5, 1.0, 3.2, 9.99, 10.01, 400.0] {
            let h = 1e-5 * x;
            let of = |f: fn(f64) -> f64| (f(x + h) - f(x - h)) / (2.0 * h);
            assert!(near(digamma(x), of(libm::lgamma), 1e-6), "ψ({x})");
            assert!(near(trigamma(x), of(digamma), 1e-6), "ψ′({x})");
        }
        // ψ(1) = −γ and ψ′(1) = π²/6.
        assert!(near(digamma(1.0), -0.577_215_664_901_532_9, 1e-14));
        assert!(near(trigamma(1.0), std::f64::consts::PI.powi(2) / 6.0, 1e-14));
    }
}
