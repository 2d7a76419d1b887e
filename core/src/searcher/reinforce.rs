//! REINFORCE (Williams 1992) on a policy without a network, as NAS-Bench-201 has it (arXiv:2001.00326, `reinforce.py`
//! of AutoDL-Projects): the logits θ of each read's options are all there is to learn.
//!
//! ```text
//! a ~ π_θ,   π_θ(a) = Π_e softmax(θ_e)[a_e]
//! θ ← Adam(−(R − b)·∇_θ log π_θ(a)),   R = fitness of a
//! b = mean of the fitnesses so far, R included, weighted by m^age      (momentum m; the bias is corrected)
//! ```
//!
//! θ begins at 1e-3·N(0, 1). In the DARTS spaces, the softmax is over the options that the node's other read leaves.
//! The defaults are those of the benchmark. The result is the fittest architecture of the trace, not the policy's
//! likeliest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RandomNumbers;
use super::coded::{Algorithm, Scored};
use super::encoding::{Code, Encoding};
use crate::adam::Adam;
use crate::method::PartError;
use crate::space::softmax;

/// Standard deviation of the initial logits.
const INITIAL: f64 = 1e-3;

/// Settings of REINFORCE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reinforce {
    /// Learning rate of Adam.
    pub lr: f64,
    /// Decay rates of Adam's two means.
    pub betas: [f64; 2],
    /// Momentum m of the baseline.
    pub momentum: f64,
}

impl Default for Reinforce {
    fn default() -> Self {
        Self { lr: 0.01, betas: [0.9, 0.999], momentum: 0.9 }
    }
}

impl Reinforce {
    pub(super) fn check(&self) -> Result<(), PartError> {
        let lr = self.lr.is_finite() && self.lr > 0.0;
        PartError::check(lr, "searcher.lr", "a positive number", &self.lr)?;
        let [first, second] = self.betas;
        for (setting, share) in
            [("searcher.betas", first), ("searcher.betas", second), ("searcher.momentum", self.momentum)]
        {
            PartError::check((0.0..1.0).contains(&share), setting, "at least 0 and below 1", &share)?;
        }
        Ok(())
    }
}

/// Policy and baseline.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    /// Logits θ of all reads, one after the other; none before the first proposal.
    logits: Vec<f64>,
    adam: Adam,
    /// Sum of the fitnesses by their weights, and sum of the weights.
    baseline: [f64; 2],
}

impl Policy {
    /// Options that are left for a read, and their probabilities.
    fn of_read(&self, encoding: &Encoding, code: &[usize], read: usize) -> (Vec<usize>, Vec<f64>) {
        let free = encoding.free(code, read);
        let logits = &self.logits[encoding.places(read)];
        let logits: Vec<f64> = free.iter().map(|&option| logits[option]).collect();
        (free, softmax(&logits))
    }

    /// Gradient of −log π_θ(code) with respect to θ.
    fn gradient(&self, encoding: &Encoding, code: &[usize]) -> Vec<f64> {
        let mut gradient = vec![0.0; self.logits.len()];
        for read in 0..encoding.len() {
            let (free, probabilities) = self.of_read(encoding, &code[..read], read);
            let own = &mut gradient[encoding.places(read)];
            for (&option, p) in free.iter().zip(probabilities) {
                own[option] = if option == code[read] { p - 1.0 } else { p };
            }
        }
        gradient
    }
}

impl Algorithm for Reinforce {
    type State = Policy;

    fn propose(&self, policy: &mut Policy, encoding: &Encoding, random: &mut RandomNumbers) -> Code {
        if policy.logits.is_empty() {
            policy.logits = (0..encoding.width()).map(|_| INITIAL * random.normal()).collect();
        }
        let mut code = Code::with_capacity(encoding.len());
        for read in 0..encoding.len() {
            let (free, probabilities) = policy.of_read(encoding, &code, read);
            let mut left = random.share();
            let drawn = free.iter().zip(probabilities).find(|(_, p)| {
                left -= p;
                left < 0.0
            });
            // The probabilities may sum up to a little less than 1.
            code.push(drawn.map_or(free[free.len() - 1], |(&option, _)| option));
        }
        code
    }

    fn learn(&self, policy: &mut Policy, encoding: &Encoding, (code, fitness): Scored) {
        if policy.logits.is_empty() {
            return;
        }
        for (sum, new) in policy.baseline.iter_mut().zip([fitness, 1.0]) {
            *sum = self.momentum * *sum + (1.0 - self.momentum) * new;
        }
        let advantage = fitness - policy.baseline[0] / policy.baseline[1];
        let mut gradient = policy.gradient(encoding, &code);
        for slope in &mut gradient {
            *slope *= advantage;
        }
        policy.adam.step(&mut policy.logits, &gradient, self.lr, self.betas, 0.0);
    }

    fn fits(&self, policy: &Policy, encoding: &Encoding) -> bool {
        let finite = policy.logits.iter().chain(&policy.baseline).all(|number| number.is_finite());
        let count = policy.logits.len();
        finite && policy.baseline[1] >= 0.0 && (count == 0 || count == encoding.width()) && policy.adam.fits(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;

    /// Probability of a code as the product over its reads.
    fn log_probability(policy: &Policy, encoding: &Encoding, code: &[usize]) -> f64 {
        let of_read = |read: usize| {
            let (free, probabilities) = policy.of_read(encoding, &code[..read], read);
            let place = free.iter().position(|&option| option == code[read]).unwrap();
            probabilities[place].ln()
        };
        (0..encoding.len()).map(of_read).sum()
    }

    #[test]
    fn the_gradient_is_that_of_the_logarithm() {
        for name in ["nas-bench-201", "s3"] {
            let encoding = Encoding::new(&Space::named(name).unwrap());
            let mut policy = Policy::default();
            let mut random = RandomNumbers::new(2, 0);
            let code = Reinforce::default().propose(&mut policy, &encoding, &mut random);
            for logit in &mut policy.logits {
                *logit = random.normal();
            }
            let gradient = policy.gradient(&encoding, &code);
            for (at, slope) in gradient.into_iter().enumerate() {
                let [above, below] = [1e-5, -1e-5].map(|step| {
                    let mut logits = policy.logits.clone();
                    logits[at] += step;
                    log_probability(&Policy { logits, ..Policy::default() }, &encoding, &code)
                });
                let difference = (below - above) / 2e-5;
                assert!((slope - difference).abs() < 1e-8, "{name}, {at}: {slope} and {difference}");
            }
        }
    }

    /// The first reward is its own baseline. After rewards 1 and 0, b = (.1·.9·1 + .1·0) / (.1·.9 + .1) = 9/19.
    #[test]
    fn the_baseline_is_corrected_for_its_bias() {
        let encoding = Encoding::new(&Space::named("nas-bench-201").unwrap());
        let (reinforce, mut policy) = (Reinforce::default(), Policy::default());
        let code = reinforce.propose(&mut policy, &encoding, &mut RandomNumbers::new(2, 0));
        let before = policy.logits.clone();
        reinforce.learn(&mut policy, &encoding, (code.clone(), 1.0));
        assert_eq!(policy.logits, before, "no advantage, no step");
        reinforce.learn(&mut policy, &encoding, (code.clone(), 0.0));
        let [sum, weights] = policy.baseline;
        assert!((sum / weights - 9.0 / 19.0).abs() < 1e-15);
        // A reward below the baseline makes the code less likely.
        let likelier = log_probability(&Policy { logits: before, ..Policy::default() }, &encoding, &code);
        assert!(log_probability(&policy, &encoding, &code) < likelier);
    }

    /// One edge is worth all: the policy learns its operation.
    #[test]
    fn the_policy_learns_what_pays() {
        let encoding = Encoding::new(&Space::named("nas-bench-201").unwrap());
        let (reinforce, mut policy) = (Reinforce { lr: 0.1, ..Reinforce::default() }, Policy::default());
        for evaluation in 0..300 {
            let code = reinforce.propose(&mut policy, &encoding, &mut RandomNumbers::new(9, evaluation));
            let fitness = f64::from(u8::from(code[2] == 3));
            reinforce.learn(&mut policy, &encoding, (code, fitness));
        }
        let (_, probabilities) = policy.of_read(&encoding, &[0, 0], 2);
        assert!(probabilities[3] > 0.9, "{probabilities:?}");
    }
}
