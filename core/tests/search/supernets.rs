//! Tests of the supernets that stages begin with: their size, their weights and their learning rate, and states that go
//! on in them to the bit.

use lambda_darts::data::Batch;
use lambda_darts::device::Device;
use lambda_darts::engine::State;
use lambda_darts::graph::{Initial, NetworkSize};
use lambda_darts::method::{MethodConfig, Moment};
use lambda_darts::search::{
    ArchitectureConfig, Bilevel, BilevelState, Checkpoint, EpochEvent, EventKind, EventLogPosition, SearchConfig,
    Session, SessionState, StepSettings, WeightsConfig,
};
use lambda_darts::space::Space;
use pollster::block_on;

use crate::bilevel::batch;
use crate::session::{config, data, start, take};

/// Two stages, of which the second has twice as many cells.
const DEEPER: &str = r#""candidate_stages": { "keep": [3], "at": [0.5], "depth": [2] }"#;
/// Two stages in supernets of one size.
const RENEWED: &str = r#""operation_groups": { "at": 0.5, "new_weights": true }"#;

const SIZE: NetworkSize = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 3 };

fn method(parts: &str) -> MethodConfig {
    serde_json::from_str(&format!(r#"{{ "name": "darts", {parts} }}"#)).expect("a method")
}

fn supernet(parts: &str, size: NetworkSize, seed: u64) -> Bilevel {
    let space = Space::named("nas-bench-201").expect("a space");
    let method = method(parts).build(&space).expect("parts that go together");
    block_on(Bilevel::new(&space, size, method, seed, &Device::cpu())).expect("a supernet")
}

fn moment(epoch: usize, epochs: usize, step: u64) -> Moment {
    Moment { epoch, epochs, step, seed: 3 }
}

fn step(bilevel: &mut Bilevel, moment: Moment) {
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let settings = StepSettings { moment, lr: 0.05, weights: &weights, architecture: &architecture };
    block_on(bilevel.step(&batch(1.0), &batch(0.5), &settings)).expect("a step");
}

fn end_stage(bilevel: &mut Bilevel, epoch: usize, epochs: usize) -> usize {
    block_on(bilevel.end_stage(&moment(epoch, epochs, 0))).expect("the next stage").len()
}

fn read(bilevel: &mut Bilevel, state: State) -> Vec<f64> {
    block_on(bilevel.engine().read(state)).expect("numbers").to_f64()
}

fn state_of(bilevel: &mut Bilevel) -> BilevelState {
    block_on(bilevel.state()).expect("a state")
}

/// Weights of the second stage of a search of some epochs under a seed.
fn renewed(parts: &str, seed: u64, epochs: usize) -> Vec<f64> {
    let mut bilevel = supernet(parts, SIZE, seed);
    step(&mut bilevel, moment(0, epochs, 0));
    end_stage(&mut bilevel, epochs / 2 - 1, epochs);
    read(&mut bilevel, State::Weights)
}

#[test]
fn a_stage_begins_with_a_new_supernet() {
    for (parts, cells, leave) in [(DEEPER, 2, 12), (RENEWED, 1, 18)] {
        let mut bilevel = supernet(parts, SIZE, 3);
        (0..2).for_each(|at| step(&mut bilevel, moment(0, 2, at)));
        let before = read(&mut bilevel, State::Weights);
        assert_eq!((bilevel.size(), bilevel.cell_types().len()), (SIZE, 3));
        assert_eq!(end_stage(&mut bilevel, 0, 2), leave, "{parts}");
        let size = NetworkSize { cells, ..SIZE };
        assert_eq!((bilevel.size(), bilevel.cell_types()), (size, vec![0; 3 * cells].as_slice()));
        // The graph is that of a search which begins with this size, and the weights are those of no other draw.
        let fresh = supernet(parts, size, 3);
        assert_eq!(bilevel.graph().parameters(), fresh.graph().parameters());
        let weights = read(&mut bilevel, State::Weights);
        let first: Vec<f64> = fresh.graph().initial_weights(3).into_iter().map(f64::from).collect();
        assert_eq!(weights.len(), first.len());
        for parameter in bilevel.graph().parameters() {
            let own = &weights[parameter.range()];
            match parameter.initial {
                Initial::Constant(value) => assert!(own.iter().all(|w| (w - value).abs() < 1e-9), "{parameter:?}"),
                Initial::Uniform { bound } => {
                    assert!(own.iter().all(|w| w.abs() < 1.000_001 * bound), "{parameter:?}");
                    assert!(own.iter().any(|w| w.abs() > bound / 100.0), "{parameter:?}");
                    assert_ne!(own, &first[parameter.range()], "{parameter:?}");
                }
            }
        }
        // The stem stands at the beginning of both supernets.
        let stem = fresh.graph().parameters()[0].range();
        assert_eq!(fresh.graph().parameters()[0].name, "stem.0.weight");
        assert!(weights[stem.clone()].iter().zip(&before[stem]).all(|(new, old)| (new - old).abs() > 0.0));
        assert!(read(&mut bilevel, State::Momentum).iter().all(|m| m.abs() <= 0.0));
        assert!(read(&mut bilevel, State::RunningMean).iter().all(|mean| mean.abs() <= 0.0));
        assert!(read(&mut bilevel, State::RunningVariance).iter().all(|variance| (variance - 1.0).abs() <= 0.0));
        // Each seed and each epoch has a draw of its own.
        assert_eq!(weights, renewed(parts, 3, 2));
        assert_ne!(weights, renewed(parts, 4, 2));
        assert_ne!(weights, renewed(parts, 3, 4));
        step(&mut bilevel, moment(1, 2, 2));
        assert_ne!(weights, read(&mut bilevel, State::Weights));
    }
}

/// Operations that have been frozen are not so in the new supernet.
#[test]
fn nothing_is_frozen_in_a_new_supernet() {
    let oles = r#""oles": { "form": "clean", "window": 1, "clean_threshold": 1 }"#;
    let mut bilevel = supernet(&format!("{DEEPER}, {oles}"), SIZE, 3);
    (0..3).for_each(|at| step(&mut bilevel, moment(0, 2, at)));
    let frozen = |bilevel: &mut Bilevel| serde_json::to_value(state_of(bilevel)).expect("JSON")["freezing"].clone();
    assert!(frozen(&mut bilevel)["windows"].as_array().expect("windows").iter().any(|window| window["frozen"] == true));
    end_stage(&mut bilevel, 0, 2);
    assert!(frozen(&mut bilevel).is_null());
    let before = read(&mut bilevel, State::Weights);
    step(&mut bilevel, moment(1, 2, 3));
    let after = read(&mut bilevel, State::Weights);
    let own = bilevel.graph().cell_operations()[0].parameters.clone();
    let range = bilevel.graph().parameters()[own.start].range();
    assert_ne!(before[range.clone()], after[range]);
}

/// A state has its supernet, whatever the one is that it is restored in; states that cannot be are refused.
#[test]
fn states_have_their_supernet() {
    let mut bilevel = supernet(DEEPER, SIZE, 3);
    step(&mut bilevel, moment(0, 2, 0));
    let before = state_of(&mut bilevel);
    end_stage(&mut bilevel, 0, 2);
    step(&mut bilevel, moment(1, 2, 1));
    let after = state_of(&mut bilevel);
    let json = |state: &BilevelState| serde_json::to_value(state).expect("JSON");
    // That of the first supernet is as it was before there were others.
    assert!(json(&before).get("cells").is_none());
    assert_eq!(json(&after)["cells"], 2);
    step(&mut bilevel, moment(1, 2, 2));
    let next = state_of(&mut bilevel);
    for (state, cells) in [(&before, 3), (&after, 6), (&before, 3)] {
        block_on(bilevel.restore(state.clone())).expect("a restored state");
        assert_eq!(bilevel.cell_types().len(), cells);
        assert!(state_of(&mut bilevel) == *state);
    }
    let mut other = supernet(DEEPER, SIZE, 3);
    block_on(other.restore(after.clone())).expect("a restored state");
    step(&mut other, moment(1, 2, 2));
    assert!(state_of(&mut other) == next);

    let held = state_of(&mut other);
    for cells in [serde_json::Value::Null, 0.into(), 1.into(), 3.into(), 1025.into(), usize::MAX.into()] {
        let mut changed = json(&after);
        changed["cells"] = cells;
        let hostile: BilevelState = serde_json::from_value(changed).expect("a state");
        let error = block_on(other.restore(hostile)).expect_err("no such state").to_string();
        assert!(error.contains("the saved state does not fit"), "{error}");
        assert!(state_of(&mut other) == held, "{error}");
    }
}

/// Search of some epochs on a few digits.
fn search(parts: &str, epochs: usize) -> SearchConfig {
    let mut config = SearchConfig { epochs, method: method(parts), ..config() };
    (config.supernet.channels, config.data.images) = (2, Some(200));
    config
}

/// Searches of several stages: deeper supernets, one with frozen operations and a selection that asks the last one; α
/// that goes on in them; new weights alone.
fn searches() -> [SearchConfig; 3] {
    let oles = r#""oles": { "form": "clean", "window": 2, "clean_threshold": 1 }"#;
    let best = r#""best_of": { "samples": 2, "finalists": 1, "batches": 1 }"#;
    let stages = |more: &str| format!(r#""candidate_stages": {{ "keep": [4, 2], "depth": [2, 3]{more} }}"#);
    [
        search(&format!("{}, {oles}, {best}", stages("")), 6),
        search(&stages(r#", "alpha": "kept""#), 6),
        search(RENEWED, 4),
    ]
}

fn epochs(events: &[EventKind]) -> Vec<&EpochEvent> {
    events
        .iter()
        .filter_map(|event| if let EventKind::Epoch(epoch) = event { Some(epoch.as_ref()) } else { None })
        .collect()
}

/// The events of an epoch are about the cells that there are. The cosine goes over the two epochs of each deeper
/// supernet, and over all four where only the weights are new.
#[test]
fn cells_and_learning_rate_are_those_of_the_stage() {
    let deeper: (Vec<usize>, Vec<f64>) = (vec![3, 3, 6, 6, 9, 9], vec![1.0, 0.5]);
    let renewed = (vec![3; 4], vec![1.0, 0.5 + 0.125_f64.sqrt(), 0.5, 0.5 - 0.125_f64.sqrt()]);
    for (config, (cells, shares)) in searches().iter().zip([deeper.clone(), deeper, renewed]) {
        let mut session = start(config);
        let first = session.weights();
        let events = take(&mut session, usize::MAX);
        let epochs = epochs(&events);
        let saturations = epochs.iter().map(|epoch| &epoch.cell_types[0].saturation);
        let found: Vec<[usize; 2]> = saturations.map(|found| [found.cells.len(), found.cosines.len()]).collect();
        assert_eq!(found, cells.iter().map(|&cells| [cells; 2]).collect::<Vec<_>>());
        let WeightsConfig { lr, lr_min, .. } = config.weights;
        for (epoch, share) in epochs.iter().zip(shares.iter().cycle()) {
            let rate = lr_min + share * (lr - lr_min);
            assert!((epoch.lr - rate).abs() < 1e-12, "epoch {}: {}, not {rate}", epoch.epoch, epoch.lr);
        }
        let last = cells.last().copied().unwrap_or_default();
        assert_eq!(session.operation_weights().len(), last);
        assert_eq!(session.weights() > first, last > 3);
        let logits = block_on(session.logits(&batch_of(config))).expect("logits");
        assert!(logits.len() == 20 && logits.iter().all(|logit| logit.is_finite()), "{logits:?}");
    }
}

/// Two images of the shape of a search's.
fn batch_of(config: &SearchConfig) -> Batch {
    let data = data(config);
    let shape = [2, data.channels(), data.height(), data.width()];
    let images = (0_u8..).map(|at| f32::from(at % 7) - 3.0).take(shape.iter().product()).collect();
    Batch { images, labels: vec![0, 1], shape }
}

/// From the bytes of a checkpoint before, at and after the end of each stage, and after the last epoch.
#[test]
fn a_state_goes_on_in_its_supernet() {
    for config in &searches() {
        let whole = take(&mut start(config), usize::MAX);
        let ends: Vec<usize> = (0..whole.len())
            .filter(|&at| matches!(&whole[at], EventKind::Epoch(end) if !end.left.is_empty()))
            .collect();
        assert_eq!(ends.len(), config.epochs / 2 - 1);
        let last = whole.iter().rposition(|event| matches!(event, EventKind::Epoch(_))).expect("an epoch");
        for count in ends.iter().flat_map(|end| [*end, end + 1, end + 2, end + 4]).chain([last + 1]) {
            let mut session = start(config);
            take(&mut session, count);
            let state = block_on(session.state()).expect("a state");
            let bytes = Checkpoint { state, position: EventLogPosition::default() }.into_bytes().expect("bytes");
            let state = Checkpoint::parse(&bytes, "a checkpoint".as_ref()).expect("a checkpoint").state;
            let mut restored = block_on(Session::restore(state, data(config), &Device::cpu())).expect("a session");
            assert_eq!(restored.weights(), session.weights());
            assert_eq!(take(&mut restored, usize::MAX), whole[count..], "from event {count}");
        }
    }
}

/// In a later stage, a step that is timed is taken back, and another method goes on with the supernet.
#[test]
fn a_later_supernet_is_that_of_the_session() {
    let [_, config, _] = searches();
    let mut session = start(&config);
    let count = 2 * (session.steps() + 1) + 3;
    take(&mut session, count);
    assert_eq!(session.bilevel().size().cells, 2);
    let state = |session: &mut Session| {
        let state = block_on(session.state()).expect("a state");
        serde_json::to_value(&state).map(|mut json| {
            json["seconds"] = 0.into();
            json
        })
    };
    let before = state(&mut session).expect("JSON");
    block_on(session.time_step()).expect("a step");
    assert_eq!(state(&mut session).expect("JSON"), before);

    let mut plain = config.clone();
    plain.method = method(r#""weights_only": {}"#);
    session.change(plain).expect("a change").expect("an event");
    let whole: SessionState = block_on(session.state()).expect("a state");
    let mut same = block_on(Session::restore(whole, data(&config), &Device::cpu())).expect("a session");
    assert_eq!(same.bilevel().size().cells, 2);
    assert_eq!(take(&mut same, usize::MAX), take(&mut session, usize::MAX));
}

/// Sizes that a later supernet cannot have are refused before the search begins.
#[test]
fn supernets_of_stages_are_checked_at_the_beginning() {
    let mut config = search(r#""candidate_stages": { "keep": [4, 2], "depth": [2, 0.4] }"#, 6);
    let error =
        block_on(Session::new(config.clone(), data(&config), &Device::cpu())).expect_err("no cells").to_string();
    assert!(error.contains("1 to 1024 cells, not 0"), "{error}");
    // The reductions of a stacked layout need three cells.
    (config.space, config.supernet.cells) = ("s3".to_owned(), 5);
    config.method = method(r#""candidate_stages": { "keep": [2], "depth": [0.4] }"#);
    let error = config.check().expect_err("too few cells").to_string();
    assert!(error.contains("number of cells is 2; take 3 or more"), "{error}");
    config.method = method(r#""candidate_stages": { "keep": [2], "depth": [0.6] }"#);
    config.check().expect("three cells");

    // A search that is in progress does not change to stages whose supernets cannot be.
    let plain = search(r#""weights_only": {}"#, 6);
    let mut session = start(&plain);
    take(&mut session, 3);
    let mut other = plain.clone();
    other.method = method(r#""candidate_stages": { "keep": [4, 2], "depth": [2, 0.4] }"#);
    let error = session.change(other).expect_err("no cells").to_string();
    assert!(error.contains("1 to 1024 cells, not 0"), "{error}");
    assert_eq!(session.config(), &plain);
}

/// The estimate is that of the largest supernet, which need not be the last one.
#[test]
fn the_estimate_of_memory_is_that_of_the_largest_supernet() {
    let memory = |depth: &str, cells: usize| {
        let mut config = search(&format!(r#""candidate_stages": {{ "keep": [4, 2], "depth": {depth} }}"#), 6);
        config.supernet.cells = cells;
        config.memory(&data(&config), &Device::cpu()).expect("an estimate")
    };
    assert_eq!(memory("[3, 2]", 1), memory("[]", 3));
    assert_eq!(memory("[1, 1]", 1), memory("[]", 1));
    assert!(memory("[3, 2]", 1).engine.host > memory("[]", 1).engine.host);
}
