//! `methods`: the methods as compositions of parts, and the settings of the parts.

use lambda_darts::method::{MethodConfig, PRESETS, Preset};
use serde_json::{Value, json};

use crate::args::MethodsArgs;
use crate::failure::Failure;
use crate::output::print;

pub(crate) fn run(args: &MethodsArgs) -> Result<(), Failure> {
    let schema = MethodConfig::schema();
    if args.json {
        let methods: Vec<Value> = PRESETS.iter().map(|&preset| described(preset)).collect();
        let all = json!({ "methods": methods, "parts": MethodConfig::all_parts(), "schema": schema });
        return print(&all.to_string());
    }
    let width = PRESETS.iter().map(|preset| preset.name().len()).max().unwrap_or(0);
    for &preset in PRESETS {
        let parts = parts(preset);
        let parts = if parts.is_empty() { String::new() } else { format!("; parts: {}", parts.join(", ")) };
        print(&format!("{:<width$}  {} ({}){parts}", preset.name(), preset.description(), preset.paper()))?;
    }
    print("\nParts, with their settings under method.PART and the defaults of these:")?;
    for part in MethodConfig::all_parts() {
        print(&format!("\n{}: {}", part.name, part.slot.name()))?;
        for (name, setting) in settings(&schema, part.name) {
            let default = setting.get("default").map_or_else(|| "not set".to_owned(), Value::to_string);
            print(&format!("  {:<24}  {}", format!("{name} = {default}"), one_line(setting)))?;
        }
    }
    Ok(())
}

/// Returns the names of a preset's parts, without the warnings that every method has.
fn parts(preset: Preset) -> Vec<&'static str> {
    let everywhere = MethodConfig::preset(Preset::Darts).parts_in_use();
    let parts = MethodConfig::preset(preset).parts_in_use();
    parts.iter().filter(|part| !everywhere.contains(part)).map(|part| part.name).collect()
}

fn described(preset: Preset) -> Value {
    json!({
        "name": preset.name(),
        "paper": preset.paper(),
        "description": preset.description(),
        "parts": parts(preset),
    })
}

/// Returns the settings of a part with their descriptions in the JSON Schema.
fn settings<'a>(schema: &'a Value, part: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let property = &schema["properties"][part];
    // A part that may be missing is described as one of two: itself, or null.
    let reference = property["$ref"].as_str().or_else(|| property["anyOf"][0]["$ref"].as_str());
    let definition = reference.and_then(|reference| schema.pointer(reference.trim_start_matches('#')));
    definition.and_then(|definition| definition["properties"].as_object()).into_iter().flatten()
}

fn one_line(setting: &Value) -> String {
    setting["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
