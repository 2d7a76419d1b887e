//! Rule by which candidate operations are frozen.

/// Rule by which candidate operations are frozen: by the agreement of their training and validation gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreezeRule {
    /// True if the training gradient is added to the validation gradient before both are compared.
    pub adds_up: bool,
    /// Number of steps in a window.
    pub steps: usize,
    /// Mean agreement of a window below which an operation is frozen.
    pub threshold: f64,
}

/// Gradients of a parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterGradients<'a> {
    /// Training gradient of the last weight step, as it was clipped.
    pub train: &'a [f64],
    /// Validation gradient.
    pub valid: &'a [f64],
    /// Number of output channels, the first axis of the parameter.
    pub outputs: usize,
}

impl FreezeRule {
    /// Agreement of the gradients of an operation's parameters: the mean cosine along output channels; absent if one of
    /// the two gradients is zero.
    #[must_use]
    pub fn agreement(&self, parameters: &[ParameterGradients<'_>]) -> Option<f64> {
        let moves = |gradient: &[f64]| gradient.iter().any(|&slope| slope != 0.0);
        let learns = parameters.iter().any(|parameter| moves(parameter.train));
        if !learns || !parameters.iter().any(|parameter| moves(parameter.valid)) {
            return None;
        }
        Some(mean(parameters.iter().map(|parameter| self.cosine(parameter))))
    }

    /// Mean over the columns of a parameter of the cosine; 0 for a column with a gradient of zero, as in PyTorch.
    fn cosine(&self, ParameterGradients { train, valid, outputs }: &ParameterGradients<'_>) -> f64 {
        let width = (train.len() / (*outputs).max(1)).max(1);
        let mut columns = vec![[0.0; 3]; width];
        for (train, valid) in train.chunks_exact(width).zip(valid.chunks_exact(width)) {
            for ((sums, train), valid) in columns.iter_mut().zip(train).zip(valid) {
                let other = if self.adds_up { train + valid } else { *valid };
                sums[0] += train * other;
                sums[1] += train * train;
                sums[2] += other * other;
            }
        }
        mean(columns.into_iter().map(|[product, train, other]| {
            let norms = train.sqrt() * other.sqrt();
            if norms > 0.0 { product / norms } else { 0.0 }
        }))
    }
}

/// Mean of some numbers, of which there is one at least.
fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    let count = numbers.len() as f64;
    numbers.sum::<f64>() / count
}
