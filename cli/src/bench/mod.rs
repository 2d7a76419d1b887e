//! `bench`: the cost of a step of a search or of a training.

mod cost;
mod search;
mod subject;
mod training;

use serde_json::json;

use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::start::start_threads;

/// Approximate number of training images. It is large enough that the end of an epoch does not dominate it, and small
/// enough that the images take little memory in comparison with a step.
const IMAGES: usize = 1024;

pub(crate) fn run(args: &BenchArgs) -> Result<(), Failure> {
    start_threads(&args.settings.run)?;
    let cost = match &args.train {
        Some(from) => training::measure(args, from)?,
        None => search::measure(args)?,
    };
    print(&if args.json { json!(cost).to_string() } else { cost.table(args.steps) })
}

/// Divides steps into epochs: returns the number of steps in an epoch and the number of epochs.
fn epochs(steps: usize, batch: usize) -> (usize, usize) {
    let in_epoch = steps.min(IMAGES / batch.max(1)).max(1);
    (in_epoch, steps.div_ceil(in_epoch))
}
