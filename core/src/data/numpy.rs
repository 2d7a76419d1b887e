//! Pickled batches of images: arrays of numpy and lists.

use crate::pickle::{Fault, Id, Pickle, Value};

/// Functions and types that arrays are made of.
const KNOWN: [&str; 6] = [
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer",
    "numpy.ndarray",
    "numpy.dtype",
];

/// Reads a pickle of arrays, lists and texts.
pub(super) fn read(bytes: &[u8]) -> Result<Batch<'_>, Fault> {
    Pickle::read(bytes, &KNOWN).map(Batch)
}

/// Pickle of a batch of images, or of the names of their classes.
pub(super) struct Batch<'a>(Pickle<'a>);

/// Array: its shape, its dtype, the order of its numbers and their bytes.
struct Array {
    shape: Id,
    dtype: Id,
    by_column: bool,
    raw: Id,
}

impl Batch<'_> {
    /// Returns the value of `key` if the pickle is a dictionary.
    fn entry(&self, key: &str) -> Option<Id> {
        self.0.entry(self.0.root, key)
    }

    fn array(&self, id: Id) -> Option<Array> {
        let Value::Call(call) = self.0.values[id] else { return None };
        match (call.function, self.0.arguments(call)) {
            ("numpy.core.numeric._frombuffer" | "numpy._core.numeric._frombuffer", &[raw, dtype, shape, order]) => {
                Some(Array { shape, dtype, by_column: !self.0.is_text(order, "C"), raw })
            }
            ("numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct", &[class, _, _]) => {
                let Value::Function("numpy.ndarray") = self.0.values[class] else { return None };
                let Value::Tuple(state) = &self.0.values[call.state?] else { return None };
                let &[.., shape, dtype, by_column, raw] = state.as_slice() else { return None };
                let by_column = !matches!(self.0.values[by_column], Value::Bool(false) | Value::Int(0));
                Some(Array { shape, dtype, by_column, raw })
            }
            _ => None,
        }
    }

    /// Returns true for the dtype of single bytes. Its state holds only their order, and single bytes have none.
    fn is_bytes(&self, dtype: Id) -> bool {
        let Value::Call(call) = self.0.values[dtype] else { return false };
        let code = self.0.arguments(call).first();
        call.function == "numpy.dtype"
            && code.is_some_and(|&code| self.0.is_text(code, "u1") || self.0.is_text(code, "|u1"))
    }

    /// Returns the bytes of an array with two axes, row by row, and its shape.
    fn matrix(&self, id: Id) -> Option<(&[u8], [usize; 2])> {
        let array = self.array(id)?;
        let Value::Bytes(raw) = &self.0.values[array.raw] else { return None };
        let shape = self.0.integers(array.shape)?;
        let &[rows, columns] = shape.as_slice() else { return None };
        let (rows, columns) = (usize::try_from(rows).ok()?, usize::try_from(columns).ok()?);
        let fits = !array.by_column && rows.checked_mul(columns) == Some(raw.len());
        (fits && self.is_bytes(array.dtype)).then_some((&**raw, [rows, columns]))
    }

    /// Returns the texts of an entry, a list or tuple of `count` short ones.
    pub(super) fn texts(&self, key: &str, count: usize) -> Option<Vec<String>> {
        const LONGEST: usize = 256;
        let (Value::List(items) | Value::Tuple(items)) = &self.0.values[self.entry(key)?] else { return None };
        let text = |&item: &Id| match &self.0.values[item] {
            Value::Text(text) if text.len() <= LONGEST => Some(text.clone().into_owned()),
            Value::Bytes(bytes) if bytes.len() <= LONGEST => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        // One text may be in the list many times.
        if items.len() == count { items.iter().map(text).collect() } else { None }
    }

    /// Returns the pixels and labels of a batch: the entry `data`, bytes or an array with a row of `length` bytes for
    /// each image, and the entry `labels`, a list.
    pub(super) fn images(&self, labels: &str, length: usize) -> Result<(&[u8], Vec<i64>), String> {
        let found = self.entry(labels).and_then(|id| self.0.integers(id));
        let found = found.ok_or_else(|| format!("no `{labels}` that are a list of integers"))?;
        let data = self.entry("data").and_then(|id| match &self.0.values[id] {
            // Bytes without the shape of an array.
            Value::Bytes(bytes) if bytes.len() == found.len() * length => Some((&**bytes, [found.len(), length])),
            _ => self.matrix(id),
        });
        let (pixels, [rows, columns]) = data.ok_or("no `data` that is an array of bytes, one row for each image")?;
        if columns != length || rows != found.len() {
            return Err(format!("{rows}×{columns} bytes for {} labels; an image has {length}", found.len()));
        }
        Ok((pixels, found))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pickles of `{"data": numpy.arange(6, dtype=numpy.uint8).reshape(2, 3), "labels": [1, 120]}`, as `numpy` 2.4 and
    /// Python's pickle write them in the protocols 0, 2, 4 and 5.
    const BATCHES: [&str; 4] = [
        concat!(
            "286470300a56646174610a70310a636e756d70792e5f636f72652e6d756c746961727261790a5f7265636f6e737472756374",
            "0a70320a28636e756d70790a6e6461727261790a70330a2849300a7470340a635f636f646563730a656e636f64650a70350a",
            "2856620a70360a566c6174696e310a70370a7470380a5270390a747031300a527031310a2849310a2849320a49330a747031",
            "320a636e756d70790a64747970650a7031330a285675310a7031340a4930300a4930310a747031350a527031360a2849330a",
            "567c0a7031370a4e4e4e492d310a492d310a49300a747031380a624930300a67350a28565c753030303001020304050a7031",
            "390a67370a747032300a527032310a747032320a6273566c6162656c730a7032330a286c7032340a49310a61493132300a61",
            "732e",
        ),
        concat!(
            "80027d7100285804000000646174617101636e756d70792e5f636f72652e6d756c746961727261790a5f7265636f6e737472",
            "7563740a7102636e756d70790a6e6461727261790a71034b00857104635f636f646563730a656e636f64650a710558010000",
            "0062710658060000006c6174696e31710786710852710987710a52710b284b014b024b0386710c636e756d70790a64747970",
            "650a710d58020000007531710e898887710f527110284b0358010000007c71114e4e4e4affffffff4affffffff4b00747112",
            "628968055806000000000102030405711368078671145271157471166258060000006c6162656c7371175d7118284b014b78",
            "65752e",
        ),
        concat!(
            "800495ad000000000000007d94288c0464617461948c166e756d70792e5f636f72652e6d756c74696172726179948c0c5f72",
            "65636f6e7374727563749493948c056e756d7079948c076e6461727261799493944b0085944301629487945294284b014b02",
            "4b03869468058c0564747970659493948c02753194898887945294284b038c017c944e4e4e4affffffff4affffffff4b0074",
            "9462894306000102030405947494628c066c6162656c73945d94284b014b7865752e",
        ),
        concat!(
            "80059598000000000000007d94288c0464617461948c136e756d70792e5f636f72652e6e756d65726963948c0b5f66726f6d",
            "62756666657294939428960600000000000000000102030405948c056e756d7079948c0564747970659493948c0275319489",
            "8887945294284b038c017c944e4e4e4affffffff4affffffff4b007494624b024b0386948c014394749452948c066c616265",
            "6c73945d94284b014b7865752e",
        ),
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn every_protocol_gives_the_same_batch() {
        for hex in BATCHES {
            let bytes = bytes(hex);
            let batch = read(&bytes).unwrap();
            let data = batch.matrix(batch.entry("data").unwrap());
            assert_eq!(data, Some((&[0, 1, 2, 3, 4, 5][..], [2, 3])));
            assert_eq!(batch.images("labels", 3).unwrap().1, [1, 120]);
            assert_eq!(batch.entry("mean"), None);
        }
    }

    #[test]
    fn older_numpy_and_python_2_are_read() {
        let old = bytes(BATCHES[1]);
        let place = old.windows(5).position(|window| window == b"_core").unwrap();
        let old = [&old[..place], &old[place + 1..]].concat();
        let batch = read(&old).unwrap();
        assert!(batch.matrix(batch.entry("data").unwrap()).is_some());
        let names = read(b"}(U\x06labels]S'data'\nK\x01u.").unwrap();
        assert_eq!(names.texts("labels", 0), Some(vec![]));
    }

    proptest! {
        #[test]
        fn damage_never_panics(
            which in 0..4_usize,
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = bytes(BATCHES[which]);
            for (place, value) in damage {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            for end in [bytes.len(), cut.index(bytes.len())] {
                if let Ok(batch) = read(&bytes[..end]) {
                    let _ = (batch.images("labels", 3), batch.texts("labels", 2));
                }
            }
        }
    }
}
