//! Parsers of the values of flags, and names that flags take.

use lambda_darts::method::{MethodConfig, PRESETS, Preset};
use lambda_darts::searcher::SearcherSettings;

/// Names of the methods with a supernet.
pub(super) fn presets() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().copied().map(Preset::name)
}

/// Names of all parts of methods.
pub(super) fn parts() -> impl Iterator<Item = &'static str> {
    MethodConfig::all_parts().into_iter().map(|part| part.name)
}

/// Names of all methods.
pub(super) fn methods() -> impl Iterator<Item = &'static str> {
    presets().chain(SearcherSettings::NAMES.iter().copied())
}

/// Reads a whole number.
pub(super) fn whole(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a whole number, 0 or more".to_owned())
}

/// Reads a seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number from 0 to 9,223,372,036,854,775,807".to_owned())
}

/// Reads a number with or without a fraction.
pub(super) fn decimal(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "write a number, such as 0.1 or 1e-3".to_owned())
}

/// Reads a number from 0 to below 0.5.
pub(super) fn below_half(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| (0.0..0.5).contains(number));
    number.ok_or_else(|| "write a number of at least 0 and below 0.5, such as 0.1".to_owned())
}

/// Checks the form of a device's name: an API that is known, and perhaps an index or a part of a name.
pub(super) fn device_name(name: &str) -> Result<String, String> {
    let (api, which) = name.split_once(':').map_or((name, None), |(api, which)| (api, Some(which)));
    match (api, which) {
        ("auto" | "cpu" | "vulkan" | "metal" | "dx12", None) => Ok(name.to_owned()),
        ("vulkan" | "metal" | "dx12", Some(which)) if !which.is_empty() => Ok(name.to_owned()),
        _ => Err("known are auto, cpu, vulkan, metal, dx12, and a GPU as vulkan:1 or vulkan:nvidia".to_owned()),
    }
}
