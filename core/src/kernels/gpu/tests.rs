use std::sync::Arc;

use crate::data::Batch;
use crate::device::wgpu::naga;

use super::device::Gpu;
use super::engine::Engine;
use super::forward::{Builder, Goal, Mode, Places, Way};
use super::program::BUDGET;
use super::shader::{KINDS, Kind};
use crate::device::{DeviceError, Place, Processor, adapter};
use crate::kernels::pass::{self, Engine as _, Keep, Request, Target};
use crate::ops::{Branches, StepNoise};
use crate::space::Space;
use crate::supernet::{Size, Supernet, Wanted};

#[test]
fn all_kernels_are_valid_wgsl() {
    let check = |kind: Kind| {
        let module = naga::front::wgsl::parse_str(kind.source())
            .map_err(|error| format!("{kind:?}: {}", error.emit_to_string(kind.source())))?;
        let flags = naga::valid::ValidationFlags::all();
        let mut validator = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty());
        validator.validate(&module).map_err(|error| format!("{kind:?}: {}", error.emit_to_string(kind.source())))?;
        Ok::<(), String>(())
    };
    let wrong: Vec<String> = KINDS.into_iter().filter_map(|kind| check(kind).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Everything waits for what it reads, and what is in use at the same time lies apart, whether work is put off or not.
#[test]
fn work_is_in_order_and_parts_lie_apart() {
    let place = Place::cpu();
    for (name, channels, cells, batch, side) in [("nas-bench-201", 8, 1, 16, 32), ("darts", 16, 8, 64, 32)] {
        let space = Space::named(name).expect("a space");
        let size = Size { channels, cells, image_channels: 3, classes: 10 };
        let net = Supernet::new(&space, size, 7, &place).expect("a supernet");
        let plan = net.plan();
        let places = Places::new(plan, [batch, 3, side, side]);
        let (goal, keep) = (Goal::Labels, Way::Record);
        let mode = Mode { again: false, running: false, keep, goal, weights: true, cells: true, image: false };
        let mut builder = Builder::new(plan, &places, mode);
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

/// A device that is lost is an error of the pass that notices it, and the next pass has another one.
#[test]
fn a_lost_device_is_an_error_and_found_again() {
    let Ok(place) = Place::named("vulkan") else {
        println!("skipped: no Vulkan driver");
        return;
    };
    let Some(Processor::Gpu(api)) = place.processor() else { return };
    let space = Space::named("nas-bench-201").expect("a space");
    let size = Size { channels: 2, cells: 1, image_channels: 1, classes: 3 };
    let net = Supernet::new(&space, size, 7, &place).expect("a supernet");
    let data = Batch { images: vec![0.5; 32], labels: vec![0, 2], shape: [2, 1, 4, 4] };
    let data = net.on_device(&data).expect("a batch");
    let p: Vec<Vec<f64>> = net.cell_kinds().iter().map(|_| vec![0.2; 30]).collect();
    let wanted = Wanted { weights: false, cells: true, again: None };
    let mut noise = StepNoise::default();
    let mut pass = || {
        let outcome = pollster::block_on(net.pass(&net.weights, &p, &data, wanted, Branches::Free, &mut noise));
        outcome.map(|outcome| outcome.loss.into_data().iter::<f64>().collect::<Vec<_>>())
    };
    let before = pass().expect("a pass");
    pollster::block_on(Gpu::of(api)).expect("a GPU").device.destroy();
    assert!(matches!(pass(), Err(DeviceError::Lost { .. })));
    assert_eq!(pass().expect("a pass on a new device"), before);
}

/// Feature maps that one buffer has no room for go on in a second one, and nothing changes.
#[test]
fn values_in_two_buffers_are_those_in_one() {
    let Ok(adapter) = pollster::block_on(adapter("vulkan")) else {
        println!("skipped: no Vulkan driver");
        return;
    };
    let space = Space::named("darts").expect("a space");
    let size = Size { channels: 2, cells: 2, image_channels: 1, classes: 3 };
    let net = Supernet::new(&space, size, 7, &Place::cpu()).expect("a supernet");
    let omega: Vec<f32> = net.weights.clone().into_data().iter::<f32>().collect();
    let p: Vec<Vec<f32>> = net.plan().cells.iter().map(|&count| vec![0.2; count]).collect();
    let shape = [2, 1, 8, 8];
    let images: Vec<f32> = (0_u8..128).map(|pixel| f32::from(pixel) / 64.0 - 1.0).collect();
    let arena = Places::new(net.plan(), shape).arena;
    let run = |room: u64| {
        let gpu = pollster::block_on(Gpu::new(&adapter, room)).expect("a GPU");
        let mut engine = Engine::on(Arc::new(gpu), Arc::new(net.plan().clone()));
        let request = Request {
            omega: &omega,
            p: &p,
            images: &images,
            shape,
            noise: &[],
            running: None,
            again: None,
            wanted: pass::Wanted { weights: true, cells: true, image: false },
            target: Target::Labels(&[0, 2]),
        };
        let (found, _) = pollster::block_on(engine.run(request, &Keep::Record)).expect("a pass");
        (found.output, found.weights, found.cells, found.seen)
    };
    // In the middle of a feature map.
    assert_eq!(run(arena as u64 / 2), run(arena as u64));
}
