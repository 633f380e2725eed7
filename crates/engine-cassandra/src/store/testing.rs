//! Points of a change at which a test stops or kills a process.

/// A point of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// Only its note is written.
    Noted,
    /// Its content is written and its writer is open: only the conditional write is missing.
    Ready,
    /// The conditional write is made; nothing that follows it is.
    Made,
}

#[cfg(not(feature = "testing"))]
impl crate::store::CassandraStore {
    /// A change has reached this point.
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
        /// It continues.
        Continue,
        /// As if it was killed: the change returns Cancelled, and this store does nothing more.
        Die,
    }

    /// Decides what a process does at each point; it may block.
    pub type Faults = Arc<dyn Fn(FaultPoint) -> FaultAction + Send + Sync>;

    impl CassandraStore {
        /// A change has reached this point.
        pub(crate) fn reaches(&self, point: FaultPoint) -> Result<()> {
            match self.options.faults.as_ref().map(|faults| faults(point)) {
                Some(FaultAction::Die) => {
                    self.writers.die();
                    Err(Error::new(ErrorKind::Cancelled, "the process is killed by a test"))
                }
                _ => Ok(()),
            }
        }

        /// Stops publishing the floor while everything else goes on.
        pub fn stop_publishing(&self) {
            self.writers.stop_publishing();
        }
    }
}
