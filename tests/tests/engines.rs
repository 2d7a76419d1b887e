//! The engines against their specification, the reference engine: the same graph on Burn tensors.

use lambda_darts::alignment::{AlignmentMeasure, Estimator};
use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::engine::{
    Draws, DropRates, Dropout, Engine, EngineError, Found, Input, Loss, Mask, Probes, SgdStep, State, Statistics,
    TangentWant, Want, initialize, open,
};
use lambda_darts::graph::{
    Builder, CandidateContext, Coefficient, Graph, MaskKind, NetworkOptions, NetworkSize, PoolKind, SupernetOptions,
    Window,
};
use lambda_darts::method::{MethodConfig, Moment, Preset};
use lambda_darts::search::{ArchitectureConfig, Bilevel, StepSettings, WeightsConfig};
use lambda_darts::space::{Architecture, Genotype, Operation, OperationStyle, Space};
use lambda_darts::training::DerivedNetwork;
use lambda_darts_tests::network::{
    FeatureMap, SingleRun, all_present, copies, input, predict, read, run_single, train, write,
};
use lambda_darts_tests::regularizer::Regularizer;
use pollster::block_on;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// GPU of this machine, or a software driver.
fn vulkan() -> Option<Device> {
    match Device::named("vulkan") {
        Ok(device) => {
            assert!(device.is_gpu(), "{} has no kernels", device.name());
            Some(device)
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            println!("skipped: {error}");
            None
        }
    }
}

/// Reference engine in double precision.
fn reference() -> Device {
    Device::cpu_f64().reference().expect("Burn's CPU")
}

/// Random numbers in [−1, 1) that single precision holds exactly.
fn numbers(random: &mut ChaCha8Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| f64::from(random.random_range(-1.0_f32..1.0))).collect()
}

/// ‖a − b‖ / ‖b‖, with a floor for numbers that are all but zero: a weight before a batch norm has a gradient of rounding
/// alone.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let size = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
    size(&mut a.iter().zip(b).map(|(a, b)| a - b)) / size(&mut b.iter().copied()).max(1.0)
}

fn compare(ours: &SingleRun, plain: &SingleRun, max: f64) -> Result<(), TestCaseError> {
    let [[mean, variance], [plain_mean, plain_variance]] = [&ours.running, &plain.running];
    for (what, a, b) in [
        ("output", &ours.y, &plain.y),
        ("input gradient", &ours.gx, &plain.gx),
        ("weight gradient", &ours.weights, &plain.weights),
        ("running mean", mean, plain_mean),
        ("running variance", variance, plain_variance),
    ] {
        prop_assert_eq!(a.len(), b.len(), "{}", what);
        let error = distance(a, b);
        prop_assert!(error <= max, "{what} is off by {error:e}");
    }
    Ok(())
}

/// Runs a graph on all engines and compares them with the reference engine.
fn all_engines_agree(graph: &Graph, shape: [usize; 4], random: &mut ChaCha8Rng) -> Result<(), TestCaseError> {
    let x = FeatureMap { values: numbers(random, shape.iter().product()), shape };
    let [height, width] = graph.sizes([shape[2], shape[3]])[graph.output()];
    let out = shape[0] * graph.values()[graph.output()].channels * height * width;
    #[expect(clippy::cast_possible_truncation, reason = "exact in single precision")]
    let gy: Vec<f32> = numbers(random, out).into_iter().map(|x| x as f32).collect();
    let weights = numbers(random, graph.parameter_count());
    let run = |device: &Device| run_single(graph, &x, &weights, &gy, device);
    let plain = run(&reference());
    for (device, max) in [(Device::cpu_f64(), 1e-9), (Device::cpu(), 1e-5)] {
        compare(&run(&device), &plain, max)?;
    }
    if let Some(device) = vulkan() {
        compare(&run(&device), &plain, 1e-4)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(201), ..ProptestConfig::default() })]

    /// In double precision two orders of summation agree to far more digits than any mistake would leave; in single
    /// precision, on the CPU and on Vulkan, the engines are held against the same double-precision numbers.
    #[test]
    fn operations_equal_their_specification(
        operation in 0..Operation::ALL.len(),
        // From 16 images on, small ones share their rows.
        (batch, channels) in (prop_oneof![1_usize..12, 16_usize..40], 1_usize..11),
        (height, width) in (2_usize..17, 2_usize..17),
        stride in 1_usize..3,
        (nas_bench, affine) in (any::<bool>(), any::<bool>()),
        seed in any::<u64>(),
    ) {
        let style = if nas_bench { OperationStyle::NasBench201 } else { OperationStyle::Darts };
        let operation = Operation::ALL[operation];
        // Half of one channel is none, which the reduction cannot do.
        let channels = if operation == Operation::SkipConnect && stride == 2 { channels.max(2) } else { channels };
        let graph = Graph::candidate(operation, channels, CandidateContext { stride, style, affine });
        // A batch norm over few numbers may find hardly any variance, and divides by it.
        prop_assume!(batch * height.div_ceil(stride) * width.div_ceil(stride) >= 12);
        all_engines_agree(&graph, [batch, channels, height, width], &mut ChaCha8Rng::seed_from_u64(seed))?;
    }

    #[test]
    fn residual_blocks_equal_their_specification(
        (batch, input, output) in (prop_oneof![1_usize..6, 16_usize..40], 1_usize..7, 1_usize..9),
        (height, width) in (3_usize..12, 3_usize..12),
        seed in any::<u64>(),
    ) {
        let graph = Graph::residual_block(input, output);
        all_engines_agree(&graph, [batch, input, height, width], &mut ChaCha8Rng::seed_from_u64(seed))?;
    }

    /// Channels of an edge with partial channels: a convolution with a batch norm reads some, the others pass by, at
    /// stride 2 through a maximum, and all are shuffled; twice, so that gradients come from several readers.
    #[test]
    fn shuffled_channels_equal_their_specification(
        (batch, of_group, groups) in (prop_oneof![1_usize..6, 16_usize..40], 1_usize..4, 2_usize..5),
        (height, width) in (2_usize..12, 2_usize..12),
        stride in 1_usize..3,
        seed in any::<u64>(),
    ) {
        prop_assume!(batch * height.div_ceil(stride) * width.div_ceil(stride) >= 12);
        let channels = of_group * groups;
        let mut builder = Builder::new(channels);
        let mut x = builder.image();
        for (stage, stride) in [stride, 1].into_iter().enumerate() {
            let read = builder.slice(x, 0..of_group);
            let rest = builder.slice(x, of_group..channels);
            // One convolution is enough: the rounding of several would hide mistakes in single precision.
            let mixed = if stage == 0 {
                builder.conv(read, true, "conv", of_group, Window::square(3, stride, 1, 1))
            } else {
                read
            };
            let mixed = builder.sum(mixed, 1, vec![(mixed, Coefficient::One)]);
            let halved = Window::square(2, 2, 0, 1);
            let passed = if stride == 1 { rest } else { builder.pool(rest, PoolKind::Max, false, halved) };
            let joined = builder.shuffled_concat(&[mixed, passed], groups);
            x = builder.sum(joined, 1, vec![(joined, Coefficient::One), (joined, Coefficient::One)]);
        }
        builder.norm(x, "last", true);
        let y = builder.conv(x, true, "out", 2, Window::ONE);
        let graph = builder.finish(y).unwrap();
        all_engines_agree(&graph, [batch, channels, height, width], &mut ChaCha8Rng::seed_from_u64(seed))?;
    }
}

/// A network without operation weights has no direction: its tangent is empty, and its gradient that of a pass without.
#[test]
fn a_tangent_without_operation_weights_is_empty() {
    let genotype: Genotype =
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|none~1|nor_conv_3x3~2|".parse().unwrap();
    let size = NetworkSize { channels: 8, cells: 1, image_channels: 3, classes: 10 };
    let graph =
        Graph::derived(&Space::named("nas-bench-201").unwrap(), &genotype, size, NetworkOptions::default()).unwrap();
    let images = batch(&mut ChaCha8Rng::seed_from_u64(3), 8, 8);
    for device in [Device::cpu(), Device::cpu_f64()] {
        let gradients = [false, true].map(|tangent| {
            let mut engine = start(&graph, &device);
            let draws = Draws::default();
            let want = Want { weights: 1.0, tangent, ..Want::default() };
            let mut pass = block_on(engine.pass(input(&images, &[], &draws), want)).unwrap();
            if tangent {
                let along = block_on(pass.tangent(&[], TangentWant { cells: true, ..TangentWant::default() })).unwrap();
                assert!(along.is_empty(), "{}", device.name());
            }
            drop(pass);
            read(engine.as_mut(), State::Gradient)
        });
        assert!(gradients[0].iter().any(|&slope| slope != 0.0));
        assert_eq!(gradients[0], gradients[1], "{}", device.name());
    }
}

proptest! {
    // These networks are larger than those above.
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, rng_seed: RngSeed::Fixed(201), ..ProptestConfig::default()
    })]

    /// 3×3 convolutions in tiles, as the CPU has them without operation weights: two read the same image, one of them
    /// through a ReLU, a third reads the normalized output of one, and a fourth the sum. Sides are whole tiles and others.
    #[test]
    fn convolutions_in_tiles_equal_their_specification(
        (batch, eights, rows) in (prop_oneof![1_usize..4, 16_usize..32], 1_usize..4, 1_usize..4),
        (height, width) in (3_usize..19, 3_usize..19),
        seed in any::<u64>(),
    ) {
        prop_assume!(batch * height * width >= 12);
        let mut builder = Builder::new(8 * eights);
        let image = builder.image();
        let window = Window::square(3, 1, 1, 1);
        let mut normalized = |x, relu, name: &str| {
            let x = builder.conv(x, relu, name, 8 * rows, window);
            builder.norm(x, &format!("{name} norm"), true);
            x
        };
        let second = normalized(image, true, "second");
        let terms = [normalized(image, false, "first"), normalized(second, false, "third")];
        let sum = builder.sum(terms[0], 1, terms.map(|x| (x, Coefficient::One)).to_vec());
        let y = builder.conv(sum, false, "last", 8 * eights, window);
        let graph = builder.finish(y).unwrap();
        all_engines_agree(&graph, [batch, 8 * eights, height, width], &mut ChaCha8Rng::seed_from_u64(seed))?;
    }
}

/// Order and gradient of eight channels in four groups, by hand, on every engine.
#[test]
fn channels_are_shuffled_and_their_gradients_come_back() {
    let mut builder = Builder::new(8);
    let image = builder.image();
    let parts = [0..2, 2..8].map(|range| builder.slice(image, range));
    let shuffled = builder.shuffled_concat(&parts, 4);
    let graph = builder.finish(shuffled).unwrap();
    let (images, cotangent): (Vec<f32>, Vec<f32>) = (0..16_u8).map(|at| (f32::from(at), f32::from(at) * 10.0)).unzip();
    let draws = Draws::default();
    for (device, _) in engines() {
        let mut engine = block_on(open(graph.clone(), &device)).unwrap();
        let input = Input {
            images: &images,
            shape: [2, 8, 1, 1],
            loss: Loss::Cotangent(&cotangent),
            p: &[],
            probes: Probes::All,
            statistics: Statistics::Batch,
            draws: &draws,
        };
        let found = block_on(engine.pass(input, Want { image: true, ..Want::default() })).unwrap().into_found();
        let first = [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0];
        assert_eq!(found.output, [first, first.map(|channel| channel + 8.0)].concat(), "{}", device.name());
        let back = [0.0, 40.0, 10.0, 50.0, 20.0, 60.0, 30.0, 70.0];
        assert_eq!(found.image, [back, back.map(|slope| slope + 80.0)].concat(), "{}", device.name());
    }
}

fn batch(random: &mut ChaCha8Rng, images: usize, side: usize) -> Batch {
    #[expect(clippy::cast_possible_truncation, reason = "exact in single precision")]
    let pixels = numbers(random, images * 3 * side * side).into_iter().map(|x| x as f32).collect();
    let labels = (0..images).map(|_| random.random_range(0..10)).collect();
    Batch { images: pixels, labels, shape: [images, 3, side, side] }
}

/// Opens a graph on a device with initial weights.
fn start(graph: &Graph, device: &Device) -> Box<dyn Engine> {
    let mut engine = block_on(open(graph.clone(), device)).expect("an engine");
    block_on(initialize(engine.as_mut(), 5)).expect("weights");
    engine
}

/// Probabilities of the masks of a supernet that has some.
const RATES: DropRates = DropRates { drop_path: 0.3, dropout: 0.4 };

/// Compares whole supernets with the reference engine in double precision: loss, logits, all gradients, the regularizer by
/// either estimator, and predictions by running statistics. A difference divides the remainder of two close gradients by
/// 2ε, and its error with it.
fn supernets_agree(
    device: &Device,
    nets: &[(&str, usize, usize, usize)],
    options: SupernetOptions,
    max: f64,
    (epsilon0, of_differences): (f64, f64),
) {
    for &(name, cells, side, images) in nets {
        let space = Space::named(name).unwrap();
        let size = NetworkSize { channels: 3, cells, image_channels: 3, classes: 10 };
        let graph = Graph::supernet_with(&space, size, options).unwrap();
        supernet_agrees(device, (&graph, &space), (side, images), max, (epsilon0, of_differences));
    }
}

fn supernet_agrees(
    device: &Device,
    (graph, space): (&Graph, &Space),
    (side, images): (usize, usize),
    max: f64,
    (epsilon0, of_differences): (f64, f64),
) {
    let name = &space.name;
    let mut engines = [start(graph, device), start(graph, &reference())];
    let images = batch(&mut ChaCha8Rng::seed_from_u64(8), images, side);
    let (p, draws) = (copies(graph, &Architecture::new(space, 5)), Draws::new(graph, images.shape, 5, 0));
    let draws = draws.dropped(graph, images.shape[0], 5, 0, RATES);
    let close = |what: &str, [ours, plain]: &[Vec<f64>; 2], max: f64| {
        let error = distance(ours, plain);
        println!("{name}: {what} is off by {error:e}");
        assert!(error <= max, "{name}: {what} is off by {error:e}");
    };
    let found = engines.each_mut().map(|engine| train(engine.as_mut(), &images, &p, &draws));
    close("loss", &found.each_ref().map(|found| vec![found.loss]), max);
    close("logits", &found.each_ref().map(|found| found.output.clone()), max);
    close("cells", &found.each_ref().map(|found| all_present(&found.cells).concat()), max);
    close("weights", &engines.each_mut().map(|engine| read(engine.as_mut(), State::Gradient)), max);
    for engine in &mut engines {
        block_on(engine.update_running()).unwrap();
    }
    close("predictions", &engines.each_mut().map(|engine| predict(engine.as_mut(), &images, &p, &draws)), max);
    for estimator in [Estimator::Central, Estimator::Frozen] {
        let regularizer = Regularizer { measure: AlignmentMeasure::Cosine, estimator, epsilon0, coefficient: 1.0 };
        let run = |engine: &mut Box<dyn Engine>| regularizer.run(engine.as_mut(), &images, &p, &draws);
        let found = engines.each_mut().map(|engine| run(engine).expect("two cells"));
        close("Λ", &found.each_ref().map(|(value, _)| vec![*value]), max);
        let gradients = found.map(|(_, gradient)| gradient);
        close(&format!("∂Λ/∂ω ({estimator:?})"), &gradients, of_differences);
    }
}

/// Takes steps by the tangent of the CPU and of the reference engine, with both types of cells regularized, on batches of
/// several sizes, the last two in groups of several images.
#[test]
fn a_regularized_step_equals_its_specification() {
    let space = Space::named("darts").unwrap();
    let size = NetworkSize { channels: 2, cells: 6, image_channels: 3, classes: 10 };
    let mut config = MethodConfig::preset(Preset::LambdaDarts);
    let alignment = config.alignment.as_mut().unwrap();
    (alignment.estimator, alignment.lambda, alignment.epsilon) = (Estimator::Frozen, 10.0, 1e-5);
    alignment.cell_types = vec!["normal".to_owned(), "reduce".to_owned()];
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let mut nets = [Device::cpu_f64(), reference()].map(|device| {
        let method = config.build(&space).unwrap();
        block_on(Bilevel::new(&space, size, method, 5, &device)).unwrap()
    });
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for (step, images) in [(0, 5), (10, 3), (20, 26), (31, 19)] {
        let [train, valid] = [(), ()].map(|()| batch(&mut random, images, 8));
        let moment = Moment { epoch: 1, epochs: 2, step, seed: 5 };
        let settings = StepSettings { moment, lr: 0.025, weights: &weights, architecture: &architecture };
        // Both begin each step at the same numbers: a difference of rounding could turn a ReLU in the next one.
        let state = block_on(nets[0].state()).unwrap();
        block_on(nets[1].restore(state)).unwrap();
        let mut moved = Vec::new();
        for net in &mut nets {
            let before = read(net.engine(), State::Weights);
            let report = block_on(net.step(&train, &valid, &settings)).unwrap();
            let after = read(net.engine(), State::Weights);
            let by: Vec<f64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
            let norms = report.norms;
            moved.push((by, [Some(norms.total), norms.loss, norms.regularizer]));
        }
        let [(by, norms), (plain_by, plain_norms)] = [&moved[0], &moved[1]];
        let mut errors = vec![distance(by, plain_by)];
        for (norm, plain) in norms.iter().zip(plain_norms) {
            assert_eq!(norm.is_some(), plain.is_some());
            errors.extend(norm.zip(*plain).map(|(norm, plain)| distance(&[norm], &[plain])));
        }
        // Every tenth step measures the norms of both terms.
        assert_eq!(errors.len(), if step % 10 == 0 { 4 } else { 2 }, "step {step}");
        println!("step {step}: off by {errors:?}");
        assert!(errors.iter().all(|&error| error <= 1e-6), "step {step} is off by {errors:?}");
    }
}

/// The norm since a mark is that of the change alone, and neither the mark nor the measure touches the gradient.
#[test]
fn a_mark_measures_what_is_added_to_the_gradient() {
    let space = Space::named("nas-bench-201").unwrap();
    let size = NetworkSize { channels: 3, cells: 1, image_channels: 3, classes: 10 };
    let graph = Graph::supernet(&space, size).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(10);
    let [first, second] = [(); 2].map(|()| numbers(&mut random, graph.parameter_count()));
    let change = first.iter().zip(&second).map(|(a, b)| (b - a) * (b - a)).sum::<f64>().sqrt();
    for device in [Device::cpu(), Device::cpu_f64(), reference()].into_iter().chain(vulkan()) {
        let mut engine = start(&graph, &device);
        for _ in 0..2 {
            write(engine.as_mut(), State::Gradient, &first);
            block_on(engine.mark_gradient()).unwrap();
            write(engine.as_mut(), State::Gradient, &second);
            let found = block_on(engine.gradient_norm_since_mark()).unwrap();
            assert!((found - change).abs() <= 1e-5 * change, "{}: {found}, not {change}", device.name());
            assert_eq!(read(engine.as_mut(), State::Gradient), second, "{}", device.name());
        }
    }
}

/// Frozen weights have no gradient, and neither momentum nor decay moves them; the others take the step of an engine
/// without frozen ones, to the bit. Ranges may overlap and go beyond the weights, and the last ones count.
#[test]
fn frozen_weights_stay() {
    let space = Space::named("nas-bench-201").unwrap();
    let size = NetworkSize { channels: 3, cells: 1, image_channels: 3, classes: 10 };
    let graph = Graph::supernet(&space, size).unwrap();
    let count = graph.parameter_count();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let [weights, momentum, gradient] = [(); 3].map(|()| numbers(&mut random, count));
    let step = SgdStep { lr: 0.1, momentum: 0.9, decay: 0.01, scale: 0.5, nesterov: false };
    let is_frozen = |at: usize| (5..20).contains(&at) || at >= count - 7;
    let images = batch(&mut random, 3, 8);
    let draws = Draws::new(&graph, images.shape, 5, 0);
    let p: Vec<Vec<f64>> = graph.cells().iter().map(|cell| vec![0.2; cell.weights]).collect();
    for device in [Device::cpu(), Device::cpu_f64(), reference()].into_iter().chain(vulkan()) {
        let run = |ranges: &[std::ops::Range<usize>]| {
            let mut engine = start(&graph, &device);
            write(engine.as_mut(), State::Weights, &weights);
            write(engine.as_mut(), State::Momentum, &momentum);
            engine.freeze(&[0..count]);
            engine.freeze(ranges);
            let want = Want { weights: 1.0, ..Want::default() };
            block_on(engine.pass(input(&images, &p, &draws), want)).unwrap();
            let passed = read(engine.as_mut(), State::Gradient);
            write(engine.as_mut(), State::Gradient, &gradient);
            let norm = block_on(engine.gradient_norm()).unwrap();
            let seen = read(engine.as_mut(), State::Gradient);
            block_on(engine.step(step)).unwrap();
            (norm, [passed, seen], [State::Weights, State::Momentum].map(|state| read(engine.as_mut(), state)))
        };
        let (_, [all_passed, all], [moved, kept]) = run(&[]);
        let (norm, [passed, some], [found, momentum]) = run(&[10..20, 5..12, count - 7..count + 50]);
        let square: f64 = some.iter().map(|slope| slope * slope).sum();
        assert!((norm - square.sqrt()).abs() <= 1e-5 * norm, "{}: {norm}", device.name());
        assert!((5..20).any(|at| all_passed[at] != 0.0), "{}: no pass has reached the frozen weights", device.name());
        for at in 0..count {
            let slope = if is_frozen(at) { 0.0 } else { all_passed[at] };
            assert!((passed[at] - slope).abs() <= 1e-9, "{}, weight {at}", device.name());
            let expected = if is_frozen(at) { (0.0, weights[at], 0.0) } else { (all[at], moved[at], kept[at]) };
            assert_eq!((some[at], found[at], momentum[at]), expected, "{}, weight {at}", device.name());
        }
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

/// Compares a derived network with the reference engine in double precision, on two batches, the second in groups of
/// several images: loss, logits, gradient, and predictions by the running statistics that both have left.
fn derived_networks_agree(device: &Device, sides: &[usize], max: f64) {
    for (name, genotype) in DERIVED {
        let space = Space::named(name).unwrap();
        let cells = if name == "nas-bench-201" { 1 } else { 4 };
        let size = NetworkSize { channels: 3, cells, image_channels: 3, classes: 10 };
        let genotype = Genotype::parse(genotype).unwrap();
        derived_network_agrees(device, (&space, &genotype, size, NetworkOptions::default()), sides, max);
    }
}

fn derived_network_agrees(
    device: &Device,
    (space, genotype, size, options): (&Space, &Genotype, NetworkSize, NetworkOptions),
    sides: &[usize],
    max: f64,
) {
    let name = &space.name;
    let mut nets = [device.clone(), reference()]
        .map(|device| block_on(DerivedNetwork::new(space, genotype, size, options, 5, &device)).unwrap());
    let mut random = ChaCha8Rng::seed_from_u64(8);
    // Scales and shifts start as ones and zeros, which show little.
    let weights = numbers(&mut random, nets[0].graph().parameter_count());
    for net in &mut nets {
        write(net.engine(), State::Weights, &weights);
        net.set_drop_path(0.3);
    }
    for (step, &side) in (0..).zip(sides) {
        let images = batch(&mut random, if step == 0 { 3 } else { 19 }, side);
        let found = nets.each_mut().map(|net| block_on(net.loss_and_gradient(&images, step)).unwrap());
        let sgd = SgdStep { lr: 1e-3, momentum: 0.9, decay: 1e-2, scale: 0.1, nesterov: step > 0 };
        for net in &mut nets {
            block_on(net.engine().step(sgd)).unwrap();
        }
        let predictions = nets.each_mut().map(|net| block_on(net.predict(&images)).unwrap());
        for (what, [ours, plain]) in [
            ("loss", found.each_ref().map(|found| vec![found.loss])),
            ("logits", found.each_ref().map(|found| found.logits.clone())),
            ("gradient", found.each_ref().map(|found| found.gradient.to_f64())),
            ("predictions", predictions),
        ] {
            let error = distance(&ours, &plain);
            println!("{name}, derived: {what} at {side} pixels is off by {error:e}");
            assert!(error <= max, "{name}, derived: {what} at {side} pixels is off by {error:e}");
        }
    }
}

#[test]
fn derived_networks_on_the_cpu_equal_their_specification() {
    derived_networks_agree(&Device::cpu_f64(), &[9, 8], 1e-9);
}

#[test]
fn derived_networks_on_vulkan_equal_their_specification() {
    if let Some(device) = vulkan() {
        derived_networks_agree(&device, &[8], 1e-3);
    }
}

/// Compares a network with an auxiliary head, whose loss reaches the lower cells by a second way, with drop paths and
/// smoothed labels. The head needs 8×8 pixels, which images of 32 leave after two reductions.
#[test]
fn auxiliary_heads_and_drop_paths_equal_their_specification() {
    let space = Space::named("darts").unwrap();
    let genotype = Genotype::parse(DERIVED[0].1).unwrap();
    let size = NetworkSize { channels: 2, cells: 3, image_channels: 3, classes: 10 };
    let options = NetworkOptions { auxiliary_weight: Some(0.4), drop_path: true, label_smoothing: 0.1 };
    let network = (&space, &genotype, size, options);
    derived_network_agrees(&Device::cpu_f64(), network, &[32], 1e-9);
    if let Some(device) = vulkan() {
        derived_network_agrees(&device, network, &[32], 1e-3);
    }
}

/// A drop path multiplies the output of an image, and its gradient, by the image's factor in the mask, and dropout each
/// number by its own; with running statistics they do nothing.
#[test]
fn masks_multiply_outputs_and_gradients() {
    let mut builder = Builder::new(2);
    let image = builder.image();
    let path = builder.masked_sum(image, vec![(image, Coefficient::One)], MaskKind::DropPath);
    let dropped = builder.masked_sum(path, vec![(path, Coefficient::One)], MaskKind::Dropout);
    let graph = builder.finish(dropped).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let shape = [3, 2, 2, 5];
    let [x, g] = [0, 1].map(|_| (0..60).map(|_| random.random_range(-1.0_f32..1.0)).collect::<Vec<_>>());
    // Half of the numbers are dropped, and the rest is doubled, which single precision does exactly.
    let dropout = Dropout::new([1, 2], 0.5);
    let draws = Draws::default().with_masks(vec![Mask::Images(vec![0.0, 0.5, 2.0]), Mask::Numbers(dropout)]);
    let factors: Vec<f64> =
        (0..60).map(|place| [0.0, 0.5, 2.0][place / 20] * f64::from(dropout.factor(place))).collect();
    assert!([0.0, 1.0, 4.0].iter().all(|one| factors[20..].contains(one)), "{factors:?}");
    let masked = |numbers: &[f32]| -> Vec<f64> {
        numbers.iter().zip(&factors).map(|(&number, factor)| f64::from(number) * factor).collect()
    };
    for device in [Some(Device::cpu_f64()), Some(reference()), vulkan()].into_iter().flatten() {
        let mut engine = block_on(open(graph.clone(), &device)).unwrap();
        let input = Input {
            images: &x,
            shape,
            loss: Loss::Cotangent(&g),
            p: &[],
            probes: Probes::All,
            statistics: Statistics::Batch,
            draws: &draws,
        };
        let found = block_on(engine.pass(input, Want { image: true, ..Want::default() })).unwrap().into_found();
        assert_eq!((found.output, found.image), (masked(&x), masked(&g)), "{}", device.name());
        let input = Input { statistics: Statistics::Running, loss: Loss::None, ..input };
        let found = block_on(engine.pass(input, Want::default())).unwrap().into_found();
        assert_eq!(found.output, x.iter().copied().map(f64::from).collect::<Vec<_>>(), "{}", device.name());
        for images in [2, 3] {
            let draws = Draws::default().with_masks(vec![Mask::Images(vec![1.0; images]); images]);
            let error = block_on(engine.pass(Input { draws: &draws, ..input }, Want::default())).unwrap_err();
            assert!(error.to_string().contains("masks of another network or batch"), "{error}");
        }
    }
}

#[test]
fn supernets_on_the_cpu_equal_their_specification() {
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
    supernets_agree(&Device::cpu_f64(), &nets, SupernetOptions::default(), 1e-9, (1e-4, 1e-6));
}

#[test]
fn supernets_on_vulkan_equal_their_specification() {
    if let Some(device) = vulkan() {
        let nets = [("nas-bench-201", 1, 5, 3), ("darts", 4, 6, 2)];
        supernets_agree(&device, &nets, SupernetOptions::default(), 1e-4, (1e-2, 1e-2));
    }
}

/// Supernets with drop paths, with dropout, and with both.
const MASKED: [SupernetOptions; 3] = [
    SupernetOptions { drop_path: true, dropout: false, partial_channels: None },
    SupernetOptions { drop_path: false, dropout: true, partial_channels: None },
    SupernetOptions { drop_path: true, dropout: true, partial_channels: None },
];

#[test]
fn masked_supernets_equal_their_specification() {
    let nets = [("nas-bench-201", 1, 9, 29), ("darts", 4, 8, 3)];
    for options in MASKED {
        supernets_agree(&Device::cpu_f64(), &nets, options, 1e-9, (1e-5, 1e-6));
    }
    if let Some(device) = vulkan() {
        supernets_agree(&device, &[("nas-bench-201", 1, 5, 3)], MASKED[2], 1e-4, (1e-2, 1e-2));
    }
}

/// With the same weights, a supernet with masks that drop nothing is the one without, and so is any with running
/// statistics; with all channels for candidates, and with a half. Masks change the loss.
#[test]
fn masks_act_in_training_passes_alone() {
    let space = Space::named("darts").unwrap();
    let size = NetworkSize { channels: 4, cells: 4, image_channels: 3, classes: 10 };
    let images = batch(&mut ChaCha8Rng::seed_from_u64(4), 5, 8);
    for partial_channels in [None, Some(2)] {
        let graph = |options: SupernetOptions| {
            Graph::supernet_with(&space, size, SupernetOptions { partial_channels, ..options }).unwrap()
        };
        let unmasked = graph(SupernetOptions::default());
        let p = copies(&unmasked, &Architecture::new(&space, 5));
        let run = |graph: &Graph, rates: DropRates| {
            let draws = Draws::new(graph, images.shape, 5, 0).dropped(graph, images.shape[0], 5, 0, rates);
            let mut engine = start(graph, &Device::cpu_f64());
            let found = train(engine.as_mut(), &images, &p, &draws);
            let seen = [found.loss].into_iter().chain(all_present(&found.cells).concat());
            let trained: Vec<f64> = seen.chain(read(engine.as_mut(), State::Gradient)).collect();
            (trained, predict(engine.as_mut(), &images, &p, &draws))
        };
        let (trained, predicted) = run(&unmasked, RATES);
        for graph in MASKED.map(graph) {
            assert_eq!(graph.parameter_count(), unmasked.parameter_count());
            let (undropped, by_undropped) = run(&graph, DropRates::default());
            let (dropped, by_dropped) = run(&graph, RATES);
            assert!(distance(&undropped, &trained) < 1e-9 && distance(&dropped, &trained) > 1e-2);
            assert!(distance(&by_undropped, &predicted) < 1e-9 && distance(&by_dropped, &predicted) < 1e-9);
        }
    }
}

/// Supernets whose candidates read a part of the channels, with odd sides and reduction cells, and with masks.
#[test]
fn partial_supernets_equal_their_specification() {
    let agree = |device: &Device, nets: &[(&str, usize, usize, usize, usize)], max: f64, differences: (f64, f64)| {
        for (&(name, cells, k, side, images), masks) in
            nets.iter().zip([SupernetOptions::default(), MASKED[2]].into_iter().cycle())
        {
            let space = Space::named(name).unwrap();
            let size = NetworkSize { channels: 4, cells, image_channels: 3, classes: 10 };
            let options = SupernetOptions { partial_channels: Some(k), ..masks };
            let graph = Graph::supernet_with(&space, size, options).unwrap();
            supernet_agrees(device, (&graph, &space), (side, images), max, differences);
        }
    };
    let nets = [
        ("nas-bench-201", 1, 4, 9, 5),
        ("nas-bench-201", 1, 2, 8, 29),
        ("darts", 4, 2, 8, 3),
        ("darts", 4, 4, 8, 3),
        ("s3", 4, 4, 7, 19),
    ];
    agree(&Device::cpu_f64(), &nets, 1e-9, (1e-4, 1e-6));
    if let Some(device) = vulkan() {
        agree(&device, &[("nas-bench-201", 1, 4, 5, 3), ("darts", 4, 2, 7, 5)], 1e-4, (1e-2, 1e-2));
    }
}

/// The cut of a batch depends on its size alone: threads change nothing, to the bit.
#[test]
fn threads_do_not_change_a_bit() {
    let space = Space::named("darts").unwrap();
    let size = NetworkSize { channels: 4, cells: 3, image_channels: 3, classes: 10 };
    let graph = Graph::supernet(&space, size).unwrap();
    let images = batch(&mut ChaCha8Rng::seed_from_u64(3), 24, 8);
    let (p, draws) = (copies(&graph, &Architecture::new(&space, 5)), Draws::new(&graph, images.shape, 5, 0));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut engine = start(&graph, &Device::cpu());
        pool.install(|| (train(engine.as_mut(), &images, &p, &draws), read(engine.as_mut(), State::Gradient)))
    };
    assert!(run(1) == run(3), "one thread and three differ");
}

/// A pass without gradients can be taken again with them, a deferred gradient outlives a write, and gradients through
/// running statistics are refused.
#[test]
fn passes_may_follow_each_other_in_any_order() {
    let space = Space::named("nas-bench-201").expect("a space");
    let size = NetworkSize { channels: 2, cells: 1, image_channels: 3, classes: 10 };
    let graph = Graph::supernet(&space, size).expect("a supernet");
    let batch = batch(&mut ChaCha8Rng::seed_from_u64(3), 4, 8);
    let p = copies(&graph, &Architecture::new(&space, 3));
    let draws = Draws::new(&graph, batch.shape, 1, 0);
    let wanted = Want { weights: 1.0, cells: true, ..Want::default() };
    for device in [Device::cpu(), reference()] {
        let mut engine = start(&graph, &device);
        let gradient = |engine: &mut dyn Engine| {
            let found = read(engine, State::Gradient);
            block_on(engine.clear_gradient()).expect("a cleared gradient");
            found
        };
        let mut pass = block_on(engine.pass(input(&batch, &p, &draws), Want::default())).expect("a pass");
        let again = block_on(pass.again(&p, wanted)).expect("the same pass");
        let late = gradient(engine.as_mut());
        let found = block_on(engine.pass(input(&batch, &p, &draws), wanted)).expect("a pass").into_found();
        assert_eq!(gradient(engine.as_mut()), late, "{}", device.name());
        assert_eq!((found.cells, found.loss), (again.cells, again.loss), "{}", device.name());
        assert!(late.iter().any(|&slope| slope != 0.0));

        let want = Want { tangent: true, ..wanted };
        block_on(engine.pass(input(&batch, &p, &draws), want)).expect("a pass");
        let mean = read(engine.as_mut(), State::RunningMean);
        write(engine.as_mut(), State::RunningMean, &mean);
        let deferred = gradient(engine.as_mut());
        assert!(distance(&deferred, &late) < 1e-5, "{}: {}", device.name(), distance(&deferred, &late));

        let running = Input { statistics: Statistics::Running, ..input(&batch, &p, &draws) };
        let refused = block_on(engine.pass(running, wanted)).map(lambda_darts::engine::Pass::into_found);
        assert!(matches!(refused, Err(EngineError::Input { .. })), "{refused:?}");
    }
}

/// Operation weights of one candidate an edge: edge e of cell l has candidate (e + l) mod K.
fn one_path(graph: &Graph, space: &Space) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for (l, cell) in graph.cells().iter().enumerate() {
        let candidates = space.cell_types[cell.cell_type].candidates();
        let edge = |(e, count): (usize, usize)| (0..count).map(move |k| if k == (e + l) % count { 1.0 } else { 0.0 });
        all.push(candidates.into_iter().enumerate().flat_map(edge).collect());
    }
    all
}

/// Results of a pass, with the gradient and the running statistics after it.
struct Left {
    found: Found,
    gradient: Vec<f64>,
    /// Means, then variances.
    running: Vec<f64>,
}

const WANTED: Want = Want { weights: 1.0, cells: true, image: false, statistics: true, tangent: false };

fn run(engine: &mut dyn Engine, input: Input<'_>) -> Left {
    block_on(engine.clear_gradient()).expect("a gradient");
    let found = block_on(engine.pass(input, WANTED)).expect("a pass").into_found();
    block_on(engine.update_running()).expect("statistics");
    let running = [State::RunningMean, State::RunningVariance].map(|state| read(engine, state)).concat();
    Left { found, gradient: read(engine, State::Gradient), running }
}

/// Engines with the largest difference between two ways to run a network on them. Burn adds gradients up in an order of
/// its own.
fn engines() -> impl Iterator<Item = (Device, f64)> {
    let exact = [Device::cpu(), Device::cpu_f64()].into_iter().chain(vulkan());
    exact.map(|device| (device, 0.0)).chain([(reference(), 1e-9)])
}

/// A pass that leaves the candidates with p = 0 out against one that runs them: loss, logits and gradients are the same,
/// gradients of candidates that were left out are absent, and their running statistics stay as they were.
#[test]
fn candidates_that_are_left_out_change_no_other_number() {
    for (name, cells) in [("nas-bench-201", 1), ("darts", 3), ("s4", 2)] {
        let space = Space::named(name).unwrap();
        let size = NetworkSize { channels: 2, cells, image_channels: 3, classes: 10 };
        let graph = Graph::supernet(&space, size).unwrap();
        let batch = batch(&mut ChaCha8Rng::seed_from_u64(4), 3, 8);
        let (p, draws) = (one_path(&graph, &space), Draws::new(&graph, batch.shape, 5, 0));
        let there: Vec<bool> = p.concat().iter().map(|&p| p != 0.0).collect();
        for (device, max) in engines() {
            let what = format!("{name} on {}", device.name());
            let whole = run(start(&graph, &device).as_mut(), input(&batch, &p, &draws));
            let path = Input { probes: Probes::None, ..input(&batch, &p, &draws) };
            let mut engine = start(&graph, &device);
            let alone = run(engine.as_mut(), path);
            assert!(alone.gradient.iter().any(|&slope| slope != 0.0), "{what}");
            assert!(distance(&alone.gradient, &whole.gradient) <= max, "{what}");
            assert!(distance(&[alone.found.loss], &[whole.found.loss]) <= max, "{what}");
            assert!(distance(&alone.found.output, &whole.found.output) <= max, "{what}");
            let cells = alone.found.cells.concat();
            assert_eq!(cells.iter().map(Option::is_some).collect::<Vec<_>>(), there, "{what}");
            let all = all_present(&whole.found.cells).concat().into_iter().zip(&there);
            let present: Vec<f64> = all.filter_map(|(gradient, there)| there.then_some(gradient)).collect();
            assert!(distance(&cells.into_iter().flatten().collect::<Vec<_>>(), &present) <= max, "{what}");

            let channels = graph.normalized_channels();
            let statistics = |left: &Left, at: usize| [left.running[at], left.running[channels + at]];
            let mut left_out = 0;
            for at in 0..channels {
                let [alone, whole] = [&alone, &whole].map(|left| statistics(left, at));
                if distance(&alone, &[0.0, 1.0]) == 0.0 && distance(&whole, &alone) > 0.0 {
                    left_out += 1;
                } else {
                    assert!(distance(&alone, &whole) <= max, "{what}: {alone:?}, not {whole:?}");
                }
            }
            // The convolutions of NAS-Bench-201 alone have norms, in cells of 2, 4 and 8 channels.
            let is_convolution = |&(_, k): &(usize, usize)| [2, 3].contains(&k);
            let not_drawn = |l: usize| {
                let all = (0..6).flat_map(|e| (0..5).map(move |k| (e, k)));
                all.filter(is_convolution).filter(|&(e, k)| k != (e + l) % 5).count()
            };
            let expected: usize = (0..3).map(|l| not_drawn(l) << (l + 1)).sum();
            assert!(left_out > 0 && (left_out == expected || name != "nas-bench-201"), "{what}: {left_out}");

            // Other paths on the same engine, also over the same batch, leave no traces.
            let other: Vec<Vec<f64>> = p.iter().map(|p| p.iter().map(|p| 1.0 - p).collect()).collect();
            for p in [&other, &p] {
                let now = run(engine.as_mut(), Input { p, ..path });
                let fresh = run(start(&graph, &device).as_mut(), Input { p, ..path });
                assert!(now.found == fresh.found && now.gradient == fresh.gradient, "{what}: a path has left traces");
            }
            let fresh = run(start(&graph, &device).as_mut(), Input { p: &other, ..path }).gradient;
            for probes in [Probes::None, Probes::All] {
                block_on(engine.clear_gradient()).unwrap();
                let want = Want { cells: true, ..Want::default() };
                let mut pass = block_on(engine.pass(Input { probes, ..path }, want)).unwrap();
                block_on(pass.again(&other, Want { weights: 1.0, ..Want::default() })).unwrap();
                let gradient = read(engine.as_mut(), State::Gradient);
                assert!(distance(&gradient, &fresh) <= max, "{what}: a value is that of the pass before");
            }
        }
    }
}

/// The gradient of a candidate that is left out is the sum of its node's gradient if an output of ones stands in for it.
#[test]
fn an_output_of_ones_stands_in_for_candidates_that_are_left_out() {
    let mut builder = Builder::new(2);
    let cell = builder.cell(0, 2);
    let image = builder.image();
    let conv = builder.conv(image, true, "conv", 2, Window::ONE);
    builder.norm(conv, "norm", false);
    let terms = [image, conv].into_iter().enumerate();
    let terms = terms.map(|(index, x)| (x, Coefficient::Operation { cell, index })).collect();
    let node = builder.sum(image, 1, terms);
    let graph = builder.finish(node).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let [x, g] = [0, 1].map(|_| (0..60).map(|_| random.random_range(-1.0_f32..1.0)).collect::<Vec<_>>());
    let product: f64 = x.iter().zip(&g).map(|(&x, &g)| f64::from(x) * f64::from(g)).sum();
    let sum: f64 = g.iter().copied().map(f64::from).sum();
    let (draws, p) = (Draws::default(), [vec![1.0, 0.0]]);
    let space = Space::named("nas-bench-201").unwrap();
    let size = NetworkSize { channels: 2, cells: 1, image_channels: 3, classes: 10 };
    let supernet = Graph::supernet(&space, size).unwrap();
    let images = batch(&mut random, 3, 8);
    let (path, none) = (one_path(&supernet, &space), Draws::new(&supernet, images.shape, 5, 0));
    let mut all: Vec<Vec<f64>> = Vec::new();
    for (device, _) in engines() {
        let (loss, statistics, probes) = (Loss::Cotangent(&g), Statistics::Batch, Probes::Ones);
        let input_of_node = Input { images: &x, shape: [3, 2, 2, 5], loss, p: &p, probes, statistics, draws: &draws };
        let cells = all_present(&run(start(&graph, &device).as_mut(), input_of_node).found.cells).concat();
        assert!(distance(&cells, &[product, sum]) < 1e-5, "{}: {cells:?}, not {product}, {sum}", device.name());

        let ones = Input { probes, ..input(&images, &path, &none) };
        let cells = all_present(&run(start(&supernet, &device).as_mut(), ones).found.cells);
        for (l, cell) in cells.iter().enumerate() {
            // The last three edges lead to the same node, and `none` is among their candidates.
            let mut left_out = (15..30).filter(|at| at % 5 != (at / 5 + l) % 5);
            assert!(left_out.all(|at| distance(&cell[at..=at], &cell[16..17]) == 0.0), "{cell:?}");
        }
        all.push(cells.concat());
    }
    let plain = all.pop().expect("the reference engine comes last");
    assert!(all.iter().all(|cells| distance(cells, &plain) < 1e-4), "{all:?}, not {plain:?}");
}
