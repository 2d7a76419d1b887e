//! `evaluate`: a trained network on images whose classes are known.

mod result;
mod subject;

use std::path::{Path, PathBuf};

use lambda_darts::device::Device;

use crate::args::{EvaluateArgs, RunArgs};
use crate::bar::with_bar;
use crate::failure::Failure;
use crate::output::print;
use crate::start::start_threads;
use crate::text_file::{check_targets, write_all_new};
use subject::Subject;

pub(crate) fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    let targets: Vec<&Path> = [&args.predictions, &args.out].into_iter().flatten().map(PathBuf::as_path).collect();
    check_targets(&targets, args.force)?;
    let device = Device::named(args.hardware.device.as_deref().unwrap_or("auto"))?;
    start_threads(&RunArgs { threads: args.hardware.threads, ..RunArgs::default() })?;
    let Subject { mut network, images } = match &args.weights {
        Some(weights) => Subject::of_weights(weights, args, &device)?,
        None => Subject::of_training(args, &device)?,
    };
    let found = with_bar("evaluating", |progress| pollster::block_on(network.evaluate_with(&images, progress)))?;

    let classes = network.classes();
    let json = result::json(&found, classes, args);
    let contents = [(&args.predictions, result::predictions(&found, classes)), (&args.out, format!("{json:#}\n"))];
    let files = contents.iter().filter_map(|(path, text)| Some((path.as_deref()?, text.as_bytes())));
    write_all_new(&files.collect::<Vec<_>>(), args.force)?;
    print(&if args.json { json.to_string() } else { result::text(&found, classes) })
}
