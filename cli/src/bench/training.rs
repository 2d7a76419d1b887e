//! Steps of a training.

use std::ffi::OsStr;

use lambda_darts::data::DataSet;
use lambda_darts::training::{Train, TrainingConfig};

use super::cost::Cost;
use super::epochs;
use super::subject::Subject;
use crate::args::{BenchArgs, NetworkArgs, SettingsArgs, TrainSettingsArgs};
use crate::failure::Failure;
use crate::train;

pub(super) fn measure(args: &BenchArgs, from: &OsStr) -> Result<Cost, Failure> {
    let mut config = configuration(args, from)?;
    let [warmup, steps] = [args.warmup, args.steps].map(usize::from);
    let drops = config.network.drop_path > 0.0;
    let (in_epoch, all) = if drops { (warmup.max(steps), 2) } else { epochs(warmup + steps, config.batch) };
    config.epochs = all;
    // The probability is 0 in the first of two epochs, and in the second one half of that of the settings.
    config.network.drop_path *= 2.0;
    let subject = Subject::<Train>::new(config, in_epoch, &args.settings.run)?;
    let warmup = if drops { subject.session.steps() } else { warmup };
    subject.measure(warmup, steps, |_| None)
}

/// Returns the settings of the recipe, overridden by the flags. Without a run, the images are like those of CIFAR-10.
fn configuration(args: &BenchArgs, from: &OsStr) -> Result<TrainingConfig, Failure> {
    let SettingsArgs { mut data, run, config, space, set, batch, channels, cells, lr, .. } = args.settings.clone();
    let cell = train::cell(from)?;
    if data.sets.is_empty() && config.is_none() && cell.data.is_none() {
        data.sets = vec![DataSet::Cifar10.name().to_owned()];
    }
    let (auxiliary_weight, drop_path) = (args.auxiliary_weight, args.drop_path);
    let settings = TrainSettingsArgs {
        data,
        run,
        config,
        network: NetworkArgs { space, channels, cells, auxiliary_weight, ..NetworkArgs::default() },
        set,
        batch,
        lr,
        drop_path,
        ..TrainSettingsArgs::default()
    };
    train::configuration(&settings, Some(cell), args.choice.seed)
}
