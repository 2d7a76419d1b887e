//! Tests of stages: candidates leave at their ends, α rests at their beginnings, and a state goes on to the bit.

use lambda_darts::device::Device;
use lambda_darts::graph::NetworkSize;
use lambda_darts::method::{MethodConfig, Moment};
use lambda_darts::search::{
    ArchitectureConfig, Bilevel, BilevelState, Checkpoint, EpochEvent, EventKind, EventLogPosition, SearchConfig,
    Session, StepReport, StepSettings, WeightsConfig,
};
use lambda_darts::space::Space;
use pollster::block_on;

use crate::bilevel::batch;
use crate::session::{config, data, start, take};

/// Search of four epochs by a method in JSON.
fn search(method: &str) -> SearchConfig {
    let mut config = SearchConfig { epochs: 4, ..config() };
    config.method = serde_json::from_str(method).expect("a method");
    config
}

fn epochs(events: &[EventKind]) -> Vec<&EpochEvent> {
    events
        .iter()
        .filter_map(|event| if let EventKind::Epoch(epoch) = event { Some(epoch.as_ref()) } else { None })
        .collect()
}

/// Candidates of an edge with a weight, from the strongest to the weakest.
fn in_use(epoch: &EpochEvent, edge: usize) -> Vec<usize> {
    let p = &epoch.cell_types[0].probabilities[edge];
    let mut order: Vec<usize> = (0..p.len()).filter(|&k| p[k] > 0.0).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    order
}

#[test]
fn the_weakest_candidates_leave_at_the_end_of_a_stage() {
    let stages = r#""candidate_stages": { "keep": [3, 2], "at": [0.25, 0.5], "alpha": "kept" }"#;
    let events = take(&mut start(&search(&format!(r#"{{ "name": "darts", {stages} }}"#))), usize::MAX);
    let epochs = epochs(&events);
    let left: Vec<usize> = epochs.iter().map(|epoch| epoch.left.len()).collect();
    assert_eq!(left, [12, 6, 0, 0]);
    let operations = &Space::named("nas-bench-201").expect("a space").cell_types[0].edges[0].operations;
    for edge in 0..6 {
        let order: Vec<Vec<usize>> = epochs.iter().map(|epoch| in_use(epoch, edge)).collect();
        assert_eq!(order.iter().map(Vec::len).collect::<Vec<_>>(), [5, 3, 2, 2]);
        for (epoch, keep) in [(0, 3), (1, 2)] {
            let named = epochs[epoch].left.iter().filter(|left| left.cell == "normal" && left.edge == edge);
            let mut named: Vec<_> = named.map(|left| left.operation).collect();
            let mut weakest: Vec<_> = order[epoch][keep..].iter().map(|&k| operations[k]).collect();
            named.sort_unstable();
            weakest.sort_unstable();
            assert_eq!(named, weakest, "edge {edge}");
            assert!(order[epoch + 1].iter().all(|k| order[epoch][..keep].contains(k)), "edge {edge}");
        }
    }
    for p in epochs.iter().flat_map(|epoch| &epoch.cell_types[0].probabilities) {
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{p:?}");
    }
}

/// From the bytes of a checkpoint in the middle of the second and of the third stage.
#[test]
fn a_state_goes_on_in_its_stage() {
    let config = search(
        r#"{ "name": "darts", "candidate_stages": { "keep": [4, 2], "at": [0.25, 0.75] }, "weights_only": { "share": 0.5 } }"#,
    );
    let whole = take(&mut start(&config), usize::MAX);
    let ends: Vec<usize> = (0..whole.len())
        .filter(|&at| matches!(&whole[at], EventKind::Epoch(epoch) if !epoch.left.is_empty()))
        .collect();
    assert_eq!(ends.len(), 2);
    for count in ends.iter().map(|end| end + 3) {
        let mut session = start(&config);
        take(&mut session, count);
        let state = block_on(session.state()).expect("a state");
        let bytes = Checkpoint { state, position: EventLogPosition::default() }.into_bytes().expect("bytes");
        let state = Checkpoint::parse(&bytes, "a checkpoint".as_ref()).expect("a checkpoint").state;
        let mut restored = block_on(Session::restore(state, data(&config), &Device::cpu())).expect("a session");
        assert_eq!(take(&mut restored, usize::MAX), whole[count..]);
    }
}

/// Two stages of two epochs, in the first of which α rests. It is drawn anew for the second stage.
#[test]
fn alpha_rests_at_the_beginning_of_a_stage() {
    let stages = r#""candidate_stages": { "keep": [5] }, "weights_only": { "share": 0.5 }"#;
    let events = take(&mut start(&search(&format!(r#"{{ "name": "darts", {stages} }}"#))), usize::MAX);
    let p: Vec<_> = epochs(&events).iter().map(|epoch| epoch.cell_types[0].probabilities.clone()).collect();
    let untouched = |p: &Vec<Vec<f64>>| p.iter().flatten().all(|p| (p - 0.2_f64).abs() < 2e-3);
    assert_eq!(p.iter().map(untouched).collect::<Vec<_>>(), [true, false, true, false]);
    assert_ne!(p[0], p[2]);
    assert!(epochs(&events).iter().all(|epoch| epoch.valid_loss > 0.0 && epoch.left.is_empty()));
}

/// DOTS on a small supernet of a space with nodes that choose their edges, in seven epochs: groups in three, of which α
/// moves in one; then pairs, whose β move in two. From the bytes of a checkpoint in each phase, the search goes on.
#[test]
fn pairs_of_edges_are_learned_after_groups_of_operations() {
    let mut config = search(r#"{ "name": "dots" }"#);
    (config.space, config.epochs) = ("s3".to_owned(), 7);
    (config.supernet.channels, config.supernet.cells, config.data.images) = (2, 3, Some(150));
    // Temperatures at which a few steps do not decide all.
    let groups = config.method.operation_groups.get_or_insert_default();
    (groups.first, groups.last) = (1.0, 0.5);
    let pairs = config.method.edge_pairs.get_or_insert_default();
    (pairs.first, pairs.last) = (1.0, 0.5);
    let whole = take(&mut start(&config), usize::MAX);
    let left: Vec<usize> = epochs(&whole).iter().map(|epoch| epoch.left.len()).collect();
    // `none` and the skip connection are one group: the weaker one leaves each of the 28 edges.
    assert_eq!(left, [0, 0, 28, 0, 0, 0, 0]);
    let beta = |session: &Session| -> Vec<f64> {
        let beta = session.bilevel().beta();
        // Pairs of three, four and five edges in two types of cell.
        assert_eq!(beta.iter().map(Vec::len).collect::<Vec<_>>(), [19, 19]);
        beta.concat()
    };
    for epoch in 1..7 {
        let end = whole.iter().position(|event| matches!(event, EventKind::Epoch(end) if end.epoch == epoch));
        let count = end.expect("the end of an epoch") + 2;
        let mut session = start(&config);
        take(&mut session, count);
        assert_eq!(beta(&session).iter().any(|beta| beta.abs() > 0.0), epoch > 4, "after epoch {epoch}");
        let sums: Vec<f64> = session.operation_weights()[0].chunks_exact(3).map(|p| p.iter().sum()).collect();
        let expected = if epoch < 3 { 2.0 } else { 1.0 };
        assert!(sums[..2].iter().all(|sum| (sum - expected).abs() < 1e-12), "after epoch {epoch}: {sums:?}");
        if epoch >= 3 {
            // The γ of a node with more than two edges have the sum 2.
            for edges in [2..5, 5..9, 9..14] {
                assert!((sums[edges].iter().sum::<f64>() - 2.0).abs() < 1e-12, "after epoch {epoch}: {sums:?}");
            }
        }
        let state = block_on(session.state()).expect("a state");
        let bytes = Checkpoint { state, position: EventLogPosition::default() }.into_bytes().expect("bytes");
        let state = Checkpoint::parse(&bytes, "a checkpoint".as_ref()).expect("a checkpoint").state;
        let mut restored = block_on(Session::restore(state, data(&config), &Device::cpu())).expect("a session");
        assert_eq!(take(&mut restored, usize::MAX), whole[count..], "after epoch {epoch}");
    }
    // The derived node with three edges has the pair of its largest β.
    let mut session = start(&config);
    take(&mut session, usize::MAX);
    let beta = beta(&session);
    let best = (0..3).fold(0, |best, at| if beta[at] > beta[best] { at } else { best });
    let sources: Vec<usize> = session.genotype().cells[0].nodes[1].iter().map(|(_, from)| *from).collect();
    assert_eq!(sources, [[0, 1], [0, 2], [1, 2]][best]);
}

/// Candidates that have left come back with a method without stages, and weights of edges begin with their method.
#[test]
fn a_change_of_method_leaves_a_whole_state() {
    let mut dots = search(r#"{ "name": "dots" }"#);
    (dots.space, dots.epochs) = ("s3".to_owned(), 3);
    (dots.supernet.channels, dots.supernet.cells, dots.data.images) = (2, 3, Some(150));
    let darts =
        SearchConfig { method: serde_json::from_str(r#"{ "name": "darts" }"#).expect("a method"), ..dots.clone() };
    for (from, to) in [(&dots, &darts), (&darts, &dots)] {
        let mut session = start(from);
        let count = session.steps() + 3;
        let events = take(&mut session, count);
        let in_use = |session: &Session| session.operation_weights()[0].iter().filter(|&&p| p > 0.0).count();
        // One of three epochs has ended, and with it the first stage of DOTS.
        let left: usize = epochs(&events).iter().map(|epoch| epoch.left.len()).sum();
        assert_eq!((left, in_use(&session)), if from == &dots { (28, 28) } else { (0, 42) });
        session.change(to.clone()).expect("a change").expect("an event");
        assert_eq!(in_use(&session), 42);
        let state = block_on(session.state()).expect("a state");
        let mut same = block_on(Session::restore(state, data(from), &Device::cpu())).expect("a session");
        assert_eq!(take(&mut same, usize::MAX), take(&mut session, usize::MAX));
    }
}

fn supernet(method: &str) -> Bilevel {
    let space = Space::named("nas-bench-201").expect("a space");
    let config: MethodConfig = serde_json::from_str(method).expect("a method");
    let size = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 3 };
    let method = config.build(&space).expect("parts that go together");
    block_on(Bilevel::new(&space, size, method, 3, &Device::cpu())).expect("a supernet")
}

fn step(bilevel: &mut Bilevel, moment: Moment) -> StepReport {
    let (weights, architecture) = (WeightsConfig::default(), ArchitectureConfig::default());
    let settings = StepSettings { moment, lr: 0.05, weights: &weights, architecture: &architecture };
    block_on(bilevel.step(&batch(1.0), &batch(0.5), &settings)).expect("a step")
}

/// Candidates that have left are not run, not even for a regularizer of the weights, and their α has no gradient.
#[test]
fn candidates_that_have_left_are_not_run() {
    for alignment in ["", r#", "alignment": {}"#] {
        let stages = r#""candidate_stages": { "keep": [3], "at": [0.5] }"#;
        let mut bilevel = supernet(&format!(r#"{{ "name": "darts", {stages}{alignment} }}"#));
        let moment = |epoch| Moment { epoch, epochs: 2, step: 0, seed: 3 };
        step(&mut bilevel, moment(0));
        let left = block_on(bilevel.end_stage(&moment(0))).expect("a stage");
        assert_eq!(left.len(), 12);
        let report = step(&mut bilevel, moment(1));
        for cell in report.train.cells.iter().chain(&report.valid.cells) {
            let absent: Vec<usize> = (0..30).filter(|&at| cell[at].is_none()).collect();
            let mut expected: Vec<usize> = left.iter().map(|at| 5 * at.edge + at.candidate).collect();
            expected.sort_unstable();
            assert_eq!(absent, expected, "{alignment}");
            assert!(absent.iter().all(|&at| report.alpha[at].abs() <= 0.0));
        }
        let last = block_on(bilevel.end_stage(&moment(1))).expect("no stage");
        assert!(last.is_empty(), "no stage ends with the last epoch");
    }
}

/// An earlier state has its candidates again, and states that cannot be are refused.
#[test]
fn states_have_their_candidates() {
    let mut bilevel = supernet(r#"{ "name": "darts", "candidate_stages": { "keep": [2], "at": [0.5] } }"#);
    let moment = |epoch| Moment { epoch, epochs: 2, step: 0, seed: 3 };
    let before = block_on(bilevel.state()).expect("a state");
    assert_eq!(block_on(bilevel.end_stage(&moment(0))).expect("a stage").len(), 18);
    let after = block_on(bilevel.state()).expect("a state");
    block_on(bilevel.restore(before.clone())).expect("a restored state");
    let all = step(&mut bilevel, moment(0)).train.cells;
    assert!(all.iter().flatten().all(Option::is_some));
    block_on(bilevel.restore(after.clone())).expect("a restored state");
    assert!(block_on(bilevel.state()).expect("a state") == after);

    let with = |left: serde_json::Value| -> BilevelState {
        let mut json = serde_json::to_value(&before).expect("a state");
        json["left"] = left;
        serde_json::from_value(json).expect("a state")
    };
    let row = |edge: usize| -> serde_json::Value {
        (0..5).map(|candidate| serde_json::json!({ "cell_type": 0, "edge": edge, "candidate": candidate })).collect()
    };
    for left in [row(3), row(6)] {
        let error = block_on(bilevel.restore(with(left))).expect_err("no such state").to_string();
        assert!(error.contains("candidates that have left are those of another search"), "{error}");
    }
    let error = block_on(supernet(r#"{ "name": "darts" }"#).restore(after)).expect_err("no stages").to_string();
    assert!(error.contains("in stages of another method"), "{error}");
}
