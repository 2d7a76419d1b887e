//! Networks in the hands of other frameworks.

#[cfg(all(feature = "burn", not(target_family = "wasm")))]
pub mod burn;
