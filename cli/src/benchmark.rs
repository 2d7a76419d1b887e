//! `benchmark`: the accuracies of an architecture in a table.

use lambda_darts::benchmark::Table;
use lambda_darts::space::Genotype;

use crate::args::BenchmarkArgs;
use crate::failure::Failure;
use crate::output::print;

pub(crate) fn run(args: &BenchmarkArgs) -> Result<(), Failure> {
    let genotype = Genotype::parse(&args.arch)?;
    let table = Table::read(&args.table)?;
    let found = table.look_up(&genotype).ok_or_else(|| Failure::NotInTable {
        table: args.table.clone(),
        arch: args.arch.chars().take(200).collect(),
    })?;
    if args.json {
        return print(&serde_json::json!(found).to_string());
    }
    let known = found.accuracies;
    print(&format!(
        "{}\nrank {} of {} by CIFAR-10 test accuracy\n\
         {:<16} {:>8} {:>8}\n{:<16} {:>6.2} % {:>6.2} %\n{:<16} {:>6.2} % {:>6.2} %\n{:<16} {:>6.2} % {:>6.2} %\n\
         {:.3} million parameters, trained on CIFAR-10 in {:.0} s",
        found.arch,
        found.rank,
        table.len(),
        "",
        "valid",
        "test",
        "CIFAR-10",
        known.cifar10_valid,
        known.cifar10_test,
        "CIFAR-100",
        known.cifar100_valid,
        known.cifar100_test,
        "ImageNet16-120",
        known.imagenet16_120_valid,
        known.imagenet16_120_test,
        found.parameters_millions,
        found.train_seconds,
    ))
}
