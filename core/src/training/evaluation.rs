//! Evaluation of a network on test images: accuracies, loss, confusions, calibration.

use serde::Serialize;

use super::network::DerivedNetwork;
use crate::data::{Batch, TrainingBatches};
use crate::session::SessionError;

/// Number of bins of the expected calibration error.
const BINS: usize = 15;

/// Evaluation of a network on images with known classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Number of images.
    pub images: usize,
    /// Share of the images whose likeliest class is theirs.
    pub top1: f64,
    /// Share of the images whose class is among the five likeliest.
    pub top5: f64,
    /// Mean cross-entropy.
    pub loss: f64,
    /// Number of images by class (row) and predicted class (column).
    pub confusion: Vec<Vec<usize>>,
    /// Share of each class's images that are classified correctly; absent for a class without images.
    pub by_class: Vec<Option<f64>>,
    /// Confidence against accuracy.
    pub calibration: Calibration,
    /// Prediction for every image, in their order.
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
}

/// Calibration: how far the network's confidence is from its accuracy (Guo et al., arXiv:1706.04599).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Expected calibration error over 15 bins of equal width: Σ n_b / n · |accuracy_b − confidence_b|.
    pub ece: f64,
    /// Mean probability of the likeliest class.
    pub confidence: f64,
}

/// Prediction for an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// Class of the image.
    pub label: usize,
    /// Likeliest class.
    pub class: usize,
    /// Probability of the likeliest class.
    pub confidence: f64,
    /// Probability of the image's class.
    pub of_label: f64,
}

/// Accuracies and loss of a network on some images.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scores {
    pub(super) top1: f64,
    pub(super) top5: f64,
    pub(super) loss: f64,
}

/// Sums of an evaluation in progress.
#[derive(Debug)]
pub(super) struct Sums {
    classes: usize,
    images: usize,
    correct: usize,
    among_five: usize,
    loss: f64,
}

impl Scores {
    /// Scores of a network on the test images of a training.
    pub(super) async fn of(network: &mut DerivedNetwork, batches: &mut TrainingBatches) -> Result<Self, SessionError> {
        let mut sums = Sums::new(network.classes());
        // An iterator would hold `&TrainingBatches` across the wait, and the future would not be `Send`.
        for index in 0..batches.test_batches() {
            let Some(batch) = batches.test(index) else { break };
            let logits = network.predict(&batch).await?;
            sums.add(&batch, &logits).for_each(drop);
        }
        Ok(sums.scores())
    }
}

impl Evaluation {
    /// Evaluation from the scores and the prediction for every image.
    pub(super) fn new(classes: usize, scores: Scores, predictions: Vec<Prediction>) -> Self {
        let mut confusion = vec![vec![0; classes]; classes];
        for prediction in &predictions {
            confusion[prediction.label][prediction.class] += 1;
        }
        let by_class = confusion.iter().enumerate().map(|(class, row)| {
            let all: usize = row.iter().sum();
            (all > 0).then(|| share(row[class], all))
        });
        let Scores { top1, top5, loss } = scores;
        Self {
            images: predictions.len(),
            top1,
            top5,
            loss,
            by_class: by_class.collect(),
            calibration: calibration(&predictions),
            confusion,
            predictions,
        }
    }
}

impl Sums {
    pub(super) fn new(classes: usize) -> Self {
        Self { classes, images: 0, correct: 0, among_five: 0, loss: 0.0 }
    }

    /// Adds the logits of a batch, and returns the predictions.
    pub(super) fn add<'s>(&'s mut self, batch: &'s Batch, logits: &'s [f64]) -> impl Iterator<Item = Prediction> + 's {
        logits.chunks_exact(self.classes).zip(&batch.labels).map(|(logits, &label)| {
            let label = usize::try_from(label).unwrap_or_default();
            let probabilities = softmax(logits);
            let class = crate::vector::argmax(logits);
            // Of equal logits, the first class comes first.
            let before = |&other: &usize| (logits[other], label) > (logits[label], other);
            let rank = (0..self.classes).filter(|other| *other != label).filter(before).count();
            self.images += 1;
            self.correct += usize::from(class == label);
            self.among_five += usize::from(rank < 5);
            self.loss -= libm::log(probabilities[label].max(f64::MIN_POSITIVE));
            let [confidence, of_label] = [class, label].map(|class| probabilities[class]);
            Prediction { label, class, confidence, of_label }
        })
    }

    pub(super) fn scores(&self) -> Scores {
        Scores {
            top1: share(self.correct, self.images),
            top5: share(self.among_five, self.images),
            loss: self.loss * share(1, self.images),
        }
    }
}

fn calibration(predictions: &[Prediction]) -> Calibration {
    let mut bins = vec![(0_usize, 0_usize, 0.0); BINS];
    for prediction in predictions {
        #[expect(clippy::cast_precision_loss, reason = "bins are few")]
        let at = bin(prediction.confidence * BINS as f64);
        let (all, correct, confidence) = &mut bins[at];
        *all += 1;
        *correct += usize::from(prediction.class == prediction.label);
        *confidence += prediction.confidence;
    }
    let count = predictions.len();
    let gap = |&(all, correct, confidence): &(usize, usize, f64)| {
        let accuracy = share(correct, all);
        share(all, count) * (accuracy - confidence * share(1, all)).abs()
    };
    let confidence = bins.iter().map(|bin| bin.2).sum::<f64>() * share(1, count);
    Calibration { ece: bins.iter().map(gap).sum(), confidence }
}

/// Bin of a confidence, whose bins are open below and closed above.
fn bin(scaled: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 15")]
    let above = scaled.ceil().max(1.0) as usize;
    above.min(BINS) - 1
}

/// Share of a number of images; 0 of none.
#[expect(clippy::cast_precision_loss, reason = "images are few")]
fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// Probabilities of the classes, the same bits on every processor.
pub(super) fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = logits.iter().map(|logit| libm::exp(logit - top)).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six classes, five images: their accuracies, confusions and calibration are those by hand.
    #[test]
    fn measures_are_those_by_hand() {
        let mut sums = Sums::new(6);
        // Exponentials of the likeliest class's logit are 25, 25, 10, 5 and 15; those of the others are 1.
        let rows: Vec<f64> = [(0, 25.0_f64), (0, 25.0), (2, 10.0), (5, 5.0), (0, 15.0)]
            .into_iter()
            .flat_map(|(high, value)| (0..6).map(move |class| if class == high { value.ln() } else { 0.0 }))
            .collect();
        let batch = Batch { images: Vec::new(), labels: vec![0, 1, 2, 0, 5], shape: [5, 1, 1, 1] };
        let predictions: Vec<Prediction> = sums.add(&batch, &rows).collect();
        let found = Evaluation::new(6, sums.scores(), predictions);
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        assert_eq!(found.images, 5);
        close(found.top1, 0.4);
        // Of equal logits, the first class comes first: the class of the last image is the sixth.
        close(found.top5, 0.8);
        assert_eq!(found.confusion[0], [1, 0, 0, 0, 0, 1]);
        assert_eq!((found.confusion[1][0], found.confusion[2][2], found.confusion[5][0]), (1, 1, 1));
        assert_eq!(found.by_class, [Some(0.5), Some(0.0), Some(1.0), None, None, Some(0.0)]);
        let likelihoods = [25.0_f64 / 30.0, 1.0 / 30.0, 10.0 / 15.0, 0.1, 0.05];
        close(found.loss, -likelihoods.map(f64::ln).iter().sum::<f64>() / 5.0);
        close(found.calibration.confidence, (2.0 * 25.0 / 30.0 + 2.0 / 3.0 + 0.5 + 0.75) / 5.0);
        // Bins: ⅚ twice, one of two correct; ⅔ correct; ½ wrong; ¾ wrong.
        close(found.calibration.ece, 0.4 * (0.5_f64 - 25.0 / 30.0).abs() + 0.2 * (1.0 / 3.0 + 0.5 + 0.75));
    }
}
