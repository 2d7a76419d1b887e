//! Runs that do not fit into memory: refused before they start, with the setting that would make them fit.

use lambda_darts::data::ImageData;
use lambda_darts::device::{Device, DeviceKind};
use lambda_darts::engine::Bytes;
use lambda_darts::session::{ImageSettings, SessionError};

use crate::failure::Failure;
use crate::images::ImageKind;
use crate::memory::free;

/// Refuses a run that needs more memory than is free, or several of them at a time.
pub(crate) fn check<W: ImageKind>(
    config: &W::Config,
    data: &ImageData,
    device: &Device,
    at_once: u16,
) -> Result<(), Failure> {
    let shared = device.is_gpu() && shares_memory(device);
    let needed = |config: &W::Config| {
        let memory = W::memory(config, data, device)?;
        let gpu = if shared { memory.engine.gpu } else { 0 };
        Ok::<_, SessionError>(memory.host().saturating_add(gpu).saturating_mul(at_once.into()))
    };
    let (all, free) = (needed(config)?, free());
    if all <= free {
        return Ok(());
    }
    let advice = match at_once {
        2.. if all / u64::from(at_once) <= free => format!("--jobs {} would fit", free / (all / u64::from(at_once))),
        _ => advice::<W>(config, |config| Ok(needed(config)? <= free))?,
    };
    let runs =
        if at_once > 1 { format!("{at_once} searches at a time need") } else { format!("the {} needs", W::NOUN) };
    Err(Failure::Memory { runs, needed: Bytes(all), free: Bytes(free), advice })
}

/// Returns true if a GPU has no memory of its own.
fn shares_memory(device: &Device) -> bool {
    let kind = Device::list().into_iter().find(|info| info.name == device.name()).map(|info| info.kind);
    matches!(kind, Some(DeviceKind::Software | DeviceKind::IntegratedGpu))
}

/// Smallest batch that the advice names; batch norms need some images.
const SMALLEST_BATCH: usize = 8;

/// Says which setting makes a run fit: the batch if that is enough, else the channels, else both.
fn advice<W: ImageKind>(
    config: &W::Config,
    fits: impl Fn(&W::Config) -> Result<bool, SessionError>,
) -> Result<String, SessionError> {
    let halves = |from: usize, least: usize| {
        let largest = from.saturating_sub(1).max(1);
        std::iter::successors(Some(1 << largest.ilog2()), |half| Some(half / 2)).take_while(move |&half| half >= least)
    };
    let with = |batch: usize, channels: usize| {
        let mut smaller = config.clone();
        smaller.set_batch(batch);
        *W::channels(&mut smaller) = channels;
        smaller
    };
    let (batch, channels) = (config.batch(), *W::channels(&mut config.clone()));
    for batch in halves(batch, SMALLEST_BATCH) {
        if fits(&with(batch, channels))? {
            return Ok(format!("a {} with --batch {batch} would fit", W::NOUN));
        }
    }
    for channels in halves(channels, 1) {
        if fits(&with(batch, channels))? {
            return Ok(format!("a {} with --channels {channels} would fit", W::NOUN));
        }
    }
    let batch = batch.min(SMALLEST_BATCH);
    for channels in halves(channels, 1) {
        if fits(&with(batch, channels))? {
            return Ok(format!("a {} with --batch {batch} --channels {channels} would fit", W::NOUN));
        }
    }
    Ok("lower --cells, --size, --channels and --batch".to_owned())
}
