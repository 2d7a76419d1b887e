//! Summary in JSON, with all digits of every number.

use serde_json::{Value, json};

use crate::compare::summary::Method;

pub(in crate::compare) fn json(methods: &[Method]) -> Value {
    let of = |method: &Method| {
        let mut result = json!({ "method": method.label, "seeds": method.seeds, "n": method.seeds.len() });
        for values in &method.values {
            result[values.measure.key] = json!({
                "mean": values.mean,
                "standard_deviation": values.deviation,
                "p": values.p,
                "values": values.each,
            });
        }
        result
    };
    json!({ "methods": methods.iter().map(of).collect::<Vec<_>>() })
}
