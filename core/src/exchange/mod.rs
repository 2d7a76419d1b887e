//! Networks for other frameworks.

#[cfg(all(feature = "burn", not(target_family = "wasm")))]
pub mod burn;
