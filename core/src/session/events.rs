//! Events of a run, read from its event log: one JSON object a line.

use std::io::{self, BufRead, Read};

use super::Event;

/// Maximum length of a line in bytes; longer lines are not those of a search.
const LONGEST_LINE: u64 = 64 << 20;

/// Event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The events cannot be read.
    #[error("the events cannot be read")]
    Read(#[from] io::Error),
    /// A line is no event, or one of another version.
    #[error("line {line}: {what}")]
    Line {
        /// Line, counted from 1.
        line: usize,
        /// Fault of that line.
        what: String,
    },
}

/// Iterator over events; blank lines are skipped.
///
/// ```
/// use lambda_darts::search::{EventKind, Events};
///
/// let file = br#"{"version":3,"seconds":0.5,"event":"end","genotype":{"cells":[]}}"#;
/// for event in Events::new(&file[..]) {
///     assert!(matches!(event?.kind, EventKind::End { .. }));
/// }
/// # Ok::<(), lambda_darts::search::EventError>(())
/// ```
#[derive(Debug)]
pub struct Events<R> {
    reader: R,
    text: Vec<u8>,
    line: usize,
}

impl<R: BufRead> Events<R> {
    /// Events that `reader` has from here on.
    #[must_use]
    pub const fn new(reader: R) -> Self {
        Self { reader, text: Vec::new(), line: 0 }
    }

    /// Number of the line that was read last, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl<R: BufRead> Iterator for Events<R> {
    type Item = Result<Event, EventError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.text.clear();
            match (&mut self.reader).take(LONGEST_LINE).read_until(b'\n', &mut self.text) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(error) => return Some(Err(error.into())),
            }
            if !self.text.trim_ascii().is_empty() {
                let line = self.line;
                return Some(read(&self.text).map_err(|what| EventError::Line { line, what }));
            }
        }
    }
}

fn read(line: &[u8]) -> Result<Event, String> {
    let event: Event = serde_json::from_slice(line).map_err(|error| {
        // The parser counts lines from this one on.
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        format!("no event of a run: {}", crate::text::plain(what))
    })?;
    if event.version == Event::VERSION {
        Ok(event)
    } else {
        Err(format!("version {} of events is not known here, only {}", event.version, Event::VERSION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::EventKind;

    const STEP: &str = concat!(
        r#"{"version":3,"seconds":0.1,"event":"step","epoch":0,"step":3,"#,
        r#""train_loss":2.5,"valid_loss":2,"alignment":[null],"gradient_norm":1e-3}"#
    );

    #[test]
    fn lines_are_counted_and_blank_ones_passed_over() {
        let text = format!("\n{STEP}\r\n \n\n{STEP}");
        let mut events = Events::new(text.as_bytes());
        for line in [2, 5] {
            let event = events.next().unwrap().unwrap();
            assert!(matches!(event.kind, EventKind::Step(step) if step.step == 3));
            assert_eq!(events.line(), line);
        }
        assert!(events.next().is_none());
    }

    #[test]
    fn what_is_no_event_has_its_line() {
        for (second, what) in [
            (STEP.replace("\"version\":3", "\"version\":1"), "line 2: version 1 of events is not known here, only 3"),
            (STEP.replace("\"step\":3,", ""), "line 2: no event of a run: missing field `step`"),
            ("{".to_owned(), "line 2: no event of a run: EOF while parsing an object"),
        ] {
            let text = format!("{STEP}\n{second}\n{STEP}\n");
            let read: Vec<_> = Events::new(text.as_bytes()).collect();
            assert!(matches!(read.as_slice(), [Ok(_), Err(_), Ok(_)]), "{read:?}");
            assert_eq!(read[1].as_ref().unwrap_err().to_string(), what);
        }
    }
}
