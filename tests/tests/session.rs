//! A session is determined by its configuration, and goes on from a saved state as if it had never stopped.

use std::sync::Arc;

use lambda_darts::data::SearchData;
use lambda_darts::device::Place;
use lambda_darts::search::{EventKind, MethodName, Phases, SearchConfig, Session};
use pollster::block_on;

/// Two epochs on a few digits.
fn config() -> SearchConfig {
    let mut config = SearchConfig::small("nas-bench-201");
    config.epochs = 2;
    config.data.images = Some(400);
    config
}

fn data(config: &SearchConfig) -> Arc<SearchData> {
    Arc::new(SearchData::load(&config.data, config.seed).expect("the digits"))
}

fn start(config: &SearchConfig) -> Session {
    Session::new(config.clone(), data(config), &Place::cpu()).expect("a session")
}

/// The next events, without their times.
fn take(session: &mut Session, most: usize) -> Vec<EventKind> {
    let mut events = Vec::new();
    while events.len() < most {
        let Some(event) = block_on(session.next()).expect("an event") else { break };
        events.push(event.kind);
    }
    events
}

fn all(config: &SearchConfig) -> Vec<EventKind> {
    take(&mut start(config), usize::MAX)
}

/// The steps and the end of an epoch.
fn of_epoch(events: &[EventKind], epoch: usize) -> Vec<&EventKind> {
    let inside = |event: &&EventKind| match event {
        EventKind::Step(step) => step.epoch == epoch,
        EventKind::Epoch(end) => end.epoch == epoch,
        EventKind::Start { .. } | EventKind::End { .. } => false,
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
    assert!(of_epoch(&first, 0).len() > 2 && of_epoch(&first, 1).len() > 2);
    assert_eq!(first, all(&config));
    config.seed += 1;
    let other = all(&config);
    assert_ne!(of_epoch(&first, 0), of_epoch(&other, 0));
}

#[test]
fn a_restored_session_goes_on_exactly() {
    let config = config();
    let whole = all(&config);
    let mut session = start(&config);
    // The beginning and two steps: the middle of an epoch, momentum and Adam's means included.
    assert_eq!(take(&mut session, 3), whole[..3]);
    let state = block_on(session.state()).expect("a state");
    drop(session);
    let mut restored = Session::restore(state, data(&config), &Place::cpu()).expect("a session");
    assert_eq!(take(&mut restored, usize::MAX), whole[3..]);
}

#[test]
fn phases_are_measured_and_not_saved() {
    let mut config = config();
    config.method.name = MethodName::Darts;
    let mut session = start(&config);
    take(&mut session, 3);
    for (name, seconds) in session.phases().named() {
        assert_eq!(seconds > 0.0, name != "regularizer", "{name}: {seconds}");
    }
    assert_eq!(session.launches(), None, "nothing is launched on the CPU");
    let state = block_on(session.state()).expect("a state");
    let restored = Session::restore(state, data(&config), &Place::cpu()).expect("a session");
    assert_eq!(restored.phases(), Phases::default());
}

/// The linear schedule begins at λ = 0, where Λ-DARTS is DARTS.
#[test]
fn the_first_epoch_of_lambda_darts_is_that_of_darts() {
    let mut config = config();
    config.method.name = MethodName::Darts;
    let darts = all(&config);
    config.method.name = MethodName::LambdaDarts;
    let lambda = all(&config);
    assert_eq!(of_epoch(&darts, 0), of_epoch(&lambda, 0));
    assert_ne!(of_epoch(&darts, 1), of_epoch(&lambda, 1));
}
