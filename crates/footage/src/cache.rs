//! Files that can be made again, kept while there is room.
//!
//! Entries are in one folder per asset, so that all of an asset can be removed at once when it is erased. Names are
//! hashes: no user-chosen text becomes a path. The least recently used entries are evicted first. An entry is written
//! beside its place and renamed, so a half one is never read; it is made once, and other callers wait for it.

use std::collections::{HashMap, HashSet};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rushes_types::{Error, Result};
use sha2::{Digest, Sha256};

/// Ending of what is being written.
const PART: &str = "part";

/// The name of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    group: String,
    name: String,
}

fn hex(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // Lengths are hashed too, so that different parts never collide.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

impl Key {
    /// The entry of an asset that all these parts make up.
    #[must_use]
    pub fn new(asset: &str, parts: &[&[u8]]) -> Self {
        Self { group: hex(&[asset.as_bytes()]), name: hex(parts) }
    }

    /// Identifies the content.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> PathBuf {
        Path::new(&self.group).join(&self.name)
    }
}

struct Entry {
    bytes: u64,
    used: u64,
}

#[derive(Default)]
struct State {
    is_loaded: bool,
    entries: HashMap<PathBuf, Entry>,
    bytes: u64,
    /// Counts uses.
    clock: u64,
    making: HashSet<Key>,
}

/// A folder of entries.
pub struct Cache {
    dir: PathBuf,
    bytes_max: u64,
    state: Mutex<State>,
    made: Condvar,
}

/// Removes a key from the set being made when dropped, whatever happens.
struct MakingGuard<'c>(&'c Cache, &'c Key);

impl Drop for MakingGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().making.remove(self.1);
        self.0.made.notify_all();
    }
}

impl Cache {
    /// A cache in a folder, which is made when it is needed.
    #[must_use]
    pub fn new(dir: PathBuf, bytes_max: u64) -> Self {
        Self { dir, bytes_max, state: Mutex::default(), made: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loaded(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if !state.is_loaded {
            state.is_loaded = true;
            load(&self.dir, &mut state);
        }
        state
    }

    /// An entry, opened, with its length.
    #[must_use]
    pub fn open(&self, key: &Key) -> Option<(File, u64)> {
        let mut state = self.loaded();
        state.clock += 1;
        let clock = state.clock;
        let entry = state.entries.get_mut(&key.path())?;
        entry.used = clock;
        let bytes = entry.bytes;
        match File::open(self.dir.join(key.path())) {
            Ok(file) => Some((file, bytes)),
            Err(_) => {
                state.entries.remove(&key.path());
                state.bytes = state.bytes.saturating_sub(bytes);
                None
            }
        }
    }

    /// An entry's content.
    #[must_use]
    pub fn read(&self, key: &Key) -> Option<Vec<u8>> {
        let (mut file, bytes) = self.open(key)?;
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
        file.read_to_end(&mut content).ok()?;
        Some(content)
    }

    /// An entry's content; it is made where it is not there. While one caller makes it, others wait for that.
    ///
    /// # Errors
    /// What `make` answers. Failing to write the cache is not an error.
    pub fn get_or_make(&self, key: &Key, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let mut state = self.loaded();
        while state.making.contains(key) {
            state = self.made.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.making.insert(key.clone());
        drop(state);
        let _making = MakingGuard(self, key);
        if let Some(content) = self.read(key) {
            return Ok(content);
        }
        let content = make()?;
        if let Err(error) = self.write(key, &content) {
            tracing::debug!(%error, "a cache entry could not be written");
        }
        Ok(content)
    }

    fn write(&self, key: &Key, content: &[u8]) -> Result<()> {
        let part = self.part(key)?;
        let failed = |e| Error::io("writing to the cache", e);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)
            .map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        drop(file);
        self.keep(key)
    }

    /// Where an entry is written before it is [kept](Cache::keep).
    ///
    /// # Errors
    /// Where its folder cannot be made.
    pub fn part(&self, key: &Key) -> Result<PathBuf> {
        let folder = self.dir.join(&key.group);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|e| Error::io("making a folder of the cache", e))?;
        Ok(folder.join(&key.name).with_extension(PART))
    }

    /// Makes what was written to [`Cache::part`] an entry, and removes others until all have room.
    ///
    /// # Errors
    /// Where it cannot be renamed.
    pub fn keep(&self, key: &Key) -> Result<()> {
        let failed = |e| Error::io("keeping a file in the cache", e);
        let part = self.part(key)?;
        let bytes = std::fs::metadata(&part).map_err(failed)?.len();
        let mut state = self.loaded();
        std::fs::rename(&part, self.dir.join(key.path())).map_err(failed)?;
        state.clock += 1;
        let entry = Entry { bytes, used: state.clock };
        state.bytes += bytes;
        if let Some(old) = state.entries.insert(key.path(), entry) {
            state.bytes = state.bytes.saturating_sub(old.bytes);
        }
        self.make_room(&mut state);
        Ok(())
    }

    fn make_room(&self, state: &mut State) {
        if state.bytes <= self.bytes_max {
            return;
        }
        let mut by_use: Vec<(u64, PathBuf)> =
            state.entries.iter().map(|(p, e)| (e.used, p.clone())).collect();
        by_use.sort();
        // The newest stays even where it is too large alone: its caller is about to read it.
        by_use.pop();
        for (_, path) in by_use {
            if state.bytes <= self.bytes_max {
                return;
            }
            let removed = std::fs::remove_file(self.dir.join(&path));
            if removed.is_ok() || !self.dir.join(&path).is_file() {
                let bytes = state.entries.remove(&path).map_or(0, |e| e.bytes);
                state.bytes = state.bytes.saturating_sub(bytes);
            }
        }
    }

    /// Removes all of an asset.
    ///
    /// # Errors
    /// Where files cannot be removed.
    pub fn forget(&self, asset: &str) -> Result<()> {
        let group = hex(&[asset.as_bytes()]);
        self.remove(&self.dir.join(&group), |path| path.starts_with(&group))
    }

    /// Removes everything.
    ///
    /// # Errors
    /// Where files cannot be removed.
    pub fn clear(&self) -> Result<()> {
        self.remove(&self.dir, |_| true)
    }

    fn remove(&self, folder: &Path, goes: impl Fn(&Path) -> bool) -> Result<()> {
        let mut state = self.loaded();
        state.entries.retain(|path, _| !goes(path));
        state.bytes = state.entries.values().map(|e| e.bytes).sum();
        match std::fs::remove_dir_all(folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("emptying the cache", e)),
            _ => Ok(()),
        }
    }

    /// Bytes of all entries.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.loaded().bytes
    }
}

/// Finds the entries of an earlier process, oldest first, and removes what it did not finish.
fn load(dir: &Path, state: &mut State) {
    let mut found: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for group in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(group.path()).into_iter().flatten().flatten() {
            let Ok(meta) = file.metadata() else { continue };
            if file.path().extension().is_some() {
                // Not removed now, it is tried again by the next process.
                let _ = std::fs::remove_file(file.path());
            } else if meta.is_file() {
                let path = Path::new(&group.file_name()).join(file.file_name());
                found.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), path, meta.len()));
            }
        }
    }
    found.sort();
    for (_, path, bytes) in found {
        state.clock += 1;
        state.bytes += bytes;
        state.entries.insert(path, Entry { bytes, used: state.clock });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn key(n: u32) -> Key {
        Key::new(&format!("asset{}", n % 2), &[b"x", &n.to_le_bytes()])
    }

    fn fill(cache: &Cache, n: u32) {
        cache.get_or_make(&key(n), || Ok(vec![n as u8; 10])).unwrap();
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_the_bound_holds() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().join("c"), 35);
        (0..3).for_each(|n| fill(&cache, n));
        assert!(cache.read(&key(0)).is_some());
        fill(&cache, 3);
        let there: Vec<u32> = (0..4).filter(|n| cache.read(&key(*n)).is_some()).collect();
        assert_eq!((there, cache.bytes()), (vec![0, 2, 3], 30));
    }

    #[test]
    fn an_asset_is_forgotten_and_the_next_process_finds_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().to_owned(), 1000);
        (0..4).for_each(|n| fill(&cache, n));
        cache.forget("asset0").unwrap();
        cache.forget("asset9").unwrap();
        std::fs::write(cache.part(&key(7)).unwrap(), "half").unwrap();
        let again = Cache::new(dir.path().to_owned(), 1000);
        assert_eq!((again.read(&key(0)), again.read(&key(1)), again.bytes()), (None, Some(vec![1; 10]), 20));
        assert!(again.read(&key(7)).is_none());
        assert!(!again.part(&key(7)).unwrap().is_file());
        again.clear().unwrap();
        assert_eq!((again.read(&key(1)), again.bytes()), (None, 0));
    }

    #[test]
    fn an_entry_that_many_ask_for_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().to_owned(), 1000);
        let made = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let content = cache.get_or_make(&key(1), || {
                        made.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(30));
                        Ok(vec![1])
                    });
                    assert_eq!(content.unwrap(), [1]);
                });
            }
        });
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_could_not_be_made_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().to_owned(), 1000);
        assert!(cache.get_or_make(&key(1), || Err(Error::invalid("no"))).is_err());
        assert_eq!(cache.get_or_make(&key(1), || Ok(vec![2])).unwrap(), [2]);
    }
}
