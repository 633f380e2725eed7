//! A lease: a row with a time-to-live that names its holder.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rushes_types::Result;

use crate::client::{Cluster, Outcome, Write};

/// The right to do a thing that only one process may do at a time. It expires by itself when its holder stops renewing
/// it.
///
/// A holder that was paused for longer than the lease lasts may still believe that it holds it, for one request. So a
/// lease only avoids duplicate work; correctness rests on conditional writes.
pub struct Lease {
    name: String,
    holder: String,
    lasts: Duration,
    /// Until when we hold it, by our clock and with a margin.
    until: Mutex<Option<Instant>>,
}

impl Lease {
    /// A lease that is not held yet. `lasts` is rounded up to whole seconds.
    #[must_use]
    pub fn new(name: &str, lasts: Duration) -> Self {
        Self { name: name.to_owned(), holder: holder(), lasts, until: Mutex::new(None) }
    }

    /// Takes or renews the lease; asks the server only when a third of its time has passed.
    ///
    /// # Errors
    /// Unavailable where the nodes do not answer.
    pub async fn take(&self, cluster: &Cluster) -> Result<bool> {
        let now = Instant::now();
        let held = self.until().is_some_and(|until| until > now);
        if held && self.until().is_some_and(|until| until.duration_since(now) > self.lasts / 3) {
            return Ok(true);
        }
        let seconds = i32::try_from(self.lasts.as_secs().max(1)).unwrap_or(i32::MAX);
        let renew =
            format!("UPDATE {} USING TTL ? SET holder = ? WHERE name = ? IF holder = ?", self.table(cluster));
        let take = format!(
            "INSERT INTO {} (name, holder) VALUES (?, ?) IF NOT EXISTS USING TTL ?",
            self.table(cluster)
        );
        let renewal = Write::new(&renew, (seconds, &self.holder, &self.name, &self.holder));
        let taking = Write::new(&take, (&self.name, &self.holder, seconds));
        let mut outcome = Outcome::Refused;
        // An unknown outcome counts as not taken: the next call renews it if this one did take it.
        for write in if held { [renewal, taking] } else { [taking, renewal] } {
            if outcome == Outcome::Refused {
                outcome = match cluster.conditional(&[write]).await {
                    Err(e) if e.kind() == rushes_types::ErrorKind::OutcomeUnknown => Outcome::Refused,
                    other => other?,
                };
            }
        }
        let held = outcome == Outcome::Applied;
        // The server starts counting later than we do, so our deadline comes first.
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = held.then(|| now + self.lasts * 9 / 10);
        Ok(held)
    }

    /// Gives the lease back, so that others need not wait.
    ///
    /// # Errors
    /// Unavailable where the nodes do not answer.
    pub async fn leave(&self, cluster: &Cluster) -> Result<()> {
        if self.until.lock().unwrap_or_else(PoisonError::into_inner).take().is_none() {
            return Ok(());
        }
        let leave = format!("DELETE FROM {} WHERE name = ? IF holder = ?", self.table(cluster));
        match cluster.conditional(&[Write::new(&leave, (&self.name, &self.holder))]).await {
            Err(e) if e.kind() != rushes_types::ErrorKind::OutcomeUnknown => Err(e),
            _ => Ok(()),
        }
    }

    fn until(&self) -> Option<Instant> {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn table(&self, cluster: &Cluster) -> String {
        cluster.table("leases")
    }
}

/// A name that no other holder has.
fn holder() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}-{now:x}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
