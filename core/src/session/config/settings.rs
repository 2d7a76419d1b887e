//! Settings of a work, as TOML and one by one.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::DataConfig;
use crate::method::PartError;
use crate::session::SessionError;
use crate::text::line_at;

/// Settings of a search or a training.
pub trait Settings: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync {
    /// Name of the folder of a run with these settings.
    fn run_name(&self) -> String;

    /// Reads settings from TOML; those that are left out follow from the others.
    ///
    /// # Errors
    /// [`SessionError::Config`] with the line.
    fn from_toml(text: &str) -> Result<Self, SessionError>;

    /// Checks that every number is in range.
    ///
    /// # Errors
    /// [`SessionError::Setting`] names the first that is not.
    fn check(&self) -> Result<(), SessionError>;

    /// Number of epochs.
    fn epochs(&self) -> usize;

    /// Seed of all random numbers.
    fn seed(&self) -> u64;

    /// Settings in TOML, with every field written out.
    fn to_toml(&self) -> String {
        // All fields are tables, strings, numbers and lists, which TOML has.
        toml::to_string(self).unwrap_or_default()
    }

    /// Sets one setting by its path, such as `weights.lr`, to a value as TOML writes it; quotes around text may be left
    /// out.
    ///
    /// # Errors
    /// [`SessionError::Set`] if there is no such setting, or it does not take this value.
    fn set(&mut self, path: &str, value: &str) -> Result<(), SessionError> {
        set(self, path, value)
    }
}

/// Settings of a work on images, whose epochs are passes over them.
pub trait ImageSettings: Settings {
    /// Sets the number of epochs.
    fn set_epochs(&mut self, epochs: usize);

    /// Images in a batch.
    fn batch(&self) -> usize;

    /// Sets the number of images in a batch.
    fn set_batch(&mut self, batch: usize);

    /// Images.
    fn data(&self) -> &DataConfig;

    /// Images, to be changed.
    fn data_mut(&mut self) -> &mut DataConfig;

    /// Same settings with more epochs.
    ///
    /// # Errors
    /// [`SessionError::Setting`] if there are as many already, or the number is out of range.
    fn lengthened(mut self, epochs: usize) -> Result<Self, SessionError> {
        let must = format!("more than the {} there are", self.epochs());
        PartError::check(epochs > self.epochs(), "epochs", &must, &epochs)?;
        self.set_epochs(epochs);
        self.check()?;
        Ok(self)
    }
}

/// Sets one setting of any configuration.
pub(super) fn set<T: Settings>(config: &mut T, path: &str, value: &str) -> Result<(), SessionError> {
    let wrong = |what: String| not_set(path, value, what);
    let parsed = toml::from_str::<toml::Table>(&format!("value = {value}")).ok();
    let parsed = parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    // TOML has no number without a digit before its point, such as `.25`.
    let begins = value.trim_start_matches(['+', '-']).starts_with('.');
    let number = || value.parse().ok().filter(|number: &f64| begins && number.is_finite()).map(toml::Value::Float);
    let parsed = parsed.or_else(number).unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut table = toml::Table::try_from(&*config).map_err(|error| wrong(error.to_string()))?;
    let mut place = &mut table;
    let (tables, name) = path.rsplit_once('.').unwrap_or(("", path));
    for part in tables.split('.').filter(|part| !part.is_empty()) {
        let entry = place.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        place = entry.as_table_mut().ok_or_else(|| wrong(format!("`{part}` is a setting, and has none inside")))?;
    }
    place.insert(name.to_owned(), parsed);
    *config = table.try_into().map_err(|error: toml::de::Error| wrong(crate::text::plain(error.message())))?;
    Ok(())
}

/// Error of a single setting.
pub(super) fn not_set(path: &str, value: &str, what: String) -> SessionError {
    let [setting, value] = [path, value].map(|text| text.chars().take(64).collect());
    SessionError::Set { setting, value, what }
}

/// Reads settings from TOML: `base` gives those that are left out, from the settings as they are read alone and the names
/// that are given.
pub(super) fn read<T: Settings>(text: &str, base: impl FnOnce(&T, &toml::Table) -> T) -> Result<T, SessionError> {
    let wrong = |error: &toml::de::Error| SessionError::Config {
        line: line_at(text, error.span().map_or(0, |span| span.start)),
        what: crate::text::plain(error.message()),
    };
    let named: T = toml::from_str(text).map_err(|error| wrong(&error))?;
    let given: toml::Table = toml::from_str(text).map_err(|error| wrong(&error))?;
    let mut all = toml::Table::try_from(base(&named, &given)).unwrap_or_default();
    put_over(&mut all, given);
    all.try_into().map_err(|error| wrong(&error))
}

/// Puts settings in the place of others, table by table.
fn put_over(settings: &mut toml::Table, given: toml::Table) {
    for (key, value) in given {
        match (settings.get_mut(&key), value) {
            (Some(toml::Value::Table(settings)), toml::Value::Table(given)) => put_over(settings, given),
            (_, value) => {
                settings.insert(key, value);
            }
        }
    }
}
