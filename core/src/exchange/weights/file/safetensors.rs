//! The safetensors format.

use std::collections::{BTreeMap, HashMap};

use ::safetensors::tensor::TensorView;
use ::safetensors::{SafeTensors, serialize};

use super::super::NamedTensor;
use super::stored::{Dtype, Stored};
use crate::text::excerpt;

/// Reads the tensors of a file.
pub(super) fn read(bytes: &[u8]) -> Result<BTreeMap<String, Stored<'_>>, String> {
    let file =
        SafeTensors::deserialize(bytes).map_err(|error| format!("safetensors: {}", excerpt(&error.to_string())))?;
    file.iter()
        .map(|(name, view)| {
            let stored = Stored::contiguous(dtype(view.dtype()), view.shape().to_vec(), view.data());
            stored.map(|stored| (name.to_owned(), stored)).map_err(|what| format!("`{}` {what}", excerpt(name)))
        })
        .collect()
}

fn dtype(dtype: ::safetensors::Dtype) -> Dtype {
    use ::safetensors::Dtype as Type;

    match dtype {
        Type::F16 => Dtype::F16,
        Type::BF16 => Dtype::Bf16,
        Type::F32 => Dtype::F32,
        Type::F64 => Dtype::F64,
        Type::BOOL => Dtype::Other("bool"),
        Type::U8 => Dtype::Other("uint8"),
        Type::I8 => Dtype::Other("int8"),
        Type::I16 => Dtype::Other("int16"),
        Type::I32 => Dtype::Other("int32"),
        Type::I64 => Dtype::Other("int64"),
        _ => Dtype::Other("numbers of another kind"),
    }
}

/// Returns the bytes of a file with the tensors.
pub(super) fn write(tensors: &BTreeMap<String, NamedTensor>) -> Result<Vec<u8>, String> {
    let encoded: Vec<(&str, &NamedTensor, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| {
            (name.as_str(), tensor, tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        })
        .collect();
    let views = encoded.iter().map(|(name, tensor, bytes)| {
        TensorView::new(::safetensors::Dtype::F32, tensor.shape.clone(), bytes).map(|view| (*name, view))
    });
    // Other programs tell by this entry whose layout the tensors have.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    views
        .collect::<Result<Vec<_>, _>>()
        .and_then(|views| serialize(views, Some(metadata)))
        .map_err(|error| error.to_string())
}
