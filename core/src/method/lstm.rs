//! LSTM on the host that draws one option after the other: the policy of a controller.
//!
//! ```text
//! i, f, o = σ(W x + U h + b),  g = tanh(W x + U h + b),   c ← f c + i g,   h ← o tanh(c)      in every layer
//! π(k) = softmax over the admitted k of  bound · tanh(z_k / temperature),   z = V h + v       h of the last layer
//! ```
//!
//! The first input is learnt, and each further one is the embedding of the option before. The weights are one vector:
//! the first input; W, U and b of every layer, with the rows of i, f, g and o one after the other; embeddings; V; v.

use super::sampling::sigmoid;
use crate::space::softmax;
use crate::vector::dot;

/// Sizes and logits of the network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Numbers in a hidden state.
    pub(super) hidden: usize,
    /// Number of layers.
    pub(super) layers: usize,
    /// Largest number of options of a draw.
    pub(super) options: usize,
    /// Temperature of the logits.
    pub(super) temperature: f64,
    /// Bound of the logits.
    pub(super) bound: f64,
}

impl Shape {
    /// Number of weights of a layer.
    fn layer_len(&self) -> usize {
        8 * self.hidden * self.hidden + 4 * self.hidden
    }

    /// Start of a layer's weights.
    fn layer(&self, layer: usize) -> usize {
        self.hidden + layer * self.layer_len()
    }

    /// Start of the embeddings.
    fn embeddings(&self) -> usize {
        self.layer(self.layers)
    }

    /// Start of V.
    fn outputs(&self) -> usize {
        self.embeddings() + self.options * self.hidden
    }

    /// Start of v.
    fn biases(&self) -> usize {
        self.outputs() + self.options * self.hidden
    }

    /// Number of all weights.
    pub(super) fn len(&self) -> usize {
        self.biases() + self.options
    }
}

/// Step of a layer, kept for the way back.
#[derive(Debug)]
struct LayerStep {
    /// Input.
    x: Vec<f64>,
    /// Hidden state before the step.
    h: Vec<f64>,
    /// Memory before the step.
    c: Vec<f64>,
    /// Gates i, f, g and o.
    gates: Vec<f64>,
    /// tanh of the memory after the step.
    tanh: Vec<f64>,
}

impl LayerStep {
    /// Hidden state after the step.
    fn output(&self) -> Vec<f64> {
        let hidden = self.tanh.len();
        self.gates[3 * hidden..].iter().zip(&self.tanh).map(|(o, tanh)| o * tanh).collect()
    }
}

/// Draw, kept for the way back.
#[derive(Debug)]
struct Step {
    layers: Vec<LayerStep>,
    output: Vec<f64>,
    option: usize,
    /// ∂ ln π(option)/∂z.
    slopes: Vec<f64>,
}

/// Draws of a walk through all decisions.
#[derive(Debug)]
pub(super) struct Walk {
    steps: Vec<Step>,
    /// Logits of every draw, those that are not admitted included.
    pub(super) logits: Vec<Vec<f64>>,
    /// Sum of the entropies of all draws.
    pub(super) entropy: f64,
}

impl Walk {
    /// Options that were drawn.
    pub(super) fn options(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().map(|step| step.option)
    }
}

/// Draws by `choose` an option of every decision; `admitted` tells those that a decision has, and `choose` is given
/// their probabilities.
pub(super) fn walk(
    shape: &Shape,
    weights: &[f64],
    admitted: &[Vec<bool>],
    mut choose: impl FnMut(&[f64]) -> usize,
) -> Walk {
    let Shape { hidden, layers, .. } = *shape;
    let mut states = vec![(vec![0.0; hidden], vec![0.0; hidden]); layers];
    let mut walk = Walk { steps: Vec::with_capacity(admitted.len()), logits: Vec::new(), entropy: 0.0 };
    let mut input = 0;
    for admitted in admitted {
        let mut x = weights[input..][..hidden].to_vec();
        let mut steps = Vec::with_capacity(layers);
        for (layer, (h, c)) in states.iter_mut().enumerate() {
            let step = layer_step(&weights[shape.layer(layer)..], x, h, c);
            x = step.output();
            let memory =
                |at: usize| step.gates[hidden + at] * step.c[at] + step.gates[at] * step.gates[2 * hidden + at];
            (*h, *c) = (x.clone(), (0..hidden).map(memory).collect());
            steps.push(step);
        }
        let logit = |k: usize| {
            let z = weights[shape.biases() + k] + dot(&weights[shape.outputs() + k * hidden..][..hidden], &x);
            shape.bound * libm::tanh(z / shape.temperature)
        };
        let logits: Vec<f64> = (0..admitted.len()).map(logit).collect();
        let open = |(logit, admitted): (&f64, &bool)| if *admitted { *logit } else { f64::NEG_INFINITY };
        let p = softmax(&logits.iter().zip(admitted).map(open).collect::<Vec<_>>());
        let option = choose(&p);
        let slope = |(k, (p, logit)): (usize, (&f64, &f64))| {
            let inner = logit / shape.bound;
            let chosen = if k == option { 1.0 } else { 0.0 };
            (chosen - p) * shape.bound * (1.0 - inner * inner) / shape.temperature
        };
        let slopes = p.iter().zip(&logits).enumerate().map(slope).collect();
        walk.entropy -= p.iter().filter(|p| **p > 0.0).map(|p| p * libm::log(*p)).sum::<f64>();
        walk.logits.push(logits);
        walk.steps.push(Step { layers: steps, output: x, option, slopes });
        input = shape.embeddings() + option * hidden;
    }
    walk
}

/// Step of the layer whose weights come first.
fn layer_step(weights: &[f64], x: Vec<f64>, h: &[f64], c: &[f64]) -> LayerStep {
    let hidden = h.len();
    let square = 4 * hidden * hidden;
    let gate = |row: usize| {
        let [own, before] = [row * hidden, square + row * hidden].map(|at| &weights[at..][..hidden]);
        let z = weights[2 * square + row] + dot(own, &x) + dot(before, h);
        if row / hidden == 2 { libm::tanh(z) } else { sigmoid(z) }
    };
    let gates: Vec<f64> = (0..4 * hidden).map(gate).collect();
    let tanh = (0..hidden).map(|at| libm::tanh(gates[hidden + at] * c[at] + gates[at] * gates[2 * hidden + at]));
    let tanh = tanh.collect();
    LayerStep { x, h: h.to_vec(), c: c.to_vec(), gates, tanh }
}

/// Gradient of the sum of ln π over a walk.
pub(super) fn gradient(shape: &Shape, weights: &[f64], walk: &Walk) -> Vec<f64> {
    let Shape { hidden, layers, .. } = *shape;
    let mut gradient = vec![0.0; shape.len()];
    // Gradients of the states that a step hands on to the next one.
    let mut states = vec![(vec![0.0; hidden], vec![0.0; hidden]); layers];
    for (at, step) in walk.steps.iter().enumerate().rev() {
        let mut above = vec![0.0; hidden];
        for (k, &slope) in step.slopes.iter().enumerate() {
            let row = shape.outputs() + k * hidden;
            add(&mut gradient[row..], slope, &step.output);
            add(&mut above, slope, &weights[row..][..hidden]);
            gradient[shape.biases() + k] += slope;
        }
        for (layer, (h, c)) in states.iter_mut().enumerate().rev() {
            add(h, 1.0, &above);
            let from = shape.layer(layer);
            above = layer_back(&weights[from..], &mut gradient[from..], &step.layers[layer], h, c);
        }
        let input = match at.checked_sub(1) {
            Some(before) => shape.embeddings() + walk.steps[before].option * hidden,
            None => 0,
        };
        add(&mut gradient[input..], 1.0, &above);
    }
    gradient
}

/// Way back through a step of the layer whose weights come first: turns the gradients of its hidden state and memory
/// into those before the step, adds to the gradient of its weights, and returns that of its input.
fn layer_back(weights: &[f64], gradient: &mut [f64], step: &LayerStep, h: &mut [f64], c: &mut [f64]) -> Vec<f64> {
    let hidden = c.len();
    let square = 4 * hidden * hidden;
    let mut slopes = vec![0.0; 4 * hidden];
    for at in 0..hidden {
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| step.gates[gate * hidden + at]);
        let tanh = step.tanh[at];
        let memory = c[at] + h[at] * o * (1.0 - tanh * tanh);
        slopes[at] = memory * g * i * (1.0 - i);
        slopes[hidden + at] = memory * step.c[at] * f * (1.0 - f);
        slopes[2 * hidden + at] = memory * i * (1.0 - g * g);
        slopes[3 * hidden + at] = h[at] * tanh * o * (1.0 - o);
        c[at] = memory * f;
    }
    let [mut of_input, mut before] = [vec![0.0; hidden], vec![0.0; hidden]];
    for (row, &slope) in slopes.iter().enumerate() {
        let [own, recurrent] = [row * hidden, square + row * hidden];
        add(&mut gradient[own..], slope, &step.x);
        add(&mut gradient[recurrent..], slope, &step.h);
        gradient[2 * square + row] += slope;
        add(&mut of_input, slope, &weights[own..][..hidden]);
        add(&mut before, slope, &weights[recurrent..][..hidden]);
    }
    h.copy_from_slice(&before);
    of_input
}

/// Adds a multiple of a vector to the first numbers of another.
fn add(to: &mut [f64], by: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += by * from);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gradient of ln π against two-sided differences, for all weights of two layers, with an option that is left
    /// out and a decision of fewer options.
    #[test]
    fn gradient_is_the_derivative() {
        let shape = Shape { hidden: 3, layers: 2, options: 4, temperature: 0.7, bound: 1.5 };
        let weights: Vec<f64> = (0_u32..).take(shape.len()).map(|at| libm::sin(1.7 * f64::from(at))).collect();
        let admitted = [vec![true; 4], vec![true, false, true], vec![true; 4], vec![true; 2]];
        let run = |weights: &[f64]| {
            let (mut drawn, mut log) = ([3, 0, 1, 1].into_iter(), 0.0);
            let walk = walk(&shape, weights, &admitted, |p| {
                let option = drawn.next().unwrap();
                log += libm::log(p[option]);
                option
            });
            (walk, log)
        };
        let found = gradient(&shape, &weights, &run(&weights).0);
        assert!(found.iter().filter(|slope| slope.abs() > 1e-6).count() > shape.len() / 2);
        for at in 0..shape.len() {
            let side = |by: f64| {
                let mut weights = weights.clone();
                weights[at] += by;
                run(&weights).1
            };
            let expected = (side(1e-5) - side(-1e-5)) / 2e-5;
            assert!((found[at] - expected).abs() < 1e-8, "weight {at}: {}, not {expected}", found[at]);
        }
    }
}
