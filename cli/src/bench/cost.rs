//! Cost of a step: the result of the measurement.

use std::fmt::Write;

use lambda_darts::engine::Traffic;
use lambda_darts::search::Phases;
use lambda_darts::session::ImageSettings;
use serde::Serialize;

use super::subject::{Steps, Subject};
use crate::images::ImageKind;
use crate::memory::peak_rss_mib;

/// Result of the measurement, with times in ms.
#[derive(Serialize)]
pub(super) struct Cost {
    device: String,
    /// Number of weights of the network.
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
    /// Mean times of the phases of a step; absent for a training.
    phases: Option<Phases>,
}

impl Cost {
    /// Makes the cost from measured steps of a session, and from the seconds that they spent in each phase.
    pub(super) fn of<W: ImageKind>(subject: &Subject<W>, steps: Steps, phases: Option<Phases>) -> Self {
        let Subject { session, estimate, own_mib } = subject;
        let Steps { mut ms, mut launches, traffic } = steps;
        #[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^52 images, and steps are few")]
        let [batch, count] = [session.config().batch(), ms.len()].map(|number| number as f64);
        ms.sort_by(f64::total_cmp);
        launches.sort_unstable();
        let ms_median = median(&ms);
        Self {
            device: session.device_name().to_owned(),
            weights: session.weights(),
            ms_median,
            ms_mean: ms.iter().sum::<f64>() / count,
            ms_min: ms.first().copied().unwrap_or_default(),
            ms_max: ms.last().copied().unwrap_or_default(),
            images_per_second: 1e3 * batch / ms_median,
            peak_rss_mib: peak_rss_mib(),
            // No checkpoint is written.
            estimated_mib: own_mib + mib(estimate.host() - estimate.checkpoint),
            estimated_gpu_mib: mib(estimate.engine.gpu),
            launches: launches.get(launches.len() / 2).copied(),
            traffic,
            phases: phases.map(|phases| phases * (1e3 / count)),
        }
    }

    /// Table of the cost, for people.
    pub(super) fn table(&self, steps: u16) -> String {
        let Self { device, weights, ms_median, ms_mean, ms_min, ms_max, images_per_second, .. } = self;
        let peak = self.peak_rss_mib.map_or_else(|| "–".to_owned(), |mib| format!("{mib:.0} MiB"));
        let mut memory = format!("{peak}, estimated {:.0} MiB", self.estimated_mib);
        if self.estimated_gpu_mib > 0.0 {
            // Writing to a string cannot fail.
            let _ = write!(memory, " and {:.0} MiB of the GPU", self.estimated_gpu_mib);
        }
        let launches = self.launches.map_or_else(|| "–".to_owned(), |launches| launches.to_string());
        let traffic = self.traffic.map_or_else(
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
        for (name, (_, ms)) in names.into_iter().zip(self.phases.into_iter().flat_map(Phases::named)) {
            // Writing to a string cannot fail.
            let _ = write!(table, "\n{name:<13} {ms:.1} ms, {:.0} %", 100.0 * ms / ms_mean);
        }
        table
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!((median(&[1.0, 2.0, 9.0]), median(&[1.0, 2.0, 4.0, 9.0])), (2.0, 3.0));
        assert_eq!((median(&[7.0]), median(&[])), (7.0, 0.0));
    }
}
