//! Changes of a search in progress: settings, constraints and temperature.

use lambda_darts::device::Device;
use lambda_darts::method::{Method, MethodConfig, Moment, Relaxed};
use lambda_darts::search::{EventKind, SearchConfig, Session, SessionState};
use lambda_darts::space::{Architecture, Constraint, Operation, Rule, Space};

use crate::session::{config, data, start, take};

fn state_of(session: &mut Session) -> SessionState {
    pollster::block_on(session.state()).unwrap()
}

fn on_first_edge(operation: Operation, rule: Rule) -> Constraint {
    Constraint { cell: "normal".to_owned(), from: 0, to: 1, operation, rule }
}

/// A restored search with a change is the one that changed without a stop, and both have the past in common.
#[test]
fn a_change_is_recorded_and_takes_effect_from_there_on() {
    let mut changed = start(&config());
    let past = take(&mut changed, 4);
    let saved = state_of(&mut changed);
    let mut other = config();
    other.weights.lr = 0.1;
    other.architecture.lr *= 2.0;
    let event = changed.change(other.clone()).unwrap().unwrap();
    let EventKind::Change { epoch, step, changed: paths, .. } = &event.kind else { panic!("{event:?}") };
    assert_eq!(paths, &["architecture.lr", "weights.lr"]);
    let steps = past.iter().filter(|kind| matches!(kind, EventKind::Step(_))).count();
    assert_eq!((epoch - 1) * changed.steps() + step, steps);
    let future = take(&mut changed, usize::MAX);

    let restore = |state| pollster::block_on(Session::restore(state, data(&config()), &Device::cpu()));
    let mut same = restore(saved.clone()).unwrap();
    assert_eq!(same.change(other).unwrap().unwrap().kind, event.kind);
    // A change is part of the state.
    let mut same = restore(state_of(&mut same)).unwrap();
    assert_eq!(take(&mut same, usize::MAX), future);
    let mut undisturbed = restore(saved).unwrap();
    assert_ne!(take(&mut undisturbed, usize::MAX), future);
}

#[test]
fn changes_that_cannot_be_leave_the_search_as_it_was() {
    let mut session = start(&config());
    take(&mut session, 2);
    let before = session.config().clone();
    for (setting, value, what) in [
        ("seed", "77", "`seed` cannot change in a search that is in progress"),
        ("supernet.channels", "9", "`supernet.channels` cannot change"),
        ("method.drop_path.max", "0.1", "`method.drop_path` cannot change"),
        ("architecture.temperature", "0", "`architecture.temperature` must be a positive number, not 0"),
        ("weights.lr", "-1", "`weights.lr` must be a positive number"),
    ] {
        let mut other = before.clone();
        other.set(setting, value).unwrap();
        let message = session.change(other).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
        assert_eq!(session.config(), &before);
    }
    assert!(session.change(before.clone()).unwrap().is_none());
    take(&mut session, usize::MAX);
    assert!(session.change(before).unwrap_err().to_string().contains("has ended"));
}

/// A forbidden candidate has the weight 0 in every epoch, a forced one the weight 1, and the derived cell has it.
#[test]
fn constraints_hold_from_the_beginning_and_from_a_change_on() {
    let mut other = config();
    other.architecture.constraints = vec![on_first_edge(Operation::NorConv1x1, Rule::Force)];
    let mut session = start(&other);
    let first = |events: &[EventKind]| {
        let epoch = |kind: &EventKind| match kind {
            EventKind::Epoch(epoch) => Some((epoch.cell_types[0].probabilities[0].clone(), epoch.genotype.clone())),
            _ => None,
        };
        events.iter().filter_map(epoch).next_back().unwrap()
    };
    let steps = session.steps();
    let (p, genotype) = first(&take(&mut session, steps + 2));
    assert!(p.contains(&1.0) && p.iter().filter(|&&p| p > 0.0).count() == 1, "{p:?}");
    assert_eq!(genotype.cells[0].nodes[0][0].0, Operation::NorConv1x1);

    other.architecture.constraints = vec![on_first_edge(Operation::NorConv1x1, Rule::Forbid)];
    session.change(other.clone()).unwrap().unwrap();
    let (p, genotype) = first(&take(&mut session, steps + 1));
    let at = Space::named("nas-bench-201").unwrap().cell_types[0].edges[0]
        .operations
        .iter()
        .position(|&operation| operation == Operation::NorConv1x1)
        .unwrap();
    assert!(p[at] <= 0.0, "{p:?}");
    assert!(p.iter().enumerate().all(|(k, &p)| k == at || p > 0.0) && (p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert_ne!(genotype.cells[0].nodes[0][0].0, Operation::NorConv1x1);
}

/// ∂⟨g, p⟩/∂α at a temperature, with a constraint, against two-sided differences.
#[test]
fn the_gradient_of_alpha_knows_temperature_and_constraints() {
    let space = Space::named("nas-bench-201").unwrap();
    let mut alpha = Architecture::new(&space, 1);
    let values = (0..5).cycle().map(|k| f64::from(k) * 0.3 - 0.5);
    alpha.tables[0].iter_mut().flatten().zip(values).for_each(|(place, value)| *place = value);
    alpha.confine(&space, 0.4, &[on_first_edge(Operation::SkipConnect, Rule::Forbid)]).unwrap();
    let g: Vec<f64> = (0..30).map(|i| f64::from(i % 7) - 2.5).collect();
    let moment = Moment { epoch: 0, epochs: 1, step: 0, seed: 0 };
    let relaxed = Relaxed::softmax(&alpha);
    let method = Method::new(Vec::new());
    let gradient = method.alpha_gradient(&alpha, &relaxed, &space, &[0], std::slice::from_ref(&g), &moment);
    let value =
        |alpha: &Architecture| -> f64 { alpha.probabilities()[0].concat().iter().zip(&g).map(|(p, g)| p * g).sum() };
    let mut at = 0;
    for edge in 0..6 {
        for k in 0..5 {
            let side = |by: f64| {
                let mut moved = alpha.clone();
                moved.tables[0][edge][k] += by;
                value(&moved)
            };
            let difference = (side(1e-6) - side(-1e-6)) / 2e-6;
            assert!((gradient[at] - difference).abs() < 1e-7, "{edge} {k}: {} {difference}", gradient[at]);
            at += 1;
        }
    }
}

/// A state after a change of method goes on, with a policy and with frozen operations on either side.
#[test]
fn a_change_of_method_leaves_a_whole_state() {
    let of = |settings: &str| -> MethodConfig { serde_json::from_str(settings).unwrap() };
    let plain = of(r#"{ "name": "darts" }"#);
    let oles = of(r#"{ "name": "oles", "oles": { "form": "clean", "window": 1, "clean_threshold": 1.0 } }"#);
    let [policy, narrow] =
        [8, 4].map(|hidden| of(&format!(r#"{{ "name": "darts", "controller": {{ "hidden": {hidden} }} }}"#)));
    for (from, to) in [(&oles, &plain), (&plain, &oles), (&policy, &oles), (&oles, &policy), (&policy, &narrow)] {
        let first = SearchConfig { method: from.clone(), ..config() };
        let mut session = start(&first);
        take(&mut session, 4);
        session.change(SearchConfig { method: to.clone(), ..first.clone() }).unwrap().unwrap();
        take(&mut session, 2);
        let state = state_of(&mut session);
        let mut same = pollster::block_on(Session::restore(state, data(&first), &Device::cpu())).unwrap();
        assert_eq!(take(&mut same, usize::MAX), take(&mut session, usize::MAX), "{from:?} to {to:?}");
    }
}

/// Before the start, a change gives the search that its settings announce.
#[test]
fn a_change_before_the_start_is_another_search() {
    let untouched = r#"{ "name": "darts-pt", "perturbation": { "alpha": "untouched", "interval": 1 } }"#;
    let held = SearchConfig { method: serde_json::from_str(untouched).unwrap(), epochs: 1, ..config() };
    let plain = SearchConfig { epochs: 1, ..config() };
    for (from, to) in [(&held, &plain), (&plain, &held)] {
        let mut session = start(from);
        assert!(session.change(to.clone()).unwrap().is_none());
        assert_eq!(take(&mut session, 6), take(&mut start(to), 6));
    }
}
