//! Tests of claims with real files, threads and processes.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::files::{numbers, path};
use super::mark::Record;
use super::owner::Owner;
use super::{Answer, Claim, Rhythm, Watch, is_claimed};
use crate::failure::Failure;

/// Time that nothing here takes.
const NEVER: Duration = Duration::from_hours(1);
/// Time after which claims are stale in some tests.
const SOON: Duration = Duration::from_millis(40);

fn watch(beat: Duration, stale: Duration) -> Watch {
    Watch::new(Rhythm { beat, stale })
}

fn ours(answer: Answer) -> Option<Claim> {
    if let Answer::Ours(claim) = answer { Some(claim) } else { None }
}

/// Leaves the claim of a process in a folder.
fn leave(folder: &Path, owner: Owner) {
    fs::create_dir_all(folder).unwrap();
    fs::write(path(folder, 1), serde_json::to_string(&Record { owner, beats: 3 }).unwrap()).unwrap();
}

fn elsewhere() -> Owner {
    Owner { host: "elsewhere".to_owned(), ..Owner::now() }
}

/// Asks for a folder on several threads at once, each with its own watch, and returns the claims that were given.
fn at_once(watches: &[Watch], folder: &Path) -> Vec<Claim> {
    let barrier = Barrier::new(watches.len());
    thread::scope(|scope| {
        let ask = |watch: &Watch| {
            barrier.wait();
            ours(watch.ask(folder).unwrap())
        };
        let asking: Vec<_> = watches.iter().map(|watch| scope.spawn(move || ask(watch))).collect();
        asking.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn one_of_many_gets_a_free_folder() {
    let all = tempfile::tempdir().unwrap();
    let watches: Vec<Watch> = (0..12).map(|_| watch(NEVER, NEVER)).collect();
    for round in 0..30 {
        let folder = all.path().join(format!("job-{round}"));
        let claims = at_once(&watches, &folder);
        assert_eq!((claims.len(), numbers(&folder).unwrap()), (1, vec![1]));
        drop(claims);
        assert!(!folder.exists(), "a folder made for the claim alone is left");
    }
}

#[test]
fn one_of_many_takes_over_a_stale_claim() {
    let all = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let folder = all.path().join(format!("job-{round}"));
        leave(&folder, elsewhere());
        let watches: Vec<Watch> = (0..12).map(|_| watch(NEVER, SOON)).collect();
        assert!(at_once(&watches, &folder).is_empty(), "taken over at first sight");
        thread::sleep(SOON);
        let claims = at_once(&watches, &folder);
        assert_eq!((claims.len(), numbers(&folder).unwrap()), (1, vec![2]));
        drop(claims);
        assert!(!is_claimed(&folder));
    }
}

#[test]
fn a_sign_of_life_keeps_a_claim() {
    let folder = tempfile::tempdir().unwrap();
    let claim = ours(watch(Duration::from_millis(10), NEVER).ask(folder.path()).unwrap()).unwrap();
    // Far more than the time between two signs, far less than the patience of this test.
    let other = watch(NEVER, Duration::from_secs(30));
    assert!(matches!(other.ask(folder.path()).unwrap(), Answer::Silent));
    let began = Instant::now();
    while !matches!(other.ask(folder.path()).unwrap(), Answer::Living) {
        assert!(began.elapsed() < Duration::from_secs(20), "no sign of life");
        thread::sleep(Duration::from_millis(5));
    }
    claim.held().check().unwrap();
    drop(claim);
    assert!(ours(other.ask(folder.path()).unwrap()).is_some());
}

/// A process that was suspended for long finds its claim taken, and takes nothing from the next holder.
#[test]
fn a_late_holder_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("events.jsonl"), "").unwrap();
    let late = ours(watch(NEVER, SOON).ask(folder.path()).unwrap()).unwrap();
    late.held().check().unwrap();
    let other = watch(NEVER, SOON);
    assert!(matches!(other.ask(folder.path()).unwrap(), Answer::Silent));
    thread::sleep(SOON);
    let next = ours(other.ask(folder.path()).unwrap()).unwrap();
    assert!(matches!(late.held().check(), Err(Failure::Busy { .. })));
    drop(late);
    next.held().check().unwrap();
    assert_eq!(numbers(folder.path()).unwrap(), [2]);
}

#[cfg(unix)]
#[test]
fn the_claim_of_a_killed_process_is_taken_over_at_once() {
    use std::process::Command;

    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    leave(folder.path(), Owner { pid: child.id(), ..Owner::now() });
    let watch = watch(NEVER, NEVER);
    assert!(matches!(watch.ask(folder.path()).unwrap(), Answer::Silent));
    child.kill().unwrap();
    child.wait().unwrap();
    // The number says nothing about the processes of another machine, or of one that was started again.
    for other in [elsewhere(), Owner { processes: Some("another start".to_owned()), ..Owner::now() }] {
        let job = folder.path().join(&other.host);
        leave(&job, Owner { pid: child.id(), ..other });
        assert!(matches!(watch.ask(&job).unwrap(), Answer::Silent));
    }
    assert!(ours(watch.ask(folder.path()).unwrap()).is_some());
}

#[test]
fn damaged_claims_get_stale() {
    let all = tempfile::tempdir().unwrap();
    let watch = watch(NEVER, SOON);
    let take = |name: &str, damage: &dyn Fn(&Path)| {
        let folder = all.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        damage(&folder);
        assert!(matches!(watch.ask(&folder).unwrap(), Answer::Silent), "{name}");
        thread::sleep(SOON);
        ours(watch.ask(&folder).unwrap())
    };
    assert!(take("empty", &|folder: &Path| fs::write(path(folder, 1), "").unwrap()).is_some());
    assert!(take("bytes", &|folder: &Path| fs::write(path(folder, 7), [0xff; 9]).unwrap()).is_some());
    assert!(take("folder", &|folder: &Path| fs::create_dir(path(folder, 1)).unwrap()).is_some());
    assert!(take("long", &|folder: &Path| fs::write(path(folder, 1), vec![b'['; 2 << 20]).unwrap()).is_some());
    // There is no number after this one.
    assert!(take("last", &|folder: &Path| fs::write(path(folder, u64::MAX), "{}").unwrap()).is_none());
}
