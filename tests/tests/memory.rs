//! A test of memory: buffers are reused, so that a search takes no more at its end than at its beginning.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::Arc;

use lambda_darts::alignment::{Estimator, Schedule};
use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::method::{MethodConfig, Preset};
use lambda_darts::search::{EventKind, SearchConfig, Session, SupernetConfig};
use lambda_darts::space::CustomSpace;
use pollster::block_on;

/// Returns the resident memory of this process in pages.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Returns how much more memory is in use after 300 steps than after 50, as a fraction.
fn growth(mut config: SearchConfig, device: &Device) -> f64 {
    config.epochs = 1000;
    config.method = MethodConfig::preset(Preset::LambdaDarts);
    let alignment = config.method.alignment.as_mut().unwrap();
    (alignment.schedule, alignment.estimator) = (Schedule::Constant, Estimator::Frozen);
    let data = Arc::new(ImageData::load(&config.data, config.seed).unwrap());
    let mut session = block_on(Session::new(config, data, device)).unwrap();
    let (mut steps, mut early) = (0, 0.0);
    while steps < 300 {
        let event = block_on(session.next_event()).unwrap().expect("more than 300 steps");
        if matches!(event.kind, EventKind::Step(_)) {
            steps += 1;
            if steps == 50 {
                early = resident();
            }
        }
    }
    assert!(!device.is_gpu() || session.launches() > Some(0), "nothing ran on {}", device.name());
    resident() / early - 1.0
}

/// The space of [`tiny`].
const TINY: &str = r#"
    name = "tiny"
    layout = "stacked"
    nodes = 1
    [cells.normal]
    operations = ["max_pool_3x3", "nor_conv_1x1"]
"#;

/// Returns the settings of a network that a software GPU can train.
fn tiny() -> SearchConfig {
    let mut config = SearchConfig::digits("tiny");
    config.custom_space = Some(CustomSpace::read(TINY).unwrap());
    config.supernet = SupernetConfig { channels: 2, cells: 2 };
    config.data.images = Some(64);
    config.batch = 4;
    config
}

/// Measures one device after the other, since two at once would see each other's memory, and in a process with a single
/// heap: by default the C library gives each thread one of its own, and when the threads of a driver first fill theirs
/// depends on the machine's load.
#[test]
fn memory_does_not_grow_over_a_search() {
    const HEAPS: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(HEAPS).is_none_or(|heaps| heaps != "1") {
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", "memory_does_not_grow_over_a_search", "--nocapture"]).env(HEAPS, "1");
        assert!(alone.status().unwrap().success(), "the test in a process of its own failed");
        return;
    }
    let mut small = SearchConfig::digits("nas-bench-201");
    small.supernet.channels = 8;
    // One thread: with more, the moment at which each first needs memory depends on the machine's load.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for (name, config, device) in [("the CPU", small, Ok(Device::cpu())), ("Vulkan", tiny(), Device::named("vulkan"))] {
        let Ok(device) = device else {
            assert!(std::env::var_os("CI").is_none(), "no Vulkan driver");
            println!("skipped: no Vulkan driver");
            continue;
        };
        let growth = pool.install(|| growth(config, &device));
        println!("{name}: {:.2} %", 100.0 * growth);
        assert!(growth < 0.02, "on {name}, memory grew by {:.1} % from step 50 to step 300", 100.0 * growth);
    }
}
