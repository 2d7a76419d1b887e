//! The supernet's own kernels against their specification, the same computation on tensors.

use lambda_darts::alignment::{Estimator, Form};
use lambda_darts::data::Batch;
use lambda_darts::derived::DerivedNetwork;
use lambda_darts::device::Place;
use lambda_darts::kernels::launches;
use lambda_darts::ops::{Image, SingleOperation, SingleRun};
use lambda_darts::search::{ArchitectureConfig, Bilevel, MethodConfig, MethodName, StepSettings, WeightsConfig};
use lambda_darts::space::{Convention, Genotype, Operation, Space};
use lambda_darts::supernet::Size;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const OPERATIONS: [Operation; 13] = [
    Operation::None,
    Operation::SkipConnect,
    Operation::MaxPool3x3,
    Operation::AvgPool3x3,
    Operation::SepConv3x3,
    Operation::SepConv5x5,
    Operation::SepConv7x7,
    Operation::DilConv3x3,
    Operation::DilConv5x5,
    Operation::Conv7x1And1x7,
    Operation::NorConv1x1,
    Operation::NorConv3x3,
    Operation::Noise,
];

/// The GPU of this machine, or what stands in for it.
fn vulkan() -> Option<Place> {
    match Place::named("vulkan") {
        Ok(place) => {
            assert!(launches(&place).is_some(), "{} has no kernels", place.name());
            Some(place)
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            println!("skipped: {error}");
            None
        }
    }
}

fn numbers(random: &mut ChaCha8Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

/// ‖a − b‖ / ‖b‖, with a floor for what is all but zero: a weight before a batch norm has a gradient of rounding alone.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let size = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
    size(&mut a.iter().zip(b).map(|(a, b)| a - b)) / size(&mut b.iter().copied()).max(1.0)
}

fn compare(ours: &SingleRun, plain: &SingleRun, most: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(ours.y.shape, plain.y.shape);
    let [[mean, variance], [plain_mean, plain_variance]] = [&ours.running, &plain.running];
    for (what, a, b) in [
        ("output", &ours.y.values, &plain.y.values),
        ("input gradient", &ours.gx, &plain.gx),
        ("weight gradient", &ours.weights, &plain.weights),
        ("running mean", mean, plain_mean),
        ("running variance", variance, plain_variance),
    ] {
        let error = distance(a, b);
        prop_assert!(error <= most, "{what} is off by {error:e}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(201), ..ProptestConfig::default() })]

    /// In double precision two orders of summation agree to far more digits than any mistake would leave; in single
    /// precision, on the CPU and on Vulkan, the kernels are held against the same double-precision numbers.
    #[test]
    fn operations_equal_their_form_on_tensors(
        operation in 0..OPERATIONS.len(),
        // From 16 images on, small ones share their rows.
        (batch, channels) in (prop_oneof![1_usize..12, 16_usize..40], 1_usize..11),
        (height, width) in (2_usize..17, 2_usize..17),
        stride in 1_usize..3,
        (nas_bench, affine) in (any::<bool>(), any::<bool>()),
        seed in any::<u64>(),
    ) {
        let convention = if nas_bench { Convention::NasBench201 } else { Convention::Darts };
        let operation = OPERATIONS[operation];
        // Half of one channel is none, which the reduction cannot do.
        let channels = if operation == Operation::SkipConnect && stride == 2 { channels.max(2) } else { channels };
        let single = SingleOperation::candidate(operation, channels, stride, convention, affine);
        // A batch norm over few numbers may find hardly any variance, and divides by it.
        prop_assume!(batch * height.div_ceil(stride) * width.div_ceil(stride) >= 12);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shape = [batch, channels, height, width];
        let x = Image { values: numbers(&mut random, shape.iter().product()), shape };
        let out = [batch, channels, height.div_ceil(stride), width.div_ceil(stride)];
        let gy = Image { values: numbers(&mut random, out.iter().product()), shape: out };
        let count = single.weight_names().map(|(_, shape, _)| shape.iter().product::<usize>()).sum();
        let weights = numbers(&mut random, count);
        let run = |place: Place| pollster::block_on(single.run(&x, &weights, &gy, &place)).unwrap();
        let plain = run(Place::cpu_f64().without_kernels().unwrap());
        for (place, most) in [(Place::cpu_f64(), 1e-9), (Place::cpu(), 1e-5)] {
            compare(&run(place), &plain, most)?;
        }
        if let Some(place) = vulkan() {
            let before = launches(&place);
            compare(&run(place.clone()), &plain, 1e-4)?;
            // Where a GPU has no room, the CPU computes.
            prop_assert!(launches(&place) > before, "nothing ran on {}", place.name());
        }
    }

    #[test]
    fn residual_blocks_equal_their_form_on_tensors(
        (batch, input, output) in (prop_oneof![1_usize..6, 16_usize..40], 1_usize..7, 1_usize..9),
        (height, width) in (3_usize..12, 3_usize..12),
        seed in any::<u64>(),
    ) {
        let single = SingleOperation::residual([input, output]);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shape = [batch, input, height, width];
        let x = Image { values: numbers(&mut random, shape.iter().product()), shape };
        let out = [batch, output, height.div_ceil(2), width.div_ceil(2)];
        let gy = Image { values: numbers(&mut random, out.iter().product()), shape: out };
        let count = single.weight_names().map(|(_, shape, _)| shape.iter().product::<usize>()).sum();
        let weights = numbers(&mut random, count);
        let run = |place: Place| pollster::block_on(single.run(&x, &weights, &gy, &place)).unwrap();
        let plain = run(Place::cpu_f64().without_kernels().unwrap());
        compare(&run(Place::cpu_f64()), &plain, 1e-9)?;
        if let Some(place) = vulkan() {
            compare(&run(place), &plain, 1e-4)?;
        }
    }
}

fn batch(random: &mut ChaCha8Rng, images: usize, side: usize) -> Batch {
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    let pixels = numbers(random, images * 3 * side * side).into_iter().map(|x| x as f32).collect();
    let labels = (0..images).map(|_| random.random_range(0..10)).collect();
    Batch { images: pixels, labels, shape: [images, 3, side, side] }
}

/// Whole supernets against their form on tensors in double precision: loss, logits, all gradients, the regularizer by
/// either estimator, and predictions by running statistics. A difference divides what is left of two close gradients by
/// 2ε, and its error with it; the form on tensors knows no other, so that ε is small where the kernels differentiate.
fn supernets_agree(
    place: &Place,
    nets: &[(&str, usize, usize, usize)],
    most: f64,
    (epsilon0, of_differences): (f64, f64),
) {
    for &(name, cells, side, images) in nets {
        let space = Space::named(name).unwrap();
        let size = Size { channels: 3, cells, image_channels: 3, classes: 10 };
        let [mut ours, mut plain] = [place.clone(), Place::cpu_f64().without_kernels().unwrap()]
            .map(|place| Bilevel::new(&space, size, 5, &place).unwrap());
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let images = batch(&mut random, images, side);
        let close = |what: &str, a: &[f64], b: &[f64], most: f64| {
            let error = distance(a, b);
            println!("{name}: {what} is off by {error:e}");
            assert!(error <= most, "{name}: {what} is off by {error:e}");
        };
        let [(found, logits, weights), (plain_found, plain_logits, plain_weights)] =
            [&ours, &plain].map(|net| pollster::block_on(net.gradients(&images, &[])).unwrap());
        close("loss", &[found.loss], &[plain_found.loss], most);
        close("logits", &logits, &plain_logits, most);
        close("weights", &weights, &plain_weights, most);
        close("cells", &found.cells.concat(), &plain_found.cells.concat(), most);
        for estimator in [Estimator::Central, Estimator::Frozen] {
            let regularizer = |net: &Bilevel| {
                pollster::block_on(net.regularizer(&images, Form::Cosine, estimator, epsilon0, &[])).unwrap()
            };
            let (value, gradient) = regularizer(&ours).unwrap();
            let (plain_value, plain_gradient) = regularizer(&plain).unwrap();
            close("Λ", &[value], &[plain_value], most);
            close(&format!("∂Λ/∂ω ({estimator:?})"), &gradient, &plain_gradient, of_differences);
        }
        for net in [&mut ours, &mut plain] {
            pollster::block_on(net.recalibrate(&images, &[])).unwrap();
        }
        let [ours, plain] = [&ours, &plain].map(|net| pollster::block_on(net.predict(&images, &[])).unwrap());
        close("predictions", &ours, &plain, most);
    }
}

/// Steps by the derivative against those by differences on tensors, with both kinds of cells regularized, on batches of
/// several sizes, the last two in groups of several images.
#[test]
fn a_regularized_step_equals_its_form_on_tensors() {
    let space = Space::named("darts").unwrap();
    let size = Size { channels: 2, cells: 6, image_channels: 3, classes: 10 };
    let method = MethodConfig {
        name: MethodName::LambdaDarts,
        estimator: Estimator::Frozen,
        epsilon: 1e-5,
        kinds: vec!["normal".to_owned(), "reduce".to_owned()],
        ..MethodConfig::default()
    };
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let [mut ours, mut plain] = [Place::cpu_f64(), Place::cpu_f64().without_kernels().unwrap()]
        .map(|place| Bilevel::new(&space, size, 5, &place).unwrap());
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for (step, images) in [(0, 5), (1, 3), (2, 26), (3, 19)] {
        let [train, valid] = [(), ()].map(|()| batch(&mut random, images, 8));
        let settings = StepSettings {
            step,
            lr: 0.025,
            strength: 10.0,
            method: &method,
            weights: &weights,
            architecture: &architecture,
        };
        let mut moved = Vec::new();
        for net in [&mut ours, &mut plain] {
            let before = pollster::block_on(net.weights()).unwrap();
            let report = pollster::block_on(net.step(&train, &valid, &settings)).unwrap();
            let after = pollster::block_on(net.weights()).unwrap();
            let by: Vec<f64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
            moved.push((by, report.gradient_norm));
        }
        let [(by, norm), (plain_by, plain_norm)] = [&moved[0], &moved[1]];
        let errors = [distance(by, plain_by), distance(&[*norm], &[*plain_norm])];
        println!("step {step}: off by {errors:?}");
        assert!(errors.iter().all(|&error| error <= 1e-6), "step {step} is off by {errors:?}");
    }
}

/// The reduce cell of NASNet hands on three of five nodes, and its normal cell reads a node twice; the others have
/// every operation, edges without one, a node that reads nothing, and noise.
const DERIVED: [(&str, &str); 3] = [
    (
        "darts",
        "Genotype(normal=[('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 0), ('sep_conv_3x3', 0), \
         ('avg_pool_3x3', 1), ('skip_connect', 0), ('avg_pool_3x3', 0), ('avg_pool_3x3', 0), ('skip_connect', 1), \
         ('skip_connect', 1)], normal_concat=range(2, 7), reduce=[('sep_conv_5x5', 1), ('sep_conv_7x7', 0), \
         ('max_pool_3x3', 1), ('skip_connect', 0), ('avg_pool_3x3', 1), ('dil_conv_5x5', 0), ('skip_connect', 3), \
         ('avg_pool_3x3', 2), ('conv_7x1_1x7', 2), ('max_pool_3x3', 1)], reduce_concat=[4, 5, 6])",
    ),
    (
        "darts-none",
        "Genotype(normal=[('none', 1), ('none', 0), ('noise', 0), ('dil_conv_3x3', 2)], normal_concat=[3], \
         reduce=[('noise', 1), ('max_pool_3x3', 0), ('conv_7x1_1x7', 0), ('none', 2)], reduce_concat=[3, 2])",
    ),
    ("nas-bench-201", "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"),
];

/// A derived network against its form on tensors in double precision, on two batches, the second in groups of several
/// images: loss, logits, gradient, and predictions by the running statistics that both have left.
fn derived_networks_agree(place: &Place, sides: &[usize], most: f64) {
    for (name, genotype) in DERIVED {
        let space = Space::named(name).unwrap();
        let cells = if name == "nas-bench-201" { 1 } else { 4 };
        let size = Size { channels: 3, cells, image_channels: 3, classes: 10 };
        let genotype = Genotype::parse(genotype).unwrap();
        let [mut ours, mut plain] = [place.clone(), Place::cpu_f64().without_kernels().unwrap()]
            .map(|place| DerivedNetwork::new(&space, &genotype, size, 5, &place).unwrap());
        let mut random = ChaCha8Rng::seed_from_u64(8);
        // Scales and shifts start as ones and zeros, which show little.
        let weights = numbers(&mut random, ours.weight_count());
        for net in [&mut ours, &mut plain] {
            net.set_weights(weights.clone()).unwrap();
        }
        for (step, &side) in (0..).zip(sides) {
            let images = batch(&mut random, if step == 0 { 3 } else { 19 }, side);
            let [found, truth] =
                [&mut ours, &mut plain].map(|net| pollster::block_on(net.train(&images, step)).unwrap());
            let [by, by_truth] = [&ours, &plain].map(|net| pollster::block_on(net.predict(&images)).unwrap());
            for (what, found, truth) in [
                ("loss", &vec![found.loss], &vec![truth.loss]),
                ("logits", &found.logits, &truth.logits),
                ("gradient", &found.gradient, &truth.gradient),
                ("predictions", &by, &by_truth),
            ] {
                let error = distance(found, truth);
                println!("{name}, derived: {what} at {side} pixels is off by {error:e}");
                assert!(error <= most, "{name}, derived: {what} at {side} pixels is off by {error:e}");
            }
        }
    }
}

#[test]
fn derived_networks_on_the_cpu_equal_their_form_on_tensors() {
    derived_networks_agree(&Place::cpu_f64(), &[9, 8], 1e-9);
}

#[test]
fn derived_networks_on_vulkan_equal_their_form_on_tensors() {
    if let Some(place) = vulkan() {
        derived_networks_agree(&place, &[8], 1e-3);
    }
}

#[test]
fn supernets_on_the_cpu_equal_their_form_on_tensors() {
    // The last two in groups of several images, the last group smaller than the others.
    let nets = [
        ("nas-bench-201", 1, 9, 5),
        ("darts", 4, 8, 3),
        ("s1", 4, 7, 4),
        ("s3", 4, 8, 2),
        ("s4", 5, 8, 9),
        ("darts", 4, 8, 19),
        ("nas-bench-201", 1, 9, 29),
    ];
    supernets_agree(&Place::cpu_f64(), &nets, 1e-9, (1e-4, 1e-6));
}

#[test]
fn supernets_on_vulkan_equal_their_form_on_tensors() {
    if let Some(place) = vulkan() {
        let before = launches(&place);
        supernets_agree(&place, &[("nas-bench-201", 1, 5, 3), ("darts", 4, 6, 2)], 1e-4, (1e-2, 1e-2));
        assert!(launches(&place) > before, "nothing ran on {}", place.name());
    }
}

/// How a batch is cut depends on its size alone: threads change nothing, to the bit.
#[test]
fn threads_do_not_change_a_bit() {
    let space = Space::named("darts").unwrap();
    let size = Size { channels: 4, cells: 3, image_channels: 3, classes: 10 };
    let images = batch(&mut ChaCha8Rng::seed_from_u64(3), 24, 8);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let net = Bilevel::new(&space, size, 5, &Place::cpu()).unwrap();
        pool.install(|| pollster::block_on(net.gradients(&images, &[])).unwrap())
    };
    assert!(run(1) == run(3), "one thread and three differ");
}
