//! Files of weights: recognized by their content, and read without trust in it.

mod archive;
mod legacy;
mod safetensors;
mod stored;
mod torch;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::{NamedTensor, NetworkWeights, WeightsError, assemble};
use crate::graph::Graph;

/// Maximum length of a file in bytes, far more than a network needs; a longer one is not read into memory.
const MAX_BYTES: u64 = 1 << 31;

impl NetworkWeights {
    /// Returns the bytes of a `.safetensors` file of the weights, which PyTorch's `safetensors.torch.load_file` reads.
    ///
    /// # Errors
    /// [`WeightsError::Length`] if the weights are those of another network.
    pub fn to_safetensors(&self, graph: &Graph) -> Result<Vec<u8>, WeightsError> {
        for (state, vector) in self.parts() {
            state.check(graph, vector.len())?;
        }
        to_safetensors(&self.named(graph))
    }

    /// Reads the bytes of a `.safetensors` file, or of one that PyTorch's `torch.save` has written: a state dict, by
    /// itself or under `state_dict`, `model`, `net` or `model_state_dict` in a dictionary. The choice of tensors is that
    /// of [`from_named`](Self::from_named). Numbers are float16, bfloat16, float32 or float64.
    ///
    /// No function that a file asks for is run: one that state dicts do not need is an error with its name.
    ///
    /// # Errors
    /// [`WeightsError`] if the bytes are not those of such a file, or the weights are those of another network.
    pub fn parse(graph: &Graph, bytes: &[u8]) -> Result<Self, WeightsError> {
        let tensors = if bytes.starts_with(archive::MAGIC) {
            archive::tensors(bytes)
        } else if bytes.starts_with(legacy::MAGIC) {
            legacy::tensors(bytes)
        } else if bytes.get(8) == Some(&b'{') {
            safetensors::read(bytes)
        } else {
            Err("it is neither in the safetensors format nor written by `torch.save`".to_owned())
        };
        assemble(graph, &tensors.map_err(|what| WeightsError::Format { what })?)
    }

    /// Reads a file as [`parse`](Self::parse) does. A file of more than 2 GiB is an error, and so are a pipe and a
    /// device.
    ///
    /// # Errors
    /// [`WeightsError::Read`] if the file cannot be read; [`WeightsError::File`] for a fault of its content.
    pub fn read(graph: &Graph, path: &Path) -> Result<Self, WeightsError> {
        let bytes = content(path).map_err(|source| WeightsError::Read { path: path.to_owned(), source })?;
        Self::parse(graph, &bytes).map_err(|error| WeightsError::File { path: path.to_owned(), error: error.into() })
    }
}

/// Returns the bytes of a `.safetensors` file of tensors, such as those of a search's state.
///
/// # Errors
/// [`WeightsError::Format`] if a tensor does not have as many numbers as its shape.
pub fn to_safetensors(tensors: &BTreeMap<String, NamedTensor>) -> Result<Vec<u8>, WeightsError> {
    safetensors::write(tensors).map_err(|what| WeightsError::Format { what })
}

/// Reads a whole file of limited length.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let known = fs::metadata(path)?;
    if !known.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
    }
    let mut bytes = Vec::new();
    if known.len() <= MAX_BYTES {
        File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    }
    if known.len().max(bytes.len() as u64) > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {MAX_BYTES} bytes")));
    }
    Ok(bytes)
}
