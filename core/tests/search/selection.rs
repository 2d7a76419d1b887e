//! Tests of selections that ask the supernet, after the last epoch.

use lambda_darts::data::Batches;
use lambda_darts::device::Device;
use lambda_darts::engine::{Draws, Input, Loss, Probes, Statistics, Want};
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::{AlphaUse, MethodConfig, Preset};
use lambda_darts::search::{
    Bilevel, BilevelState, Checkpoint, EventKind, EventLogPosition, SearchConfig, SelectionEvent, Session, SessionState,
};
use lambda_darts::space::{Architecture, Operation, Space};
use pollster::block_on;

use crate::session::{config, data, start, take};

/// Makes the selection of a method short.
pub(crate) fn shorten(method: &mut MethodConfig) {
    if let Some(part) = &mut method.perturbation {
        part.interval = 1;
    }
    if let Some(part) = &mut method.best_of {
        (part.samples, part.finalists, part.batches) = (6, 2, 2);
    }
    if let Some(part) = &mut method.evolution {
        (part.population, part.generations, part.parents) = (4, 2, 2);
        (part.mutations, part.crossovers) = (2, 1);
    }
}

/// Settings of a preset whose selection asks the supernet.
fn asking(preset: Preset) -> SearchConfig {
    let mut config = config();
    config.method = MethodConfig::preset(preset);
    shorten(&mut config.method);
    config
}

fn selections(events: &[EventKind]) -> Vec<SelectionEvent> {
    let of = |event: &EventKind| if let EventKind::Selection(event) = event { Some(event.clone()) } else { None };
    events.iter().filter_map(of).collect()
}

fn state_of(session: &mut Session) -> SessionState {
    block_on(session.state()).expect("a state")
}

/// Goes on from the bytes of a checkpoint.
fn restored(config: &SearchConfig, state: SessionState) -> Session {
    let bytes = Checkpoint { state, position: EventLogPosition::default() }.into_bytes().expect("bytes");
    let state = Checkpoint::parse(&bytes, "a checkpoint".as_ref()).expect("a checkpoint").state;
    block_on(Session::restore(state, data(config), &Device::cpu())).expect("a session")
}

/// Supernet of a state, outside of its session.
fn supernet(config: &SearchConfig, state: &SessionState) -> Bilevel {
    let json = serde_json::to_value(state).expect("a state");
    let state: BilevelState = serde_json::from_value(json["work"]["bilevel"].clone()).expect("a supernet");
    let space = config.search_space().expect("a space");
    let size = NetworkSize {
        channels: config.supernet.channels,
        cells: config.supernet.cells,
        image_channels: data(config).channels(),
        classes: data(config).classes().len(),
    };
    let method = config.method.build(&space).expect("a method");
    let mut bilevel = block_on(Bilevel::new(&space, size, method, config.seed, &Device::cpu())).expect("a supernet");
    block_on(bilevel.restore(state)).expect("a supernet");
    bilevel
}

/// Share of the validation images that a supernet classifies correctly, by hand.
fn accuracy(bilevel: &mut Bilevel, config: &SearchConfig, p: &[f64], which: std::ops::Range<usize>) -> f64 {
    let batches = Batches::new(data(config), config.batch, config.seed).expect("batches");
    let copies = vec![p.to_vec(); bilevel.cell_types().len()];
    let (mut right, mut all) = (0.0, 0.0);
    for batch in which.map_while(|index| batches.validation(index)) {
        let draws = Draws::default();
        let input = Input {
            images: &batch.images,
            shape: batch.shape,
            loss: Loss::None,
            p: &copies,
            probes: Probes::All,
            statistics: Statistics::Batch,
            draws: &draws,
        };
        let logits = block_on(bilevel.engine().pass(input, Want::default())).expect("a pass").into_found().output;
        let classes = logits.len() / batch.labels.len();
        for (logits, label) in logits.chunks_exact(classes).zip(&batch.labels) {
            let best = (0..classes).fold(0, |best, class| if logits[class] > logits[best] { class } else { best });
            right += if i64::try_from(best) == Ok(*label) { 1.0 } else { 0.0 };
            all += 1.0;
        }
    }
    right / all
}

/// Takes a session to the end of its last epoch.
fn take_epochs(session: &mut Session, epochs: usize) -> Vec<EventKind> {
    let mut events = Vec::new();
    let ended = |events: &[EventKind]| events.iter().filter(|event| matches!(event, EventKind::Epoch(_))).count();
    while ended(&events) < epochs {
        events.extend(take(session, 1));
    }
    events
}

/// Every selection that asks the supernet: killed at an evaluation, within a fine-tuning, and at the end.
#[test]
fn a_selection_goes_on_exactly() {
    for preset in [Preset::DartsPt, Preset::Spos, Preset::Rsws, Preset::Enas] {
        let config = asking(preset);
        let whole = take(&mut start(&config), usize::MAX);
        let pieces = selections(&whole);
        let of = pieces.last().expect("a selection").of;
        assert_eq!(pieces.iter().map(|piece| piece.step).collect::<Vec<_>>(), (1..=of).collect::<Vec<_>>());
        let Some(EventKind::End { genotype, .. }) = whole.last() else { panic!("no end") };
        genotype.fits(&Space::named("nas-bench-201").expect("a space")).expect("a cell of the space");
        let before = whole.len() - of - 1;
        let first_tuning = pieces.iter().position(|piece| piece.train_loss.is_some());
        for taken in [1, first_tuning.unwrap_or(of / 2) + 2, of, of + 1] {
            let mut session = start(&config);
            assert_eq!(take(&mut session, before + taken), whole[..before + taken], "{}", preset.name());
            let mut session = restored(&config, state_of(&mut session));
            assert_eq!(take(&mut session, usize::MAX), whole[before + taken..], "{}, {taken}", preset.name());
            assert_eq!(&session.genotype(), genotype);
        }
    }
}

/// Each edge keeps the candidate without which the supernet, masked by hand, does worst.
#[test]
fn a_projection_keeps_the_candidate_that_is_missed_most() {
    let config = asking(Preset::DartsPt);
    let space = config.search_space().expect("a space");
    let mut session = start(&config);
    take_epochs(&mut session, config.epochs);
    let mut bilevel = supernet(&config, &state_of(&mut session));
    let mut p = bilevel.architecture.probabilities()[0].concat();
    let mut kept = vec![Operation::None; 6];
    for round in 0..6 {
        let pieces = selections(&take(&mut session, 5));
        let edge = pieces[0].edge.expect("an edge");
        let operations = &space.cell_types[0].edges[edge].operations;
        let by_hand: Vec<f64> = (0..5)
            .map(|k| {
                let mut p = p.clone();
                p[5 * edge + k] = 0.0;
                accuracy(&mut bilevel, &config, &p, 0..usize::MAX)
            })
            .collect();
        let found: Vec<Option<f64>> = pieces.iter().map(|piece| piece.accuracy).collect();
        assert_eq!(found, by_hand.iter().copied().map(Some).collect::<Vec<_>>());
        let worst = (0..5).fold(0, |worst, k| if by_hand[k] < by_hand[worst] { k } else { worst });
        assert_eq!(
            pieces.iter().map(|piece| piece.operation).collect::<Vec<_>>(),
            operations.iter().copied().map(Some).collect::<Vec<_>>()
        );
        assert_eq!(
            pieces.iter().map(|piece| piece.kept).collect::<Vec<_>>(),
            [None, None, None, None, Some(operations[worst])]
        );
        kept[edge] = operations[worst];
        (0..5).for_each(|k| p[5 * edge + k] = if k == worst { 1.0 } else { 0.0 });
        if round < 5 {
            let steps = session.steps();
            let tuned = selections(&take(&mut session, steps));
            assert!(tuned.iter().all(|piece| piece.train_loss.is_some_and(f64::is_finite) && piece.accuracy.is_none()));
            bilevel = supernet(&config, &state_of(&mut session));
        }
    }
    let Some(EventKind::End { genotype, .. }) = take(&mut session, 1).pop() else { panic!("no end") };
    for (edge, kept) in space.cell_types[0].edges.iter().zip(kept) {
        assert!(genotype.cells[0].nodes[edge.to - 1].contains(&(kept, edge.from)), "{genotype:?}");
    }
}

/// A path is evaluated as if it were alone, and the best of all wins.
#[test]
fn the_best_path_wins() {
    let config = asking(Preset::Spos);
    let mut session = start(&config);
    take_epochs(&mut session, config.epochs);
    let mut bilevel = supernet(&config, &state_of(&mut session));
    let pieces = selections(&take(&mut session, usize::MAX));
    assert_eq!(pieces.len(), 12);
    let space = config.search_space().expect("a space");
    let mut best = (f64::NEG_INFINITY, None);
    for piece in pieces {
        let genotype = piece.genotype.expect("an architecture");
        let nodes = &genotype.cells[0].nodes;
        let mut p = Vec::new();
        for edge in &space.cell_types[0].edges {
            let reads = &nodes[edge.to - 1];
            let weight = |operation: &Operation| if reads.contains(&(*operation, edge.from)) { 1.0 } else { 0.0 };
            p.extend(edge.operations.iter().map(weight));
        }
        assert!((p.iter().sum::<f64>() - 6.0).abs() < 1e-12);
        let by_hand = accuracy(&mut bilevel, &config, &p, 0..usize::MAX);
        assert_eq!(piece.accuracy, Some(by_hand));
        if by_hand > best.0 {
            best = (by_hand, Some(genotype));
        }
    }
    assert_eq!(Some(session.genotype()), best.1);
}

/// An untouched α is 0 and derives no warning; the supernet learns with equal weights.
#[test]
fn an_untouched_alpha_stays_zero() {
    let mut config = asking(Preset::DartsPt);
    config.epochs = 3;
    config.method.perturbation.as_mut().expect("a selection").alpha = AlphaUse::Untouched;
    let mut session = start(&config);
    let events = take_epochs(&mut session, 3);
    let epochs: Vec<_> = events
        .iter()
        .filter_map(|event| if let EventKind::Epoch(epoch) = event { Some(epoch) } else { None })
        .collect();
    assert!(epochs.iter().all(|epoch| epoch.warnings.is_empty()), "the cell of α = 0 is all `none`");
    assert!(epochs[2].train_loss < epochs[0].train_loss);
    let alpha: &Architecture = &session.bilevel().architecture;
    assert!(alpha.tables.iter().flatten().flatten().all(|&alpha| alpha == 0.0));
}

/// A search that gets more epochs after its selection selects anew; a selection in progress refuses changes.
#[test]
fn more_epochs_bring_another_selection() {
    let config = asking(Preset::Rsws);
    let mut session = start(&config);
    let first = selections(&take(&mut session, usize::MAX));
    let longer = state_of(&mut session).lengthened(3).expect("a longer search");
    let mut session = restored(&config, longer);
    let steps = session.steps();
    let mut events = take(&mut session, steps + 2);
    assert!(matches!(events.last(), Some(EventKind::Epoch(epoch)) if epoch.epoch == 3));
    events.extend(take(&mut session, 1));
    let error = session.change(session.config().clone()).expect_err("a selection in progress");
    assert!(error.to_string().contains("being selected"), "{error}");
    events.extend(take(&mut session, usize::MAX));
    let second = selections(&events);
    assert_eq!(second.len(), first.len());
    assert_ne!(second, first);
}
