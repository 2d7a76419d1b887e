//! A watch on collapse: when skip connections take the cell over, or the architecture's loss becomes sharp.

use std::collections::VecDeque;

use lambda_darts::search::EpochEvent;

/// The share of skip connections that is warned of.
pub(crate) const SHARE: f64 = 0.5;

// The rule of RobustDARTS (arXiv:1909.09656, early stopping): over windows of five epochs, the mean eigenvalue of five
// epochs ago has become less than .75 of the one now.
const WINDOW: usize = 5;
const RATIO: f64 = 0.75;

/// What was seen in the epochs so far.
pub(crate) struct Watch {
    share: f64,
    /// The dominant eigenvalues of ∇²_α L_val in the last epochs, the newest at the end.
    eigenvalues: VecDeque<f64>,
    skips_told: bool,
    sharpness_told: bool,
}

impl Watch {
    /// Warns when more than `share` of the derived edges are skip connections.
    pub(crate) fn new(share: f64) -> Self {
        Self { share, eigenvalues: VecDeque::new(), skips_told: false, sharpness_told: false }
    }

    /// Looks at an epoch. Each sign of a collapse is told once, until it has gone again.
    pub(crate) fn see(&mut self, epoch: &EpochEvent) -> Option<String> {
        let skips = self.skips(epoch);
        let sharpness = self.sharpness(epoch);
        let told = [(skips, &mut self.skips_told), (sharpness, &mut self.sharpness_told)].map(|(sign, told)| {
            let news = sign.is_some() && !*told;
            *told = sign.is_some();
            sign.filter(|_| news)
        });
        let told: Vec<_> = told.into_iter().flatten().collect();
        (!told.is_empty()).then(|| format!("warning: {}", told.join("; ")))
    }

    fn skips(&self, epoch: &EpochEvent) -> Option<String> {
        let nodes = epoch.genotype.cells.iter().flat_map(|cell| &cell.nodes);
        let edges: usize = nodes.map(Vec::len).sum();
        let skips = epoch.skip_connections;
        #[expect(clippy::cast_precision_loss, reason = "edges are few")]
        let many = skips as f64 > self.share * edges as f64;
        many.then(|| format!("{skips} of {edges} edges are skip connections: the search may be collapsing"))
    }

    fn sharpness(&mut self, epoch: &EpochEvent) -> Option<String> {
        self.eigenvalues.push_back(epoch.curvature?);
        if self.eigenvalues.len() > 2 * WINDOW {
            self.eigenvalues.pop_front();
        }
        if self.eigenvalues.len() < 2 * WINDOW {
            return None;
        }
        let before: f64 = self.eigenvalues.iter().take(WINDOW).sum();
        let now: f64 = self.eigenvalues.iter().skip(WINDOW).sum();
        // Epochs are told counted from 1.
        let earlier = epoch.epoch + 1 - WINDOW;
        (before < RATIO * now).then(|| {
            format!(
                "the dominant eigenvalue of the architecture's Hessian grows; RobustDARTS takes the architecture of \
                 epoch {earlier}, which `lambda-darts derive RUN --epoch {earlier}` prints"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An epoch with a cell of two edges.
    fn epoch(number: usize, skips: usize, curvature: Option<f64>) -> EpochEvent {
        let operation = |skip| if skip { "skip_connect" } else { "nor_conv_3x3" };
        let mut epoch: EpochEvent = serde_json::from_value(serde_json::json!({
            "epoch": number, "strength": 0.0, "lr": 0.1, "train_loss": 1.0, "valid_loss": 1.0,
            "supernet_accuracy": 0.5, "kinds": [], "skip_connections": skips,
            "genotype": { "cells": [{ "kind": "normal", "inputs": 1, "nodes":
                [[[operation(skips > 0), 0]], [[operation(skips > 1), 0]]], "output": [2] }] },
        }))
        .unwrap();
        epoch.curvature = curvature;
        epoch
    }

    #[test]
    fn skip_connections_are_told_when_they_take_over() {
        let mut watch = Watch::new(SHARE);
        let told: Vec<_> = [0, 1, 2, 2, 1, 2].map(|skips| watch.see(&epoch(0, skips, None))).into();
        let warned: Vec<_> = told.iter().map(Option::is_some).collect();
        assert_eq!(warned, [false, false, true, false, false, true]);
        assert!(told[2].as_deref().unwrap().starts_with("warning: 2 of 2 edges are skip connections"));
    }

    #[test]
    fn a_growing_eigenvalue_is_told_by_the_published_rule() {
        // The means of five epochs are 1 and, with the tenth, just below or above 1 / .75.
        for (tenth, warned) in [(2.66, false), (2.67, true)] {
            let mut watch = Watch::new(SHARE);
            let eigenvalues = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, tenth];
            let told: Vec<_> = (0..).zip(eigenvalues).map(|(n, value)| watch.see(&epoch(n, 0, Some(value)))).collect();
            assert_eq!(told[..9], [const { None }; 9]);
            assert_eq!(
                told[9].as_deref().map(|text| text.contains("architecture of epoch 5,")),
                warned.then_some(true)
            );
        }
    }
}
