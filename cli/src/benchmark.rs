//! `benchmark`: the accuracies of an architecture in a table.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use lambda_darts::benchmark::Table;

use crate::architecture::{Derived, find};
use crate::args::BenchmarkArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::run_dir::notations;

pub(crate) fn run(args: &BenchmarkArgs) -> Result<(), Failure> {
    let (file, from) = match args.from.as_slice() {
        [file, _] if args.table.is_some() => {
            let value = file.to_string_lossy().into_owned();
            return Err(Failure::Value {
                setting: "TABLE.csv",
                value,
                expected: "name the table once, here or with --table",
            });
        }
        [file, from] => (Some(Path::new(file)), from.as_os_str()),
        from => (args.table.as_deref(), from.first().map_or(OsStr::new("-"), OsString::as_os_str)),
    };
    let table = file.map_or_else(|| Ok(Table::nas_bench_201()), Table::read)?;
    let (Derived { genotype, .. }, _) = find(from, args.epoch)?;
    let found = table.look_up(&genotype).ok_or_else(|| Failure::NotInTable {
        table: file.map_or_else(|| "NAS-Bench-201".to_owned(), |path| path.display().to_string()),
        arch: notations(&genotype).chars().take(200).collect(),
    })?;
    if args.json {
        return print(&serde_json::json!(found).to_string());
    }
    let known = found.accuracies;
    let parameters = found.parameters_millions.map(|parameters| format!("{parameters:.3} million parameters"));
    let seconds = found.train_seconds.map(|seconds| format!("trained on CIFAR-10 in {seconds:.0} s"));
    let cost: Vec<String> = parameters.into_iter().chain(seconds).collect();
    let text = format!(
        "{}\nrank {} of {} by CIFAR-10 test accuracy\n\
         {:<16} {:>8} {:>8}\n{:<16} {:>8} {:>8}\n{:<16} {:>8} {:>8}\n{:<16} {:>8} {:>8}\n{}",
        found.arch,
        found.rank,
        table.len(),
        "",
        "valid",
        "test",
        "CIFAR-10",
        percent(known.cifar10_valid),
        percent(Some(known.cifar10_test)),
        "CIFAR-100",
        percent(known.cifar100_valid),
        percent(known.cifar100_test),
        "ImageNet16-120",
        percent(known.imagenet16_120_valid),
        percent(known.imagenet16_120_test),
        cost.join(", "),
    );
    print(text.trim_end())
}

/// Formats an accuracy, if the table has it.
fn percent(accuracy: Option<f64>) -> String {
    accuracy.map_or_else(|| "–".to_owned(), |accuracy| format!("{:.2} %", 100.0 * accuracy))
}
