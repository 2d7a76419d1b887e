//! Start of a search from the files of a page, and its restoration from a snapshot.

use std::sync::Arc;

use lambda_darts::benchmark::Table;
use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::search::{SearchConfig, Session, SessionState};

use crate::failure::Failure;
use crate::images::images;
use crate::settings;
use crate::snapshot::state_of;

/// First byte of a zlib stream, which no table in CSV begins with as text.
const ZLIB: u8 = 0x78;

/// Files of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// Packed digits, packed training images of Fashion-MNIST, or a batch file of CIFAR-10.
    pub(crate) images: Option<Vec<u8>>,
    /// Accuracies of NAS-Bench-201: packed, or a table as CSV.
    pub(crate) table: Option<Vec<u8>>,
}

/// Starts a search.
pub(crate) async fn start(config: SearchConfig, device: &Device, files: &Files) -> Result<Session, Failure> {
    let data = data(&config, files)?;
    with_table(Session::new(config, data, device).await?, files)
}

/// Restores a search from a snapshot.
pub(crate) async fn restore(snapshot: &[u8], device: &Device, files: &Files) -> Result<Session, Failure> {
    let state: SessionState = state_of(snapshot)?;
    let data = data(state.config(), files)?;
    with_table(Session::restore(state, data, device).await?, files)
}

fn data(config: &SearchConfig, files: &Files) -> Result<Arc<ImageData>, Failure> {
    settings::check(config)?;
    let images = images(&config.data, files.images.as_deref(), usize::MAX)?;
    Ok(Arc::new(ImageData::prepare(images, &config.data, config.seed)?))
}

fn with_table(session: Session, files: &Files) -> Result<Session, Failure> {
    match &files.table {
        Some(packed) if packed.first() == Some(&ZLIB) => {
            Ok(session.with_table(Arc::new(Table::from_packed_cifar10(packed)?)))
        }
        Some(text) => Ok(session.with_table(Arc::new(Table::parse(text.as_slice(), "the table")?))),
        None => Ok(session),
    }
}

#[cfg(test)]
mod tests {
    use lambda_darts::data::DataSet;
    use lambda_darts::search::{Checkpoint, Event, EventKind, EventLogPosition};
    use pollster::block_on;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::images::{MOST_RECORDS, RECORD};
    use crate::snapshot::snapshot;

    /// Returns settings with two epochs of two steps.
    fn small() -> SearchConfig {
        let mut config = settings::defaults("nas-bench-201").unwrap();
        config.data.set = DataSet::Digits;
        config.supernet.channels = 2;
        config.epochs = 2;
        config.batch = 8;
        config.data.images = Some(32);
        config
    }

    /// Returns the files of a search on the digits.
    fn digits() -> Files {
        Files { images: Some(include_bytes!("../../core/src/data/digits.bin").to_vec()), table: None }
    }

    fn begin(config: &SearchConfig, files: &Files) -> Result<Session, String> {
        let session = block_on(start(config.clone(), &Device::cpu(), files));
        session.map_err(|failure| crate::failure::on_one_line(&failure))
    }

    fn next(session: &mut Session) -> Option<Event> {
        block_on(session.next_event()).unwrap()
    }

    /// Restores a search on the digits.
    fn resume(snapshot: &[u8]) -> Result<Session, Failure> {
        block_on(restore(snapshot, &Device::cpu(), &digits()))
    }

    fn kinds(session: &mut Session) -> Vec<EventKind> {
        std::iter::from_fn(|| next(session)).map(|event| event.kind).collect()
    }

    /// Returns a snapshot as JSON.
    fn value_of(session: &mut Session) -> Value {
        let state: SessionState = state_of(&block_on(snapshot(session)).unwrap()).unwrap();
        serde_json::to_value(state).unwrap()
    }

    /// Returns a snapshot without the elapsed time.
    fn untimed(session: &mut Session) -> Value {
        let mut state = value_of(session);
        state["seconds"] = Value::Null;
        state
    }

    #[test]
    fn a_search_runs_from_start_to_end() {
        let kinds = kinds(&mut begin(&small(), &digits()).unwrap());
        let names: String = kinds
            .iter()
            .map(|kind| match kind {
                EventKind::Start { .. } => '<',
                EventKind::Step(_) => 's',
                EventKind::Epoch(_) => 'e',
                EventKind::End { .. } => '>',
                _ => '?',
            })
            .collect();
        assert_eq!(names, "<ssesse>");
        let EventKind::Start { device, steps, .. } = &kinds[0] else { panic!("{:?}", kinds[0]) };
        assert_eq!((device.as_str(), *steps), ("CPU", 2));
    }

    #[test]
    fn a_snapshot_goes_on_as_if_nothing_had_happened() {
        let mut whole = begin(&small(), &digits()).unwrap();
        // The fifth event is in the middle of the second epoch.
        for _ in 0..5 {
            next(&mut whole).unwrap();
        }
        let bytes = block_on(snapshot(&mut whole)).unwrap();
        let mut restored = resume(&bytes).unwrap();
        assert!(untimed(&mut restored) == untimed(&mut whole), "the states differ");
        next(&mut whole).unwrap();
        next(&mut restored).unwrap();
        assert!(untimed(&mut restored) == untimed(&mut whole), "the states differ after a step");
        assert_eq!(kinds(&mut restored), kinds(&mut whole));
    }

    #[test]
    fn a_snapshot_that_does_not_fit_is_refused() {
        let mut session = begin(&small(), &digits()).unwrap();
        next(&mut session).unwrap();
        next(&mut session).unwrap();
        let whole = value_of(&mut session);
        let restored = |state: &Value| {
            let Ok(state) = serde_json::from_value::<SessionState>(state.clone()) else { return false };
            let checkpoint = Checkpoint { state, position: EventLogPosition::default() };
            resume(&checkpoint.into_bytes().unwrap()).is_ok()
        };
        assert!(restored(&whole));
        for (place, value) in [
            ("/config/epochs", "0"),
            ("/config/supernet/channels", "3"),
            ("/config/data/images", "1000000"),
            ("/config/data/split", r#""parts.json""#),
            ("/work/bilevel/tensors/stem.0.weight", r#"{"shape":[1],"values":[1.0]}"#),
            ("/work/bilevel/tensors/alphas_normal", r#"{"shape":[0],"values":[]}"#),
            ("/work/bilevel/tensors/another", r#"{"shape":[0],"values":[]}"#),
            ("/position/step", "3"),
            ("/position/epoch", "-1"),
            ("/work/progress/gradients", "[[1.0]]"),
        ] {
            let mut state = whole.clone();
            let (table, field) = place.rsplit_once('/').unwrap();
            let table = state.pointer_mut(table).unwrap().as_object_mut().unwrap();
            table.insert(field.to_owned(), serde_json::from_str(value).unwrap());
            assert!(!restored(&state), "{place}");
        }
    }

    #[test]
    fn a_change_branches_a_search_and_a_snapshot_becomes_a_checkpoint() {
        let mut whole = begin(&small(), &digits()).unwrap();
        let events: Vec<Event> = std::iter::repeat_with(|| next(&mut whole).unwrap()).take(3).collect();
        let bytes = block_on(snapshot(&mut whole)).unwrap();
        let mut branch = resume(&bytes).unwrap();
        let mut config = branch.config().clone();
        config.method = lambda_darts::method::MethodConfig::preset(lambda_darts::method::Preset::Darts);
        let event = branch.change(config.clone()).unwrap().unwrap();
        let EventKind::Change { epoch: 1, step: 2, changed, config: recorded } = &event.kind else {
            panic!("{event:?}")
        };
        assert_eq!(
            (changed, recorded.as_ref()),
            (&vec!["method.alignment".to_owned(), "method.name".to_owned()], &config)
        );
        // From here on the branch is another search, and remains one after a snapshot.
        let [own, branched] = [kinds(&mut whole), kinds(&mut branch)];
        assert_ne!(own, branched);
        config.epochs = 7;
        let mut ended = resume(&bytes).unwrap();
        assert!(ended.change(config).unwrap_err().to_string().contains("`epochs` cannot change"));

        let log: String = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
        let file = crate::snapshot::checkpoint_for(&bytes, &log).unwrap();
        let Checkpoint { state, position } = Checkpoint::parse(&file, std::path::Path::new("file")).unwrap();
        assert_eq!((position.bytes, state), (log.len() as u64, state_of(&bytes).unwrap()));
        assert_eq!(crate::snapshot::config_of(&file).unwrap(), small());
    }

    /// Makes `count` images, each of one shade, with the last digit of its index as the label.
    fn records(count: u8) -> Vec<u8> {
        (0..count)
            .flat_map(|place| std::iter::once(place % 10).chain(std::iter::repeat_n(place * 3, RECORD - 1)))
            .collect()
    }

    #[test]
    fn a_batch_file_of_cifar10_is_searched_on() {
        let mut config = small();
        config.data.set = DataSet::Cifar10;
        config.data.size = Some(8);
        let files = |images| Files { images, table: None };
        let mut session = begin(&config, &files(Some(records(40)))).unwrap();
        next(&mut session).unwrap();
        assert!(matches!(next(&mut session).unwrap().kind, EventKind::Step(step) if step.train_loss.is_finite()));

        let refused = |images| begin(&config, &files(images)).map(|_| ()).unwrap_err();
        let foreign = [&[10][..], &records(40)[1..]].concat();
        for (images, part) in [
            (None, "needs one of its batch files"),
            (Some(records(40)[1..].to_vec()), "3073"),
            (Some(Vec::new()), "3073"),
            (Some(records(8)), "32 were asked for, but the data set has 8"),
            (Some(foreign), "label 10"),
            (Some(vec![0; RECORD * (MOST_RECORDS + 1)]), "too many for a batch file"),
        ] {
            let message = refused(images);
            assert!(message.contains(part), "{message}");
        }
        config.data.set = DataSet::Svhn;
        let message = begin(&config, &files(None)).map(|_| ()).unwrap_err();
        assert!(message.contains("`svhn` cannot be used in a page"), "{message}");
    }

    #[test]
    fn a_table_of_results_is_looked_up() {
        let skips = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|";
        let header = "index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test,params_m,c10_train_s";
        let files = |row: &str| Files { table: Some(format!("{header}\n{row}\n").into_bytes()), ..digits() };
        let row = format!("1835,{skips},40,54.3,30,31,20,21,0.5,1000");
        assert!(begin(&small(), &files(&row)).is_ok());
        let message = begin(&small(), &files(&row.replace("54.3", "x"))).map(|_| ()).unwrap_err();
        assert!(message.contains("the table: line 2, column `c10_test`: `x`"), "{message}");
    }

    #[test]
    fn the_files_of_the_library_are_read() {
        let images = include_bytes!("../../core/src/data/fashion/fashion_train.bin").to_vec();
        let table = include_bytes!("../../core/src/benchmark/cifar10_test.bin").to_vec();
        let mut config = small();
        config.data.set = DataSet::Fashion;
        let mut session = begin(&config, &Files { images: Some(images), table: Some(table) }).unwrap();
        let epochs: Vec<_> = kinds(&mut session)
            .into_iter()
            .filter_map(|kind| if let EventKind::Epoch(epoch) = kind { epoch.benchmark } else { None })
            .collect();
        assert_eq!(epochs.len(), 2);
        assert!(epochs.iter().all(|known| known.cells == 15_625 && known.accuracies.cifar10_valid.is_none()));

        let message = begin(&config, &Files::default()).map(|_| ()).unwrap_err();
        assert!(message.contains("fashion_train.bin"), "{message}");
        let message = begin(&small(), &Files::default()).map(|_| ()).unwrap_err();
        assert!(message.contains("digits.bin"), "{message}");
        let wrong = Files { images: Some(vec![1, 2, 3]), table: None };
        let message = begin(&config, &wrong).map(|_| ()).unwrap_err();
        assert!(message.contains("not the packed images"), "{message}");
        let wrong = Files { table: Some(vec![ZLIB, 1]), ..digits() };
        let message = begin(&small(), &wrong).map(|_| ()).unwrap_err();
        assert!(message.contains("not the packed accuracies"), "{message}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_as_a_snapshot(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(resume(&bytes).is_err());
        }
    }
}
