//! Methods that are not here, each with the reason.

use serde::Serialize;

/// Method that is not here.
#[derive(Serialize)]
pub(super) struct Absent {
    pub(super) name: &'static str,
    pub(super) paper: &'static str,
    pub(super) reason: &'static str,
}

impl Absent {
    const fn new(name: &'static str, paper: &'static str, reason: &'static str) -> Self {
        Self { name, paper, reason }
    }
}

/// Methods that are not here.
pub(super) const ABSENT: [Absent; 5] = [
    Absent::new(
        "SMASH",
        "arXiv:1708.05344",
        "a hypernetwork generates the weights of each architecture; here they belong to a supernet or to one network",
    ),
    Absent::new(
        "NEAT",
        "Stanley and Miikkulainen 2002",
        "evolution changes neurons and their weights; here it changes operations, and gradients train the weights",
    ),
    Absent::new(
        "MetaQNN",
        "arXiv:1611.02167",
        "Q-learning chooses the layers of a chain one after another; the spaces here have cells",
    ),
    Absent::new(
        "large-scale evolution",
        "arXiv:1703.01041",
        "it evolves whole networks, which inherit their weights, on many machines; evolution is its successor on cells",
    ),
    Absent::new(
        "learning-curve prediction",
        "arXiv:1705.10823",
        "it ends trainings early, by their first epochs; the table has the accuracies of whole trainings alone",
    ),
];
