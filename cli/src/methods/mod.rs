//! `methods`: the methods as compositions of parts, the searchers, and the settings of both.

mod absent;

use lambda_darts::method::{MethodConfig, PRESETS, Preset};
use lambda_darts::searcher::SearcherSettings;
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::MethodsArgs;
use crate::failure::Failure;
use crate::output::print;

use absent::{ABSENT, Absent};

/// Kinds of methods, by what they search with.
const SUPERNET: &str = "supernet";
const SEARCHER: &str = "searcher";

pub(crate) fn run(args: &MethodsArgs) -> Result<(), Failure> {
    let schema = MethodConfig::schema();
    let presets = PRESETS.iter().map(|&preset| Listed::of_preset(preset));
    let searchers = SearcherSettings::NAMES.iter().filter_map(|name| SearcherSettings::named(name));
    let methods: Vec<Listed> = presets.chain(searchers.map(|searcher| Listed::of_searcher(&searcher))).collect();
    if args.json {
        let parts = MethodConfig::all_parts();
        return print(&json!({ "methods": methods, "absent": ABSENT, "parts": parts, "schema": schema }).to_string());
    }
    let width = methods.iter().map(|method| method.name.len()).max().unwrap_or(0);
    for (kind, heading) in [
        (SUPERNET, "Methods with a supernet:\n"),
        (SEARCHER, "\nSearchers without a supernet, with their settings under searcher:\n"),
    ] {
        print(heading)?;
        for Listed { name, description, paper, parts, settings, .. } in methods.iter().filter(|one| one.kind == kind) {
            let parts = if parts.is_empty() { String::new() } else { format!("; parts: {}", parts.join(", ")) };
            let own = if settings.is_empty() { String::new() } else { format!("; {}", settings.join(", ")) };
            print(&format!("{name:<width$}  {description} ({paper}){parts}{own}"))?;
        }
    }
    print("\nMethods that are not here:\n")?;
    for Absent { name, paper, reason } in &ABSENT {
        print(&format!("{name} ({paper}): {reason}"))?;
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

/// Method in the list.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    kind: &'static str,
    paper: &'static str,
    description: &'static str,
    /// Parts of a method with a supernet, without the warnings that every method has.
    parts: Vec<&'static str>,
    /// Settings of a searcher with their defaults; those of the others are those of their parts.
    #[serde(skip)]
    settings: Vec<String>,
}

impl Listed {
    fn of_preset(preset: Preset) -> Self {
        Self {
            name: preset.name(),
            kind: SUPERNET,
            paper: preset.paper(),
            description: preset.description(),
            parts: parts(preset),
            settings: Vec::new(),
        }
    }

    fn of_searcher(searcher: &SearcherSettings) -> Self {
        let settings = json!(searcher);
        let settings = settings.as_object().into_iter().flatten().filter(|(setting, _)| *setting != "name");
        Self {
            name: searcher.name(),
            kind: SEARCHER,
            paper: searcher.paper(),
            description: searcher.description(),
            parts: Vec::new(),
            settings: settings.map(|(setting, default)| format!("{setting} = {default}")).collect(),
        }
    }
}

/// Returns the names of a preset's parts, without the warnings that every method has.
fn parts(preset: Preset) -> Vec<&'static str> {
    let everywhere = MethodConfig::preset(Preset::Darts).parts_in_use();
    let parts = MethodConfig::preset(preset).parts_in_use();
    parts.iter().filter(|part| !everywhere.contains(part)).map(|part| part.name).collect()
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
