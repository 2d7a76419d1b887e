//! Attributes of nodes.

use super::proto::AttributeProto;

/// Returns an attribute with a number of single precision.
pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), f: value, kind: 1, ..AttributeProto::default() }
}

/// Returns an attribute with an integer other than zero.
pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: value, kind: 2, ..AttributeProto::default() }
}

/// Returns an attribute with a list of sizes.
pub(super) fn sizes(name: &str, values: impl IntoIterator<Item = usize>) -> AttributeProto {
    let ints = values.into_iter().map(count).collect();
    AttributeProto { name: name.to_owned(), ints, kind: 7, ..AttributeProto::default() }
}

/// Returns a number of elements as the messages hold it.
pub(super) fn count(value: usize) -> i64 {
    value.cast_signed() as i64
}
