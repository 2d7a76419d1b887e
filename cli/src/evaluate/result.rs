//! The result of an evaluation: as JSON, as CSV and as text.

use std::cmp::Reverse;

use lambda_darts::training::Evaluation;
use serde_json::{Map, Value, json};

use crate::args::EvaluateArgs;
use crate::csv_text::csv_text;

/// Number of confusions in the text.
const CONFUSIONS: usize = 5;

/// Returns the evaluation as JSON.
pub(super) fn json(found: &Evaluation, classes: &[String], args: &EvaluateArgs) -> Value {
    let by_class = classes.iter().zip(&found.by_class).map(|(class, share)| (class.clone(), json!(share)));
    let from = args.from.to_string_lossy();
    json!({
        "top1": found.top1,
        "top5": found.top5,
        "loss": found.loss,
        "ece": found.calibration.ece,
        "confidence": found.calibration.confidence,
        "images": found.images,
        "classes": classes,
        "by_class": by_class.collect::<Map<_, _>>(),
        "confusion": found.confusion,
        "run": args.weights.is_none().then_some(from),
        "weights": args.weights.as_ref().map(|path| path.display().to_string()),
    })
}

/// Returns the predictions as CSV, a row for each image. Images are counted from 0, in their order.
pub(super) fn predictions(found: &Evaluation, classes: &[String]) -> String {
    let header = ["image", "label", "prediction", "confidence", "probability_of_label"].map(str::to_owned).to_vec();
    let rows = found.predictions.iter().enumerate().map(|(image, prediction)| {
        vec![
            image.to_string(),
            classes[prediction.label].clone(),
            classes[prediction.class].clone(),
            prediction.confidence.to_string(),
            prediction.of_label.to_string(),
        ]
    });
    csv_text(std::iter::once(header).chain(rows))
}

/// Returns the evaluation as people read it.
pub(super) fn text(found: &Evaluation, classes: &[String]) -> String {
    // The name of a folder may contain control characters.
    let plain = |class: &String| class.replace(char::is_control, " ");
    let classes: Vec<String> = classes.iter().map(plain).collect();
    let mut text = format!(
        "top 1 {:.2} %, top 5 {:.2} %, loss {:.4}, calibration error {:.4}, on {} images\n\n",
        100.0 * found.top1,
        100.0 * found.top5,
        found.loss,
        found.calibration.ece,
        found.images
    );
    let width = classes.iter().map(|class| class.chars().count()).max().unwrap_or_default().max("class".len());
    let mut line = |line: String| text.extend([line.trim_end(), "\n"]);
    line(format!("{:width$}  {:>7}  correct", "class", "images"));
    for ((class, row), share) in classes.iter().zip(&found.confusion).zip(&found.by_class) {
        let correct = share.map_or_else(|| "–".to_owned(), |share| format!("{:.2} %", 100.0 * share));
        line(format!("{class:width$}  {:>7}  {correct:>8}", row.iter().sum::<usize>()));
    }
    let confusions = commonest(&found.confusion);
    if !confusions.is_empty() {
        line("\ncommonest confusions:".to_owned());
    }
    for (count, label, class) in confusions {
        line(format!("{count:>7}  {} taken for {}", classes[label], classes[class]));
    }
    text.truncate(text.trim_end().len());
    text
}

/// Returns the commonest confusions: number of images, class and predicted class.
fn commonest(confusion: &[Vec<usize>]) -> Vec<(usize, usize, usize)> {
    let all = confusion
        .iter()
        .enumerate()
        .flat_map(|(label, row)| row.iter().enumerate().map(move |(class, &count)| (count, label, class)));
    let mut wrong: Vec<_> = all.filter(|&(count, label, class)| count > 0 && label != class).collect();
    wrong.sort_by_key(|&(count, ..)| Reverse(count));
    wrong.truncate(CONFUSIONS);
    wrong
}

#[cfg(test)]
mod tests {
    use lambda_darts::training::{Calibration, Prediction};

    use super::*;

    #[test]
    fn the_text_has_every_class_and_the_commonest_confusions() {
        let found = Evaluation {
            images: 10,
            top1: 0.4,
            top5: 1.0,
            loss: 1.25,
            confusion: vec![vec![3, 1, 1], vec![4, 1, 0], vec![0; 3]],
            by_class: vec![Some(0.6), Some(0.2), None],
            calibration: Calibration { ece: 0.125, confidence: 0.5 },
            predictions: vec![Prediction { label: 1, class: 0, confidence: 0.75, of_label: 0.125 }],
        };
        let classes = ["a", "bag, small", "c\n"].map(str::to_owned);
        let expected = "top 1 40.00 %, top 5 100.00 %, loss 1.2500, calibration error 0.1250, on 10 images\n\n\
            class        images  correct\n\
            a                 5   60.00 %\n\
            bag, small        5   20.00 %\n\
            c                 0         –\n\n\
            commonest confusions:\n      \
            4  bag, small taken for a\n      \
            1  a taken for bag, small\n      \
            1  a taken for c";
        assert_eq!(text(&found, &classes), expected);
        let csv = "image,label,prediction,confidence,probability_of_label\n0,\"bag, small\",a,0.75,0.125\n";
        assert_eq!(predictions(&found, &classes), csv);
    }
}
