//! Steps of a search.

use lambda_darts::alignment::Schedule;
use lambda_darts::method::MethodConfig;
use lambda_darts::search::Search;

use super::cost::Cost;
use super::epochs;
use super::subject::Subject;
use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::search::{configuration, named};

pub(super) fn measure(args: &BenchArgs) -> Result<Cost, Failure> {
    let mut config =
        configuration(&args.settings, named("--method", args.choice.method.as_deref())?, args.choice.seed)?;
    let [warmup, steps] = [args.warmup, args.steps].map(usize::from);
    let (in_epoch, all) = epochs(warmup + steps, config.batch);
    config.epochs = all;
    config.method.alignment.iter_mut().for_each(|alignment| alignment.schedule = Schedule::Constant);
    config.measures.curvature = false;
    // A measurement goes on where a search would end, and its steps are those in which α moves.
    let MethodConfig { parameter_free_share, sharpness, skip_count, stable_ranking, weights_only, .. } =
        &mut config.method;
    if let Some(rest) = weights_only {
        rest.share = 0.0;
    }
    let shares = parameter_free_share.as_mut().map(|rule| &mut rule.ends);
    let sharp = sharpness.as_mut().map(|rule| &mut rule.ends);
    let skips = skip_count.as_mut().map(|rule| &mut rule.ends);
    let rankings = stable_ranking.as_mut().map(|rule| &mut rule.ends);
    for ends in [shares, sharp, skips, rankings].into_iter().flatten() {
        *ends = false;
    }
    let subject = Subject::<Search>::new(config, in_epoch, &args.settings.run)?;
    subject.measure(warmup, steps, |session| Some(session.phases()))
}
