//! Settings of the command line that have no effect on a search.

use lambda_darts::alignment::Estimator;
use lambda_darts::search::SearchConfig;

use crate::args::SettingsArgs;
use crate::known::is_nas_bench_201;

/// Returns a warning for each setting that has no effect.
pub(crate) fn warnings(args: &SettingsArgs, config: &SearchConfig) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |flag: &str, why: String| warnings.push(format!("warning: {flag} has no effect: {why}"));
    let method = config.method.name.name();
    let flags = [
        ("--lambda", args.lambda.is_some()),
        ("--epsilon", args.epsilon.is_some()),
        ("--estimator", args.estimator.is_some()),
    ];
    match &config.method.alignment {
        None => {
            for (flag, _) in flags.iter().filter(|(_, given)| *given) {
                warn(flag, format!("the method `{method}` has no alignment"));
            }
        }
        Some(alignment) => {
            let on_the_cpu = args.run.device.as_deref().is_none_or(|device| matches!(device, "auto" | "cpu"));
            if args.epsilon.is_some() && alignment.estimator == Estimator::Frozen && on_the_cpu {
                warn("--epsilon", "on the CPU, the estimator `frozen` takes no step".to_owned());
            }
        }
    }
    if args.table.is_some() && !is_nas_bench_201(config) && config.custom_space.is_none() {
        warn("--table", format!("the space `{}` is not that of the table", config.space));
    }
    warnings.extend(lonely(config));
    warnings
}

/// Returns a warning for each type of cell that is regularized and of which there are fewer than two.
fn lonely(config: &SearchConfig) -> Vec<String> {
    let (Some(alignment), Ok(space)) = (&config.method.alignment, config.search_space()) else { return Vec::new() };
    let cells = space.cells(config.supernet.cells);
    let count = |name: &str| space.cell_type(name).map_or(0, |of| cells.iter().filter(|&&cell| cell == of).count());
    let warning = |name: &String| {
        format!(
            "warning: Λ compares the gradients of two cells or more, and the network has {} of type `{name}`; take more \
             cells, or the regularizer has no effect on `{name}`",
            count(name)
        )
    };
    alignment.cell_types.iter().filter(|name| count(name) < 2).map(warning).collect()
}
