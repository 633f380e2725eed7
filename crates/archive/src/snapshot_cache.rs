//! Caches values gathered from a snapshot, shared by callers of the same rights.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use rushes_index::Budget;
use rushes_query::Access;
use rushes_types::{ReadPoint, Result};

/// Values kept: one for callers who see everything, and those of some who see less.
const KEPT_MAX: usize = 16;
/// How often a caller looks whether what it waits for is gathered.
const POLL: Duration = Duration::from_millis(1);

/// Values by read point and by what the caller may see. The table is locked only for look-ups: while a value is
/// gathered, callers of other or existing values are not blocked; callers of the same value wait for it, which takes no
/// longer than gathering it again.
#[derive(Debug)]
pub(crate) struct SnapshotCache<T>(Mutex<Vec<Entry<T>>>);

#[derive(Debug)]
struct Entry<T> {
    at: ReadPoint,
    access: Access,
    value: Arc<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    value: OnceLock<Arc<T>>,
    gathering: Mutex<()>,
}

impl<T> Default for SnapshotCache<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T> SnapshotCache<T> {
    /// Forgets everything, also values being gathered, since they are based on what has changed.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The value of a snapshot for a caller; gathered where it is not there yet.
    ///
    /// # Errors
    /// Those of gathering, with the next caller trying again; those of the budget.
    pub fn get(
        &self,
        at: &ReadPoint,
        access: &Access,
        budget: &Budget,
        gather: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let slot = self.slot(at, access);
        if let Some(value) = slot.value.get() {
            return Ok(Arc::clone(value));
        }
        let _alone = loop {
            match slot.gathering.try_lock() {
                Ok(alone) => break alone,
                Err(TryLockError::Poisoned(alone)) => break alone.into_inner(),
                // Whoever waits must hear that its caller has gone.
                Err(TryLockError::WouldBlock) => {
                    budget.check()?;
                    thread::sleep(POLL);
                }
            }
        };
        // Others wait for this one, so it waits for nobody.
        let _holding = budget.holding();
        if let Some(value) = slot.value.get() {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(gather()?);
        Ok(Arc::clone(slot.value.get_or_init(|| value)))
    }

    fn slot(&self, at: &ReadPoint, access: &Access) -> Arc<Slot<T>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.iter().position(|e| e.at == *at && e.access == *access);
        let entry = match known {
            Some(place) => entries.remove(place),
            None => {
                // An older read point of the same caller is rarely asked for again.
                entries.retain(|e| e.access != *access);
                if entries.len() >= KEPT_MAX {
                    entries.remove(0);
                }
                let value = Arc::new(Slot { value: OnceLock::new(), gathering: Mutex::new(()) });
                Entry { at: at.clone(), access: access.clone(), value }
            }
        };
        let value = Arc::clone(&entry.value);
        entries.push(entry);
        value
    }
}

#[cfg(test)]
mod tests {
    use rushes_types::{Commit, Error};
    use std::sync::mpsc::channel;

    use super::*;

    fn all() -> &'static Budget {
        Budget::of_maintenance()
    }

    #[test]
    fn what_is_there_is_had_while_something_else_is_gathered() {
        let cache: SnapshotCache<u8> = SnapshotCache::default();
        let (old, new) = (ReadPoint::at(Commit(1)), ReadPoint::at(Commit(2)));
        let few = Access::Only(rushes_query::Titles::default());
        assert_eq!(*cache.get(&old, &few, all(), || Ok(1)).unwrap(), 1);
        let (begun, begins) = channel();
        let (end, ends) = channel::<()>();
        thread::scope(|scope| {
            let cache = &cache;
            let new = &new;
            scope.spawn(move || {
                let gather = || {
                    begun.send(()).unwrap();
                    ends.recv().unwrap();
                    Ok(2)
                };
                assert_eq!(*cache.get(new, &Access::All, all(), gather).unwrap(), 2);
            });
            begins.recv().unwrap();
            let (had, has) = channel();
            let (few, old) = (&few, &old);
            scope.spawn(move || {
                let kept = cache.get(old, few, all(), || Err(Error::bug("it is there")));
                let other = cache.get(new, few, all(), || Ok(3));
                had.send((*kept.unwrap(), *other.unwrap())).unwrap();
            });
            let others = has.recv_timeout(Duration::from_secs(30));
            end.send(()).unwrap();
            assert_eq!(others, Ok((1, 3)), "they waited");
        });
        assert_eq!(*cache.get(&new, &Access::All, all(), || Err(Error::bug("it is there"))).unwrap(), 2);
    }

    #[test]
    fn what_failed_is_tried_again_and_what_was_forgotten_is_gathered_again() {
        let cache: SnapshotCache<u8> = SnapshotCache::default();
        let at = ReadPoint::at(Commit(1));
        assert!(cache.get(&at, &Access::All, all(), || Err(Error::bug("no"))).is_err());
        assert_eq!(*cache.get(&at, &Access::All, all(), || Ok(1)).unwrap(), 1);
        cache.forget();
        assert_eq!(*cache.get(&at, &Access::All, all(), || Ok(2)).unwrap(), 2);
    }

    #[test]
    fn who_waits_for_what_another_gathers_hears_that_its_caller_has_gone() {
        let cache: SnapshotCache<u8> = SnapshotCache::default();
        let at = ReadPoint::at(Commit(1));
        let (begun, begins) = channel();
        let (end, ends) = channel::<()>();
        thread::scope(|scope| {
            let (cache, at) = (&cache, &at);
            scope.spawn(move || {
                let gather = || {
                    begun.send(()).unwrap();
                    ends.recv().unwrap();
                    Ok(2)
                };
                cache.get(at, &Access::All, all(), gather).unwrap();
            });
            begins.recv().unwrap();
            let clock = || Duration::ZERO;
            let gone = Budget::new(rushes_index::BudgetLimits::NONE, clock).given_up_when(|| true);
            let waited = cache.get(at, &Access::All, &gone, || Ok(3));
            end.send(()).unwrap();
            assert_eq!(waited.unwrap_err().kind(), rushes_types::ErrorKind::Cancelled);
        });
    }
}
