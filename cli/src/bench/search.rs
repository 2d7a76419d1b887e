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
    weights_only.iter_mut().for_each(|rest| rest.share = 0.0);
    parameter_free_share.iter_mut().for_each(|rule| rule.ends = false);
    sharpness.iter_mut().for_each(|rule| rule.ends = false);
    skip_count.iter_mut().for_each(|rule| rule.ends = false);
    stable_ranking.iter_mut().for_each(|rule| rule.ends = false);
    let subject = Subject::<Search>::new(config, in_epoch, &args.settings.run)?;
    subject.measure(warmup, steps, |session| Some(session.phases()))
}
