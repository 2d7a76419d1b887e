//! Files of the page that are made from the Rust types: `web/src/types.ts`, the types of all values that cross into
//! JavaScript, and `web/src/method-schema.json`, the JSON Schema of `SearchConfig.method`, from which the page draws the
//! form of a method.
//!
//! `UPDATE_TYPES=1 cargo test --release --workspace types` updates the files.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::Path;

use lambda_darts::method::MethodConfig;
use lambda_darts::search::{Event, EventKind, SearchConfig};
use lambda_darts::space::{Genotype, Operation, Space};
use ts_rs::{Config, TS, TypeVisitor};

use crate::device::DeviceInfo;
use crate::images::FirstImages;
use crate::settings::{Notations, PresetInfo};

const HEAD: &str = "\
// Made from the Rust types; a test of the crate lambda-darts-wasm compares the two. To write it anew:
// UPDATE_TYPES=1 cargo test --release --workspace types
";

/// The declarations by their names.
struct Declarations {
    config: Config,
    found: BTreeMap<String, (TypeId, String)>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Numbers, lists and the like have no declaration of their own. The types inside them are visited separately.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(&self.config);
        if let Some((known, _)) = self.found.get(&name) {
            assert_eq!(*known, TypeId::of::<T>(), "two types are called {name}");
            return;
        }
        let declaration = format!("{}export {}\n", T::docs().unwrap_or_default(), T::decl(&self.config));
        self.found.insert(name, (TypeId::of::<T>(), declaration));
        T::visit_dependencies(self);
    }
}

fn declarations() -> BTreeMap<String, String> {
    // A seed is the only number with 64 bits; JavaScript's JSON reads numbers as doubles.
    let config = Config::new().with_large_int("number");
    let mut all = Declarations { config, found: BTreeMap::new() };
    all.visit::<Event>();
    // The type is flattened into the event and so not one of its dependencies.
    all.visit::<EventKind>();
    all.visit::<SearchConfig>();
    all.visit::<Space>();
    all.visit::<Genotype>();
    all.visit::<DeviceInfo>();
    all.visit::<Notations>();
    all.visit::<PresetInfo>();
    all.visit::<FirstImages>();
    all.found.into_iter().map(|(name, (_, declaration))| (name, declaration)).collect()
}

/// Compares a file of the page with what the Rust types give, or updates it if that is asked for.
fn compare(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src").join(name);
    if std::env::var_os("UPDATE_TYPES").is_some_and(|value| value == "1") {
        std::fs::write(&path, made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == made,
        "web/src/{name} is not what the Rust types give; the first lines of types.ts say how to make it"
    );
}

#[test]
fn types_of_the_page_are_those_of_the_library() {
    let declarations: Vec<_> = declarations().into_values().collect();
    compare("types.ts", &format!("{HEAD}\n{}", declarations.join("\n")));
}

#[test]
fn schema_of_the_page_is_that_of_the_library() {
    let schema = serde_json::to_string_pretty(&MethodConfig::schema()).unwrap();
    compare("method-schema.json", &format!("{schema}\n"));
}

#[test]
fn types_say_what_the_json_has() {
    let types = declarations();
    for name in
        ["StepEvent", "EpochEvent", "CellTypeReport", "Saturation", "CellSaturation", "GenotypeCell", "TableReport"]
    {
        assert!(types.contains_key(name), "{name} is missing");
    }
    for name in ["CellType", "Edge", "MacroLayout", "OperationStyle", "Output", "DataConfig", "WeightsConfig"] {
        assert!(types.contains_key(name), "{name} is missing");
    }
    for name in ["MethodConfig", "Preset", "PresetInfo"] {
        assert!(types.contains_key(name), "{name} is missing");
    }
    for name in ["TrainingConfig", "NetworkConfig", "NetworkLayout", "SgdConfig", "Schedule", "Recipe"] {
        assert!(types.contains_key(name), "{name} is missing");
    }
    for name in ["TrainingStepEvent", "TrainingEpochEvent"] {
        assert!(types.contains_key(name), "{name} is missing");
    }
    for operation in Operation::ALL {
        assert!(types["Operation"].contains(&format!("\"{operation}\"")), "{operation}: {}", types["Operation"]);
    }
    // The JSON leaves these fields out if they are not set.
    for (name, field) in [
        ("DataConfig", "images?: number"),
        ("EpochEvent", "benchmark?: TableReport"),
        ("EpochEvent", "warnings?: Array<string>"),
        ("CellSaturation", "gradient?: Array<Array<number>>"),
    ] {
        assert!(types[name].contains(field), "{field}: {}", types[name]);
    }
    assert!(types["SearchConfig"].contains("seed: number") && types["StepEvent"].contains("number | null"));
    assert!(types["DeviceInfo"].contains(r#"device: "cpu" | "webgpu""#), "{}", types["DeviceInfo"]);
    for kind in ["step", "training_start", "training_step", "training_epoch", "training_end"] {
        assert!(types["Event"].contains(&format!(r#""event": "{kind}""#)), "{kind}: {}", types["Event"]);
    }
}
