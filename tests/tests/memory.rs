//! Buffers are reused: a search takes no more memory at its end than at its beginning.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::Arc;

use lambda_darts::alignment::{Estimator, Schedule};
use lambda_darts::data::SearchData;
use lambda_darts::device::Place;
use lambda_darts::kernels::launches;
use lambda_darts::search::{EventKind, MethodName, SearchConfig, Session, SupernetConfig};
use lambda_darts::space::CustomSpace;
use pollster::block_on;

/// Resident memory of this process in pages.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How much more memory is in use after 300 steps than after 50.
fn growth(mut config: SearchConfig, place: &Place) -> f64 {
    config.epochs = 1000;
    config.method.name = MethodName::LambdaDarts;
    config.method.schedule = Schedule::Constant;
    config.method.estimator = Estimator::Frozen;
    let data = Arc::new(SearchData::load(&config.data, config.seed).unwrap());
    let mut session = Session::new(config, data, place).unwrap();
    let (mut steps, mut early) = (0, 0.0);
    while steps < 300 {
        let event = block_on(session.next()).unwrap().expect("more than 300 steps");
        if matches!(event.kind, EventKind::Step(_)) {
            steps += 1;
            if steps == 50 {
                early = resident();
            }
        }
    }
    resident() / early - 1.0
}

const TINY: &str = r#"
    name = "tiny"
    layout = "stacked"
    nodes = 1
    [cells.normal]
    operations = ["max_pool_3x3", "nor_conv_1x1"]
"#;

/// A network that a GPU of software can train.
fn tiny() -> SearchConfig {
    let mut config = SearchConfig::small("tiny");
    config.custom_space = Some(CustomSpace::read(TINY).unwrap());
    config.supernet = SupernetConfig { channels: 2, cells: 2 };
    config.data.images = Some(64);
    config.batch = 4;
    config
}

/// One place after the other, in one test: two at once would see each other's memory. And in a process with one heap: the C
/// library gives each thread one of its own, and when the threads of a driver first fill theirs is up to the machine's
/// load.
#[test]
fn memory_does_not_grow_over_a_search() {
    const HEAPS: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(HEAPS).is_none_or(|heaps| heaps != "1") {
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", "memory_does_not_grow_over_a_search", "--nocapture"]).env(HEAPS, "1");
        assert!(alone.status().unwrap().success(), "the test in a process of its own failed");
        return;
    }
    let mut small = SearchConfig::small("nas-bench-201");
    small.supernet.channels = 8;
    // One thread: with more, when each first needs memory of its own is up to the machine's load.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for (name, config, place) in [("the CPU", small, Ok(Place::cpu())), ("Vulkan", tiny(), Place::named("vulkan"))] {
        let Ok(place) = place else {
            println!("skipped: no Vulkan driver");
            continue;
        };
        let before = launches(&place);
        let growth = pool.install(|| growth(config, &place));
        assert!(before.is_none() || launches(&place) > before, "nothing ran on {name}");
        println!("{name}: {:.2} %", 100.0 * growth);
        assert!(growth < 0.02, "on {name}, memory grew by {:.1} % from step 50 to step 300", 100.0 * growth);
    }
}
