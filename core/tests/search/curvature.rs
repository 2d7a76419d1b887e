//! A test of the dominant eigenvalue of ∇²_α L_val against a Hessian that is computed entry by entry.

use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::{MethodConfig, Moment, Preset};
use lambda_darts::search::{ArchitectureConfig, Bilevel, StepSettings, WeightsConfig};
use lambda_darts::space::Space;
use pollster::block_on;

/// Returns reproducible numbers with a mean of roughly 0.
fn wave(count: usize, pace: f32) -> Vec<f32> {
    (0u16..).take(count).map(|i| (f32::from(i) * pace).sin() * 1.7).collect()
}

/// Returns ∇_α L_val, flat.
fn slope(bilevel: &mut Bilevel, batch: &Batch) -> Vec<f64> {
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let moment = Moment { epoch: 0, epochs: 1, step: 0, seed: 3 };
    let settings = StepSettings { moment, lr: 0.0, weights: &weights, architecture: &architecture };
    block_on(bilevel.architecture_gradient(batch, batch, &settings)).expect("a gradient")
}

#[test]
fn curvature_is_the_dominant_eigenvalue_of_the_hessian() {
    const R: f64 = 1e-6;
    let space = Space::named("nas-bench-201").expect("a space");
    let size = NetworkSize { channels: 2, cells: 1, image_channels: 1, classes: 3 };
    let method = MethodConfig::preset(Preset::Darts).build(&space).expect("a method");
    let device = Device::cpu_f64();
    let mut bilevel = block_on(Bilevel::new(&space, size, method, 3, &device)).expect("a supernet");
    // Values of α away from the uniform ones, where many entries of the Hessian vanish.
    for (at, alpha) in
        bilevel.architecture.tables.iter_mut().flatten().flatten().zip(wave(30, 2.3)).map(|(a, w)| (w, a))
    {
        *alpha = f64::from(at);
    }
    let batch = Batch { images: wave(4 * 64, 0.7), labels: vec![0, 1, 2, 1], shape: [4, 1, 8, 8] };

    let mut hessian: Vec<Vec<f64>> = Vec::new();
    for column in 0..30 {
        let mut side = |sign: f64| {
            let here = bilevel.architecture.clone();
            if let Some(alpha) = bilevel.architecture.tables.iter_mut().flatten().flatten().nth(column) {
                *alpha += sign * R;
            }
            let slope = slope(&mut bilevel, &batch);
            bilevel.architecture = here;
            slope
        };
        let (plus, minus) = (side(1.0), side(-1.0));
        hessian.push(plus.iter().zip(&minus).map(|(a, b)| (a - b) / (2.0 * R)).collect());
    }
    let mut v = vec![1.0; 30];
    let mut value = 0.0;
    for _ in 0..2000 {
        let size = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        for v in &mut v {
            *v /= size;
        }
        let product: Vec<f64> = hessian.iter().map(|row| row.iter().zip(&v).map(|(h, v)| h * v).sum()).collect();
        value = product.iter().zip(&v).map(|(p, v)| p * v).sum();
        v = product;
    }
    let found = block_on(bilevel.curvature(&batch, &Moment { epoch: 0, epochs: 1, step: 0, seed: 3 }, 200))
        .expect("a curvature");
    assert!(value.abs() > 1e-3, "a flat loss tells nothing: {value}");
    assert!((found - value).abs() <= 0.01 * value.abs(), "{found}, should be {value}");
}
