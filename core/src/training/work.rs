//! Work of a training: steps of SGD and tests.

use std::sync::Arc;

use super::evaluation::Scores;
use super::network::DerivedNetwork;
use super::state::{Images, Sums, TrainingState};
use crate::data::{DataError, ImageData, TrainingBatches};
use crate::device::Device;
use crate::engine::{self, Later, SgdStep, Traffic};
use crate::graph::Graph;
use crate::session::{
    EventKind, Position, SessionError, SessionMemory, Settings, TrainingConfig, TrainingEpochEvent, TrainingStepEvent,
    Work, reserve, tensors,
};
use crate::vector::argmax;

/// Loads the images of a training: the whole training set, and the test set.
///
/// # Errors
/// [`DataError`] if they cannot be used.
pub fn load(config: &TrainingConfig) -> Result<ImageData, DataError> {
    ImageData::load_whole(&config.data, config.seed, &|_, _| {})
}

/// Training of the network of a genotype.
#[derive(Debug)]
pub struct Train {
    config: TrainingConfig,
    network: DerivedNetwork,
    batches: TrainingBatches,
    sums: Sums,
    /// Accuracy on the test images after the last epoch.
    test_accuracy: f64,
}

impl Train {
    /// Network in training.
    pub fn network(&mut self) -> &mut DerivedNetwork {
        &mut self.network
    }

    /// Images that the network is for.
    fn images(&self) -> Images {
        Images::of(self.batches.data())
    }

    async fn prepared(config: TrainingConfig, data: Arc<ImageData>, device: &Device) -> Result<Self, SessionError> {
        config.check()?;
        let (channels, classes) = (data.channels(), data.classes().len());
        let (graph, size) = (config.graph(channels, classes)?, config.network_size(channels, classes));
        check_images(&graph, &config, [data.height(), data.width()])?;
        reserve(Self::memory(&config, &data, device)?.host())?;
        let batches = TrainingBatches::new(data, config.batch, config.seed)?;
        let network = DerivedNetwork::of_graph(graph, size, config.seed, device).await?;
        Ok(Self { config, network, batches, sums: Sums::default(), test_accuracy: 0.0 })
    }

    async fn train(&mut self, at: Position) -> Result<TrainingStepEvent, SessionError> {
        let batch = self.batches.batch(at.epoch, at.step);
        self.network.set_drop_path(self.config.drop_path(at.epoch));
        self.network.engine().clear_gradient().await?;
        let (loss, logits) = self.network.pass(&batch, at.total(self.batches.steps())).await?;
        let finite = |what: &str, value: f64| {
            let (epoch, step, what) = (at.epoch + 1, at.step + 1, what.to_owned());
            if value.is_finite() { Ok(()) } else { Err(SessionError::NotFinite { epoch, step, what }) }
        };
        finite("training loss", loss)?;
        let norm = self.network.engine().gradient_norm().await?;
        finite("weight gradient", norm)?;
        let weights = &self.config.weights;
        let scale = if weights.clip > 0.0 { SgdStep::clip_scale(norm, weights.clip) } else { 1.0 };
        let step = SgdStep {
            lr: self.config.learning_rate(at.epoch),
            momentum: weights.momentum,
            decay: weights.decay,
            scale,
            nesterov: weights.nesterov,
        };
        self.network.engine().step(step).await?;
        self.network.engine().update_running().await?;
        let classes = self.batches.data().classes().len();
        let hits = logits.chunks_exact(classes).map(argmax).zip(&batch.labels);
        let correct = hits.filter(|(class, label)| i64::try_from(*class) == Ok(**label)).count();
        let sums = &mut self.sums;
        sums.loss += loss;
        sums.gradient_norm += norm;
        sums.clipped += usize::from(scale < 1.0);
        sums.correct += correct;
        sums.images += batch.labels.len();
        Ok(TrainingStepEvent { epoch: at.epoch + 1, step: at.step + 1, train_loss: loss, gradient_norm: norm })
    }

    async fn test(&mut self, at: Position) -> Result<TrainingEpochEvent, SessionError> {
        let found = Scores::of(&mut self.network, &mut self.batches).await?;
        let sums = std::mem::take(&mut self.sums);
        #[expect(clippy::cast_precision_loss, reason = "images and steps are few")]
        let [steps, clipped, correct, images] =
            [at.step, sums.clipped, sums.correct, sums.images].map(|count| count as f64);
        self.test_accuracy = found.top1;
        Ok(TrainingEpochEvent {
            epoch: at.epoch + 1,
            lr: self.config.learning_rate(at.epoch),
            drop_path: self.config.drop_path(at.epoch),
            train_loss: sums.loss / steps,
            train_accuracy: correct / images,
            test_loss: found.loss,
            test_accuracy: found.top1,
            test_top5: found.top5,
            gradient_norm: sums.gradient_norm / steps,
            clipped: clipped / steps,
        })
    }

    async fn put_back(&mut self, held: &tensors::Tensors) -> Result<(), SessionError> {
        let vectors = tensors::vectors(held, self.network.graph())?;
        tensors::write(self.network.engine(), &vectors).await
    }

    async fn saved(&mut self) -> Result<TrainingState, SessionError> {
        let tensors = tensors::read(self.network.engine()).await?;
        let (sums, test_accuracy) = (self.sums.clone(), self.test_accuracy);
        Ok(TrainingState { tensors, sums, images: self.images(), test_accuracy })
    }

    async fn resumed(&mut self, state: TrainingState, at: Position) -> Result<(), SessionError> {
        let wrong = |what: String| Err(SessionError::State(what));
        let (found, count) = (state.tensors.len(), tensors::count(self.network.graph()));
        if found != count {
            return wrong(format!("it has {found} tensors, and this network {count}"));
        }
        let sums = &state.sums;
        let seen = at.step.checked_mul(self.config.batch);
        if state.images != self.images()
            || sums.clipped > at.step
            || sums.correct > sums.images
            || seen != Some(sums.images)
        {
            return wrong("its progress is that of another training".to_owned());
        }
        self.put_back(&state.tensors).await?;
        (self.sums, self.test_accuracy) = (state.sums, state.test_accuracy);
        Ok(())
    }
}

/// Checks that the network can read images of this size.
pub(super) fn check_images(
    graph: &Graph,
    config: &TrainingConfig,
    [height, width]: [usize; 2],
) -> Result<(), SessionError> {
    let fits = |side: usize| graph.sizes([side; 2]).iter().all(|size| !size.contains(&0));
    let side = height.min(width);
    if fits(side) {
        return Ok(());
    }
    let least = (side + 1..=1024).find(|&side| fits(side)).unwrap_or(1024);
    let without = if config.network.auxiliary_weight > 0.0 {
        ", or set network.auxiliary_weight to 0, as its auxiliary head needs large ones"
    } else {
        ""
    };
    let what = format!("images of {side} pixels are too small for this network: take those of {least}{without}");
    Err(SessionError::Images(what))
}

impl Work for Train {
    const KIND: &'static str = "training";
    type Config = TrainingConfig;
    type Data = ImageData;
    type State = TrainingState;

    fn load(config: &TrainingConfig, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<ImageData, SessionError> {
        Ok(ImageData::load_whole(&config.data, config.seed, progress)?)
    }

    fn memory(config: &TrainingConfig, data: &ImageData, device: &Device) -> Result<SessionMemory, SessionError> {
        let graph = config.graph(data.channels(), data.classes().len())?;
        let shape = [config.batch, data.channels(), data.height(), data.width()];
        Ok(SessionMemory::of(graph, data, device, engine::Training { shape, tangent: false, saves: false }))
    }

    fn prepare(config: TrainingConfig, data: Arc<ImageData>, device: &Device) -> Later<'_, Self, SessionError> {
        Box::pin(Self::prepared(config, data, device))
    }

    fn config(&self) -> &TrainingConfig {
        &self.config
    }

    fn data(&self) -> &Arc<ImageData> {
        self.batches.data()
    }

    fn device_name(&self) -> &str {
        self.network.device_name()
    }

    fn steps(&self) -> usize {
        self.batches.steps()
    }

    fn weights(&self) -> usize {
        self.network.graph().parameter_count()
    }

    fn start(&self) -> EventKind {
        EventKind::TrainingStart {
            config: Box::new(self.config.clone()),
            device: self.device_name().to_owned(),
            steps: self.steps(),
            weights: self.weights(),
        }
    }

    fn step(&mut self, at: Position) -> Later<'_, EventKind, SessionError> {
        Box::pin(async move { Ok(EventKind::TrainingStep(self.train(at).await?)) })
    }

    fn end_epoch(&mut self, at: Position) -> Later<'_, (EventKind, bool), SessionError> {
        Box::pin(async move { Ok((EventKind::TrainingEpoch(self.test(at).await?), false)) })
    }

    fn end(&self) -> EventKind {
        EventKind::TrainingEnd { test_accuracy: self.test_accuracy }
    }

    fn state(&mut self) -> Later<'_, TrainingState, SessionError> {
        Box::pin(self.saved())
    }

    fn restore(&mut self, state: TrainingState, at: Position) -> Later<'_, (), SessionError> {
        Box::pin(self.resumed(state, at))
    }

    fn launches(&self) -> Option<u64> {
        self.network.launches()
    }

    fn traffic(&self) -> Option<Traffic> {
        self.network.traffic()
    }
}
