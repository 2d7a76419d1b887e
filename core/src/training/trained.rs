//! Trained network: predictions for images.

use std::borrow::Cow;
#[cfg(not(target_family = "wasm"))]
use std::path::Path;

use super::evaluation::{Evaluation, Sums, softmax};
use super::network::DerivedNetwork;
use super::state;
use super::work::{Train, check_images};
use crate::data::{Batch, ImageData, Images, normal};
use crate::device::Device;
use crate::engine::{self, Numbers, State};
use crate::exchange::weights::NetworkWeights;
#[cfg(not(target_family = "wasm"))]
use crate::session::{Checkpoint, CheckpointError};
use crate::session::{SessionError, SessionState, Settings, TrainingConfig, reserve, tensors};

/// Largest number of images of a pass; a smaller batch of the training is kept.
const MAX_BATCH: usize = 256;

/// Network that was trained, with what it needs to read images.
///
/// ```no_run
/// use std::path::Path;
///
/// use lambda_darts::data::Images;
/// use lambda_darts::device::Device;
/// use lambda_darts::training::Trained;
///
/// let mut trained = pollster::block_on(Trained::read(Path::new("runs/train-0"), &Device::cpu()))?;
/// let probabilities = pollster::block_on(trained.predict(&Images::fashion_test()))?;
/// println!("{}", trained.classes()[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Trained {
    config: TrainingConfig,
    network: DerivedNetwork,
    images: state::Images,
    /// Normalized value of every pixel value, for each channel.
    normal: Vec<[f32; 256]>,
}

impl Trained {
    /// Network of a training's state.
    ///
    /// # Errors
    /// [`SessionError::State`] if the state is damaged; [`SessionError::Engine`] if the device fails.
    pub async fn new(state: SessionState<Train>, device: &Device) -> Result<Self, SessionError> {
        let SessionState { config, work, .. } = state;
        let mut trained = Self::initial(config, work.images, device).await?;
        let vectors = tensors::vectors(&work.tensors, trained.network.graph())?;
        tensors::write(trained.network.engine(), &vectors).await?;
        Ok(trained)
    }

    /// Network with weights from elsewhere, in the order of [`TrainingConfig::graph`]. Classes, size and normalization
    /// of its images are those of `data`.
    ///
    /// ```
    /// use lambda_darts::device::Device;
    /// use lambda_darts::exchange::weights::NetworkWeights;
    /// use lambda_darts::space::Genotype;
    /// use lambda_darts::training::{Recipe, Trained, TrainingConfig, load};
    ///
    /// let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|")?;
    /// let config = TrainingConfig::new(Recipe::Small, "nas-bench-201", cell);
    /// let data = load(&config)?;
    /// // `NetworkWeights::read` takes those of a file.
    /// let weights = NetworkWeights::initial(&config.graph(data.channels(), data.classes().len())?, 0);
    /// let mut network = pollster::block_on(Trained::with_weights(config, &weights, &data, &Device::cpu()))?;
    /// let found = pollster::block_on(network.evaluate(&data.valid_images()))?;
    /// assert!(found.top1 < 0.5, "nothing is learnt yet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SessionError`] if a setting is out of range, the images are too small for the network, or the weights are
    /// those of another one.
    pub async fn with_weights(
        config: TrainingConfig,
        weights: &NetworkWeights,
        data: &ImageData,
        device: &Device,
    ) -> Result<Self, SessionError> {
        let mut trained = Self::initial(config, state::Images::of(data), device).await?;
        for (state, vector) in weights.parts() {
            trained.network.engine().write(state, &Numbers::Single(vector.to_vec())).await?;
        }
        Ok(trained)
    }

    /// Network with initial weights. Its images may come from a file, so that they are checked.
    async fn initial(config: TrainingConfig, images: state::Images, device: &Device) -> Result<Self, SessionError> {
        config.check()?;
        images.check()?;
        let ([channels, height, width], classes) = (images.shape, images.classes.len());
        let (graph, size) = (config.graph(channels, classes)?, config.network_size(channels, classes));
        check_images(&graph, &config, [height, width])?;
        let shape = [batch_size(&config), channels, height, width];
        let pass = engine::Training { shape, tangent: false, saves: false };
        reserve(engine::memory(graph.clone(), device, pass).host)?;
        let network = DerivedNetwork::of_graph(graph, size, config.seed, device).await?;
        let normal = images.mean.iter().zip(&images.std).map(|(&mean, &std)| normal(mean, std)).collect();
        Ok(Self { config, network, images, normal })
    }

    /// Reads the network from the folder of a training, or from one of its checkpoints.
    ///
    /// # Errors
    /// [`CheckpointError`] if there is no intact checkpoint; [`SessionError`] as for [`new`](Self::new).
    #[cfg(not(target_family = "wasm"))]
    pub async fn read(path: &Path, device: &Device) -> Result<Self, ReadError> {
        let read = if path.is_dir() { Checkpoint::<Train>::newest } else { Checkpoint::<Train>::read };
        Ok(Self::new(read(path)?.state, device).await?)
    }

    /// Settings of the training.
    #[must_use]
    pub fn config(&self) -> &TrainingConfig {
        &self.config
    }

    /// Names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.images.classes
    }

    /// Channels, height and width of the images that the network was trained on.
    #[must_use]
    pub fn image_shape(&self) -> [usize; 3] {
        self.images.shape
    }

    /// Means and standard deviations of the channels by which images are normalized; pixels go from 0 to 1.
    #[must_use]
    pub fn normalization(&self) -> [&[f32]; 2] {
        [&self.images.mean, &self.images.std]
    }

    /// Network with its weights, for passes of one's own.
    pub fn network(&mut self) -> &mut DerivedNetwork {
        &mut self.network
    }

    /// Weights and running statistics of the network, its auxiliary head included.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the device fails.
    pub async fn network_weights(&mut self) -> Result<NetworkWeights, SessionError> {
        let engine = self.network.engine();
        Ok(NetworkWeights {
            parameters: engine.read(State::Weights).await?.to_f32(),
            running_mean: engine.read(State::RunningMean).await?.to_f32(),
            running_variance: engine.read(State::RunningVariance).await?.to_f32(),
        })
    }

    /// Probabilities of the classes for one or more images, in their order. Images of another size are resized.
    ///
    /// # Errors
    /// [`SessionError::Images`] if they have other channels; [`SessionError::Data`] if their fields contradict each
    /// other; [`SessionError::Engine`] if the device fails.
    pub async fn predict(&mut self, images: &Images) -> Result<Vec<Vec<f64>>, SessionError> {
        let images = self.fitted(images)?;
        let classes = self.network.classes();
        let mut all = Vec::with_capacity(images.len());
        // Images to be classified may have classes that the network does not know.
        let labels = vec![0; images.len()];
        self.pass(&images, &labels, |_, logits| all.extend(logits.chunks_exact(classes).map(softmax))).await?;
        Ok(all)
    }

    /// Evaluates the network on images with known classes, which are found by their names.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and [`SessionError::Images`] if the images have a class that the network does not
    /// know.
    pub async fn evaluate(&mut self, images: &Images) -> Result<Evaluation, SessionError> {
        self.evaluate_with(images, &|_, _| {}).await
    }

    /// Evaluates the network like [`evaluate`](Self::evaluate). `progress` is called with the number of images that are
    /// done and of all.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub async fn evaluate_with(
        &mut self,
        images: &Images,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Evaluation, SessionError> {
        let images = self.fitted(images)?;
        let labels = self.labels(&images)?;
        let classes = self.network.classes();
        let (mut sums, mut predictions) = (Sums::new(classes), Vec::with_capacity(images.len()));
        let add = |batch: &Batch, logits: &[f64]| {
            predictions.extend(sums.add(batch, logits));
            progress(predictions.len(), images.len());
        };
        self.pass(&images, &labels, add).await?;
        Ok(Evaluation::new(classes, sums.scores(), predictions))
    }

    /// Runs the network on all images, and gives each batch with its logits to `take`.
    async fn pass(
        &mut self,
        images: &Images,
        labels: &[u16],
        mut take: impl FnMut(&Batch, &[f64]),
    ) -> Result<(), SessionError> {
        let size = batch_size(&self.config);
        let pixels = images.channels * images.height * images.width;
        for (labels, pixels) in labels.chunks(size).zip(images.pixels.chunks(size * pixels)) {
            let batch = self.batch(pixels, labels);
            let logits = self.network.predict(&batch).await?;
            take(&batch, &logits);
        }
        Ok(())
    }

    /// Classes of images as the network counts them.
    fn labels(&self, images: &Images) -> Result<Vec<u16>, SessionError> {
        let class = |name| self.images.classes.iter().position(|known| known == name);
        let known: Vec<Option<u16>> =
            images.classes.iter().map(|name| class(name).and_then(|class| u16::try_from(class).ok())).collect();
        let label = |&label: &u16| {
            known[usize::from(label)].ok_or_else(|| {
                let (name, known) = (&images.classes[usize::from(label)], self.images.classes.join(", "));
                SessionError::Images(format!("the images have the class `{name}`, and the network knows {known}"))
            })
        };
        images.labels.iter().map(label).collect()
    }

    /// Images in the size of the network's.
    fn fitted<'i>(&self, images: &'i Images) -> Result<Cow<'i, Images>, SessionError> {
        images.check_fields()?;
        let [channels, height, width] = self.images.shape;
        if images.channels != channels {
            let what = format!("images of {} channels, and the network reads {channels}", images.channels);
            return Err(SessionError::Images(what));
        }
        if [images.height, images.width] == [height, width] {
            return Ok(Cow::Borrowed(images));
        }
        let sides = [images.len(), channels, height, width].map(|side| side as u64);
        reserve(sides.into_iter().fold(1, u64::saturating_mul))?;
        Ok(Cow::Owned(images.clone().resized_to([height, width])))
    }

    /// Batch of images in the size of the network's, normalized as in the training.
    fn batch(&self, pixels: &[u8], labels: &[u16]) -> Batch {
        let [channels, height, width] = self.images.shape;
        let planes = pixels.chunks_exact(height * width).zip(self.normal.iter().cycle());
        let normal = |(plane, normal): (&'_ [u8], &[f32; 256])| {
            plane.iter().map(|&pixel| normal[usize::from(pixel)]).collect::<Vec<f32>>()
        };
        Batch {
            images: planes.flat_map(normal).collect(),
            labels: labels.iter().map(|&label| i64::from(label)).collect(),
            shape: [labels.len(), channels, height, width],
        }
    }
}

/// Number of images of a pass.
fn batch_size(config: &TrainingConfig) -> usize {
    config.batch.min(MAX_BATCH)
}

/// Trained network that cannot be read.
#[cfg(not(target_family = "wasm"))]
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no intact checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The state is damaged, or the device failed.
    #[error(transparent)]
    Session(#[from] SessionError),
}
