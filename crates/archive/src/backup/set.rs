//! A backup set: a folder of backups, each in a folder of its own, named by when it was made and its last commit.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rushes_kv::if_there;
use rushes_types::{Error, ErrorKind, Result};

use super::copy::{PARTIAL, remove_tree};
use super::list::BackupList;
use crate::clock::rfc3339;
use crate::manifest::{lock_file, make_private_dir};

/// The file in a set that a process locks while it makes or removes backups there.
const LOCK: &str = "set.lock";
/// What ends the name of a backup that is being removed.
const REMOVED: &str = ".removed";
/// Backups of one archive, of one second and one commit, in a set.
const SAME_NAME_MAX: u32 = 1_000;

/// A backup of a set, without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupHead {
    /// Its folder.
    pub path: PathBuf,
    /// The archive's id.
    pub archive: String,
    /// When it was made, in seconds since 1970.
    pub made_s: u64,
    /// The last commit in it.
    pub commit: u64,
    /// Length of its files, in bytes.
    pub bytes: u64,
}

impl BackupHead {
    pub(super) fn of(path: PathBuf, list: BackupList) -> Self {
        let bytes = list.bytes();
        Self { path, made_s: list.made_s, commit: list.commit, bytes, archive: list.archive }
    }
}

/// A set that this process may change.
#[derive(Debug)]
pub(crate) struct BackupSet {
    dir: PathBuf,
    _lock: File,
}

impl BackupSet {
    /// Opens a set, making it where it is not there, and removes what an interrupted work left in it.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        if dir.join(super::list::LIST).exists() {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("`{}` is a backup, not a set of them", dir.display()),
            )
            .mend("name the folder that it is in, or another one"));
        }
        make_private_dir(dir)?;
        let busy = || {
            let message = format!("another process makes a backup in `{}`", dir.display());
            Error::new(ErrorKind::Busy, message).mend("wait until it is done")
        };
        let lock = lock_file(&dir.join(LOCK), busy)?;
        let set = Self { dir: dir.to_owned(), _lock: lock };
        set.clean()?;
        Ok(set)
    }

    /// Removes backups that were not finished, and those whose removal was not.
    fn clean(&self) -> Result<()> {
        for name in names(&self.dir)? {
            let unfinished = [PARTIAL, REMOVED].iter().find_map(|ending| name.strip_suffix(ending));
            if unfinished.is_some_and(is_backup_name) {
                remove_tree(&self.dir.join(&name))?;
            }
        }
        Ok(())
    }

    /// The newest backup of an archive, with its files.
    pub(crate) fn newest(&self, archive: &str) -> Result<Option<(PathBuf, BackupList)>> {
        let Some(head) = newest(&self.dir, archive)? else { return Ok(None) };
        match BackupList::read(&head.path) {
            Ok(list) => Ok(Some((head.path, list))),
            Err(error) => {
                tracing::warn!(%error, "the backup before is of no use to the next one");
                Ok(None)
            }
        }
    }

    /// The folder of a backup to be made.
    pub(crate) fn next(&self, made_s: u64, commit: u64) -> Result<PathBuf> {
        let name = backup_name(made_s, commit);
        for n in 1..SAME_NAME_MAX {
            let name = if n == 1 { name.clone() } else { format!("{name}-{n}") };
            let path = self.dir.join(name);
            if fs::symlink_metadata(&path).is_err() {
                return Ok(path);
            }
        }
        let message = format!("`{}` has too many backups of this second", self.dir.display());
        Err(Error::new(ErrorKind::Busy, message).mend("try again"))
    }

    /// Removes all backups of an archive but the newest `keep`, and never the last. Gives back which.
    pub(crate) fn retain(&self, archive: &str, keep: usize) -> Result<Vec<PathBuf>> {
        let mut removed = Vec::new();
        for head in superfluous(backups(&self.dir)?.whole, archive, keep) {
            let mut name = head.path.file_name().unwrap_or_default().to_owned();
            name.push(REMOVED);
            let going = head.path.with_file_name(name);
            // From the rename on it is no backup any more, whatever happens to this process.
            fs::rename(&head.path, &going)
                .map_err(|e| Error::io(&format!("removing `{}`", head.path.display()), e))?;
            remove_tree(&going)?;
            removed.push(head.path);
        }
        Ok(removed)
    }
}

/// Those of an archive that are not among its newest `keep`.
fn superfluous(mut heads: Vec<BackupHead>, archive: &str, keep: usize) -> Vec<BackupHead> {
    heads.retain(|head| head.archive == archive);
    heads.sort_by_key(|head| std::cmp::Reverse((head.made_s, head.commit, head.path.clone())));
    heads.split_off(keep.max(1).min(heads.len()))
}

/// The newest backup of an archive in a set.
pub(crate) fn newest(dir: &Path, archive: &str) -> Result<Option<BackupHead>> {
    let heads = backups(dir)?.whole.into_iter().filter(|head| head.archive == archive);
    Ok(heads.max_by_key(|head| (head.made_s, head.commit, head.path.clone())))
}

/// What a set holds.
#[derive(Debug, Default)]
pub(crate) struct Backups {
    /// The backups whose lists are whole, by name.
    pub whole: Vec<BackupHead>,
    /// What is wrong with the others.
    pub damaged: Vec<Error>,
}

/// The backups of a set; of their files only the lists are looked at.
pub(crate) fn backups(dir: &Path) -> Result<Backups> {
    let mut found = Backups::default();
    for path in folders(dir)? {
        match BackupList::read(&path) {
            Ok(list) => found.whole.push(BackupHead::of(path, list)),
            Err(error) => {
                tracing::warn!(%error, "a folder of the backup set is no whole backup");
                found.damaged.push(error);
            }
        }
    }
    Ok(found)
}

/// The folders of a set that have the name of a backup, by name: none where the set is not there.
pub(super) fn folders(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = names(dir)?
        .into_iter()
        .filter(|name| is_backup_name(name))
        .map(|name| dir.join(name))
        .filter(|path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir()))
        .collect();
    folders.sort();
    Ok(folders)
}

fn names(dir: &Path) -> Result<Vec<String>> {
    let failed = |e| Error::io(&format!("reading `{}`", dir.display()), e);
    let Some(entries) = if_there(fs::read_dir(dir)).map_err(failed)? else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string().ok());
    }
    Ok(names)
}

/// `20261129T201503Z-42`: when it was made, and its last commit.
fn backup_name(made_s: u64, commit: u64) -> String {
    let time = rfc3339(UNIX_EPOCH + Duration::from_secs(made_s));
    let time: String = time.split('.').next().unwrap_or_default().replace(['-', ':'], "");
    format!("{time}Z-{commit}")
}

fn is_backup_name(name: &str) -> bool {
    let is_number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let Some((time, rest)) = name.split_once('-') else { return false };
    let Some((day, clock)) = time.strip_suffix('Z').and_then(|time| time.split_once('T')) else {
        return false;
    };
    is_number(day, 8..=8)
        && is_number(clock, 6..=6)
        && rest.split('-').count() <= 2
        && rest.split('-').all(|part| is_number(part, 1..=20))
}

/// Which backups of a set are restored from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This one, as it is.
    Whole(BackupHead),
    /// The commit that was asked for ends no backup: it comes after the earlier one, if there is one, and before the end of the
    /// later one.
    Between {
        /// The newest before it.
        earlier: Option<BackupHead>,
        /// The first behind it.
        later: BackupHead,
    },
}

/// The newest backup of all, or what holds a commit.
pub(crate) fn choose(heads: &[BackupHead], dir: &Path, at: Option<u64>) -> Result<Choice> {
    let mut archives: Vec<&str> = heads.iter().map(|head| head.archive.as_str()).collect();
    archives.sort_unstable();
    archives.dedup();
    if archives.len() > 1 {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("`{}` holds backups of several archives: {}", dir.display(), archives.join(", ")),
        )
        .mend("name the folder of one backup in it"));
    }
    let order = |head: &&BackupHead| (head.made_s, head.commit, head.path.clone());
    let Some(newest) = heads.iter().max_by_key(order) else {
        return Err(Error::new(ErrorKind::NotFound, format!("`{}` holds no backup", dir.display()))
            .mend("name a folder made by `rushes backup`"));
    };
    let Some(at) = at else { return Ok(Choice::Whole(newest.clone())) };
    if at == 0 {
        return Err(
            Error::new(ErrorKind::NotFound, "commits are numbered from 1").mend("`--at 1` is the first")
        );
    }
    let earlier = heads.iter().filter(|head| head.commit <= at).max_by_key(order);
    if let Some(exact) = earlier.filter(|head| head.commit == at) {
        return Ok(Choice::Whole(exact.clone()));
    }
    let first = |head: &&BackupHead| (head.commit, std::cmp::Reverse(order(head)));
    let Some(later) = heads.iter().filter(|head| head.commit > at).min_by_key(first) else {
        let last = heads.iter().map(|head| head.commit).max().unwrap_or(0);
        let message = format!("`{}` holds no backup with commit {at}: the last one is {last}", dir.display());
        return Err(Error::new(ErrorKind::NotFound, message).mend(format!("`--at {last}` restores that")));
    };
    Ok(Choice::Between { earlier: earlier.cloned(), later: later.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(archive: &str, made_s: u64, commit: u64) -> BackupHead {
        let path = PathBuf::from(backup_name(made_s, commit));
        BackupHead { path, archive: archive.to_owned(), made_s, commit, bytes: 1 }
    }

    #[test]
    fn names_say_when_and_what() {
        let name = backup_name(1_709_164_800, 42);
        assert_eq!(name, "20240229T000000Z-42");
        for good in [name.as_str(), "20240229T000000Z-42-2"] {
            assert!(is_backup_name(good), "{good}");
        }
        for bad in [
            "",
            "monday",
            "20240229T000000Z",
            "20240229T000000Z-",
            "20240229T000000Z-1-2-3",
            "2024T0Z-1",
            "20240229T000000Z-x",
        ] {
            assert!(!is_backup_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_commit_is_restored_from_the_backup_that_ends_with_it_or_from_those_around_it() {
        let heads =
            [head("a", 1, 10), head("a", 2, 20), head("a", 3, 20), head("a", 4, 30), head("a", 5, 40)];
        let chosen = |at| match choose(&heads, Path::new("set"), at).unwrap() {
            Choice::Whole(head) => (Some(head.made_s), None),
            Choice::Between { earlier, later } => (earlier.map(|head| head.made_s), Some(later.made_s)),
        };
        assert_eq!(chosen(None), (Some(5), None));
        assert_eq!(chosen(Some(20)), (Some(3), None));
        assert_eq!(chosen(Some(29)), (Some(3), Some(4)));
        assert_eq!(chosen(Some(15)), (Some(1), Some(3)));
        assert_eq!(chosen(Some(9)), (None, Some(1)));
        let late = choose(&heads, Path::new("set"), Some(99)).unwrap_err();
        assert!(late.message().contains("`--at 40`"), "{late}");
        assert!(choose(&[], Path::new("set"), None).is_err());
        assert!(choose(&[head("a", 1, 1), head("b", 2, 2)], Path::new("set"), None).is_err());
    }

    #[test]
    fn of_one_archive_the_newest_stay_and_of_others_all() {
        let heads = vec![head("a", 1, 1), head("a", 3, 3), head("b", 0, 1), head("a", 2, 2)];
        let gone = |keep| superfluous(heads.clone(), "a", keep).iter().map(|h| h.made_s).collect::<Vec<_>>();
        assert_eq!(gone(0), [2, 1]);
        assert_eq!(gone(2), [1]);
        assert_eq!(gone(9), Vec::<u64>::new());
    }
}
