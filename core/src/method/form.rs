//! Forms of parts that a paper or its code has in several.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Form of the zero-one loss of FairDARTS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroOneForm {
    /// Squares (σ(α) − ½)².
    #[default]
    Squares,
    /// Magnitudes |σ(α) − ½|.
    Magnitudes,
}

/// Distance of a Dirichlet distribution from the uniform one, Dir(1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirichletForm {
    /// Kullback–Leibler divergence KL(Dir(β) ‖ Dir(1)).
    #[default]
    Divergence,
    /// Half of the squares (β − 1)².
    Squares,
}

/// Distribution of the architectures that a selection samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DrawnFrom {
    /// Relaxation of the search: its policy, or its weights of the candidates of each edge, such as softmax(α).
    #[default]
    Relaxation,
    /// Uniform distribution over the candidates.
    Uniform,
}

/// Use of α in a search whose selection asks the supernet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AlphaUse {
    /// α is learned, and kept for the selection.
    #[default]
    Kept,
    /// α is 0 throughout: all candidates have the same weight.
    Untouched,
}

/// Gradient that the training gradient of an operation is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OlesForm {
    /// Sum of training and validation gradient, as in the code of the authors.
    #[default]
    Code,
    /// Validation gradient alone, as in the paper.
    Clean,
}
