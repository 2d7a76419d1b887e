//! Buffers are reused: a search takes no more memory at its end than at its beginning.
#![cfg(target_os = "linux")]

use std::sync::Arc;

use lambda_darts::alignment::{Estimator, Schedule};
use lambda_darts::data::SearchData;
use lambda_darts::device::Place;
use lambda_darts::search::{EventKind, MethodName, SearchConfig, Session};
use pollster::block_on;

/// Resident memory of this process in pages.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_does_not_grow_over_a_search() {
    let mut config = SearchConfig::small("nas-bench-201");
    config.epochs = 100;
    config.supernet.channels = 8;
    config.method.name = MethodName::LambdaDarts;
    config.method.schedule = Schedule::Constant;
    config.method.estimator = Estimator::Frozen;
    let data = Arc::new(SearchData::load(&config.data, config.seed).unwrap());
    let mut session = Session::new(config, data, &Place::cpu()).unwrap();
    let (mut steps, mut early) = (0, 0.0);
    // One thread: with more, when each first needs memory of its own is up to the machine's load.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        while steps < 300 {
            let event = block_on(session.next()).unwrap().expect("more than 300 steps");
            if matches!(event.kind, EventKind::Step(_)) {
                steps += 1;
                if steps == 50 {
                    early = resident();
                }
            }
        }
    });
    let growth = resident() / early - 1.0;
    assert!(growth < 0.02, "from step 50 to step 300, memory grew by {:.1} %", 100.0 * growth);
}
