//! Order of the operations, and the barriers at which all images wait for one another.
//!
//! Only batch statistics join the images of a batch: an operation that reads a normalized value can run when every
//! image's part of it is there, and its gradient when the sums over all images are. Operations between two such
//! barriers form a stage, and within a stage the parts of the batch run independently.

use super::Paths;
use super::paths::owners;
use crate::graph::{Coefficient, Graph, Pool, Primitive, Sum, Value, ValueId, Window};
use crate::vector::sort_indices;

/// Operations that run between two barriers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage {
    /// Indices into the graph's operations, in order.
    pub(crate) steps: Vec<usize>,
    /// Values whose statistics (forward) or gradient sums (backward) are complete at the end of the stage.
    pub(crate) complete: Vec<ValueId>,
    /// For each operation, the values whose gradients no later operation reads.
    pub(crate) release: Vec<Vec<ValueId>>,
}

/// Stages of a graph, forward and backward.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) forward: Vec<Stage>,
    pub(crate) backward: Vec<Stage>,
    /// True for a value that depends on no operation weight: it is the same in all passes over a batch at the same ω.
    pub(crate) fixed: Vec<bool>,
    /// Sum whose gradient stands in for that of a normalized summand, with the summand's coefficient there. Other
    /// values have a gradient of their own.
    pub(crate) source: Vec<Option<(ValueId, Coefficient)>>,
    /// Operation weight of the candidate that a value belongs to; 1 for other values.
    owners: Vec<Coefficient>,
    /// True for an operation that is the last to write into its output.
    pub(crate) last: Vec<bool>,
    /// Values that are seeded with a gradient: the inputs of the heads, or the output of a graph without one.
    pub(crate) sinks: Vec<ValueId>,
    /// True for a value that is read through a ReLU.
    #[cfg_attr(not(any(feature = "wgpu", feature = "webgpu")), expect(dead_code, reason = "GPUs record it"))]
    pub(crate) relu_masked: Vec<bool>,
}

impl Schedule {
    pub(super) fn new(graph: &Graph) -> Self {
        let (values, steps) = (graph.values(), graph.operations());
        let mut fixed = vec![true; values.len()];
        let mut source = vec![None; values.len()];
        let mut last = vec![true; steps.len()];
        let mut relu_masked = vec![false; values.len()];
        for head in graph.heads() {
            relu_masked[head.x] |= head.relu;
        }
        for step in steps {
            let y = step.output();
            fixed[y] = fixed[y] && step.inputs().iter().all(|&x| fixed[x]);
            match step {
                Primitive::Conv(conv) => relu_masked[conv.x] |= conv.relu,
                Primitive::Pool(pool) => relu_masked[pool.x] |= pool.relu,
                _ => {}
            }
            if let Primitive::Sum(Sum { terms, .. }) = step {
                for &(x, weight) in terms {
                    fixed[y] &= weight == Coefficient::One;
                    if values[x].norm.is_some() {
                        source[x] = Some((y, weight));
                    }
                }
            }
        }
        let mut written = vec![false; values.len()];
        for (last, step) in last.iter_mut().zip(steps).rev() {
            *last = !std::mem::replace(&mut written[step.output()], true);
        }
        let forward = forward(values, steps);
        let mut sinks: Vec<ValueId> = graph.heads().iter().map(|head| head.x).collect();
        if sinks.is_empty() {
            sinks.push(graph.output());
        }
        let backward = backward(values, steps, &sinks, &source);
        Self { forward, backward, fixed, source, owners: owners(graph), last, sinks, relu_masked }
    }

    /// True if a pass runs the operations that write a value.
    pub(crate) fn runs(&self, value: ValueId, paths: &Paths) -> bool {
        paths.run(self.owners[value])
    }
}

fn barrier(value: &Value) -> usize {
    usize::from(value.norm.is_some())
}

/// Operations by level. `rank` is an operation's least position within its stage; operations of one rank that read the
/// same value through the same window stand together, so that they can share the prepared input.
fn stages(steps: &[Primitive], levels: &[usize], rank: &[usize]) -> Vec<Stage> {
    let count = levels.iter().max().map_or(0, |max| max + 1);
    let mut stages = vec![Stage::default(); count];
    for (step, &level) in levels.iter().enumerate() {
        stages[level].steps.push(step);
    }
    let key = |step: usize| (rank[step], read_through(&steps[step]), step);
    for stage in &mut stages {
        sort_indices(&mut stage.steps, &|a, b| key(a).cmp(&key(b)));
    }
    stages
}

/// Value that an operation reads, and a key of its window.
fn read_through(step: &Primitive) -> (ValueId, [usize; 4]) {
    let key = |window: &Window| [window.kernel[0], window.kernel[1], window.dilation[0], window.stride[0]];
    match step {
        Primitive::Conv(conv) => (conv.x, key(&conv.depthwise.unwrap_or(conv.dense).window)),
        Primitive::Pool(Pool { x, window, .. }) => (*x, key(window)),
        _ => (0, [0; 4]),
    }
}

fn forward(values: &[Value], steps: &[Primitive]) -> Vec<Stage> {
    let mut ready = vec![0; values.len()];
    let mut levels = Vec::with_capacity(steps.len());
    // The rank of a value comes after the operations of its own stage that write it.
    let (mut ranks, mut after) = (Vec::with_capacity(steps.len()), vec![0; values.len()]);
    for step in steps {
        let level = step.inputs().iter().map(|&x| ready[x] + barrier(&values[x])).max().unwrap_or(0);
        let same = step.inputs().into_iter().filter(|&x| ready[x] == level);
        let rank = same.map(|x| after[x]).max().unwrap_or(0);
        let y = step.output();
        after[y] = if level > ready[y] { rank + 1 } else { after[y].max(rank + 1) };
        ready[y] = level.max(ready[y]);
        levels.push(level);
        ranks.push(rank);
    }
    let mut stages = stages(steps, &levels, &ranks);
    for (value, &level) in ready.iter().enumerate() {
        if values[value].norm.is_some() {
            stages[level].complete.push(value);
        }
    }
    stages
}

fn backward(
    values: &[Value],
    steps: &[Primitive],
    sinks: &[ValueId],
    source: &[Option<(ValueId, Coefficient)>],
) -> Vec<Stage> {
    // Stage in which the gradient of a value is complete but for the barrier; that of a sink is before the first stage.
    let mut known: Vec<Option<usize>> = vec![None; values.len()];
    for &sink in sinks {
        known[sink] = Some(0);
    }
    let (mut levels, mut ranks, mut after) = (vec![0; steps.len()], vec![0; steps.len()], vec![0; values.len()]);
    for (at, step) in steps.iter().enumerate().rev() {
        let y = step.output();
        // The sums of a sink are taken before the first stage.
        levels[at] = known[y].map_or(0, |level| level + if sinks.contains(&y) { 0 } else { barrier(&values[y]) });
        ranks[at] = if known[y] == Some(levels[at]) { after[y] } else { 0 };
        for x in step.inputs() {
            let before = known[x].unwrap_or(0);
            after[x] = if levels[at] > before { ranks[at] + 1 } else { after[x].max(ranks[at] + 1) };
            known[x] = Some(before.max(levels[at]));
        }
    }
    let mut stages = stages(steps, &levels, &ranks);
    for (value, level) in known.iter().enumerate() {
        if let (true, Some(level)) = (values[value].norm.is_some() && !sinks.contains(&value), level) {
            stages[*level].complete.push(value);
        }
    }
    // The last readers of a value's gradient are its writers, and the writers of the normalized summands of a sum.
    let mut reader = vec![None; values.len()];
    for (index, stage) in stages.iter().enumerate() {
        for (place, &step) in stage.steps.iter().enumerate() {
            let y = steps[step].output();
            for value in std::iter::once(y).chain(source[y].map(|(sum, _)| sum)) {
                reader[value] = Some((index, place));
            }
        }
    }
    for stage in &mut stages {
        stage.release = vec![Vec::new(); stage.steps.len()];
    }
    for (value, reader) in reader.iter().enumerate() {
        if let Some((index, place)) = reader {
            stages[*index].release[*place].push(value);
        }
    }
    stages
}
