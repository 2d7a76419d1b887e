use burn::tensor::wgpu::wgpu::naga;

use super::dispatches;
use super::forward::{Builder, Goal, Keep, Mode, Places};
use super::program::BUDGET;
use super::shader::{KINDS, Kind};
use crate::device::Place;
use crate::ops::{Branches, Image, Recorded, SingleOperation, StepNoise};
use crate::space::{Convention, Operation, Space};
use crate::supernet::{DeviceBatch, Outcome, Size, Supernet, Wanted};

/// The GPU (or what stands in for it) of this machine.
fn vulkan() -> Option<Place> {
    let place = Place::named("vulkan").ok().filter(|place| super::Gpu::of(place).is_some());
    if place.is_none() {
        println!("skipped: no Vulkan driver");
    }
    place
}

/// Numbers between −1 and 1 that look random.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        f64::from(u32::try_from(state >> 40).unwrap_or(0)) / f64::from(1 << 23) - 1.0
    };
    (0..count).map(next).collect()
}

/// The largest difference, measured by the largest number, or by a tenth: some gradients are 0 but for rounding.
fn apart(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    let largest = right.iter().fold(0.1, |most: f64, x| most.max(x.abs()));
    let most = left.iter().zip(right).fold(0.0, |most: f64, (x, y)| most.max((x - y).abs()));
    assert!(left.iter().all(|x| x.is_finite()) || !right.iter().all(|x| x.is_finite()), "not finite");
    most / largest
}

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

#[test]
fn operations_are_those_of_the_cpu() {
    let Some(place) = vulkan() else { return };
    let mut seed = 0;
    let mut check = |name: String, operation: &SingleOperation, shape: [usize; 4], out: [usize; 2]| {
        seed += 1;
        let x = Image { values: numbers(shape.iter().product(), seed), shape };
        let weights: usize = operation.weight_names().map(|(_, shape, _)| shape.iter().product::<usize>()).sum();
        let weights = numbers(weights, seed + 1000);
        let shape = [shape[0], out[0], shape[2].div_ceil(out[1]), shape[3].div_ceil(out[1])];
        let gy = Image { values: numbers(shape.iter().product(), seed + 2000), shape };
        let run = |place: &Place| pollster::block_on(operation.run(&x, &weights, &gy, place));
        let (own, other) = (run(&place).expect("a GPU"), run(&Place::cpu()).expect("a CPU"));
        for (what, own, other) in [
            ("y", &own.y.values, &other.y.values),
            ("gx", &own.gx, &other.gx),
            ("weights", &own.weights, &other.weights),
            ("means", &own.running[0], &other.running[0]),
            ("variances", &own.running[1], &other.running[1]),
        ] {
            let apart = apart(own, other);
            assert!(apart <= 1e-4, "{name}, {what}: {apart:e}");
        }
    };
    for convention in [Convention::Darts, Convention::NasBench201] {
        for operation in Operation::ALL.into_iter().filter(|&operation| operation != Operation::Noise) {
            for (channels, stride, [batch, height, width], affine) in [
                (1, 1, [3, 5, 7], false),
                (3, 2, [2, 7, 5], true),
                (5, 1, [2, 6, 9], true),
                (5, 2, [3, 8, 6], false),
                (20, 2, [2, 9, 8], true),
                (2, 1, [2, 40, 41], true),
            ] {
                let single = SingleOperation::candidate(operation, channels, stride, convention, affine);
                let name = format!("{operation:?} of {channels} channels at {stride}, {convention:?}");
                check(name, &single, [batch, channels, height, width], [channels, stride]);
            }
        }
    }
    check("residual".to_owned(), &SingleOperation::residual([3, 5]), [2, 3, 9, 7], [5, 2]);
}

fn flat<const D: usize>(tensor: &burn::tensor::Tensor<D>) -> Vec<f64> {
    tensor.clone().into_data().iter::<f64>().collect()
}

/// Everything a pass finds, on a place: free, recorded, replayed at other weights, and again at other p.
fn passes(space: &Space, size: Size, [batch, side]: [usize; 2], place: &Place) -> Vec<(String, Vec<f64>)> {
    let mut net = Supernet::new(space, size, 7, place).expect("a supernet");
    let counts: Vec<usize> = net.cell_kinds().iter().map(|&kind| space.kinds[kind].candidates().iter().sum()).collect();
    let p = |seed: u64| -> Vec<Vec<f64>> {
        let of_cell = |(at, &count)| numbers(count, seed + at).iter().map(|x| 0.2 + 0.1 * x).collect();
        (0..).zip(&counts).map(of_cell).collect()
    };
    let images = numbers(batch * size.image_channels * side * side, 3);
    let labels = (0..batch).map(|image| i64::try_from(image % size.classes).unwrap_or(0)).collect();
    let data = DeviceBatch::new(place, images, labels, [batch, size.image_channels, side, side]);
    let mut noise = StepNoise::default();
    let mut all = Vec::new();
    let mut tell = |name: &str, outcome: &Outcome| {
        all.push((format!("{name}: logits"), flat(&outcome.logits)));
        all.push((format!("{name}: loss"), flat(&outcome.loss)));
        all.extend(outcome.weights.as_ref().map(|weights| (format!("{name}: weights"), flat(weights))));
        all.extend(outcome.cells.as_ref().map(|cells| (format!("{name}: cells"), flat(cells))));
        all.extend(outcome.seen.means.iter().map(|seen| (format!("{name}: means"), flat(seen))));
        all.extend(outcome.seen.variances.iter().map(|seen| (format!("{name}: variances"), flat(seen))));
    };
    let both = Wanted { weights: true, cells: true, again: None };
    let free = net.pass(&net.weights, &p(1), &data, both, Branches::Free, &mut noise);
    tell("free", &free);
    let record = net.pass(&net.weights, &p(1), &data, both, Branches::Record(Recorded::default()), &mut noise);
    tell("recorded", &record);
    let other = net.weights.clone().mul_scalar(1.01);
    let replay = net.pass(&other, &p(1), &data, both, record.branches.replay(), &mut noise);
    tell("replayed", &replay);
    let first = net.pass(&net.weights, &p(1), &data, Wanted { weights: false, ..both }, Branches::Free, &mut noise);
    tell("cells alone", &first);
    let again = Wanted { cells: true, weights: false, again: Some(first.number) };
    tell("again", &net.pass(&net.weights, &p(5), &data, again, Branches::Free, &mut noise));
    let weights = Wanted { weights: true, ..Wanted::default() };
    let again = net.pass(&net.weights, &p(1), &data, weights, Branches::Free, &mut noise);
    tell("weights alone", &again);
    net.follow(again.seen);
    all.push(("evaluated".to_owned(), flat(&net.evaluate(&p(1), &data, &mut noise))));
    all
}

fn supernets_agree(name: &str, size: Size, shape: [usize; 2]) {
    let Some(place) = vulkan() else { return };
    let space = Space::named(name).expect("a space");
    let (own, other) = (passes(&space, size, shape, &place), passes(&space, size, shape, &Place::cpu()));
    assert_eq!(own.len(), other.len());
    for ((what, own), (_, other)) in own.iter().zip(&other) {
        let apart = apart(own, other);
        println!("{name}, {what}: {apart:e}");
        assert!(apart <= 1e-4, "{name}, {what}: {apart:e}");
    }
}

#[test]
fn a_darts_supernet_is_that_of_the_cpu() {
    supernets_agree("darts", Size { channels: 4, cells: 3, image_channels: 3, classes: 10 }, [4, 8]);
}

#[test]
fn a_nas_bench_201_supernet_is_that_of_the_cpu() {
    supernets_agree("nas-bench-201", Size { channels: 4, cells: 1, image_channels: 3, classes: 10 }, [4, 8]);
}

/// What a pass costs: `cargo test --release -p lambda-darts cost_of -- --ignored --nocapture`.
#[test]
#[ignore = "takes a while on software"]
fn cost_of_a_pass() {
    let Some(place) = vulkan() else { return };
    let side: usize = std::env::var("SIDE").ok().and_then(|side| side.parse().ok()).unwrap_or(8);
    let batch: usize = std::env::var("BATCH").ok().and_then(|batch| batch.parse().ok()).unwrap_or(2);
    for (name, channels, cells) in [("nas-bench-201", 8, 1), ("darts", 16, 8)] {
        let space = Space::named(name).expect("a space");
        let size = Size { channels, cells, image_channels: 3, classes: 10 };
        let net = Supernet::new(&space, size, 7, &place).expect("a supernet");
        let p: Vec<Vec<f64>> =
            net.cell_kinds().iter().map(|&kind| vec![0.2; space.kinds[kind].candidates().iter().sum()]).collect();
        let data =
            DeviceBatch::new(&place, numbers(batch * 3 * side * side, 3), vec![1; batch], [batch, 3, side, side]);
        for (what, weights, cells) in [("weights", true, false), ("cells", false, true), ("both", true, true)] {
            let wanted = Wanted { weights, cells, again: None };
            for _ in 0..3 {
                let (began, before) = (std::time::Instant::now(), dispatches());
                let outcome = net.pass(&net.weights, &p, &data, wanted, Branches::Free, &mut StepNoise::default());
                let loss = flat(&outcome.loss)[0];
                let ms = began.elapsed().as_secs_f64() * 1e3;
                println!(
                    "{name}, {what}, {batch} of {side}²: {} dispatches, {ms:.1} ms, loss {loss}",
                    dispatches() - before
                );
            }
        }
    }
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
        let (goal, keep) = (Goal::Labels, Keep::Record);
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
