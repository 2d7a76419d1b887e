//! Fuzz target of spaces in TOML: one that was read has an edge into every node and candidates on every edge; an error
//! has a line.

#![no_main]

use lambda_darts::space::{CustomSpace, Space, SpaceError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match CustomSpace::parse(text) {
        Ok(space) => is_whole(text, &space),
        Err(SpaceError::Custom { line, what }) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&line), "line {line} of {lines}: {what}");
        }
        Err(other) => panic!("{other}"),
    }
});

fn is_whole(text: &str, space: &Space) {
    for kind in &space.cell_types {
        for edge in &kind.edges {
            assert!(edge.from < edge.to && kind.intermediate().contains(&edge.to), "{edge:?}");
            assert!(!edge.operations.is_empty(), "{edge:?}");
        }
        assert!(kind.intermediate().all(|node| kind.edges_into(node).next().is_some()), "{kind:?}");
    }
    let own = CustomSpace::read(text).expect("it was read before");
    let written = toml::to_string(&own).expect("it is plain data");
    assert_eq!(CustomSpace::read(&written).as_ref(), Ok(&own), "{written}");
    assert_eq!(CustomSpace::parse(&written).as_ref(), Ok(space), "{written}");
}
