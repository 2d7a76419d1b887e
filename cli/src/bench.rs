//! `bench`: the cost of a search step.

use std::fmt::Write;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use lambda_darts::alignment::Schedule;
use lambda_darts::data::{Images, ImageData};
use lambda_darts::device::Device;
use lambda_darts::engine::Traffic;
use lambda_darts::search::{EventKind, Phases, SearchConfig, SearchMemory, Session};
use serde::Serialize;
use serde_json::json;

use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::fit;
use crate::memory::{peak_rss_mib, rss_mib};
use crate::output::print;
use crate::search::{configuration, named, start_threads};

/// Approximate number of training images. It is large enough that validation does not dominate an epoch, and small
/// enough that the images take little memory in comparison with a step.
const IMAGES: usize = 1024;

/// Result of the measurement, with times in ms.
#[derive(Serialize)]
struct Cost {
    device: String,
    /// Number of weights of the supernet.
    weights: usize,
    ms_median: f64,
    ms_mean: f64,
    ms_min: f64,
    ms_max: f64,
    /// Training images per second at the median time of a step.
    images_per_second: f64,
    peak_rss_mib: Option<f64>,
    /// Memory that was estimated beforehand: of this process, and of the GPU.
    estimated_mib: f64,
    estimated_gpu_mib: f64,
    /// Median number of kernel launches in a step; absent on a CPU.
    launches: Option<u64>,
    /// Bytes sent to the GPU and received from it in the last step; absent on a CPU.
    traffic: Option<Traffic>,
    /// Mean times of the phases of a step.
    phases: Phases,
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), Failure> {
    start_threads(&args.settings)?;
    let cost = measure(args)?;
    print(&if args.json { json!(cost).to_string() } else { table(&cost, args.steps) })
}

/// Makes a session with the given settings, on random images and with enough steps, and estimates its memory.
fn session(args: &BenchArgs) -> Result<(Session, SearchMemory, f64), Failure> {
    let mut config =
        configuration(&args.settings, named("--method", args.choice.method.as_deref())?, args.choice.seed)?;
    let all = usize::from(args.warmup) + usize::from(args.steps);
    let steps = all.min(IMAGES / config.batch.max(1)).max(1);
    config.epochs = all.div_ceil(steps);
    config.method.alignment.iter_mut().for_each(|alignment| alignment.schedule = Schedule::Constant);
    config.measures.curvature = false;
    (config.data.dir, config.data.images, config.data.split) = (None, None, None);
    config.data.train_fraction = 0.5;
    config.check()?;
    let SearchConfig { batch, seed, .. } = config;
    let images = Images::random(config.data.set, 2 * batch * steps, seed);
    let data = Arc::new(ImageData::prepare(images, &config.data, seed)?);
    let device = Device::named(args.settings.device.as_deref().unwrap_or("auto"))?;
    fit::check(&config, &data, &device, 1)?;
    let estimate = config.memory(&data, &device)?;
    // What the program has in memory already: itself, the images and the driver of a GPU.
    let before = rss_mib().unwrap_or_default();
    Ok((pollster::block_on(Session::new(config, data, &device))?, estimate, before))
}

fn measure(args: &BenchArgs) -> Result<Cost, Failure> {
    let (mut session, estimate, own_mib) = session(args)?;
    let (mut left, mut before) = (args.warmup, Phases::default());
    let (mut ms, mut launches, mut traffic) = (Vec::new(), Vec::new(), None);
    let bar = bar(u64::from(args.warmup) + u64::from(args.steps));
    while ms.len() < usize::from(args.steps) {
        let (began, launched, passed_on) = (Instant::now(), session.launches(), session.traffic());
        let Some(event) = pollster::block_on(session.next_event())? else { break };
        let passed = 1e3 * began.elapsed().as_secs_f64();
        // Other events, such as that of the validation, are not part of a step.
        let EventKind::Step(_) = event.kind else { continue };
        bar.inc(1);
        if left > 0 {
            left -= 1;
            before = session.phases();
            continue;
        }
        ms.push(passed);
        launches.extend(session.launches().zip(launched).map(|(now, then)| now.saturating_sub(then)));
        traffic = session.traffic().zip(passed_on).map(|(now, then)| Traffic {
            sent: now.sent.saturating_sub(then.sent),
            received: now.received.saturating_sub(then.received),
        });
    }
    bar.finish_and_clear();

    let steps = f64::from(args.steps);
    #[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^52 images")]
    let batch = session.config().batch as f64;
    ms.sort_by(f64::total_cmp);
    launches.sort_unstable();
    let ms_median = median(&ms);
    Ok(Cost {
        device: session.device_name().to_owned(),
        weights: session.bilevel().graph().parameter_count(),
        ms_median,
        ms_mean: ms.iter().sum::<f64>() / steps,
        ms_min: ms.first().copied().unwrap_or_default(),
        ms_max: ms.last().copied().unwrap_or_default(),
        images_per_second: 1e3 * batch / ms_median,
        peak_rss_mib: peak_rss_mib(),
        // No checkpoint is written.
        estimated_mib: own_mib + mib(estimate.host() - estimate.checkpoint),
        estimated_gpu_mib: mib(estimate.engine.gpu),
        launches: launches.get(launches.len() / 2).copied(),
        traffic,
        phases: (session.phases() - before) * (1e3 / steps),
    })
}

fn mib(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let bytes = bytes as f64;
    bytes / 1_048_576.0
}

/// Returns the median of sorted numbers, or 0 if there are none.
fn median(sorted: &[f64]) -> f64 {
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
    f64::midpoint(at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2))
}

fn bar(steps: u64) -> ProgressBar {
    let bar = if stderr().is_terminal() { ProgressBar::new(steps) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} step {pos} of {len}, {eta} left") {
        bar.set_style(style);
    }
    bar.tick();
    bar
}

fn table(cost: &Cost, steps: u16) -> String {
    let Cost { device, weights, ms_median, ms_mean, ms_min, ms_max, images_per_second, .. } = cost;
    let peak = cost.peak_rss_mib.map_or_else(|| "–".to_owned(), |mib| format!("{mib:.0} MiB"));
    let mut memory = format!("{peak}, estimated {:.0} MiB", cost.estimated_mib);
    if cost.estimated_gpu_mib > 0.0 {
        // Writing to a string cannot fail.
        let _ = write!(memory, " and {:.0} MiB of the GPU", cost.estimated_gpu_mib);
    }
    let launches = cost.launches.map_or_else(|| "–".to_owned(), |launches| launches.to_string());
    let traffic = cost.traffic.map_or_else(
        || "–".to_owned(),
        |Traffic { sent, received }| format!("{sent} bytes to the GPU, {received} back"),
    );
    let mut table = format!(
        "device        {device}\n\
         weights       {weights}\n\
         step          {ms_median:.1} ms ({ms_min:.1} to {ms_max:.1}, mean {ms_mean:.1}, of {steps})\n\
         speed         {:.2} steps/s, {images_per_second:.1} images/s\n\
         peak memory   {memory}\n\
         launches      {launches}\n\
         traffic       {traffic}",
        1e3 / ms_median,
    );
    let names = ["α pass", "weight pass", "regularizer", "optimizers", "data"];
    for (name, (_, ms)) in names.into_iter().zip(cost.phases.named()) {
        // Writing to a string cannot fail.
        let _ = write!(table, "\n{name:<13} {ms:.1} ms, {:.0} %", 100.0 * ms / ms_mean);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!((median(&[1.0, 2.0, 9.0]), median(&[1.0, 2.0, 4.0, 9.0])), (2.0, 3.0));
        assert_eq!((median(&[7.0]), median(&[])), (7.0, 0.0));
    }
}
