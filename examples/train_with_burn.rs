//! A derived network as a Burn module, trained by one of Burn's optimizers.

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use lambda_darts::data::{Batch, Batches, DataConfig, SearchData};
use lambda_darts::exchange::burn::NetworkModule;
use lambda_darts::graph::{Graph, NetworkSize};
use lambda_darts::space::{Genotype, Space};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::sync::Arc::new(SearchData::load(&DataConfig::default(), 0)?);
    let space = Space::named("nas-bench-201")?;
    let cell = Genotype::parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|")?;
    let size = NetworkSize { channels: 8, cells: 1, image_channels: data.channels(), classes: data.classes().len() };
    let device = Device::flex().autodiff();
    let mut module = NetworkModule::new(Graph::derived(&space, &cell, size, None)?, 0, &device);
    let mut optimizer = AdamWConfig::new().init();
    let mut batches = Batches::new(data, 64, 0)?;
    for epoch in 0..4 {
        let mut loss = 0.0;
        for step in 0..batches.steps() {
            let (images, labels) = on(&device, &batches.pair(epoch, step).train);
            let log_probabilities = activation::log_softmax(module.forward(images), 1);
            let mean = log_probabilities.gather(1, labels.unsqueeze_dim(1)).mean().neg();
            loss = mean.clone().into_scalar::<f32>();
            let gradients = GradientsParams::from_grads(mean.backward(), &module);
            module = optimizer.step(3e-3, module, gradients);
        }
        let (mut right, mut all) = (0, 0);
        // Without autodiff, batch norms use their running statistics.
        let trained = module.valid();
        for batch in (0..batches.validation_batches()).filter_map(|index| batches.validation(index)) {
            let (images, labels) = on(&Device::flex(), &batch);
            let predicted = trained.forward(images).argmax(1).reshape([batch.labels.len()]);
            right += predicted.equal(labels).int().sum().into_scalar::<i64>();
            all += batch.labels.len();
        }
        println!("epoch {}: loss of the last batch {loss:.3}, {right} of {all} right", epoch + 1);
    }
    Ok(())
}

/// Returns images and labels as tensors.
fn on(device: &Device, batch: &Batch) -> (Tensor<4>, Tensor<1, Int>) {
    let images = TensorData::new(batch.images.clone(), batch.shape);
    let labels = TensorData::new(batch.labels.clone(), [batch.labels.len()]);
    (Tensor::from_data(images, device), Tensor::from_data(labels, device))
}
