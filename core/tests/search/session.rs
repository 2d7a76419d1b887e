//! Tests of the session: its configuration determines it, and from a saved state it goes on as if it had never stopped.

use std::sync::Arc;

use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::method::{MethodConfig, OlesForm, PRESETS, Preset};
use lambda_darts::search::{EventKind, Phases, SearchConfig, Session};
use pollster::block_on;

use crate::selection::shorten;

/// Returns the configuration of a search of two epochs on a few digits.
pub(crate) fn config() -> SearchConfig {
    let mut config = SearchConfig::digits("nas-bench-201");
    config.epochs = 2;
    config.data.images = Some(400);
    config
}

pub(crate) fn data(config: &SearchConfig) -> Arc<ImageData> {
    Arc::new(ImageData::load(&config.data, config.seed).expect("the digits"))
}

pub(crate) fn start(config: &SearchConfig) -> Session {
    block_on(Session::new(config.clone(), data(config), &Device::cpu())).expect("a session")
}

/// Returns the next events, at most `max`, without their times.
pub(crate) fn take(session: &mut Session, max: usize) -> Vec<EventKind> {
    let mut events = Vec::new();
    while events.len() < max {
        let Some(event) = block_on(session.next_event()).expect("an event") else { break };
        events.push(event.kind);
    }
    events
}

/// Returns all events of a new session, without their times.
fn all(config: &SearchConfig) -> Vec<EventKind> {
    take(&mut start(config), usize::MAX)
}

/// Returns the events of an epoch: its steps and its end.
fn of_epoch(events: &[EventKind], epoch: usize) -> Vec<&EventKind> {
    let inside = |event: &&EventKind| match event {
        EventKind::Step(step) => step.epoch == epoch,
        EventKind::Epoch(end) => end.epoch == epoch,
        _ => false,
    };
    events.iter().filter(inside).collect()
}

#[test]
fn one_seed_gives_one_search_and_another_a_different_one() {
    let mut config = config();
    let first = all(&config);
    assert!(
        matches!(first.first(), Some(EventKind::Start { .. })) && matches!(first.last(), Some(EventKind::End { .. }))
    );
    assert!(of_epoch(&first, 1).len() > 2 && of_epoch(&first, 2).len() > 2);
    assert_eq!(first, all(&config));
    config.seed += 1;
    let other = all(&config);
    assert_ne!(of_epoch(&first, 1), of_epoch(&other, 1));
}

/// Every preset, each with a search of its own.
#[test]
fn a_restored_session_goes_on_exactly() {
    let mut others = Vec::new();
    for &preset in PRESETS {
        let mut config = config();
        config.method = MethodConfig::preset(preset);
        shorten(&mut config.method);
        if let Some(oles) = &mut config.method.oles {
            // Short windows, at the end of which all operations freeze.
            (oles.form, oles.window, oles.clean_threshold) = (OlesForm::Clean, 2, 1.0);
        }
        let whole = all(&config);
        let mut session = start(&config);
        // The start, an epoch and two steps: the middle of an epoch, where momentum and Adam's means are not zero.
        let count = whole.iter().position(|event| matches!(event, EventKind::Epoch(_))).expect("an epoch") + 3;
        assert_eq!(take(&mut session, count), whole[..count]);
        let state = block_on(session.state()).expect("a state");
        drop(session);
        let mut restored = block_on(Session::restore(state, data(&config), &Device::cpu())).expect("a session");
        assert_eq!(take(&mut restored, usize::MAX), whole[count..], "{}", preset.name());
        // A stop rule changes no step, and a selection comes after all of them.
        let method = &config.method;
        let selects = method.perturbation.is_some() || method.best_of.is_some() || method.evolution.is_some();
        let steps = whole.iter().filter(|event| matches!(event, EventKind::Step(step) if step.epoch == 2));
        let own: Vec<EventKind> = if selects { whole[count..].to_vec() } else { steps.cloned().collect() };
        assert!(method.skip_count.is_some() || !others.contains(&own), "{} is another preset", preset.name());
        others.push(own);
    }
}

#[test]
fn phases_are_measured_and_not_saved() {
    let mut config = config();
    config.method = MethodConfig::preset(Preset::Darts);
    let mut session = start(&config);
    take(&mut session, 3);
    for (name, seconds) in session.phases().named() {
        assert_eq!(seconds > 0.0, name != "regularizer", "{name}: {seconds}");
    }
    assert_eq!(session.launches(), None, "nothing is launched on the CPU");
    let state = block_on(session.state()).expect("a state");
    let restored = block_on(Session::restore(state, data(&config), &Device::cpu())).expect("a session");
    assert_eq!(restored.phases(), Phases::default());
}

/// Checks Λ-DARTS with the linear schedule, which begins at λ = 0: there it is DARTS.
#[test]
fn the_first_epoch_of_lambda_darts_is_that_of_darts() {
    let mut config = config();
    config.method = MethodConfig::preset(Preset::Darts);
    let darts = all(&config);
    config.method = MethodConfig::preset(Preset::LambdaDarts);
    let lambda = all(&config);
    assert_eq!(of_epoch(&darts, 1), of_epoch(&lambda, 1));
    assert_ne!(of_epoch(&darts, 2), of_epoch(&lambda, 2));
}

/// A state belongs to its images: other images, or other parts of the same, are refused.
#[test]
fn a_state_is_refused_on_other_images() {
    let config = config();
    let mut session = start(&config);
    take(&mut session, 2);
    let state = block_on(session.state()).expect("a state");
    let mut other = config.clone();
    other.data.images = Some(300);
    let error = block_on(Session::restore(state, data(&other), &Device::cpu())).expect_err("other images");
    assert!(error.to_string().contains("other images"), "{error}");
}

/// The blocking forms give the events of the asynchronous one.
#[test]
fn blocking_forms_give_the_same_events() {
    let config = config();
    let whole = all(&config);
    let by_iterator: Vec<EventKind> = start(&config).events().map(|event| event.expect("an event").kind).collect();
    assert_eq!(by_iterator, whole);
    let mut seen = Vec::new();
    let stop_after_three = |event: &lambda_darts::search::Event| {
        seen.push(event.kind.clone());
        if seen.len() == 3 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    };
    start(&config).run(stop_after_three).expect("three events");
    assert_eq!(seen, whole[..3]);
}
