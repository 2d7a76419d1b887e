//! Graph with the order in which engines run it.

use std::ops::Deref;

use super::Paths;
use super::schedule::Schedule;
use crate::graph::Graph;

/// Graph with its schedule and the lengths of its vectors.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    graph: Graph,
    pub(crate) schedule: Schedule,
    /// Length of ω.
    pub(crate) weights: usize,
    /// Number of normalized channels.
    pub(crate) normalized: usize,
}

impl Plan {
    pub(crate) fn new(graph: Graph) -> Self {
        let schedule = Schedule::new(&graph);
        let (weights, normalized) = (graph.parameter_count(), graph.normalized_channels());
        Self { graph, schedule, weights, normalized }
    }

    /// Graph alone.
    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// True for each normalized channel whose statistics a pass takes.
    pub(crate) fn measured(&self, paths: &Paths) -> Vec<bool> {
        let mut measured = vec![true; self.normalized];
        for (at, value) in self.graph.values().iter().enumerate() {
            if let (Some(norm), false) = (value.norm, self.schedule.runs(at, paths)) {
                measured[norm.offset..norm.offset + value.channels].fill(false);
            }
        }
        measured
    }
}

impl Deref for Plan {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}
