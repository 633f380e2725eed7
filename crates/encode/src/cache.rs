//! Caches recently computed vectors: the pages of one answer, and the keystrokes of one person, need the same vector
//! repeatedly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Vectors that are remembered; at 4,096 dimensions 4 MiB.
const REMEMBERED_MAX: usize = 256;

/// What a vector is remembered under.
pub type Key = [u8; 32];

/// The key of a text or picture. The encoder's name cannot hold the byte that ends it.
pub fn key(encoder: &str, kind: u8, asked: &str) -> Key {
    let mut hash = Sha256::new();
    hash.update(encoder.as_bytes());
    hash.update([0, kind]);
    hash.update(asked.as_bytes());
    hash.finalize().into()
}

#[derive(Debug)]
struct Entry {
    used: u64,
    vector: Option<Vec<f32>>,
}

#[derive(Debug, Default)]
struct Entries {
    clock: u64,
    by_key: HashMap<Key, Entry>,
}

/// The vectors asked for last.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Entries>);

impl Cache {
    /// The cached result; `Some(None)`: the encoder has no vector for the text.
    pub fn get(&self, key: &Key) -> Option<Option<Vec<f32>>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_key.get_mut(key)?;
        entry.used = now;
        Some(entry.vector.clone())
    }

    /// Adds a result, and evicts the least recently used one where the cache is full.
    pub fn put(&self, key: Key, vector: Option<Vec<f32>>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let used = entries.clock;
        if entries.by_key.len() >= REMEMBERED_MAX && !entries.by_key.contains_key(&key) {
            let oldest = entries.by_key.iter().min_by_key(|(_, e)| e.used).map(|(k, _)| *k);
            if let Some(oldest) = oldest {
                entries.by_key.remove(&oldest);
            }
        }
        entries.by_key.insert(key, Entry { used, vector });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_long_is_forgotten_first() {
        let cache = Cache::default();
        let of = |i: usize| key("e", 0, &i.to_string());
        for i in 0..REMEMBERED_MAX {
            cache.put(of(i), Some(vec![1.0]));
        }
        assert!(cache.get(&of(0)).is_some());
        cache.put(of(REMEMBERED_MAX), None);
        assert!(cache.get(&of(0)).is_some(), "it was used just now");
        assert!(cache.get(&of(1)).is_none());
        assert_eq!(cache.get(&of(REMEMBERED_MAX)), Some(None));
        assert_ne!(key("e", 0, "x"), key("e", 1, "x"));
    }
}
