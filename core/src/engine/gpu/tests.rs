//! Tests of the GPU engine's order of work, its second buffer of values, and the loss of a device.

use std::sync::Arc;

use super::buffers::Buffers;
use super::device::Kernels;
use super::engine::GpuEngine;
use super::forward::{ActivationPattern, Builder, Goal, Mode, Places};
use super::program::BUDGET;
use crate::device::{Device, DeviceError, OpenGpu, Processor};
use crate::engine::{
    Draws, Engine, EngineError, Found, Input, Loss, Numbers, Paths, Plan, Probes, Reuse, State, Statistics, Want,
    initialize, open,
};
use crate::graph::{Graph, NetworkSize};
use crate::space::Space;

/// Work waits for the work that it reads from, and parts that are in use at the same time lie apart, whether work is
/// deferred or not.
#[test]
fn work_is_in_order_and_parts_lie_apart() {
    for (name, channels, cells, batch, side) in [("nas-bench-201", 8, 1, 16, 32), ("darts", 16, 8, 64, 32)] {
        let space = Space::named(name).expect("a space");
        let size = NetworkSize { channels, cells, image_channels: 3, classes: 10 };
        let plan = Plan::new(Graph::supernet(&space, size).expect("a supernet"));
        let places = Places::new(&plan, [batch, 3, side, side]);
        let (goal, keep) = (Goal::Labels, ActivationPattern::Record);
        let mode = Mode { reuse: false, running: false, keep, goal, weights: true, cells: true, image: false };
        let paths = Paths::default();
        let mut builder = Builder::new(&plan, &places, mode, &paths);
        builder.forward();
        builder.backward();
        let list = builder.list;
        for budget in [0, 1 << 20, BUDGET, u64::MAX] {
            let order = list.order(budget);
            let mut at = vec![usize::MAX; list.work.len()];
            for (index, ops) in order.iter().enumerate() {
                assert!(ops.iter().all(|&op| list.work[op].kind == list.work[ops[0]].kind));
                for &op in ops {
                    at[op] = index;
                }
            }
            assert!(at.iter().all(|&at| at != usize::MAX), "all work is done");
            for (op, work) in list.work.iter().enumerate() {
                assert!(work.after.iter().all(|&before| at[before] < at[op]));
            }
            let (offsets, sizes) = list.deal(&order);
            let mut spans = std::collections::BTreeMap::new();
            for (op, work) in list.work.iter().enumerate() {
                for &(_, part) in &work.parts {
                    let span = spans.entry(part).or_insert([at[op], at[op]]);
                    *span = [span[0].min(at[op]), span[1].max(at[op])];
                }
            }
            for (&part, &[first, last]) in &spans {
                let (arena, size) = list.size(part);
                for (&other, &[begin, end]) in spans.range(part + 1..) {
                    let (other_arena, other_size) = list.size(other);
                    if arena == other_arena && first <= end && begin <= last {
                        let apart =
                            offsets[part] + size <= offsets[other] || offsets[other] + other_size <= offsets[part];
                        assert!(apart, "parts {part} and {other}");
                    }
                }
            }
            let megabytes = [places.arena, sizes[0], sizes[1], places.kept].map(|numbers| numbers * 4 / 1_000_000);
            println!(
                "{name}, put off {budget}: {} dispatches; values, gradients, scratch, kept {megabytes:?} MB",
                order.len()
            );
        }
    }
}

/// GPU of this machine, or a software driver.
fn vulkan() -> Option<Device> {
    let device = Device::named("vulkan").ok().filter(|device| matches!(device.processor(), Processor::Gpu(_)));
    if device.is_none() {
        assert!(std::env::var_os("CI").is_none(), "no Vulkan driver");
        println!("skipped: no Vulkan driver");
    }
    device
}

fn pass(engine: &mut dyn Engine, images: &[f32], shape: [usize; 4], labels: &[i64]) -> Result<Found, EngineError> {
    let p: Vec<Vec<f64>> = engine.graph().cells().iter().map(|cell| vec![0.2; cell.weights]).collect();
    let draws = Draws::new(engine.graph(), shape, 1, 0);
    let (loss, statistics) = (Loss::Labels(labels), Statistics::Batch);
    let input = Input { images, shape, loss, p: &p, probes: Probes::All, statistics, draws: &draws };
    let want = Want { weights: 1.0, cells: true, statistics: true, tangent: true, ..Want::default() };
    pollster::block_on(engine.run(input, want, Reuse::Nothing))
}

/// A device that is lost is an error of the pass that notices it, and the next engine has another one.
#[test]
fn a_lost_device_is_an_error_and_found_again() {
    let Some(device) = vulkan() else { return };
    let Processor::Gpu(gpu) = device.processor() else { return };
    let space = Space::named("nas-bench-201").expect("a space");
    let size = NetworkSize { channels: 2, cells: 1, image_channels: 1, classes: 3 };
    let start = || {
        let graph = Graph::supernet(&space, size).expect("a supernet");
        let mut engine = pollster::block_on(open(graph, &device)).expect("an engine");
        pollster::block_on(initialize(engine.as_mut(), 7)).expect("weights");
        engine
    };
    let run = |engine: &mut dyn Engine| pass(engine, &[0.5; 32], [2, 1, 4, 4], &[0, 2]);
    let mut engine = start();
    let before = run(engine.as_mut()).expect("a pass");
    pollster::block_on(gpu.open()).expect("a GPU").device.destroy();
    let lost = run(engine.as_mut());
    assert!(matches!(lost, Err(EngineError::Device(DeviceError::Lost { .. }))), "{lost:?}");
    assert_eq!(run(start().as_mut()).expect("a pass on a new device"), before);
}

/// Feature maps beyond the capacity of one buffer continue in a second one, with the same results.
#[test]
fn values_in_two_buffers_are_those_in_one() {
    let Some(device) = vulkan() else { return };
    let Processor::Gpu(gpu) = device.processor() else { return };
    let space = Space::named("darts").expect("a space");
    let size = NetworkSize { channels: 2, cells: 2, image_channels: 1, classes: 3 };
    let graph = Graph::supernet(&space, size).expect("a supernet");
    let images: Vec<f32> = (0_u8..128).map(|pixel| f32::from(pixel) / 64.0 - 1.0).collect();
    let shape = [2, 1, 8, 8];
    let arena = Places::new(&Plan::new(graph.clone()), shape).arena;
    let run = |capacity: u64| {
        let opened = pollster::block_on(OpenGpu::new(&gpu.adapter)).expect("a device");
        let kernels = pollster::block_on(Kernels::new(Arc::new(opened), capacity)).expect("kernels");
        let engine = GpuEngine::with(Arc::new(kernels), graph.clone(), "test".to_owned());
        let mut engine = pollster::block_on(engine).expect("an engine");
        pollster::block_on(initialize(&mut engine, 7)).expect("weights");
        let found = pass(&mut engine, &images, shape, &[0, 2]).expect("a pass");
        pollster::block_on(engine.update_running()).expect("statistics");
        let mut read = |state| pollster::block_on(engine.read(state)).expect("numbers");
        let state: [Numbers; 3] = [State::Gradient, State::RunningMean, State::RunningVariance].map(&mut read);
        (found, state)
    };
    // The first capacity ends in the middle of a feature map.
    assert_eq!(run(arena as u64 / 2), run(arena as u64));
}

/// Buffers of a shape are given back before those of another are made.
#[test]
fn buffers_fit_their_shape() {
    let Some(device) = vulkan() else { return };
    let Processor::Gpu(gpu) = device.processor() else { return };
    let size = NetworkSize { channels: 2, cells: 1, image_channels: 1, classes: 3 };
    let plan = Plan::new(Graph::supernet(&Space::named("nas-bench-201").expect("a space"), size).expect("a supernet"));
    let kernels = pollster::block_on(async { Kernels::of(gpu).await }).expect("kernels");
    for batch in [1, 3] {
        let buffers = pollster::block_on(Buffers::new(&kernels, &plan, [batch, 1, 4, 4])).expect("buffers");
        let labels = plan.weights + 1 + plan.cells().iter().map(|cell| cell.weights).sum::<usize>();
        assert_eq!(buffers.places.given.size, labels + batch);
    }
}
