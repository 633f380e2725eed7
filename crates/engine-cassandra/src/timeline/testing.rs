//! Test hooks: kill a worker at a point of an update, and give the lease back.

use rushes_types::Result;

use crate::timeline::db::Db;
use crate::timeline::halt::HaltPoint;

#[cfg(not(feature = "testing"))]
impl Db {
    /// An update has reached this point.
    #[allow(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with the feature `testing` it may end here"
    )]
    pub(crate) const fn reaches(&self, _point: HaltPoint) -> Result<()> {
        Ok(())
    }
}

#[cfg(feature = "testing")]
impl Db {
    /// An update has reached this point.
    pub(crate) fn reaches(&self, point: HaltPoint) -> Result<()> {
        if *crate::timeline::db::lock(&self.halt) == Some(point) {
            let kind = rushes_types::ErrorKind::Cancelled;
            return Err(rushes_types::Error::new(kind, "the test ends this worker"));
        }
        Ok(())
    }
}

#[cfg(feature = "testing")]
impl crate::timeline::CassandraTimeline {
    /// Lets every call of `apply` end at a point, as if its process died there.
    pub fn halt_at(&self, halt: Option<HaltPoint>) {
        *crate::timeline::db::lock(&self.db.halt) = halt;
    }

    /// Gives the right to relay back, so that another process need not wait for it.
    ///
    /// # Errors
    /// Unavailable where the nodes do not answer.
    pub fn stop_relaying(&self) -> Result<()> {
        crate::timeline::db::lock(&self.relay).forget();
        self.db.cluster.block_on(self.lease.leave(&self.db.cluster))
    }
}
