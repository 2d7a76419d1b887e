//! Tests of pairs of parts: those that go together take steps, each part has an effect beside every other one, and a
//! state goes on to the bit.

use std::collections::BTreeMap;

use lambda_darts::device::Device;
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::{MethodConfig, Moment, PartInfo, Slot};
use lambda_darts::search::{ArchitectureConfig, Bilevel, BilevelState, StepReport, StepSettings, WeightsConfig};
use lambda_darts::space::Space;
use pollster::block_on;

use crate::bilevel::batch;

/// Three steps halfway through a search.
#[derive(PartialEq)]
struct Steps {
    reports: Vec<StepReport>,
    state: BilevelState,
}

fn steps(bilevel: &mut Bilevel, which: std::ops::Range<u64>) -> Steps {
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let step = |step| {
        let moment = Moment { epoch: 1, epochs: 3, step, seed: 3 };
        let settings = StepSettings { moment, lr: 0.05, weights: &weights, architecture: &architecture };
        block_on(bilevel.step(&batch(1.0), &batch(0.5), &settings)).expect("a step")
    };
    let reports = which.map(step).collect();
    Steps { reports, state: block_on(bilevel.state()).expect("a state") }
}

/// Takes three steps with some parts; `None` if they do not go together.
fn run(parts: &[&str]) -> Option<Steps> {
    let mut settings = serde_json::json!({ "name": "darts" });
    for part in parts {
        settings[*part] = serde_json::json!({});
    }
    let config: MethodConfig = serde_json::from_value(settings).expect("settings");
    let space = Space::named("nas-bench-201").expect("a space");
    let method = config.build(&space).ok()?;
    let size = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 3 };
    let mut bilevel = block_on(Bilevel::new(&space, size, method, 3, &Device::cpu())).expect("a supernet");
    let mut first = steps(&mut bilevel, 0..1);
    let rest = steps(&mut bilevel, 1..3);
    block_on(bilevel.restore(first.state)).expect("a restored state");
    assert!(steps(&mut bilevel, 1..3) == rest, "{parts:?} goes on otherwise from a state");
    first.reports.extend(rest.reports);
    for report in &first.reports {
        assert!(report.train.loss.is_finite() && report.valid.loss.is_finite(), "{parts:?}: {report:?}");
        assert!(report.alpha.iter().all(|slope| slope.is_finite()), "{parts:?}: {report:?}");
    }
    Some(Steps { reports: first.reports, state: rest.state })
}

/// Every pair of parts that goes together, and every part alone, against the same without it.
#[test]
fn every_part_has_an_effect_beside_every_other() {
    let parts = MethodConfig::all_parts();
    let none = run(&[]).expect("steps");
    let alone: BTreeMap<&str, Option<Steps>> = parts.iter().map(|part| (part.name, run(&[part.name]))).collect();
    // They act after the steps, or in the first ones of a stage; and this space keeps all edges.
    let late =
        |part: &PartInfo| matches!(part.slot, Slot::Stages | Slot::Stop | Slot::Selection) || part.name == "edge_pairs";
    // Beside the latter, a stage begins with these steps, and the former acts by the epochs of its stage.
    let staged = |part: &PartInfo, other: &PartInfo| {
        ["weights_only", "skip_dropout"].contains(&part.name)
            && ["edge_pairs", "operation_groups"].contains(&other.name)
    };
    for part in &parts {
        if let Some(steps) = &alone[part.name] {
            assert_eq!(*steps != none, !late(part), "{}", part.name);
        }
    }
    let mut pairs = 0;
    for (at, one) in parts.iter().enumerate() {
        for other in &parts[at + 1..] {
            let Some(both) = run(&[one.name, other.name]) else { continue };
            pairs += 1;
            if staged(one, other) || staged(other, one) {
                continue;
            }
            for (part, rest) in [(one, other), (other, one)] {
                if let Some(without) = &alone[rest.name] {
                    assert_eq!(both != *without, !late(part), "{} beside {}", part.name, rest.name);
                }
            }
        }
    }
    assert!(pairs > 350, "only {pairs} pairs go together");
}

/// A step runs one candidate an edge, and in the architecture step those besides whose gradient α reads: the second of
/// two paths. The sum of a node's gradient stands in for those of the other candidates of a Gumbel sample.
#[test]
fn single_paths_are_run_alone() {
    let cases: [(&[&str], usize, usize); 10] = [
        (&["gumbel_hard"], 6, 30),
        (&["two_paths"], 6, 12),
        (&["uniform_path"], 6, 6),
        (&["controller"], 6, 6),
        (&["two_paths", "l2_schedule"], 6, 12),
        (&["two_paths", "neumann"], 6, 12),
        (&["two_paths", "drop_path"], 6, 12),
        (&["gumbel_hard", "skip_dropout"], 6, 30),
        (&["two_paths", "partial_channels"], 6, 12),
        (&["gumbel_hard", "partial_channels"], 6, 30),
    ];
    for (parts, of_train, of_valid) in cases {
        for report in run(parts).expect("steps").reports {
            let present = [&report.train.cells, &report.valid.cells]
                .map(|cells| cells.iter().map(|cell| cell.iter().flatten().count()).collect::<Vec<_>>());
            assert_eq!(present, [vec![of_train; 3], vec![of_valid; 3]], "{parts:?}");
        }
    }
    let aligned = run(&["alignment"]).expect("steps");
    let all = aligned.reports.iter().flat_map(|report| report.train.cells.iter().chain(&report.valid.cells));
    assert!(all.flatten().all(Option::is_some));
}

/// The ascents find operation weights at which the same network does worse.
#[test]
fn an_adversary_raises_the_training_loss() {
    let loss = |parts: &[&str]| run(parts).expect("steps").reports[0].train.loss;
    let (plain, noise, worst) = (loss(&[]), loss(&["random_noise"]), loss(&["adversarial"]));
    assert!(worst > plain && worst > noise, "{plain}, {noise}, {worst}");
}
