//! Formats of exported networks.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Format of an exported network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Model in ONNX, for any number of images
    Onnx,
    /// Module in Python for PyTorch, and its weights beside it in NAME.safetensors
    Pytorch,
    /// Record of a module of Burn, which the docs of `exchange::burn` load; trainings only
    #[cfg(feature = "burn")]
    Burn,
    /// Weights alone
    Safetensors,
}

impl Format {
    /// Returns the files of a network, the one that is named first.
    pub(super) fn files(self, out: &Path) -> Result<Vec<PathBuf>, Failure> {
        match self {
            Self::Pytorch if out.extension() != Some(OsStr::new("py")) => {
                Err(Failure::inside(out, "the name of a Python module ends in .py".to_owned()))
            }
            Self::Pytorch => Ok(vec![out.to_owned(), out.with_extension("safetensors")]),
            _ => Ok(vec![out.to_owned()]),
        }
    }
}
