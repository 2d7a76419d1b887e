//! Numbers on the host, in the precision of the engine that they come from.

/// Vector in single or double precision.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Single precision, in which networks compute.
    Single(Vec<f32>),
    /// Double precision, in which numbers are checked.
    Double(Vec<f64>),
}

impl Numbers {
    /// Number of numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
        }
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers in double precision.
    #[must_use]
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::Single(values) => values.iter().copied().map(f64::from).collect(),
            Self::Double(values) => values.clone(),
        }
    }

    /// Numbers in single precision; double ones are rounded.
    #[must_use]
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::Single(values) => values.clone(),
            #[expect(clippy::cast_possible_truncation, reason = "single precision is what was asked for")]
            Self::Double(values) => values.iter().map(|&value| value as f32).collect(),
        }
    }
}

impl From<Vec<f32>> for Numbers {
    fn from(values: Vec<f32>) -> Self {
        Self::Single(values)
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(values: Vec<f64>) -> Self {
        Self::Double(values)
    }
}
