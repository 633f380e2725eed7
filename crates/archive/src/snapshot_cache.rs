//! Caches values gathered from a snapshot, shared by callers of the same rights.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rushes_query::Access;
use rushes_types::{ReadPoint, Result};

/// Values kept: one for callers who see everything, and those of some who see less.
const KEPT_MAX: usize = 16;

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
    /// Those of gathering; the next caller tries again.
    pub fn get(&self, at: &ReadPoint, access: &Access, gather: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let slot = self.slot(at, access);
        if let Some(value) = slot.value.get() {
            return Ok(Arc::clone(value));
        }
        let _alone = slot.gathering.lock().unwrap_or_else(PoisonError::into_inner);
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
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use rushes_types::{Commit, Error};

    use super::*;

    #[test]
    fn what_is_there_is_had_while_something_else_is_gathered() {
        let cache: SnapshotCache<u8> = SnapshotCache::default();
        let (old, new) = (ReadPoint::at(Commit(1)), ReadPoint::at(Commit(2)));
        let few = Access::Only(rushes_query::Titles::default());
        assert_eq!(*cache.get(&old, &few, || Ok(1)).unwrap(), 1);
        let (begun, begins) = channel();
        let (end, ends) = channel::<()>();
        std::thread::scope(|scope| {
            let cache = &cache;
            let new = &new;
            scope.spawn(move || {
                let gather = || {
                    begun.send(()).unwrap();
                    ends.recv().unwrap();
                    Ok(2)
                };
                assert_eq!(*cache.get(new, &Access::All, gather).unwrap(), 2);
            });
            begins.recv().unwrap();
            let (had, has) = channel();
            let (few, old) = (&few, &old);
            scope.spawn(move || {
                let kept = cache.get(old, few, || Err(Error::bug("it is there")));
                let other = cache.get(new, few, || Ok(3));
                had.send((*kept.unwrap(), *other.unwrap())).unwrap();
            });
            let others = has.recv_timeout(Duration::from_secs(30));
            end.send(()).unwrap();
            assert_eq!(others, Ok((1, 3)), "they waited");
        });
        assert_eq!(*cache.get(&new, &Access::All, || Err(Error::bug("it is there"))).unwrap(), 2);
    }

    #[test]
    fn what_failed_is_tried_again_and_what_was_forgotten_is_gathered_again() {
        let cache: SnapshotCache<u8> = SnapshotCache::default();
        let at = ReadPoint::at(Commit(1));
        assert!(cache.get(&at, &Access::All, || Err(Error::bug("no"))).is_err());
        assert_eq!(*cache.get(&at, &Access::All, || Ok(1)).unwrap(), 1);
        cache.forget();
        assert_eq!(*cache.get(&at, &Access::All, || Ok(2)).unwrap(), 2);
    }
}
