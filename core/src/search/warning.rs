//! Warning of a regularizer whose gradient leaves no room for that of the loss.

use crate::method::EpochSummary;

/// Warning if the regularizers' gradient is longer than the clip on the mean of the last epoch. It comes once, and again
/// only after the sign has disappeared.
pub(super) fn of_regularizer(history: &[EpochSummary], clip: f64) -> Option<String> {
    let (last, before) = history.split_last()?;
    let norm = last.regularizer_gradient_norm.filter(|&norm| norm > clip)?;
    // Short epochs may have no step whose norm is measured.
    let measured = before.iter().rev().find_map(|epoch| epoch.regularizer_gradient_norm);
    if measured.is_some_and(|norm| norm > clip) {
        return None;
    }
    Some(format!(
        "the regularizer's gradient has the norm {norm:.1}, and gradients are clipped to {clip}: little of the loss's \
         gradient is left, and the supernet learns badly; raise method.alignment.epsilon, lower method.alignment.lambda, \
         or set method.alignment.estimator to frozen"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Genotype;

    #[test]
    fn a_long_gradient_is_told_once() {
        let norms = [None, Some(4.9), Some(5.1), None, Some(57.0), Some(5.0), Some(6.25)];
        let epoch = |(epoch, &regularizer_gradient_norm)| EpochSummary {
            epoch,
            genotype: Genotype { cells: Vec::new() },
            curvature: None,
            regularizer_gradient_norm,
            ranking: Vec::new(),
        };
        let history: Vec<_> = norms.iter().enumerate().map(epoch).collect();
        let told: Vec<_> = (1..=7).map(|count| of_regularizer(&history[..count], 5.0)).collect();
        let warned: Vec<_> = told.iter().map(Option::is_some).collect();
        assert_eq!(warned, [false, false, true, false, false, false, true]);
        assert!(told[6].as_deref().unwrap().contains("norm 6.2, and gradients are clipped to 5:"), "{told:?}");
    }
}
