//! `benchmark`: the accuracies of an architecture in a table.

use lambda_darts::benchmark::Table;
use lambda_darts::space::Genotype;

use crate::args::BenchmarkArgs;
use crate::failure::Failure;
use crate::output::print;

pub(crate) fn run(args: &BenchmarkArgs) -> Result<(), Failure> {
    let genotype = Genotype::parse(&args.arch)?;
    let table = args.table.as_deref().map_or_else(|| Ok(Table::nas_bench_201()), Table::read)?;
    let found = table.look_up(&genotype).ok_or_else(|| Failure::NotInTable {
        table: args.table.as_ref().map_or_else(|| "NAS-Bench-201".to_owned(), |path| path.display().to_string()),
        arch: args.arch.chars().take(200).collect(),
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
    accuracy.map_or_else(|| "–".to_owned(), |accuracy| format!("{accuracy:.2} %"))
}
