//! Change of settings while a search is in progress.

use serde_json::{Map, Value};

use super::{Event, EventKind, SearchConfig, Session, SessionError};

/// Tables of settings that can change; all others belong to the network, the images or the length of the search.
const FREE: [&str; 4] = ["method", "weights", "architecture", "measures"];

impl Session {
    /// Changes settings of the search in progress: the method with all its parts, the training of the weights and of the
    /// architecture with its constraints, and the measures. The next step uses them.
    ///
    /// Returns the event that records the change, which belongs into the event log; `None` if nothing changed, or if the
    /// search has not begun and its start will announce the settings. A search from the same state with the same changes
    /// takes the same steps to the bit.
    ///
    /// # Errors
    /// [`SessionError::Fixed`] if another setting differs, [`SessionError::State`] after the end or once the architecture
    /// is being selected, and the errors of [`SearchConfig::check`]; the search is then as it was.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use lambda_darts::{data::ImageData, device::Device};
    /// # use lambda_darts::search::{EventKind, SearchConfig, Session};
    /// # let config = SearchConfig { batch: 8, ..SearchConfig::digits("nas-bench-201") };
    /// # let data = Arc::new(ImageData::load(&config.data, 0)?);
    /// let mut session = pollster::block_on(Session::new(config.clone(), data, &Device::cpu()))?;
    /// pollster::block_on(session.next_event())?;
    /// let mut config = config;
    /// config.set("method.alignment.lambda", ".5")?;
    /// let event = session.change(config)?.unwrap();
    /// assert!(matches!(event.kind, EventKind::Change { changed, .. } if changed == ["method.alignment.lambda"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn change(&mut self, config: SearchConfig) -> Result<Option<Event>, SessionError> {
        if self.position.ended {
            return Err(SessionError::State("the search has ended".to_owned()));
        }
        if !self.work.record.is_empty() {
            return Err(SessionError::State("the architecture is being selected".to_owned()));
        }
        let changed = differences(self.config(), &config)?;
        let fixed = |path: &&String| !FREE.contains(&path.split('.').next().unwrap_or_default());
        if let Some(setting) = changed.iter().find(fixed) {
            return Err(SessionError::Fixed { setting: setting.clone() });
        }
        config.check()?;
        self.work.set(config.clone(), !self.position.started && self.position.is_new())?;
        if changed.is_empty() || !self.position.started {
            return Ok(None);
        }
        let (epoch, step) = (self.position.epoch + 1, self.position.step);
        Ok(Some(self.event(EventKind::Change { epoch, step, changed, config: Box::new(config) })))
    }
}

/// Paths of the settings that differ, in the order of their names.
fn differences(one: &SearchConfig, other: &SearchConfig) -> Result<Vec<String>, SessionError> {
    let mut found = Vec::new();
    compare("", &table(one)?, &table(other)?, &mut found);
    Ok(found)
}

/// Settings as tables. They become text before, as every event does: the code of another serializer would be as large as
/// that of JSON.
fn table(config: &SearchConfig) -> Result<Map<String, Value>, SessionError> {
    let table = serde_json::to_string(config).and_then(|text| serde_json::from_str(&text));
    table.map_err(|error| SessionError::State(format!("its settings cannot be compared: {error}")))
}

fn compare(path: &str, one: &Map<String, Value>, other: &Map<String, Value>, found: &mut Vec<String>) {
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (one.get(name), other.get(name)) {
            (Some(Value::Object(one)), Some(Value::Object(other))) => compare(&path, one, other, found),
            (one, other) if one != other => found.push(path),
            _ => {}
        }
    }
}
