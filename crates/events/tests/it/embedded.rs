use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rushes_events::{EmbeddedLog, Event, EventLog, LogOptions, Topic};
use rushes_testkit::events_suite::LogFixture;
use rushes_types::{Commit, ErrorKind};

struct InFolder {
    folder: tempfile::TempDir,
    log: Option<Arc<EmbeddedLog>>,
}

impl InFolder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = EmbeddedLog::open(folder.path(), LogOptions::default()).unwrap();
        Self { folder, log: Some(Arc::new(log)) }
    }
}

impl LogFixture for InFolder {
    fn log(&self) -> Arc<dyn EventLog> {
        Arc::clone(self.log.as_ref().unwrap()) as Arc<dyn EventLog>
    }

    fn reopen(&mut self) -> bool {
        assert_eq!(self.log.take().map(Arc::into_inner).map(|log| log.is_some()), Some(true));
        self.log = Some(Arc::new(EmbeddedLog::open(self.folder.path(), LogOptions::default()).unwrap()));
        true
    }
}

rushes_testkit::events_suite!(InFolder::new());

#[test]
fn a_second_process_is_told_that_the_log_is_open() {
    let fixture = InFolder::new();
    let error = EmbeddedLog::open(fixture.folder.path(), LogOptions::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Busy);
}

#[test]
fn a_failed_fsync_stops_appends_and_shows_nothing_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let calls = Arc::new(AtomicU64::new(0));
    let faults = {
        let calls = Arc::clone(&calls);
        Arc::new(move |point| match point {
            rushes_kv::FaultPoint::Sync if calls.fetch_add(1, Ordering::SeqCst) == 2 => {
                Err(std::io::Error::other("the disk is gone"))
            }
            _ => Ok(()),
        })
    };
    let log = EmbeddedLog::open(folder.path(), LogOptions { faults: Some(faults), guard: None }).unwrap();
    let event = |n| [Event::Watermark { partition: Some(0), upto: Commit(n) }];
    log.append(Topic::Fused, &event(1)).unwrap();
    assert_eq!(log.poll(Topic::Fused, "c", 10).unwrap().len(), 1);
    assert_eq!(log.append(Topic::Fused, &event(2)).unwrap_err().kind(), ErrorKind::Storage);
    let later = log.append(Topic::Fused, &event(3)).unwrap_err();
    assert!(later.message().contains("open the archive again"), "{later}");
    assert!(log.poll(Topic::Fused, "c", 10).unwrap().is_empty());
    drop(log);
    let log = EmbeddedLog::open(folder.path(), LogOptions::default()).unwrap();
    assert_eq!(log.poll(Topic::Fused, "d", 1).unwrap()[0].event, event(1)[0]);
    log.append(Topic::Fused, &event(4)).unwrap();
}
