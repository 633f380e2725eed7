//! Restoring: an archive from a backup, which is checked before and after.

use std::fs;
use std::path::{Path, PathBuf};

use rushes_types::{Error, ErrorKind, Result};

use super::copy::{Partial, copy_file, refuse_existing};
use super::list::{BackupList, CONFIG, LIST, StoreContent, TOKENS};
use super::set::{backups, choose};
use super::verify::{FIRST_VERSION, strangers};
use crate::archive_folder::ArchiveFolder;
use crate::manifest::Manifest;
use crate::progress::Progress;
use crate::rebuild_marker::{Rebuild, mark};
use rushes_store::OnDamage;

const WHAT: &str = "the restore";

/// What is restored, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    /// A backup, or a set of them.
    pub from: PathBuf,
    /// The archive's folder to make.
    pub to: PathBuf,
    /// Of a set, the newest backup at or before this commit.
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
    /// The backup that it was restored from.
    pub from: PathBuf,
    /// When that was made, in seconds since 1970; none for one of the first version.
    pub made_s: Option<u64>,
    /// What the store held then, and holds again.
    pub content: StoreContent,
    /// What whoever restored it should know.
    pub warnings: Vec<String>,
}

/// Makes a new archive from a backup. The list and every file are checked, then the store is opened, and must hold what the
/// list says. Derived state is made when the archive is opened.
///
/// # Errors
/// Where there is no whole backup, the archive's folder is there already, or the disk refuses. Nothing is left then.
pub fn restore(request: &RestoreRequest, progress: &dyn Progress) -> Result<RestoreReport> {
    let mut warnings = Vec::new();
    let from = source(request, &mut warnings)?;
    let list = BackupList::read(&from)?;
    if list.is_of_first_version() {
        warnings.push(FIRST_VERSION.to_owned());
    }
    refuse_damaged(&from, &strangers(&from, &list)?)?;
    refuse_existing(&request.to, "the archive")?;
    let partial = Partial::begin(&request.to)?;
    copy_in(request, &from, &list, partial.dir(), progress, &mut warnings)?;
    let found = open_store(partial.dir(), &from, &list)?;
    if let Some(difference) = list.content().difference(&found) {
        return Err(Error::new(
            ErrorKind::Corrupt,
            format!("the store restored from `{}` is not what was backed up: {difference}", from.display()),
        )
        .mend("use another backup"));
    }
    mark(partial.dir(), Rebuild::All)?;
    partial.name(&request.to)?;
    let made_s = (!list.is_of_first_version()).then_some(list.made_s);
    Ok(RestoreReport { from, made_s, content: found, warnings })
}

/// The backup that is restored.
fn source(request: &RestoreRequest, warnings: &mut Vec<String>) -> Result<PathBuf> {
    let is_backup = fs::symlink_metadata(request.from.join(LIST)).is_ok();
    if is_backup {
        return match request.at {
            None => Ok(request.from.clone()),
            Some(_) => Err(Error::invalid(format!("`{}` is one backup, not a set", request.from.display()))
                .mend("leave `--at` away, or name the folder that it is in")),
        };
    }
    let found = backups(&request.from)?;
    warnings.extend(found.damaged.iter().map(|error| format!("passed over: {error}")));
    let choice = choose(&found.whole, &request.from, request.at)?;
    if let Some(at) = request.at.filter(|at| *at != choice.head.commit) {
        let next = choice.next.map_or_else(
            || "there is none after it".to_owned(),
            |next| format!("the next one is of commit {next}"),
        );
        warnings.push(format!(
            "this is commit {}, not {at}: only commits that end a backup can be restored, and {next}",
            choice.head.commit
        ));
    }
    Ok(choice.head.path)
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

/// What the restored store holds. What proves that it is the store of that moment belongs here.
fn open_store(dir: &Path, from: &Path, list: &BackupList) -> Result<StoreContent> {
    let other = |why: &str| {
        Error::new(ErrorKind::Corrupt, format!("the backup `{}` {why}", from.display()))
            .mend("use another backup")
    };
    let manifest = Manifest::read(dir)?.ok_or_else(|| other("has no manifest"))?;
    if manifest.id != list.archive {
        return Err(other("has the manifest of another archive"));
    }
    let store = ArchiveFolder { dir, manifest: &manifest, empty_index: false, on_damage: OnDamage::Refuse }
        .store()
        .map_err(|e| e.while_doing(&format!("opening the store restored from `{}`", from.display())))?;
    StoreContent::of(store.as_ref())
}
