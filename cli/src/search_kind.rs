//! Kinds of searches: how each begins, and what it prints at its end.

use lambda_darts::benchmark::Table;
use lambda_darts::black_box::BlackBoxSearch;
use lambda_darts::search::{CellTypeReport, EpochEvent, Search};
use lambda_darts::space::Genotype;
use serde_json::{Map, Value, json};

use crate::args::SettingsArgs;
use crate::drive::{End, Run};
use crate::effect;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::run_dir::Folder;
use crate::start::{Start, start};
use crate::stop::Stop;

/// Kind of a search.
pub(crate) trait SearchKind: Kind {
    /// Starts a new search in a folder of its own. `at_once` is the number of such searches that run at a time.
    fn begin(
        args: &SettingsArgs,
        config: &Self::Config,
        folder: Folder<'_>,
        at_once: u16,
        stop: &Stop,
    ) -> Result<Run<Self>, Failure>;

    /// Returns the architecture that was found.
    fn genotype(run: &Run<Self>, end: End) -> Genotype;

    /// Returns the table of known results, if there is one.
    fn table(run: &Run<Self>) -> Option<&Table>;

    /// Returns the settings and the measures that the result names.
    fn measures(run: &Run<Self>) -> Value;
}

impl SearchKind for Search {
    fn begin(
        args: &SettingsArgs,
        config: &Self::Config,
        folder: Folder<'_>,
        at_once: u16,
        stop: &Stop,
    ) -> Result<Run<Self>, Failure> {
        args.data.check(&config.data)?;
        let notes = effect::warnings(args, config);
        start(config, Start { run: &args.run, table: args.table.as_deref(), folder, at_once, notes }, stop)
    }

    fn genotype(run: &Run<Self>, end: End) -> Genotype {
        run.genotype(end)
    }

    fn table(run: &Run<Self>) -> Option<&Table> {
        run.session.table()
    }

    fn measures(run: &Run<Self>) -> Value {
        let (config, last) = (run.session.config(), run.last_epoch());
        json!({
            "space": config.space,
            "method": config.method.name.name(),
            "seed": config.seed,
            "alignment": by_type(last, |cell_type| json!(cell_type.alignment)),
            "entropy": by_type(last, |cell_type| json!(cell_type.saturation.mean_entropy())),
            "supernet_accuracy": last.map(|epoch| epoch.supernet_accuracy),
            "epochs": last.map_or(0, |epoch| epoch.epoch),
        })
    }
}

impl SearchKind for BlackBoxSearch {
    fn begin(
        args: &SettingsArgs,
        config: &Self::Config,
        folder: Folder<'_>,
        at_once: u16,
        stop: &Stop,
    ) -> Result<Run<Self>, Failure> {
        // The table is one of the settings.
        start(config, Start { run: &args.run, table: None, folder, at_once, notes: Vec::new() }, stop)
    }

    fn genotype(run: &Run<Self>, _: End) -> Genotype {
        run.session.genotype().clone()
    }

    fn table(run: &Run<Self>) -> Option<&Table> {
        Some(run.session.data().as_ref())
    }

    fn measures(run: &Run<Self>) -> Value {
        let config = run.session.config();
        json!({
            "space": config.space,
            "method": config.searcher.name(),
            "seed": config.seed,
            "evaluations": run.session.evaluations(),
            "seconds_simulated": run.session.seconds_simulated(),
        })
    }
}

fn by_type(epoch: Option<&EpochEvent>, value: impl Fn(&CellTypeReport) -> Value) -> Value {
    let cell_types = epoch.map_or(&[][..], |epoch| epoch.cell_types.as_slice());
    Value::Object(cell_types.iter().map(|report| (report.name.clone(), value(report))).collect::<Map<_, _>>())
}
