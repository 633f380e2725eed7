use std::sync::Arc;

use rushes_events::{EventLog, MemoryLog};
use rushes_testkit::events_suite::LogFixture;

struct InMemory(Arc<MemoryLog>);

impl LogFixture for InMemory {
    fn log(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.0) as Arc<dyn EventLog>
    }
}

rushes_testkit::events_suite!(InMemory(Arc::new(MemoryLog::new())));
