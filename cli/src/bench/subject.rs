//! Session whose steps are measured, on random images.

use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use lambda_darts::data::{ImageData, Images};
use lambda_darts::device::Device;
use lambda_darts::engine::{Bytes, Traffic};
use lambda_darts::search::{EventKind, Phases};
use lambda_darts::session::{ImageSettings, Session, SessionMemory, Settings};

use super::cost::Cost;
use crate::args::RunArgs;
use crate::failure::Failure;
use crate::fit;
use crate::images::ImageKind;
use crate::memory::{free, rss_mib};

/// Session that is measured.
pub(super) struct Subject<W> {
    pub(super) session: Session<W>,
    /// Memory that was estimated beforehand.
    pub(super) estimate: SessionMemory,
    /// MiB that the program had before: itself, the images and the driver of a GPU.
    pub(super) own_mib: f64,
}

/// Measured steps.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) ms: Vec<f64>,
    /// Kernel launches in each step; empty on a CPU.
    pub(super) launches: Vec<u64>,
    /// Traffic with the GPU in the last step; absent on a CPU.
    pub(super) traffic: Option<Traffic>,
}

impl<W: ImageKind> Subject<W> {
    /// Prepares a session on random images, with a number of steps in an epoch.
    pub(super) fn new(mut config: W::Config, steps: usize, run: &RunArgs) -> Result<Self, Failure> {
        let data = config.data_mut();
        (data.dir, data.images, data.split) = (None, None, None);
        data.train_fraction = 0.5;
        config.check()?;
        let data = Arc::new(ImageData::prepare(random_images(&config, steps)?, config.data(), config.seed())?);
        let device = Device::named(run.device.as_deref().unwrap_or("auto"))?;
        fit::check::<W>(&config, &data, &device, 1)?;
        let estimate = W::memory(&config, &data, &device)?;
        let own_mib = rss_mib().unwrap_or_default();
        let session = pollster::block_on(Session::<W>::new(config, data, &device))?;
        Ok(Self { session, estimate, own_mib })
    }

    /// Takes steps to warm up and measures those after them. `phases` returns the seconds by phase so far, if the
    /// session tells them.
    pub(super) fn measure(
        mut self,
        warmup: usize,
        steps: usize,
        phases: impl Fn(&Session<W>) -> Option<Phases>,
    ) -> Result<Cost, Failure> {
        let bar = bar((warmup + steps) as u64);
        self.take(warmup, &bar)?;
        let before = phases(&self.session);
        let taken = self.take(steps, &bar)?;
        bar.finish_and_clear();
        let spent = phases(&self.session).zip(before).map(|(now, before)| now - before);
        Ok(Cost::of(&self, taken, spent))
    }

    fn take(&mut self, count: usize, bar: &ProgressBar) -> Result<Steps, Failure> {
        let (session, mut steps) = (&mut self.session, Steps::default());
        while steps.ms.len() < count {
            let (began, launched, passed_on) = (Instant::now(), session.launches(), session.traffic());
            let Some(event) = pollster::block_on(session.next_event())? else { break };
            let passed = 1e3 * began.elapsed().as_secs_f64();
            // Other events, such as that of the validation, are not part of a step.
            if !matches!(event.kind, EventKind::Step(_) | EventKind::TrainingStep(_)) {
                continue;
            }
            bar.inc(1);
            steps.ms.push(passed);
            steps.launches.extend(session.launches().zip(launched).map(|(now, then)| now.saturating_sub(then)));
            steps.traffic = session.traffic().zip(passed_on).map(|(now, then)| Traffic {
                sent: now.sent.saturating_sub(then.sent),
                received: now.received.saturating_sub(then.received),
            });
        }
        Ok(steps)
    }
}

/// Makes the images of an epoch, in the same number for both parts.
fn random_images(config: &impl ImageSettings, steps: usize) -> Result<Images, Failure> {
    let (set, seed) = (config.data().set, config.seed());
    let count = config.batch().saturating_mul(2).saturating_mul(steps);
    let one = Images::random(set, 1, seed).pixels.len();
    let (needed, free) = (count.saturating_mul(one) as u64, free());
    if needed > free {
        let advice = "lower --steps, --warmup and --batch".to_owned();
        let runs = "the random images need".to_owned();
        return Err(Failure::Memory { runs, needed: Bytes(needed), free: Bytes(free), advice });
    }
    Ok(Images::random(set, count, seed))
}

fn bar(steps: u64) -> ProgressBar {
    let bar = if stderr().is_terminal() { ProgressBar::new(steps) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} step {pos} of {len}, {eta} left") {
        bar.set_style(style);
    }
    bar.tick();
    bar
}
