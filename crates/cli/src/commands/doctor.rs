//! `rushes doctor`: what is wrong with an archive that does not open, and the ways out.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use rushes_archive::{Archive, ArchiveLock, Manifest, OnDamage, OpenOptions, RestoreRequest};
use rushes_types::{Error, ErrorKind};
use serde_json::json;

use crate::args::Doctor;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::progress::{Bar, Watch};

/// How long derived data may take to be made again, before the command leaves the rest to the next one.
const REBUILT_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// How often the bar is moved meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs the command.
pub fn run(config: &Config, args: &Doctor, json_output: bool, quiet: bool) -> Outcome {
    if config.server.is_some() {
        return Err(Failure::Usage(
            "name the archive's folder; `rushes verify` checks what a server has open".to_owned(),
        ));
    }
    match &args.restore {
        Some(backup) => restore(config, backup, json_output, quiet),
        None if args.take_over => take_over(config, json_output, quiet),
        None => examine(config, json_output),
    }
}

fn options(config: &Config, on_damage: OnDamage) -> OpenOptions {
    OpenOptions { on_damage, ..config.open_options(false) }
}

/// Is this error one that this command has a way out of?
fn is_damage(error: &Error) -> bool {
    error.kind() == ErrorKind::Corrupt
}

fn examine(config: &Config, json_output: bool) -> Outcome {
    let dir = config.dir.display();
    let (damage, kept) = match Archive::open(&config.dir, options(config, OnDamage::Refuse)) {
        Ok(archive) => {
            archive.close();
            (None, kept(&config.dir))
        }
        Err(error) if is_damage(&error) => (Some(error), kept(&config.dir)),
        Err(error) => return Err(error.into()),
    };
    if json_output {
        let said = damage.as_ref().map(|error| error.message().to_owned());
        output::json(&json!({"damage": said, "kept": kept}))?;
    } else if let Some(damage) = &damage {
        output::line(damage.message());
        output::line("");
        output::line("Nothing was changed. The ways out:");
        output::table(&[
            row(
                "rushes doctor --restore BACKUP",
                "put a backup in place; the damaged folder is kept beside it",
            ),
            row(
                "rushes doctor --take-over",
                "go on with what is whole; what is missing must be sent again, and the files",
            ),
            row("", "as they were found are kept"),
            row("rushes --read-damaged search …", "read what is left, and change nothing"),
        ]);
    } else {
        output::line(&format!(
            "`{dir}` opens, and holds all that was acknowledged; `rushes verify` reads every block of it"
        ));
    }
    if !json_output {
        for folder in &kept {
            output::line(&format!(
                "kept from before: `{}`; delete it when it is of no more use",
                folder.display()
            ));
        }
    }
    if damage.is_some() { Err(Failure::Reported) } else { Ok(()) }
}

fn row(command: &str, what: &str) -> Vec<String> {
    vec![format!("  {command}"), what.to_owned()]
}

/// What earlier repairs have left in an archive's folder.
fn kept(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut kept: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().contains(".damaged"))
        .map(|entry| entry.path())
        .collect();
    kept.sort();
    kept
}

fn take_over(config: &Config, json_output: bool, quiet: bool) -> Outcome {
    match Archive::open(&config.dir, options(config, OnDamage::Refuse)) {
        Ok(archive) => {
            archive.close();
            output::line("nothing to do: the archive opens, and holds all that was acknowledged");
            return Ok(());
        }
        Err(error) if is_damage(&error) => {}
        Err(error) => return Err(error.into()),
    }
    let archive = Archive::open(&config.dir, options(config, OnDamage::Accept)).map_err(|error| {
        error
            .mend("nothing of the store can be read; put a backup in place: `rushes doctor --restore BACKUP`")
    })?;
    let status = archive.status()?;
    let bar = Bar::steps(Some(status.store.commits), quiet);
    bar.say("commits made searchable again");
    let until = std::time::Instant::now() + REBUILT_WITHIN;
    let watch = Watch::begin(true);
    while !archive.wait_caught_up(status.last_commit, LOOK_EVERY)? && std::time::Instant::now() < until {
        rushes_archive::check(&watch, "the rebuild")?;
    }
    bar.finish();
    archive.close();
    let kept = kept(&config.dir);
    if json_output {
        return output::json(
            &json!({"last_commit": status.last_commit.0, "annotations": status.store.annotations, "kept": kept}),
        );
    }
    output::line(&format!(
        "`{}` goes on with {} of {}; send again what is missing: what is there already is not doubled",
        config.dir.display(),
        output::plural(status.store.annotations, "annotation"),
        output::plural(status.store.assets, "asset"),
    ));
    for folder in kept {
        output::line(&format!("the files as they were found are in `{}`", folder.display()));
    }
    Ok(())
}

fn restore(config: &Config, backup: &Path, json_output: bool, quiet: bool) -> Outcome {
    let dir = config.dir.canonicalize().unwrap_or_else(|_| config.dir.clone());
    // Whoever has the archive open would go on in a folder that was moved away.
    let _lock = if dir.is_dir() { Some(ArchiveLock::acquire(&dir)?) } else { None };
    let beside = |end: &str| {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(end);
        dir.with_file_name(name)
    };
    let restored = beside(".restored");
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let kept = beside(&format!(".damaged-{seconds}"));
    let watch = Watch::begin(quiet);
    rushes_archive::restore(&RestoreRequest::new(backup, &restored), &watch)?;
    drop(watch);
    if let (Ok(Some(here)), Ok(Some(there))) = (Manifest::read(&dir), Manifest::read(&restored))
        && here.id != there.id
    {
        let _ = std::fs::remove_dir_all(&restored);
        return Err(Failure::because(format!("`{}` is a backup of another archive", backup.display())));
    }
    // They are not damaged, and those who hold tokens are not to be locked out.
    for name in ["tokens.json", "rushes.toml"] {
        if dir.join(name).is_file() && !restored.join(name).exists() {
            std::fs::copy(dir.join(name), restored.join(name))
                .with_context(|| format!("copying `{name}`"))?;
        }
    }
    let failed = |from: &Path| format!("renaming `{}`", from.display());
    match std::fs::rename(&dir, &kept) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(anyhow::Error::new(e).context(failed(&dir)).into());
        }
        _ => {}
    }
    std::fs::rename(&restored, &dir).with_context(|| failed(&restored))?;
    if json_output {
        return output::json(&json!({"archive": config.dir, "kept": kept}));
    }
    output::line(&format!(
        "`{}` is what the backup held; the damaged folder is `{}`; the next command makes buckets and index",
        config.dir.display(),
        kept.display()
    ));
    Ok(())
}
