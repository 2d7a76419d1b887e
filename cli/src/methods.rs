//! `methods`: the methods as compositions of parts.

use lambda_darts::method::{MethodConfig, PRESETS, Preset, Slot};
use serde_json::{Value, json};

use crate::args::MethodsArgs;
use crate::failure::Failure;
use crate::output::print;

const SLOTS: [Slot; 6] = [
    Slot::Relaxation,
    Slot::Auxiliary,
    Slot::Perturbation,
    Slot::WeightRegularizer,
    Slot::AlphaRegularizer,
    Slot::Stop,
];

pub(crate) fn run(args: &MethodsArgs) -> Result<(), Failure> {
    if args.json {
        let methods: Vec<Value> = PRESETS.iter().map(|&preset| described(preset)).collect();
        let all = json!({ "methods": methods, "parts": MethodConfig::all_parts(), "schema": MethodConfig::schema() });
        return print(&all.to_string());
    }
    let width = PRESETS.iter().map(|preset| preset.name().len()).max().unwrap_or(0);
    for &preset in PRESETS {
        let parts = parts(preset);
        let parts = if parts.is_empty() { String::new() } else { format!("; parts: {}", parts.join(", ")) };
        print(&format!("{:<width$}  {} ({}){parts}", preset.name(), preset.description(), preset.paper()))?;
    }
    print("\nParts, with their settings under method.PART:")?;
    for part in MethodConfig::all_parts() {
        print(&format!("{:<width$}  {}", part.name, part.slot))?;
    }
    Ok(())
}

/// Returns the names of a preset's parts. Every method has the warnings.
fn parts(preset: Preset) -> Vec<&'static str> {
    let config = MethodConfig::preset(preset);
    SLOTS.iter().filter(|&&slot| slot != Slot::Stop).flat_map(|&slot| config.in_slot(slot)).collect()
}

fn described(preset: Preset) -> Value {
    json!({
        "name": preset.name(),
        "paper": preset.paper(),
        "description": preset.description(),
        "parts": parts(preset),
        "kind": "composition",
    })
}
