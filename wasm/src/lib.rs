//! The searches of [`lambda_darts`] behind wasm-bindgen, for one Web Worker a search.
//!
//! Nothing here trains: a [`Search`] hands on what core's [`Session`] does, event by event. All values cross as plain
//! objects whose JSON is that of a run's `events.jsonl` and `config.toml`; their types for TypeScript are made from the
//! Rust ones (`web/src/types.ts`).
//!
//! A panic ends the instance, for good: what is half done cannot be trusted, and every later call traps. The panic's
//! message goes to `console.error`; the worker that owns the instance tells the page, which starts another worker.

#![warn(missing_docs)]

mod device;
mod failure;
mod settings;
mod start;
#[cfg(test)]
mod types;
mod values;

use lambda_darts::search::Session;
use wasm_bindgen::prelude::*;

use crate::start::Files;
use crate::values::{error, text_of, to_js};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str =
    r#"import type { DeviceInfo, Event, Genotype, Notations, SearchConfig, Space } from "../../types";"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// Runs when the instance is made: panics are reported through `console.error`, on one line.
#[wasm_bindgen(start)]
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        console_error(&failure::panic_line(panic.payload_as_str(), place.as_deref()));
    }));
}

/// Settings for a search of a published space on the built-in digits that ends within a minute.
///
/// # Errors
/// Where no space has this name.
#[wasm_bindgen(unchecked_return_type = "SearchConfig")]
pub fn defaults(space: &str) -> Result<JsValue, JsError> {
    to_js(&settings::defaults(space).map_err(error)?)
}

/// Whether a page can run this search, as far as that can be said without its images.
///
/// # Errors
/// Names the first setting that is wrong.
#[wasm_bindgen]
pub fn check(#[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: &JsValue) -> Result<(), JsError> {
    let config = settings::read(&text_of(config)?).map_err(error)?;
    settings::check(&config).map_err(error)
}

/// The space that a configuration searches: its kinds of cell with their edges and candidates.
///
/// # Errors
/// Where no space has this name, or the visitor's own is not well described.
#[wasm_bindgen(unchecked_return_type = "Space")]
pub fn space(#[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: &JsValue) -> Result<JsValue, JsError> {
    let config = settings::read(&text_of(config)?).map_err(error)?;
    to_js(&config.search_space().map_err(error)?)
}

/// A genotype in every notation that it has.
///
/// # Errors
/// Where it is no genotype.
#[wasm_bindgen(unchecked_return_type = "Notations")]
pub fn notations(#[wasm_bindgen(unchecked_param_type = "Genotype")] genotype: &JsValue) -> Result<JsValue, JsError> {
    to_js(&settings::notations(&text_of(genotype)?).map_err(error)?)
}

/// Everything that a search can run on here, the CPU first.
///
/// # Errors
/// None that is known; a promise can always be rejected.
#[wasm_bindgen(unchecked_return_type = "DeviceInfo[]")]
pub async fn devices() -> Result<JsValue, JsError> {
    to_js(&device::list().await)
}

/// A search in progress.
///
/// One thing at a time: while a promise of `next` is open, every other call on the same search throws or rejects, and
/// the search stays as it is.
#[wasm_bindgen]
pub struct Search {
    session: Session,
}

#[wasm_bindgen]
impl Search {
    /// Prepares a search; nothing is trained yet.
    ///
    /// `device` is `cpu` or `webgpu`. `batches` is a batch file of CIFAR-10, which `config.data.set = "cifar10"` needs;
    /// the digits are built in. `table` is NAS-Bench-201's table as CSV.
    ///
    /// # Errors
    /// Says which setting, which file or which device is wrong.
    pub async fn create(
        #[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: JsValue,
        device: String,
        batches: Option<Vec<u8>>,
        table: Option<String>,
    ) -> Result<Search, JsError> {
        let config = settings::read(&text_of(&config)?).map_err(error)?;
        // What is wrong with the settings is said before a device is asked for.
        settings::check(&config).map_err(error)?;
        let place = device::named(&device).await.map_err(error)?;
        let session = start::start(config, &place, &Files { batches, table }).map_err(error)?;
        Ok(Self { session })
    }

    /// Goes on where `snapshot` was taken, on any device. The files must be those of the first time.
    ///
    /// # Errors
    /// As `create`, and where the bytes are no snapshot or do not fit the files.
    pub async fn restore(
        snapshot: Vec<u8>,
        device: String,
        batches: Option<Vec<u8>>,
        table: Option<String>,
    ) -> Result<Search, JsError> {
        let place = device::named(&device).await.map_err(error)?;
        let session = start::restore(&snapshot, &place, &Files { batches, table }).map_err(error)?;
        Ok(Self { session })
    }

    /// Does the next thing (start, a step, the end of an epoch) and tells what it was; `undefined` after the end.
    ///
    /// # Errors
    /// Where a number is no longer finite or the device is lost; the search is as it was before the call.
    #[wasm_bindgen(js_name = next, unchecked_return_type = "Event | undefined")]
    pub async fn next_event(&mut self) -> Result<JsValue, JsError> {
        match self.session.next().await.map_err(error)? {
            Some(event) => to_js(&event),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Everything that `restore` needs to go on, except the visitor's files.
    ///
    /// # Errors
    /// Where the device does not answer.
    pub async fn snapshot(&self) -> Result<Vec<u8>, JsError> {
        start::snapshot(&self.session).await.map_err(error)
    }

    /// The architecture that α stands for now.
    ///
    /// # Errors
    /// None that is known; every genotype can be written as JSON.
    #[wasm_bindgen(unchecked_return_type = "Genotype")]
    pub fn genotype(&self) -> Result<JsValue, JsError> {
        to_js(&self.session.genotype())
    }

    /// The name of the device in use.
    #[must_use]
    pub fn device(&self) -> String {
        self.session.bilevel().net.place().name().to_owned()
    }
}
