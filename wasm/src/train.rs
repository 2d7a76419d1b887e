//! Start of a training from the files of a page, its restoration from a snapshot, and the predictions of its network.

use std::sync::Arc;

use lambda_darts::data::{DataSet, ImageData, Images};
use lambda_darts::device::Device;
use lambda_darts::session::SessionState;
use lambda_darts::training::{Train, Trained, Training, TrainingConfig};

use crate::failure::Failure;
use crate::images::images;
use crate::settings;
use crate::snapshot::state_of;

/// Files of a training.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// Training images, as for a search.
    pub(crate) images: Option<Vec<u8>>,
    /// Packed test images of Fashion-MNIST. Other data sets have no test images of their own and are split.
    pub(crate) tests: Option<Vec<u8>>,
}

/// Starts a training.
pub(crate) async fn start(config: TrainingConfig, device: &Device, files: &Files) -> Result<Training, Failure> {
    let data = data(&config, files)?;
    Ok(Training::new(config, data, device).await?)
}

/// Restores a training from a snapshot.
pub(crate) async fn restore(snapshot: &[u8], device: &Device, files: &Files) -> Result<Training, Failure> {
    let state: SessionState<Train> = state_of(snapshot)?;
    let data = data(state.config(), files)?;
    Ok(Training::restore(state, data, device).await?)
}

/// Returns the network of a training as it is now.
pub(crate) async fn trained(training: &mut Training, device: &Device) -> Result<Trained, Failure> {
    Ok(Trained::new(training.state().await?, device).await?)
}

/// Predicts the classes of images of a shape, (channels, height, width): the probabilities of all classes, image by image.
pub(crate) async fn predict(
    trained: &mut Trained,
    pixels: Vec<u8>,
    shape @ [channels, height, width]: [usize; 3],
) -> Result<Vec<f32>, Failure> {
    let length = shape.into_iter().try_fold(1, usize::checked_mul).filter(|&length| length > 0);
    let whole = length.filter(|&length| !pixels.is_empty() && pixels.len().is_multiple_of(length));
    let Some(length) = whole else {
        return Err(Failure::Pixels { bytes: pixels.len(), channels, height, width });
    };
    let (labels, classes) = (vec![0; pixels.len() / length], trained.classes().to_vec());
    let probabilities = trained.predict(&Images { channels, height, width, pixels, labels, classes }).await?;
    #[expect(clippy::cast_possible_truncation, reason = "probabilities need no more digits")]
    let single = |probability: f64| probability as f32;
    Ok(probabilities.into_iter().flatten().map(single).collect())
}

fn data(config: &TrainingConfig, files: &Files) -> Result<Arc<ImageData>, Failure> {
    settings::check_training(config)?;
    let read = |file: Option<&[u8]>| images(&config.data, file, usize::MAX);
    let train = read(files.images.as_deref())?;
    let data = if config.data.set == DataSet::Fashion {
        ImageData::prepare_whole(train, read(files.tests.as_deref())?, &config.data, config.seed)?
    } else {
        ImageData::prepare(train, &config.data, config.seed)?
    };
    Ok(Arc::new(data))
}

#[cfg(test)]
mod tests {
    use lambda_darts::training::EventKind;
    use pollster::block_on;

    use super::*;
    use crate::failure::on_one_line;
    use crate::snapshot::snapshot;

    const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";

    /// Returns settings with two epochs of two steps on the digits.
    fn small() -> TrainingConfig {
        let mut config = settings::training_defaults("nas-bench-201", CELL).unwrap();
        (config.epochs, config.batch, config.network.channels) = (2, 8, 4);
        (config.data.set, config.data.images, config.data.train_fraction) = (DataSet::Digits, Some(32), 0.5);
        config
    }

    fn digits() -> Files {
        Files { images: Some(include_bytes!("../../core/src/data/digits.bin").to_vec()), tests: None }
    }

    fn begin(config: TrainingConfig, files: &Files) -> Result<Training, String> {
        block_on(start(config, &Device::cpu(), files)).map_err(|failure| on_one_line(&failure))
    }

    fn kinds(training: &mut Training) -> Vec<EventKind> {
        training.events().map(|event| event.unwrap().kind).collect()
    }

    #[test]
    fn a_training_goes_on_from_a_snapshot_as_if_nothing_had_happened() {
        let mut whole = begin(small(), &digits()).unwrap();
        let first: Vec<_> = whole.events().take(3).map(|event| event.unwrap().kind).collect();
        assert!(matches!(
            first.as_slice(),
            [EventKind::TrainingStart { steps: 2, .. }, EventKind::TrainingStep(_), EventKind::TrainingStep(_)]
        ));
        let bytes = block_on(snapshot(&mut whole)).unwrap();
        let mut restored = block_on(restore(&bytes, &Device::cpu(), &digits())).unwrap();
        let rest = kinds(&mut restored);
        assert_eq!(rest, kinds(&mut whole));
        assert!(matches!(rest.as_slice(), [.., EventKind::TrainingEpoch(_), EventKind::TrainingEnd { .. }]));
        // Snapshots of searches are others.
        assert!(block_on(restore(b"{}", &Device::cpu(), &Files::default())).is_err());
    }

    #[test]
    fn a_trained_network_predicts_images_of_any_size() {
        let mut training = begin(small(), &digits()).unwrap();
        let Some(EventKind::TrainingEnd { test_accuracy }) = kinds(&mut training).pop() else { panic!("no end") };
        let mut network = block_on(trained(&mut training, &Device::cpu())).unwrap();
        let images = training.data().valid_images();
        let shape = [images.channels, images.height, images.width];
        let mut predicted = |pixels: &[u8], shape| block_on(predict(&mut network, pixels.to_vec(), shape));
        let all = predicted(&images.pixels, shape).unwrap();
        assert_eq!(all.len(), 10 * images.len());
        assert!(all.chunks(10).all(|each| (each.iter().sum::<f32>() - 1.0).abs() < 1e-5));
        let likeliest =
            |each: &[f32]| (0..10_u16).max_by(|&a, &b| each[usize::from(a)].total_cmp(&each[usize::from(b)]));
        let hits = all.chunks(10).zip(&images.labels).filter(|(each, label)| likeliest(each) == Some(**label)).count();
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let share = hits as f64 / images.len() as f64;
        assert!((share - test_accuracy).abs() < 1e-9, "{share}, not {test_accuracy}");

        // A plain image is the same in every size.
        assert_eq!(predicted(&[7; 2 * 16 * 16], [1, 16, 16]).unwrap(), predicted(&[7; 2 * 8 * 8], [1, 8, 8]).unwrap());
        for (count, shape) in [(63, [1, 8, 8]), (0, [1, 8, 8]), (64, [0, 8, 8]), (64, [usize::MAX, 8, 8])] {
            let message = predicted(&vec![0; count], shape).unwrap_err().to_string();
            assert!(message.contains("bytes are not images"), "{message}");
        }
        let colour = predicted(&[0; 3 * 64], [3, 8, 8]).unwrap_err().to_string();
        assert!(colour.contains("3 channels"), "{colour}");
    }

    #[test]
    fn the_embedded_test_images_test_the_network() {
        let images = Some(include_bytes!("../../core/src/data/fashion/fashion_train.bin").to_vec());
        let tests = Some(include_bytes!("../../core/src/data/fashion/fashion_test.bin").to_vec());
        let mut config = small();
        (config.data.set, config.epochs) = (DataSet::Fashion, 1);
        let training = begin(config.clone(), &Files { images: images.clone(), tests }).unwrap();
        assert_eq!((training.data().train_len(), training.data().valid_len()), (32, 1000));
        assert!(begin(config, &Files { images, tests: None }).unwrap_err().contains("fashion_test.bin"));
        let without = TrainingConfig { batch: 1, ..small() };
        assert!(begin(without, &Files::default()).unwrap_err().contains("`batch`"));
        assert!(settings::training_defaults("nas-bench-201", "a cell").is_err());
        assert!(settings::training_defaults("s9", CELL).unwrap_err().to_string().contains("`s9`"));
    }
}
