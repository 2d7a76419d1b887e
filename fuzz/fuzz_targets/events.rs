//! Fuzz target of events: one that was read is the same after it is written as one line and read again; an error has a
//! line.

#![no_main]

use lambda_darts::search::{Event, EventError, Events};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lines = data.split(|&byte| byte == b'\n').count();
    for event in Events::new(data) {
        match event {
            Ok(event) => is_read_again(event),
            Err(EventError::Line { line, what }) => {
                assert!((1..=lines).contains(&line) && !what.is_empty(), "line {line} of {lines}: {what}");
            }
            Err(EventError::Read(error)) => panic!("{error}"),
        }
    }
});

fn is_read_again(event: Event) {
    let line = serde_json::to_string(&event).expect("it is plain data");
    assert!(!line.contains('\n'), "{line}");
    let again: Result<Vec<_>, _> = Events::new(line.as_bytes()).collect();
    assert_eq!(again.expect("it was written"), [event]);
}
