//! State dicts of PyTorch in pickles: which tensors they name, and where the numbers of these lie.

use std::collections::BTreeMap;

use super::stored::{Dtype, MAX_AXES, Stored};
use crate::pickle::{Id, PERSISTENT, Pickle, Value};
use crate::text::excerpt;

/// Functions and types in the pickles of state dicts, and of what training loops save beside them.
const FUNCTIONS: [&str; 12] = [
    PERSISTENT,
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch.nn.parameter.Parameter",
    "torch.Size",
    "torch.device",
    "argparse.Namespace",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
];

/// Types of storages, with the type of their numbers and its width in bytes.
const STORAGES: [(&str, Dtype, usize); 10] = [
    ("torch.HalfStorage", Dtype::F16, 2),
    ("torch.BFloat16Storage", Dtype::Bf16, 2),
    ("torch.FloatStorage", Dtype::F32, 4),
    ("torch.DoubleStorage", Dtype::F64, 8),
    ("torch.BoolStorage", Dtype::Other("bool"), 1),
    ("torch.ByteStorage", Dtype::Other("uint8"), 1),
    ("torch.CharStorage", Dtype::Other("int8"), 1),
    ("torch.ShortStorage", Dtype::Other("int16"), 2),
    ("torch.IntStorage", Dtype::Other("int32"), 4),
    ("torch.LongStorage", Dtype::Other("int64"), 8),
];

/// Keys under which training loops save a state dict.
const NESTED: [&str; 4] = ["state_dict", "model", "net", "model_state_dict"];
/// Maximum number of dictionaries around a state dict.
const MAX_DEPTH: usize = 4;
/// Maximum number of tensors of a state dict.
const MAX_TENSORS: usize = 1 << 16;

/// Maximum length in bytes of a name, and of the key of a storage.
const MAX_TEXT: usize = 1 << 10;

/// Storage that a pickle refers to.
pub(super) struct Storage<'p> {
    pub(super) key: &'p str,
    pub(super) dtype: Dtype,
    /// Number of bytes of a number.
    pub(super) width: usize,
}

/// Reads a pickle of PyTorch's; returns it with the bytes after it.
pub(super) fn pickle(bytes: &[u8]) -> Result<(Pickle<'_>, &[u8]), String> {
    let known: Vec<&str> = FUNCTIONS.into_iter().chain(STORAGES.map(|(name, ..)| name)).collect();
    Pickle::read_first(bytes, &known).map_err(|fault| format!("at byte {} of its pickle: {}", fault.offset, fault.what))
}

/// Returns the text of a value, if it is a short one: many values may refer to one text.
pub(super) fn text<'p>(pickle: &'p Pickle<'_>, id: Id) -> Option<&'p str> {
    let bytes: &[u8] = match &pickle.values[id] {
        Value::Text(text) => text.as_bytes(),
        // Texts of Python 2.
        Value::Bytes(bytes) => bytes,
        _ => return None,
    };
    if bytes.len() > MAX_TEXT {
        return None;
    }
    str::from_utf8(bytes).ok()
}

/// Returns the storage that a value refers to.
pub(super) fn storage<'p>(pickle: &'p Pickle<'_>, value: &Value<'_>) -> Option<Storage<'p>> {
    let &Value::Call(call) = value else { return None };
    let &[kind, class, key, _, _, ref view @ ..] = pickle.arguments(call) else { return None };
    let Value::Function(class) = pickle.values[class] else { return None };
    let &(_, dtype, width) = STORAGES.iter().find(|(name, ..)| *name == class)?;
    // Files before PyTorch 1.6 may give a part of a storage here.
    let is_whole = view.len() < 2 && view.iter().all(|&view| matches!(pickle.values[view], Value::Other));
    let is_storage = call.function == PERSISTENT && pickle.is_text(kind, "storage") && is_whole;
    text(pickle, key).filter(|_| is_storage).map(|key| Storage { key, dtype, width })
}

/// Returns the tensors of the state dict in a pickle; `bytes` finds those of a storage.
pub(super) fn tensors<'a>(
    pickle: &Pickle<'_>,
    mut bytes: impl FnMut(&Storage<'_>) -> Result<&'a [u8], String>,
) -> Result<BTreeMap<String, Stored<'a>>, String> {
    let mut tensors = BTreeMap::new();
    for &(key, value) in state_dict(pickle) {
        let (Some(name), Some(view)) = (text(pickle, key), View::of(pickle, value)) else { continue };
        let stored = view.stored(pickle, &mut bytes).map_err(|what| format!("`{}` {what}", excerpt(name)))?;
        tensors.insert(name.to_owned(), stored);
        if tensors.len() > MAX_TENSORS {
            return Err(format!("more than {MAX_TENSORS} tensors"));
        }
    }
    if tensors.is_empty() {
        return Err("it holds no state dict; save one with `torch.save(network.state_dict(), file)`".to_owned());
    }
    Ok(tensors)
}

/// Returns the entries of the innermost state dict.
fn state_dict<'p>(pickle: &'p Pickle<'_>) -> &'p [(Id, Id)] {
    let mut id = pickle.root;
    for _ in 0..MAX_DEPTH {
        let is_dict = |&inner: &Id| matches!(pickle.values[inner], Value::Dict(_));
        let Some(inner) = NESTED.iter().find_map(|key| pickle.entry(id, key).filter(is_dict)) else { break };
        id = inner;
    }
    if let Value::Dict(entries) = &pickle.values[id] { entries } else { &[] }
}

/// Tensor as a view of a storage.
struct View {
    storage: Id,
    offset: Id,
    shape: Id,
    strides: Id,
}

impl View {
    /// View that a value is, within its parameter if it is one.
    fn of(pickle: &Pickle<'_>, mut id: Id) -> Option<Self> {
        for _ in 0..2 {
            let Value::Call(call) = pickle.values[id] else { break };
            match (call.function, pickle.arguments(call)) {
                (
                    "torch._utils._rebuild_parameter"
                    | "torch._utils._rebuild_parameter_with_state"
                    | "torch.nn.parameter.Parameter",
                    &[data, ..],
                ) => id = data,
                (
                    "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2",
                    &[storage, offset, shape, strides, ..],
                ) => return Some(Self { storage, offset, shape, strides }),
                _ => break,
            }
        }
        None
    }

    fn stored<'a>(
        &self,
        pickle: &Pickle<'_>,
        bytes: &mut impl FnMut(&Storage<'_>) -> Result<&'a [u8], String>,
    ) -> Result<Stored<'a>, String> {
        let storage = storage(pickle, &pickle.values[self.storage]).ok_or("has a storage of an unknown kind")?;
        let shape = sizes(pickle, self.shape).ok_or("has no shape")?;
        let strides = sizes(pickle, self.strides).ok_or("has no strides")?;
        let Value::Int(offset) = pickle.values[self.offset] else { return Err("has no offset".to_owned()) };
        let offset = usize::try_from(offset).map_err(|_| "has a negative offset")?;
        Stored::strided(storage.dtype, shape, strides, offset, bytes(&storage)?)
    }
}

/// Returns the sizes or strides of the axes.
fn sizes(pickle: &Pickle<'_>, id: Id) -> Option<Vec<usize>> {
    let Value::Tuple(items) = &pickle.values[id] else { return None };
    // One long tuple may be that of many tensors.
    if items.len() > MAX_AXES {
        return None;
    }
    pickle.integers(id)?.into_iter().map(|size| usize::try_from(size).ok()).collect()
}
