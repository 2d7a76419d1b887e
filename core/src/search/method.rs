//! Published methods as compositions of parts: what one of them adds to plain DARTS.

use serde::{Deserialize, Serialize};

use crate::alignment::Form;

/// A published method, by the name of its composition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum MethodName {
    /// DARTS: no regularizer (arXiv:1806.09055).
    Darts,
    /// Λ-DARTS with the cosine form Λ (arXiv:2210.07998).
    #[default]
    LambdaDarts,
    /// Λ-DARTS with the sign form Λ± (arXiv:2210.07998).
    LambdaDartsSign,
}

/// The parts of a method. A paper that changes another part of the search adds a field here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Method {
    /// What the weight step ascends besides descending L_train: λ times this agreement of the cell gradients.
    pub weight_regularizer: Option<Form>,
}

impl MethodName {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Darts, Self::LambdaDarts, Self::LambdaDartsSign];

    /// The name it is asked for by, which is its text form too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Darts => "darts",
            Self::LambdaDarts => "lambda-darts",
            Self::LambdaDartsSign => "lambda-darts-sign",
        }
    }

    /// The table of presets.
    #[must_use]
    pub const fn parts(self) -> Method {
        match self {
            Self::Darts => Method { weight_regularizer: None },
            Self::LambdaDarts => Method { weight_regularizer: Some(Form::Cosine) },
            Self::LambdaDartsSign => Method { weight_regularizer: Some(Form::Sign) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_text_form() {
        for method in MethodName::ALL {
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
        }
    }
}
