//! A derived network as a Burn module, trained by `burn-train` with one of Burn's optimizers.

use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::Module;
use burn::optim::AdamWConfig;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use burn_train::metric::{AccuracyMetric, LossMetric};
use burn_train::{ClassificationOutput, InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep};
use lambda_darts::data::{Batch, DataConfig, DataSet, ImageData, TrainingBatches};
use lambda_darts::exchange::burn::NetworkModule;
use lambda_darts::graph::{Graph, NetworkOptions, NetworkSize};
use lambda_darts::space::{Genotype, Space};

const EPOCHS: usize = 4;
const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = DataConfig { set: DataSet::Digits, ..DataConfig::training() };
    let data = Arc::new(ImageData::load_whole(&config, 0, &|_, _| {})?);
    let space = Space::named("nas-bench-201")?;
    let cell = Genotype::parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|")?;
    let size = NetworkSize { channels: 8, cells: 1, image_channels: data.channels(), classes: data.classes().len() };
    let device = Device::flex().autodiff();
    let model = Classifier {
        network: NetworkModule::new(Graph::derived(&space, &cell, size, NetworkOptions::default())?, 0, &device),
    };

    let mut batches = TrainingBatches::new(data, BATCH, 0)?;
    let train: Vec<_> = (0..batches.steps()).flat_map(|step| examples(&batches.batch(0, step))).collect();
    let steps = train.len().div_ceil(BATCH) * EPOCHS;
    let test = (0..batches.test_batches()).filter_map(|index| batches.test(index));
    let test: Vec<_> = test.flat_map(|batch| examples(&batch)).collect();

    // Burn's logs go here. An application that goes on after an interruption keeps the folder.
    let folder = tempfile::tempdir()?;
    let rate = CosineAnnealingLrSchedulerConfig::new(3e-3, steps).init()?;
    let result = SupervisedTraining::new(folder.path(), loader(train, true), loader(test, false))
        .metrics((AccuracyMetric::new(), LossMetric::new()))
        .num_epochs(EPOCHS)
        .summary()
        .launch(Learner::new(model, AdamWConfig::new().init(), rate));
    println!("trained a network of {} weights", result.model.num_params());
    Ok(())
}

/// A network with the steps that `burn-train` asks for.
#[derive(Module, Debug)]
struct Classifier {
    network: NetworkModule,
}

impl Classifier {
    /// Computes logits, and their cross-entropy with the labels.
    fn classify(&self, batch: Tensors) -> ClassificationOutput {
        let logits = self.network.forward(batch.images);
        let log_probabilities = activation::log_softmax(logits.clone(), 1);
        let loss = log_probabilities.gather(1, batch.labels.clone().unsqueeze_dim(1)).mean().neg();
        ClassificationOutput::new(loss, logits, batch.labels)
    }
}

impl TrainStep for Classifier {
    type Input = Tensors;
    type Output = ClassificationOutput;

    fn step(&self, batch: Tensors) -> TrainOutput<ClassificationOutput> {
        let output = self.classify(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for Classifier {
    type Input = Tensors;
    type Output = ClassificationOutput;

    fn step(&self, batch: Tensors) -> ClassificationOutput {
        self.classify(batch)
    }
}

/// One image, its shape `[channels, height, width]`, and its label.
#[derive(Clone, Debug)]
struct Example {
    pixels: Vec<f32>,
    shape: [usize; 3],
    label: i64,
}

/// Splits a batch into its examples.
fn examples(batch: &Batch) -> Vec<Example> {
    let [count, channels, height, width] = batch.shape;
    let images = batch.images.chunks_exact(batch.images.len() / count).zip(&batch.labels);
    images
        .map(|(pixels, &label)| Example { pixels: pixels.to_vec(), shape: [channels, height, width], label })
        .collect()
}

/// A batch on a device: images `[batch, channels, height, width]` and labels `[batch]`.
#[derive(Clone, Debug)]
struct Tensors {
    images: Tensor<4>,
    labels: Tensor<1, Int>,
}

/// Maker of batches.
struct ToTensors;

impl Batcher<Example, Tensors> for ToTensors {
    fn batch(&self, examples: Vec<Example>, device: &Device) -> Tensors {
        let [channels, height, width] = examples[0].shape;
        let labels: Vec<i64> = examples.iter().map(|example| example.label).collect();
        let pixels: Vec<f32> = examples.into_iter().flat_map(|example| example.pixels).collect();
        let images = TensorData::new(pixels, [labels.len(), channels, height, width]);
        let labels = TensorData::new(labels.clone(), [labels.len()]);
        Tensors { images: Tensor::from_data(images, device), labels: Tensor::from_data(labels, device) }
    }
}

/// Makes a loader of batches, shuffled for training.
fn loader(examples: Vec<Example>, shuffled: bool) -> Arc<dyn DataLoader<Tensors>> {
    let builder = DataLoaderBuilder::new(ToTensors).batch_size(BATCH);
    let builder = if shuffled { builder.shuffle(0) } else { builder };
    builder.build(InMemDataset::new(examples))
}
