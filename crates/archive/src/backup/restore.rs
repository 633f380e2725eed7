//! Restoring: an archive from a backup, which is checked before and after.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_kv::if_there;
use rushes_types::{Error, ErrorKind, Result};

use super::copy::{Partial, copy_file, refuse_existing};
use super::list::{BackupList, CONFIG, LIST, MANIFEST, StoreContent, TOKENS};
use super::rewind::{Earlier, beside, rewind};
use super::set::{BackupHead, Choice, backups, choose};
use super::verify::{FIRST_VERSION, strangers};
use crate::archive_folder::ArchiveFolder;
use crate::manifest::Manifest;
use crate::progress::Progress;
use crate::rebuild_marker::{Rebuild, mark};
use rushes_store::{AnnotationStore, OnDamage};

const WHAT: &str = "the restore";

/// What is restored, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    /// A backup, or a set of them.
    pub from: PathBuf,
    /// The archive's folder to make.
    pub to: PathBuf,
    /// The commit at which the archive stops; else that of the newest backup.
    pub at: Option<u64>,
    /// Are access tokens restored, where the backup has them?
    pub with_tokens: bool,
    /// Is the configuration restored, where the backup has it?
    pub with_config: bool,
}

impl RestoreRequest {
    /// The archive alone, from a backup or from the newest of a set.
    #[must_use]
    pub fn new(from: &Path, to: &Path) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        Self { from, to, at: None, with_tokens: false, with_config: false }
    }
}

/// An archive that was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The backup that it was restored from, or from the first part of.
    pub from: PathBuf,
    /// When that was made, in seconds since 1970; none for one of the first version.
    pub made_s: Option<u64>,
    /// What the store holds again.
    pub content: StoreContent,
    /// What whoever restored it should know.
    pub warnings: Vec<String>,
}

/// Makes a new archive from a backup. The list and every file are checked, then the store is opened, and must hold what the
/// list says. Derived state is made when the archive is opened. A commit that ends no backup is restored from the next one.
///
/// # Errors
/// Where there is no whole backup, the archive's folder is there already, or the disk refuses. [`ErrorKind::Gone`] where the
/// state at the commit is not known any more. Nothing is left then.
pub fn restore(request: &RestoreRequest, progress: &dyn Progress) -> Result<RestoreReport> {
    let mut warnings = Vec::new();
    let choice = source(request, &mut warnings)?;
    refuse_existing(&request.to, "the archive")?;
    let (from, earlier) = match &choice {
        Choice::Whole(head) => (&head.path, None),
        Choice::Between { earlier, later } => (&later.path, Some(earlier.as_ref())),
    };
    let mut restored = Restored { request, progress, warnings };
    let partial = Partial::begin(&request.to)?;
    let (list, content) = match (earlier, request.at) {
        (Some(earlier), Some(at)) => restored.between(earlier, from, at, partial.dir())?,
        _ => restored.whole(from, partial.dir())?,
    };
    mark(partial.dir(), Rebuild::All)?;
    partial.name(&request.to)?;
    let made_s = (!list.is_of_first_version()).then_some(list.made_s);
    Ok(RestoreReport { from: from.clone(), made_s, content, warnings: restored.warnings })
}

/// A restore under way.
struct Restored<'a> {
    request: &'a RestoreRequest,
    progress: &'a dyn Progress,
    warnings: Vec<String>,
}

impl Restored<'_> {
    /// A backup as it is.
    fn whole(&mut self, from: &Path, to: &Path) -> Result<(BackupList, StoreContent)> {
        let (list, store) = self.opened(from, to)?;
        let found = StoreContent::of(store.as_ref())?;
        if let Some(difference) = list.content().difference(&found) {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!(
                    "the store restored from `{}` is not what was backed up: {difference}",
                    from.display()
                ),
            )
            .mend("use another backup"));
        }
        Ok((list, found))
    }

    /// The store of a backup, copied to a folder and opened there. What proves that it is the store of that moment belongs here.
    fn opened(&mut self, from: &Path, to: &Path) -> Result<(BackupList, Arc<dyn AnnotationStore>)> {
        let list = BackupList::read(from)?;
        if list.is_of_first_version() {
            self.warnings.push(FIRST_VERSION.to_owned());
        }
        refuse_damaged(from, &strangers(from, &list)?)?;
        copy_in(self.request, from, &list, to, self.progress, &mut self.warnings)?;
        let store = open_store(to, from, &list)?;
        Ok((list, store))
    }

    /// What a backup held at an earlier commit: all that stands beside its store, and a new store.
    fn between(
        &mut self,
        earlier: Option<&BackupHead>,
        from: &Path,
        at: u64,
        to: &Path,
    ) -> Result<(BackupList, StoreContent)> {
        let work = Partial::begin(&beside(&self.request.to, ".later"))?;
        let (list, later) = self.opened(from, work.dir())?;
        for name in [MANIFEST, TOKENS, CONFIG] {
            let moved = if_there(fs::rename(work.dir().join(name), to.join(name)));
            moved.map_err(|e| Error::io(&format!("restoring `{name}`"), e))?;
        }
        let base = Partial::begin(&beside(&self.request.to, ".earlier"))?;
        let earlier = earlier.map(|head| (head.commit, head.path.clone()));
        let (request, progress) = (self.request, self.progress);
        let open = || match &earlier {
            Some((_, path)) => {
                let mut restored = Restored { request, progress, warnings: Vec::new() };
                Ok(restored.opened(path, base.dir())?.1)
            }
            None => Err(Error::bug("an earlier backup is opened, and there is none")),
        };
        let earlier = earlier.as_ref().map(|(commit, _)| Earlier { commit: *commit, open: &open });
        let store = open_store(to, from, &list)?;
        rewind(later.as_ref(), earlier.as_ref(), at, store.as_ref(), progress, &mut self.warnings)?;
        let content = StoreContent::of(store.as_ref())?;
        Ok((list, content))
    }
}

/// The backups that are restored from.
fn source(request: &RestoreRequest, warnings: &mut Vec<String>) -> Result<Choice> {
    let is_backup = fs::symlink_metadata(request.from.join(LIST)).is_ok();
    if is_backup {
        let list = BackupList::read(&request.from)?;
        let head = BackupHead::of(request.from.clone(), list);
        return choose(&[head], &request.from, request.at);
    }
    let found = backups(&request.from)?;
    warnings.extend(found.damaged.iter().map(|error| format!("passed over: {error}")));
    choose(&found.whole, &request.from, request.at)
}

fn copy_in(
    request: &RestoreRequest,
    from: &Path,
    list: &BackupList,
    to: &Path,
    progress: &dyn Progress,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let total = list.bytes();
    let mut done = 0;
    for file in &list.files {
        let asked = match file.path.as_str() {
            TOKENS => request.with_tokens,
            CONFIG => request.with_config,
            _ => true,
        };
        done += file.bytes;
        if !asked {
            let flag = if file.path == TOKENS { "--with-tokens" } else { "--with-config" };
            warnings.push(format!("`{}` was left out; `{flag}` restores it too", file.path));
            continue;
        }
        let copied = copy_file(&from.join(&file.path), &to.join(&file.path), &file.path, WHAT, progress)?;
        if copied != *file {
            refuse_damaged(from, &[format!("`{}` is not what was backed up", file.path)])?;
        }
        progress.set("bytes restored", done, Some(total));
    }
    for (asked, name, flag) in
        [(request.with_tokens, TOKENS, "--with-tokens"), (request.with_config, CONFIG, "--with-config")]
    {
        if asked && !to.join(name).exists() {
            warnings.push(format!("the backup has no `{name}`; it was made without `{flag}`"));
        }
    }
    Ok(())
}

fn refuse_damaged(from: &Path, problems: &[String]) -> Result<()> {
    let Some(first) = problems.first() else { return Ok(()) };
    let more = match problems.len() {
        1 => String::new(),
        n => format!(", and {} more", n - 1),
    };
    let message = format!("the backup `{}` is not whole: {first}{more}", from.display());
    Err(Error::new(ErrorKind::Corrupt, message)
        .mend("use another backup; `rushes backup --verify` names all that is wrong"))
}

/// The store in a folder that has the manifest of a backup.
fn open_store(dir: &Path, from: &Path, list: &BackupList) -> Result<Arc<dyn AnnotationStore>> {
    let other = |why: &str| {
        Error::new(ErrorKind::Corrupt, format!("the backup `{}` {why}", from.display()))
            .mend("use another backup")
    };
    let manifest = Manifest::read(dir)?.ok_or_else(|| other("has no manifest"))?;
    if manifest.id != list.archive {
        return Err(other("has the manifest of another archive"));
    }
    ArchiveFolder { dir, manifest: &manifest, empty_index: false, on_damage: OnDamage::Refuse }
        .store()
        .map_err(|e| e.while_doing(&format!("opening the store restored from `{}`", from.display())))
}
