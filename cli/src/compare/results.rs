//! The files of a comparison: tables, curves, figure and report.

use std::path::PathBuf;

use super::done::Done;
use super::summary::summarize;
use super::table;
use crate::args::CompareArgs;
use crate::failure::Failure;
use crate::figure::{self, Epoch, Inches, Panel};
use crate::picture::{Format, bytes};
use crate::report;
use crate::text_file::write_new;

/// Writes the files of all searches of a folder.
pub(super) fn write(args: &CompareArgs, all: &[&Done]) -> Result<(), Failure> {
    let methods = summarize(all);
    let folders: Vec<PathBuf> = all.iter().map(|done| done.folder.clone()).collect();
    let report = report::Report::read(&folders)?;
    let texts = [
        ("table.md", table::markdown(&methods)),
        ("table.tex", table::latex(&methods)),
        ("table.csv", table::csv(&methods)),
        ("runs.csv", table::csv_of_runs(all)),
        ("curves.csv", report.curves()),
        ("report.html", report.page()),
    ];
    for (name, text) in texts {
        write_new(&args.out.join(name), text, true)?;
    }
    let panels: Vec<Panel> = args.panels.iter().filter_map(|name| Panel::named(name)).collect();
    let path = args.out.join("figure.svg");
    let epochs = |done: &Done| {
        let searched = done.record.epochs.iter().cloned().map(Epoch::from);
        searched.chain(done.record.evaluations.iter().copied().map(Epoch::Evaluation)).collect()
    };
    let groups = figure::grouped(all.iter().map(|done| (figure::label(&done.label), epochs(done))));
    let drawn = figure::draw(&groups, &panels, Inches::default());
    let drawn = drawn.map_err(|what| Failure::inside(&path, what))?;
    for (name, format) in [("figure.svg", Format::Svg), ("figure.pdf", Format::Pdf)] {
        let path = args.out.join(name);
        let content = bytes(&drawn, format).map_err(|what| Failure::inside(&path, what))?;
        write_new(&path, content, true)?;
    }
    Ok(())
}
