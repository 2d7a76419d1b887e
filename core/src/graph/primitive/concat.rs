//! Concatenation of channels: of whole values, of some of their channels, or in a shuffled order.

use super::ValueId;
use crate::graph::Graph;

/// Channels of an input of a concatenation: `y[to + i·step] = x[first + i]` for i below `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// Input, which has no norm.
    pub x: ValueId,
    /// First channel of the input.
    pub first: usize,
    /// Number of channels.
    pub count: usize,
    /// Channel of the output that the first one becomes.
    pub to: usize,
    /// Channels of the output from one to the next.
    pub step: usize,
}

/// `y = [parts…]`; each channel of the output is written once.
#[derive(Clone, Debug)]
pub struct Concat {
    /// Channels of the inputs.
    pub parts: Vec<Channels>,
    /// Output.
    pub y: ValueId,
}

impl Channels {
    /// Pairs of a channel of the input and the channel of the output that it becomes.
    pub fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.count).map(move |i| (self.first + i, self.to + i * self.step))
    }
}

impl Concat {
    /// Inputs, each of them once, and for each channel of the output its index among the channels of all inputs, one
    /// input after the other; absent if they are in order.
    pub(crate) fn gathered(&self, graph: &Graph) -> (Vec<ValueId>, Option<Vec<usize>>) {
        let mut starts: Vec<(ValueId, usize)> = Vec::new();
        let mut end = 0;
        let mut order = vec![0; graph.values()[self.y].channels];
        for part in &self.parts {
            let known = starts.iter().find(|(x, _)| *x == part.x).map(|&(_, start)| start);
            let start = known.unwrap_or_else(|| {
                let start = end;
                starts.push((part.x, start));
                end += graph.values()[part.x].channels;
                start
            });
            part.pairs().for_each(|(from, to)| order[to] = start + from);
        }
        let in_order = order.iter().copied().eq(0..end);
        (starts.into_iter().map(|(x, _)| x).collect(), (!in_order).then_some(order))
    }

    /// True if each channel of the output is written once, with one that its input has.
    pub(crate) fn is_whole(&self, channels: impl Fn(ValueId) -> usize) -> bool {
        let mut written = vec![0_usize; channels(self.y)];
        for part in &self.parts {
            for (from, to) in part.pairs() {
                match written.get_mut(to) {
                    Some(times) if from < channels(part.x) => *times += 1,
                    _ => return false,
                }
            }
        }
        !written.is_empty() && written.iter().all(|&times| times == 1)
    }
}
