//! The searches and trainings of [`lambda_darts`] behind wasm-bindgen, with one Web Worker for each of them.
//!
//! The crate contains no training loop of its own: a [`Search`] or a [`Training`] passes on the events of a session of the
//! core crate, and a [`Trained`] network predicts the classes of images. All values cross as plain objects in the format of a run's `events.jsonl` and `config.toml`; their types for TypeScript
//! are made from the Rust types (`web/src/types.ts`), and so is the JSON Schema of a method (`web/src/method-schema.json`).
//!
//! A panic ends the instance for good: its state may be inconsistent, and every later call traps. The message of the
//! panic goes to `console.error`. The worker that owns the instance informs the page, which starts another worker.

#![warn(missing_docs)]

mod device;
mod failure;
mod images;
mod settings;
mod snapshot;
mod start;
mod train;
#[cfg(test)]
mod types;
mod values;

use lambda_darts::search::Session;
use lambda_darts::training;
use wasm_bindgen::prelude::*;

use crate::start::Files;
use crate::values::{error, text_of, to_js};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"import type { DeviceInfo, Event, FirstImages, Genotype, Notations, PresetInfo, SearchConfig, Space, TrainingConfig } from "../../types";"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// Reports panics through `console.error`, on one line. It runs when the instance is made.
#[wasm_bindgen(start)]
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        console_error(&failure::panic_line(panic.payload_as_str(), place.as_deref()));
    }));
}

/// Returns settings for a search of a published space on the images of Fashion-MNIST that ends within minutes.
///
/// # Errors
/// An error if no space has this name.
#[wasm_bindgen(unchecked_return_type = "SearchConfig")]
pub fn defaults(space: &str) -> Result<JsValue, JsError> {
    to_js(&settings::defaults(space).map_err(error)?)
}

/// Returns settings for a training of a genotype on the built-in images that ends within minutes. The genotype is given in
/// any notation; `space` names the published space that arranges its cells.
///
/// # Errors
/// An error if no space has this name, or the text is not a genotype.
#[wasm_bindgen(js_name = trainingDefaults, unchecked_return_type = "TrainingConfig")]
pub fn training_defaults(space: &str, genotype: &str) -> Result<JsValue, JsError> {
    to_js(&settings::training_defaults(space, genotype).map_err(error)?)
}

/// Returns the published methods, each with its settings.
///
/// # Errors
/// No error is expected; every method can be written as JSON.
#[wasm_bindgen(unchecked_return_type = "PresetInfo[]")]
pub fn presets() -> Result<JsValue, JsError> {
    to_js(&settings::presets())
}

/// Checks that a page can run this search, as far as possible without its images.
///
/// # Errors
/// An error that names the first invalid setting.
#[wasm_bindgen]
pub fn check(#[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: &JsValue) -> Result<(), JsError> {
    let config = settings::read(&text_of(config)?).map_err(error)?;
    settings::check(&config).map_err(error)
}

/// Returns the space that a configuration searches: its cell types with their edges and candidates.
///
/// # Errors
/// An error if no space has this name, or the description of a custom space is invalid.
#[wasm_bindgen(unchecked_return_type = "Space")]
pub fn space(#[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: &JsValue) -> Result<JsValue, JsError> {
    let config = settings::read(&text_of(config)?).map_err(error)?;
    to_js(&config.search_space().map_err(error)?)
}

/// Returns a genotype in every notation that it has.
///
/// # Errors
/// An error if the value is not a genotype.
#[wasm_bindgen(unchecked_return_type = "Notations")]
pub fn notations(#[wasm_bindgen(unchecked_param_type = "Genotype")] genotype: &JsValue) -> Result<JsValue, JsError> {
    to_js(&settings::notations(&text_of(genotype)?).map_err(error)?)
}

/// Returns a snapshot as the `checkpoint.safetensors` that belongs to the event log `events`: with both in a folder and its
/// `config.toml`, the command goes on.
///
/// # Errors
/// An error if the bytes are not a snapshot.
#[wasm_bindgen(js_name = checkpointFor)]
pub fn checkpoint_for(snapshot: &[u8], events: &str) -> Result<Vec<u8>, JsError> {
    snapshot::checkpoint_for(snapshot, events).map_err(error)
}

/// Returns the settings of a search's snapshot, or of a `checkpoint.safetensors` of the command.
///
/// # Errors
/// An error if the bytes are neither.
#[wasm_bindgen(js_name = snapshotConfig, unchecked_return_type = "SearchConfig")]
pub fn snapshot_config(snapshot: &[u8]) -> Result<JsValue, JsError> {
    to_js(&snapshot::config_of(snapshot).map_err(error)?)
}

/// Returns the first images of a file of the data set of a configuration, at most `most` of them, not normalized.
/// `images` is that file, as for a search or a training.
///
/// # Errors
/// An error if the file is not one of the data set.
#[wasm_bindgen(js_name = firstImages, unchecked_return_type = "FirstImages")]
pub fn first_images(
    #[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: &JsValue,
    images: Option<Box<[u8]>>,
    most: usize,
) -> Result<JsValue, JsError> {
    let config = settings::read(&text_of(config)?).map_err(error)?;
    to_js(&images::first_images(&config.data, images.map(Vec::from).as_deref(), most).map_err(error)?)
}

/// Returns the devices that a search can run on, the CPU first.
///
/// # Errors
/// No error is expected; a promise can always be rejected.
#[wasm_bindgen(unchecked_return_type = "DeviceInfo[]")]
pub async fn devices() -> Result<JsValue, JsError> {
    to_js(&device::list().await)
}

/// A search in progress.
///
/// A search does one thing at a time: while a promise of `next` is open, every other call on the same search throws or
/// rejects, and the search remains unchanged.
#[wasm_bindgen]
pub struct Search {
    session: Session,
}

#[wasm_bindgen]
impl Search {
    /// Prepares a search; nothing is trained yet.
    ///
    /// `device` is `cpu` or `webgpu`. `images` is the file of the data set: the library's `digits.bin` or
    /// `fashion_train.bin`, or one of the batch files of `cifar10`. `table` has the accuracies of NAS-Bench-201: the
    /// library's `cifar10_test.bin`, or a table as CSV.
    ///
    /// # Errors
    /// An error that names the setting, the file or the device at fault.
    pub async fn create(
        #[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: JsValue,
        device: String,
        images: Option<Vec<u8>>,
        table: Option<Vec<u8>>,
    ) -> Result<Search, JsError> {
        let config = settings::read(&text_of(&config)?).map_err(error)?;
        // Errors of the settings are reported before a device is requested.
        settings::check(&config).map_err(error)?;
        let device = device::named(&device).await.map_err(error)?;
        let session = start::start(config, &device, &Files { images, table }).await.map_err(error)?;
        Ok(Self { session })
    }

    /// Continues a search from a snapshot or a `checkpoint.safetensors` of the command, on any device. The files must be the same as those of the original search.
    ///
    /// # Errors
    /// The errors of `create`, and an error if the bytes are not a snapshot or do not fit the files.
    pub async fn restore(
        snapshot: Vec<u8>,
        device: String,
        images: Option<Vec<u8>>,
        table: Option<Vec<u8>>,
    ) -> Result<Search, JsError> {
        let device = device::named(&device).await.map_err(error)?;
        let session = start::restore(&snapshot, &device, &Files { images, table }).await.map_err(error)?;
        Ok(Self { session })
    }

    /// Advances the search to its next event (the start, a step, the end of an epoch) and returns that event, or
    /// `undefined` after the end.
    ///
    /// # Errors
    /// An error if a number is no longer finite or the device is lost; the search is then as it was before the call.
    #[wasm_bindgen(js_name = next, unchecked_return_type = "Event | undefined")]
    pub async fn next_event(&mut self) -> Result<JsValue, JsError> {
        match self.session.next_event().await.map_err(error)? {
            Some(event) => to_js(&event),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Returns the settings of the search.
    ///
    /// # Errors
    /// No error is expected; every configuration can be written as JSON.
    #[wasm_bindgen(unchecked_return_type = "SearchConfig")]
    pub fn config(&self) -> Result<JsValue, JsError> {
        to_js(self.session.config())
    }

    /// Changes settings of the search in progress: those of the method, the weights, the architecture and the measures. The
    /// next step uses them. Returns the event that records the change, which belongs into the event log, or `undefined` if
    /// nothing changed or the search has not begun.
    ///
    /// # Errors
    /// An error that names the setting that is out of range or cannot change; the search is then as it was.
    #[wasm_bindgen(unchecked_return_type = "Event | undefined")]
    pub fn change(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "SearchConfig")] config: &JsValue,
    ) -> Result<JsValue, JsError> {
        let config = settings::read(&text_of(config)?).map_err(error)?;
        match self.session.change(config).map_err(error)? {
            Some(event) => to_js(&event),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Returns a snapshot: all that `restore` needs to continue the search, except the visitor's files. It is a checkpoint
    /// file without an event log; `checkpointFor` gives it one.
    ///
    /// # Errors
    /// An error if the device does not answer.
    pub async fn snapshot(&mut self) -> Result<Vec<u8>, JsError> {
        snapshot::snapshot(&mut self.session).await.map_err(error)
    }

    /// Returns the architecture that is derived from the current α; once a selection has ended, the one that it chose.
    ///
    /// # Errors
    /// No error is expected; every genotype can be written as JSON.
    #[wasm_bindgen(unchecked_return_type = "Genotype")]
    pub fn genotype(&self) -> Result<JsValue, JsError> {
        to_js(&self.session.genotype())
    }

    /// Returns the name of the device in use.
    #[must_use]
    pub fn device(&self) -> String {
        self.session.device_name().to_owned()
    }
}

/// A training in progress: the network of a genotype, from scratch.
///
/// A training does one thing at a time, like a [`Search`].
#[wasm_bindgen]
pub struct Training {
    session: training::Training,
}

#[wasm_bindgen]
impl Training {
    /// Prepares a training; nothing is trained yet.
    ///
    /// `device` is `cpu` or `webgpu`. `images` is the file of the data set, as for a search. `tests` is the library's
    /// `fashion_test.bin`, for `fashion`; the images of other data sets are split by `data.train_fraction`.
    ///
    /// # Errors
    /// An error that names the setting, the file or the device at fault.
    pub async fn create(
        #[wasm_bindgen(unchecked_param_type = "TrainingConfig")] config: JsValue,
        device: String,
        images: Option<Vec<u8>>,
        tests: Option<Vec<u8>>,
    ) -> Result<Training, JsError> {
        let config = settings::read_training(&text_of(&config)?).map_err(error)?;
        // Errors of the settings are reported before a device is requested.
        settings::check_training(&config).map_err(error)?;
        let device = device::named(&device).await.map_err(error)?;
        let session = train::start(config, &device, &train::Files { images, tests }).await.map_err(error)?;
        Ok(Self { session })
    }

    /// Continues a training from a snapshot, on any device. The files must be those of the original training.
    ///
    /// # Errors
    /// The errors of `create`, and an error if the bytes are not a snapshot or do not fit the files.
    pub async fn restore(
        snapshot: Vec<u8>,
        device: String,
        images: Option<Vec<u8>>,
        tests: Option<Vec<u8>>,
    ) -> Result<Training, JsError> {
        let device = device::named(&device).await.map_err(error)?;
        let session = train::restore(&snapshot, &device, &train::Files { images, tests }).await.map_err(error)?;
        Ok(Self { session })
    }

    /// Advances the training to its next event (the start, a step, the end of an epoch) and returns that event, or
    /// `undefined` after the end.
    ///
    /// # Errors
    /// An error if a number is no longer finite or the device is lost; the training is then as it was before the call.
    #[wasm_bindgen(js_name = next, unchecked_return_type = "Event | undefined")]
    pub async fn next_event(&mut self) -> Result<JsValue, JsError> {
        match self.session.next_event().await.map_err(error)? {
            Some(event) => to_js(&event),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Returns a snapshot: all that `restore` needs to continue the training, except the visitor's files.
    ///
    /// # Errors
    /// An error if the device does not answer.
    pub async fn snapshot(&mut self) -> Result<Vec<u8>, JsError> {
        snapshot::snapshot(&mut self.session).await.map_err(error)
    }

    /// Returns the network with its weights as they are now, on `device`; the training can go on.
    ///
    /// # Errors
    /// An error if a device does not answer.
    pub async fn trained(&mut self, device: String) -> Result<Trained, JsError> {
        let device = device::named(&device).await.map_err(error)?;
        let network = train::trained(&mut self.session, &device).await.map_err(error)?;
        Ok(Trained { network })
    }

    /// Returns the name of the device in use.
    #[must_use]
    pub fn device(&self) -> String {
        self.session.device_name().to_owned()
    }
}

/// A trained network, which predicts the classes of images.
#[wasm_bindgen]
pub struct Trained {
    network: training::Trained,
}

#[wasm_bindgen]
impl Trained {
    /// Returns the names of the classes.
    #[must_use]
    pub fn classes(&self) -> Vec<String> {
        self.network.classes().to_vec()
    }

    /// Returns the probabilities of all classes for one or more images, image by image.
    ///
    /// `pixels` has a byte for each value, `[images, channels, height, width]`, not normalized. Images of another size than
    /// those of the training are resized.
    ///
    /// # Errors
    /// An error if the bytes are not images of this shape, if the network reads other channels, or if the device does not
    /// answer.
    pub async fn predict(
        &mut self,
        pixels: Vec<u8>,
        channels: usize,
        height: usize,
        width: usize,
    ) -> Result<Vec<f32>, JsError> {
        train::predict(&mut self.network, pixels, [channels, height, width]).await.map_err(error)
    }
}
