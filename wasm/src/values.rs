//! Conversion of values between Rust and JavaScript. They cross as JSON in the format of a run's `events.jsonl`.

use js_sys::JSON;
use serde::Serialize;
use wasm_bindgen::prelude::{JsError, JsValue};

use crate::failure::{Failure, on_one_line};

/// Converts a value to a plain object for JavaScript.
pub(crate) fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    let text = serde_json::to_string(value).map_err(Failure::Json).map_err(error)?;
    JSON::parse(&text).map_err(|_| error(Failure::NotJson))
}

/// Returns the JSON of an object from JavaScript.
pub(crate) fn text_of(value: &JsValue) -> Result<String, JsError> {
    // There is no JSON of `undefined`, of a function or of an object that contains itself.
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.ok_or_else(|| error(Failure::NotJson))
}

/// Makes an `Error` with the whole message on one line.
pub(crate) fn error(failure: impl Into<Failure>) -> JsError {
    let failure: Failure = failure.into();
    JsError::new(&on_one_line(&failure))
}
