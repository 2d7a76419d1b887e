//! The names of the candidate operations.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::SpaceError;

/// A candidate operation, under its name in the literature.
///
/// The text form (serde, [`Display`](fmt::Display) and [`FromStr`]) is the one that papers, genotypes and
/// the PyTorch references use, for example `sep_conv_3x3`.
///
/// ```
/// use lambda_darts::space::Operation;
///
/// let operation: Operation = "dil_conv_5x5".parse()?;
/// assert_eq!(operation, Operation::DilConv5x5);
/// assert_eq!(operation.to_string(), "dil_conv_5x5");
/// # Ok::<(), lambda_darts::space::SpaceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(
    feature = "typescript",
    ts(
        type = r#""none" | "skip_connect" | "max_pool_3x3" | "avg_pool_3x3" | "sep_conv_3x3" | "sep_conv_5x5" | "sep_conv_7x7" | "dil_conv_3x3" | "dil_conv_5x5" | "conv_7x1_1x7" | "nor_conv_1x1" | "nor_conv_3x3" | "noise""#
    )
)]
#[serde(try_from = "String", into = "String")]
pub enum Operation {
    /// Zeros of the output's shape: the edge is not connected.
    None,
    /// Identity; at stride 2 a factorized reduction (DARTS, arXiv:1806.09055).
    SkipConnect,
    /// 3×3 maximum over the neighbourhood.
    MaxPool3x3,
    /// 3×3 mean over the neighbourhood, without its padding.
    AvgPool3x3,
    /// Depthwise separable 3×3 convolution, applied twice.
    SepConv3x3,
    /// Depthwise separable 5×5 convolution, applied twice.
    SepConv5x5,
    /// Depthwise separable 7×7 convolution, applied twice.
    SepConv7x7,
    /// Depthwise separable 3×3 convolution with dilation 2.
    DilConv3x3,
    /// Depthwise separable 5×5 convolution with dilation 2.
    DilConv5x5,
    /// A 1×7 convolution followed by a 7×1 one.
    Conv7x1And1x7,
    /// ReLU, 1×1 convolution, batch norm (NAS-Bench-201, arXiv:2001.00326).
    NorConv1x1,
    /// ReLU, 3×3 convolution, batch norm (NAS-Bench-201, arXiv:2001.00326).
    NorConv3x3,
    /// Gaussian noise of the input's shape, independent of the input: the harmful candidate of S4 (arXiv:1909.09656).
    Noise,
    /// Operation of an application, see [`graph::register`](crate::graph::register).
    Own(OwnOperation),
}

/// Operation that an application has added to this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnOperation(u8);

/// Names of the operations that applications have added.
static OWN: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

fn own() -> RwLockReadGuard<'static, Vec<&'static str>> {
    OWN.read().unwrap_or_else(PoisonError::into_inner)
}

impl OwnOperation {
    /// Adds a name; the error says why it cannot be taken.
    pub(crate) fn add(name: &'static str) -> Result<Self, &'static str> {
        let letters = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if name.is_empty() || name.len() > 64 || !letters(name) {
            return Err("a name has 1 to 64 letters, digits and `_`");
        }
        if name.parse::<Operation>().is_ok() {
            return Err("the name is in use");
        }
        let mut own = OWN.write().unwrap_or_else(PoisonError::into_inner);
        let index = u8::try_from(own.len()).map_err(|_| "there are 256 already")?;
        own.push(name);
        Ok(Self(index))
    }

    /// Index in the order of addition.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Operation {
    /// Every built-in operation, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::None,
        Self::SkipConnect,
        Self::MaxPool3x3,
        Self::AvgPool3x3,
        Self::SepConv3x3,
        Self::SepConv5x5,
        Self::SepConv7x7,
        Self::DilConv3x3,
        Self::DilConv5x5,
        Self::Conv7x1And1x7,
        Self::NorConv1x1,
        Self::NorConv3x3,
        Self::Noise,
    ];

    /// Returns true if the operation has no weights: zeros, the identity, a pool or noise. A skip connection counts, though
    /// DARTS reduces its input with weights at stride 2; an operation of an application does not.
    #[must_use]
    pub fn is_parameter_free(self) -> bool {
        matches!(self, Self::None | Self::SkipConnect | Self::MaxPool3x3 | Self::AvgPool3x3 | Self::Noise)
    }

    /// Returns the name that papers and genotypes use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SkipConnect => "skip_connect",
            Self::MaxPool3x3 => "max_pool_3x3",
            Self::AvgPool3x3 => "avg_pool_3x3",
            Self::SepConv3x3 => "sep_conv_3x3",
            Self::SepConv5x5 => "sep_conv_5x5",
            Self::SepConv7x7 => "sep_conv_7x7",
            Self::DilConv3x3 => "dil_conv_3x3",
            Self::DilConv5x5 => "dil_conv_5x5",
            Self::Conv7x1And1x7 => "conv_7x1_1x7",
            Self::NorConv1x1 => "nor_conv_1x1",
            Self::NorConv3x3 => "nor_conv_3x3",
            Self::Noise => "noise",
            Self::Own(operation) => own().get(operation.index()).copied().unwrap_or("?"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Operation {
    type Err = SpaceError;

    fn from_str(name: &str) -> Result<Self, SpaceError> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
            .or_else(|| {
                let index = own().iter().position(|own| *own == name)?;
                Some(Self::Own(OwnOperation(u8::try_from(index).ok()?)))
            })
            .ok_or_else(|| SpaceError::UnknownOperation { name: name.chars().take(64).collect() })
    }
}

impl TryFrom<String> for Operation {
    type Error = SpaceError;

    fn try_from(name: String) -> Result<Self, SpaceError> {
        name.parse()
    }
}

impl From<Operation> for String {
    fn from(operation: Operation) -> Self {
        operation.name().to_owned()
    }
}

impl JsonSchema for Operation {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": Self::ALL.map(Self::name) })
    }
}
