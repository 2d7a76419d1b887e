//! In which order steps run, and where all images have to wait for one another.
//!
//! Only batch statistics join the images of a batch: a step that reads a normalized value can run when every image's
//! part of it is there, and its gradient when the sums over all images are. Steps between two such barriers form a
//! stage, and within a stage every part of the batch goes its own way.

use super::{Head, Step, Value, ValueId, Weight, Window};

/// Steps that run between two barriers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage {
    /// Indices into the plan's steps, in order.
    pub(crate) steps: Vec<usize>,
    /// Values whose statistics (forward) or gradient sums (backward) are complete at its end.
    pub(crate) complete: Vec<ValueId>,
    /// For each step, the values whose gradients nobody reads after it.
    pub(crate) release: Vec<Vec<ValueId>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) forward: Vec<Stage>,
    pub(crate) backward: Vec<Stage>,
    /// Whether a value depends on no operation weight: it is the same in all passes over a batch at the same ω.
    pub(crate) fixed: Vec<bool>,
    /// Where a normalized value's gradient is found: that of the sum that reads it, with its weight there. Others have
    /// one of their own.
    pub(crate) source: Vec<Option<(ValueId, Weight)>>,
    /// Whether a step is the last that writes into its output.
    pub(crate) last: Vec<bool>,
    /// Whether a value is read through a ReLU.
    #[cfg_attr(not(any(feature = "wgpu", feature = "webgpu")), expect(dead_code, reason = "GPUs record it"))]
    pub(crate) gated: Vec<bool>,
}

impl Schedule {
    pub(super) fn new(values: &[Value], steps: &[Step], output: ValueId, head: Option<Head>) -> Self {
        let mut fixed = vec![true; values.len()];
        let mut source = vec![None; values.len()];
        let mut last = vec![true; steps.len()];
        let mut gated = vec![false; values.len()];
        gated[output] = head.is_some_and(|head| head.relu);
        for step in steps {
            let y = step.output();
            fixed[y] = fixed[y] && step.inputs().iter().all(|&x| fixed[x]);
            if let Step::Conv(conv) = step {
                gated[conv.x] |= conv.relu;
            }
            if let Step::Sum { terms, .. } = step {
                for &(x, weight) in terms {
                    fixed[y] &= weight == Weight::One;
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
        let backward = backward(values, steps, output, &source);
        Self { forward, backward, fixed, source, last, gated }
    }
}

fn barrier(value: &Value) -> usize {
    usize::from(value.norm.is_some())
}

/// Steps by level. `rank` is where a step has to stand within its stage at least; steps of one rank that read the same
/// value through the same window stand together, so that they can share what they prepare.
fn stages(steps: &[Step], levels: &[usize], rank: &[usize]) -> Vec<Stage> {
    let count = levels.iter().max().map_or(0, |most| most + 1);
    let mut stages = vec![Stage::default(); count];
    for (step, &level) in levels.iter().enumerate() {
        stages[level].steps.push(step);
    }
    for stage in &mut stages {
        stage.steps.sort_by_key(|&step| (rank[step], read_through(&steps[step]), step));
    }
    stages
}

/// What a step reads: the value, and something that stands for its window.
fn read_through(step: &Step) -> (ValueId, [usize; 4]) {
    let key = |window: &Window| [window.kernel[0], window.kernel[1], window.dilation[0], window.stride[0]];
    match step {
        Step::Conv(conv) => (conv.x, key(&conv.depthwise.unwrap_or(conv.dense).window)),
        Step::Pool { x, window, .. } => (*x, key(window)),
        _ => (0, [0; 4]),
    }
}

fn forward(values: &[Value], steps: &[Step]) -> Vec<Stage> {
    let mut ready = vec![0; values.len()];
    let mut levels = Vec::with_capacity(steps.len());
    // The rank of a value is that after the steps of its own stage that write it.
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

fn backward(values: &[Value], steps: &[Step], output: ValueId, source: &[Option<(ValueId, Weight)>]) -> Vec<Stage> {
    // When the gradient of a value is complete but for the barrier; the output's is before the first stage.
    let mut known: Vec<Option<usize>> = vec![None; values.len()];
    known[output] = Some(0);
    let (mut levels, mut ranks, mut after) = (vec![0; steps.len()], vec![0; steps.len()], vec![0; values.len()]);
    for (at, step) in steps.iter().enumerate().rev() {
        let y = step.output();
        // The output's sums are taken before the first stage.
        levels[at] = known[y].map_or(0, |level| level + if y == output { 0 } else { barrier(&values[y]) });
        ranks[at] = if known[y] == Some(levels[at]) { after[y] } else { 0 };
        for x in step.inputs() {
            let before = known[x].unwrap_or(0);
            after[x] = if levels[at] > before { ranks[at] + 1 } else { after[x].max(ranks[at] + 1) };
            known[x] = Some(before.max(levels[at]));
        }
    }
    let mut stages = stages(steps, &levels, &ranks);
    for (value, level) in known.iter().enumerate() {
        if let (true, Some(level)) = (values[value].norm.is_some() && value != output, level) {
            stages[*level].complete.push(value);
        }
    }
    // Who reads a value's gradient last? Its writers, and the writers of the normalized values that a sum adds up.
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
