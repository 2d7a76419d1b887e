//! The command without a subcommand: DARTS and Λ-DARTS on the same built-in images, and what their cells are worth.

use std::path::PathBuf;
use std::process::ExitCode;

use lambda_darts::method::Preset;
use lambda_darts::search::{Search, TableReport};

use crate::args::SettingsArgs;
use crate::drive::{End, Run};
use crate::failure::Failure;
use crate::output::print;
use crate::progress::Progress;
use crate::run_dir::{Existing, Folder, notations};
use crate::search::configuration;
use crate::search_kind::SearchKind;
use crate::start::rules;
use crate::stop::Stop;

/// The methods that are compared, the one that collapses first.
const METHODS: [(&str, Preset); 2] = [("DARTS", Preset::Darts), ("Λ-DARTS", Preset::LambdaDarts)];

/// Result of one of the searches.
struct Found {
    label: &'static str,
    folder: PathBuf,
    alignment: Option<f64>,
    parameter_free: usize,
    known: Option<TableReport>,
    cell: String,
    digest: String,
}

pub(crate) fn run() -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    let settings = SettingsArgs::default();
    let mut all = Vec::new();
    for (label, preset) in METHODS {
        let config = configuration(&settings, Some(preset), None)?;
        let mut run = Search::begin(&settings, &config, Folder { out: None, existing: Existing::Refused }, 1, &stop)?;
        let mut progress = Progress::new(&run.session, false);
        progress.line(&format!("{label}: run {}", run.dir.path().display()));
        if let End::Signal(code) = run.drive(&mut progress, &rules(&settings.run), &stop)? {
            progress.warn(&run.next());
            return Ok(ExitCode::from(code));
        }
        all.push(found(label, &run)?);
    }
    print(&described(&all))?;
    Ok(ExitCode::SUCCESS)
}

fn found(label: &'static str, run: &Run<Search>) -> Result<Found, Failure> {
    let last = run.last_epoch();
    let genotype = run.session.genotype();
    Ok(Found {
        label,
        folder: run.dir.path().to_owned(),
        alignment: last.and_then(|epoch| epoch.cell_types.first()?.alignment),
        parameter_free: genotype.parameter_free(),
        known: last.and_then(|epoch| epoch.benchmark),
        cell: notations(&genotype),
        digest: run.dir.digest()?,
    })
}

/// Returns the results as a table, what they mean, and what can be done next.
fn described(all: &[Found]) -> String {
    let line = |found: &Found| {
        let Found { label, parameter_free, cell, .. } = found;
        let alignment = found.alignment.map_or_else(|| "–".to_owned(), |alignment| format!("{alignment:.2}"));
        let known = found.known.as_ref();
        let accuracy =
            known.map_or_else(|| "–".to_owned(), |known| format!("{:.2} %", 100.0 * known.accuracies.cifar10_test));
        let rank = known.map_or_else(|| "–".to_owned(), |known| format!("{} of {}", known.rank, known.cells));
        format!("{label:<8} {alignment:>6} {parameter_free:>10} {accuracy:>9}  {rank:<15} {cell}")
    };
    let head = format!("\n{:<8} {:>6} {:>10} {:>9}  {:<15} cell", "method", "Λ", "no weights", "accuracy", "rank");
    let folders: Vec<_> = all.iter().map(|found| found.folder.display().to_string()).collect();
    let next = format!(
        "\nlambda-darts report {}   shows both searches on one page\n\
         lambda-darts search --data folder --data-dir FOLDER   searches on images of your own",
        folders.join(" "),
    );
    let digests = all.iter().map(|found| format!("digest {} ({})", found.digest, found.label));
    let lines = [head].into_iter().chain(all.iter().map(line)).chain([format!("\n{}", meaning(all)), next]);
    lines.chain(digests).collect::<Vec<_>>().join("\n")
}

/// Says what the accuracies mean.
fn meaning(all: &[Found]) -> String {
    let worth = |found: &Found| found.known.map(|known| 100.0 * known.accuracies.cifar10_test);
    let [Some(darts), Some(aligned)] = [0, 1].map(|place| all.get(place).and_then(worth)) else {
        return "The table lacks one of the two cells.".to_owned();
    };
    let setting = format!(
        "Both searches had the same seed, images and supernet. The accuracy is that of the cell on CIFAR-10's test images \
         after training in full, from NAS-Bench-201's table. The cell of DARTS reaches {darts:.1} %, that of Λ-DARTS \
         {aligned:.1} %"
    );
    let gap = aligned - darts;
    if gap > 1.0 {
        format!(
            "{setting}. DARTS lost {gap:.1} points: a few cells decided the architecture for all, as its low Λ shows, and \
             operations without weights won."
        )
    } else if gap < -1.0 {
        format!(
            "{setting}. With this seed, the cell of DARTS is the better one; over several seeds it is the worse one."
        )
    } else {
        format!("{setting}. With this seed, both cells are about as good; over several seeds, that of DARTS is worse.")
    }
}

#[cfg(test)]
mod tests {
    use lambda_darts::benchmark::Accuracies;

    use super::*;

    fn found(label: &'static str, accuracy: f64) -> Found {
        let accuracies = Accuracies {
            cifar10_valid: None,
            cifar10_test: accuracy / 100.0,
            cifar100_valid: None,
            cifar100_test: None,
            imagenet16_120_valid: None,
            imagenet16_120_test: None,
        };
        Found {
            label,
            folder: PathBuf::from(format!("runs/{label}")),
            alignment: Some(0.256),
            parameter_free: 3,
            known: Some(TableReport { accuracies, rank: 812, cells: 15_625 }),
            cell: "|none~0|".to_owned(),
            digest: "0123".to_owned(),
        }
    }

    #[test]
    fn the_last_lines_say_what_each_cell_is_worth() {
        let text = described(&[found("DARTS", 54.3), found("Λ-DARTS", 93.15)]);
        for part in [
            "DARTS      0.26          3   54.30 %  812 of 15625    |none~0|",
            "DARTS lost 38.9 points",
            "runs/Λ-DARTS   shows",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for (aligned, part) in [(93.5, "both cells are about as good"), (54.3, "the cell of DARTS is the better one")] {
            let text = described(&[found("DARTS", 93.0), found("Λ-DARTS", aligned)]);
            assert!(text.contains(part), "{text}");
        }
    }
}
