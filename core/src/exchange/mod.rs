//! Networks and weights of other frameworks.
//!
//! | module | content |
//! |---|---|
//! | [`weights`] | weights by the names of the PyTorch references, from and to files |
//! | [`onnx`] | networks as models in ONNX |
//! | [`pytorch`] | networks as Python modules for PyTorch |
//! | `burn` | networks as Burn modules, and their records |
//!
//! A trained network as a model in ONNX:
//!
//! ```no_run
//! use std::path::Path;
//!
//! use lambda_darts::device::Device;
//! use lambda_darts::exchange::onnx::{self, OnnxOptions};
//! use lambda_darts::training::Trained;
//! use pollster::block_on;
//!
//! let mut trained = block_on(Trained::read(Path::new("runs/nas-bench-201-train-0"), &Device::cpu()))?;
//! let weights = block_on(trained.network_weights())?;
//! let [_, height, width] = trained.image_shape();
//! let options = OnnxOptions { image: [height, width], fold_norms: true };
//! let model = onnx::model(trained.network().graph(), &weights, &[], &options)?;
//! std::fs::write("network.onnx", model)?;
//! // The model reads images with this normalization.
//! let [mean, std] = trained.normalization();
//! println!("{mean:?} {std:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(all(feature = "burn", not(target_family = "wasm")))]
pub mod burn;
pub mod onnx;
pub mod pytorch;
pub mod weights;
