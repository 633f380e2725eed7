//! Points of a change at which a test stops or kills a process.

/// A point of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// Its note is written, nothing else.
    Noted,
    /// Its content is written and its writer was seen open: only the conditional write is missing.
    Ready,
    /// The conditional write is made, and no event was written.
    Made,
}

#[cfg(not(feature = "testing"))]
impl crate::store::CassandraStore {
    /// A change has come to this point.
    #[allow(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with the feature `testing` it may end here"
    )]
    pub(crate) const fn reaches(&self, _point: FaultPoint) -> rushes_types::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "testing")]
pub use with_faults::{FaultAction, Faults};

#[cfg(feature = "testing")]
mod with_faults {
    use std::sync::Arc;

    use rushes_types::{Error, ErrorKind, Result};

    use super::FaultPoint;
    use crate::store::CassandraStore;

    /// What a process does at a point.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum FaultAction {
        /// It goes on.
        Continue,
        /// It is as if it was killed: the change answers Cancelled, and nothing more comes from this store.
        Die,
    }

    /// Decides what a process does at each point; it may take its time.
    pub type Faults = Arc<dyn Fn(FaultPoint) -> FaultAction + Send + Sync>;

    impl CassandraStore {
        /// A change has come to this point.
        pub(crate) fn reaches(&self, point: FaultPoint) -> Result<()> {
            match self.options.faults.as_ref().map(|faults| faults(point)) {
                Some(FaultAction::Die) => {
                    self.writers.die();
                    Err(Error::new(ErrorKind::Cancelled, "the process is killed by a test"))
                }
                _ => Ok(()),
            }
        }

        /// Publishes no floor any more, as a process whose heart stopped while its hands go on.
        pub fn stop_publishing(&self) {
            self.writers.stop_publishing();
        }
    }
}
