//! Searches by a searcher in a table: their settings from the flags.

use lambda_darts::black_box::SearcherConfig;

use crate::args::SettingsArgs;
use crate::data_flags::override_with;
use crate::failure::Failure;
use crate::search::{set_all, space};
use crate::text_file::read_text;

/// Returns the settings of the file, or else the defaults, overridden by the flags.
pub(crate) fn configuration(
    args: &SettingsArgs,
    method: Option<&str>,
    seed: Option<u64>,
) -> Result<SearcherConfig, Failure> {
    let mut config = if let Some(path) = &args.config {
        SearcherConfig::from_toml(&read_text(path)?).map_err(|error| Failure::inside(path, error.to_string()))?
    } else {
        let mut config = SearcherConfig::default();
        if args.budget_seconds.is_some() {
            // The default budget is one of evaluations.
            config.budget.evaluations = None;
        }
        config
    };
    if let Some((name, custom)) = space(args.space.as_deref())? {
        (config.space, config.custom_space) = (name, custom);
    }
    if let Some(name) = method.filter(|name| *name != config.searcher.name()) {
        config.set("searcher.name", name)?;
    }
    override_with(&mut config.seed, seed);
    config.budget.evaluations = args.evaluations.or(config.budget.evaluations);
    config.budget.seconds = args.budget_seconds.or(config.budget.seconds);
    // The run may be resumed from another folder.
    let table = args.table.as_deref().map(|file| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()));
    config.table = table.or(config.table.take());
    set_all(&mut config, &args.set)?;
    Ok(config)
}

/// Refuses flags that no method of a command reads: it has methods with a supernet, searchers, or both.
pub(crate) fn check_flags(args: &SettingsArgs, [supernets, searchers]: [bool; 2]) -> Result<(), Failure> {
    let refused = |flags: &[(&'static str, bool)], reason| {
        let given = flags.iter().find(|(_, given)| *given);
        given.map_or(Ok(()), |&(flag, _)| Err(Failure::Unused { flag, reason }))
    };
    if !searchers {
        let own = [("--evaluations", args.evaluations.is_some()), ("--budget-seconds", args.budget_seconds.is_some())];
        refused(&own, "the method trains a supernet, for a number of --epochs")?;
    }
    if !supernets {
        refused(&of_supernets(args), "the method looks architectures up in a table, without images and a supernet")?;
    }
    Ok(())
}

/// Flags that methods with a supernet alone read; true if they are given.
fn of_supernets(args: &SettingsArgs) -> [(&'static str, bool); 23] {
    let (data, device) = (&args.data, args.run.device.as_deref());
    [
        ("--data", !data.sets.is_empty()),
        ("--data-dir", data.data_dir.is_some()),
        ("--images", data.images.is_some()),
        ("--background", data.background.is_some()),
        ("--skip-unreadable", data.skip_unreadable),
        ("--size", data.size.is_some()),
        ("--published", args.published),
        ("--with", !args.with.is_empty()),
        ("--lambda", args.lambda.is_some()),
        ("--epsilon", args.epsilon.is_some()),
        ("--estimator", args.estimator.is_some()),
        ("--order", args.order.is_some()),
        ("--unrolled", args.unrolled),
        ("--epochs", args.epochs.is_some()),
        ("--batch", args.batch.is_some()),
        ("--channels", args.channels.is_some()),
        ("--cells", args.cells.is_some()),
        ("--lr", args.lr.is_some()),
        ("--arch-lr", args.arch_lr.is_some()),
        ("--curvature", args.curvature),
        ("--warn-parameter-free", args.warn_parameter_free.is_some()),
        ("--stop-on-collapse", args.stop_on_collapse),
        ("--device", device.is_some_and(|device| !matches!(device, "auto" | "cpu"))),
    ]
}
