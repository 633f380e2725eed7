//! `rushes migrate`: moves an archive to other engines, or back. It works without an open archive, so it uses no route.

use std::path::{Path, PathBuf};

use rushes_archive::migrate::{
    Comparison, Options, Report, Survey, abort_open_runs, compare, migrate_archive, survey,
};
use rushes_archive::{ArchiveStore, Manifest};
use rushes_engines::Configured;
use serde_json::{Value, json};

use crate::args::Migrate;
use crate::config::{Config, read_engines};
use crate::exit::{Failure, Outcome};
use crate::output::{self, count, plural, size};
use crate::progress::Watch;

/// Where an archive is, and what it runs on.
struct MigrationEnd {
    dir: PathBuf,
    engines: Configured,
    /// The configuration, where it is not the one in the folder.
    file: Option<PathBuf>,
}

/// Runs the command.
pub fn run(config: &Config, args: &Migrate, json_output: bool, quiet: bool) -> Outcome {
    if config.server.is_some() {
        return Err(Failure::Usage(
            "a server does not move archives; run this where the archive's folder is".to_owned(),
        ));
    }
    let from = source(config, args)?;
    let to = MigrationEnd {
        dir: args.to_archive.clone(),
        engines: read_engines(args.to.as_deref(), &args.to_archive)?,
        file: args.to.clone(),
    };
    let source = ArchiveStore::open(&from.dir, from.engines.engines().as_ref())?;
    if args.dry_run {
        return dry_run(&source, &to, args, json_output, quiet);
    }
    if args.verify_only && Manifest::read(&to.dir)?.is_none() {
        return Err(Failure::because(format!("`{}` holds no archive to compare with", to.dir.display())));
    }
    let aborted = if args.abort_open { abort_open_runs(source.store())? } else { 0 };
    let target = ArchiveStore::open_target(&to.dir, &source, to.engines.engines().as_ref())?;
    let watch = Watch::begin(quiet);
    let jobs = usize::from(args.jobs);
    let report = match args.verify_only {
        true => {
            let compared = compare(source.store(), target.store(), jobs, &watch)?;
            Report { compared, ..Report::default() }
        }
        false => migrate_archive(&source, &target, Options { jobs }, &watch)?,
    };
    drop(watch);
    if json_output {
        output::json(&document(&source, &to, &report, aborted))?;
    } else {
        print(&source, &to, args, &report, aborted);
    }
    let whole = report.compared.is_same() && report.open_runs.is_empty();
    if whole { Ok(()) } else { Err(Failure::Reported) }
}

/// The archive that moves: the one at hand, unless one is named.
fn source(config: &Config, args: &Migrate) -> Outcome<MigrationEnd> {
    let dir = args.from_archive.clone().unwrap_or_else(|| config.dir.clone());
    let engines = match (&args.from, &args.from_archive) {
        (None, None) => config.engines.clone(),
        (named, _) => read_engines(named.as_deref(), &dir)?,
    };
    Ok(MigrationEnd { dir, engines, file: args.from.clone() })
}

fn dry_run(
    source: &ArchiveStore,
    to: &MigrationEnd,
    args: &Migrate,
    json_output: bool,
    quiet: bool,
) -> Outcome {
    // A dry run does not create a missing target.
    let target = match Manifest::read(&to.dir)? {
        Some(_) => Some(ArchiveStore::open_target(&to.dir, source, to.engines.engines().as_ref())?),
        None => None,
    };
    let watch = Watch::begin(quiet);
    let Survey { assets, to_move, annotations, open_runs } =
        survey(source.store(), target.as_ref().map(ArchiveStore::store), usize::from(args.jobs), &watch)?;
    drop(watch);
    if json_output {
        return output::json(&json!({
            "archive": source.manifest().id, "assets": assets, "to_move": to_move, "annotations": annotations,
            "open_runs": open_runs.iter().map(|run| run.as_str()).collect::<Vec<_>>(),
        }));
    }
    output::line(&format!(
        "{} of {} would move to `{}` ({} in all)",
        count(to_move),
        plural(assets, "asset"),
        to.dir.display(),
        plural(annotations, "annotation")
    ));
    for run in open_runs {
        output::line(&format!(
            "run `{run}` is open and would not move; commit or abort it, or give --abort-open"
        ));
    }
    Ok(())
}

fn document(source: &ArchiveStore, to: &MigrationEnd, report: &Report, aborted: u64) -> Value {
    let Comparison { assets, commits, annotations, bytes, upto, .. } = report.compared;
    json!({
        "archive": source.manifest().id, "from": source.dir(), "to": to.dir,
        "moved": report.moved, "moved_annotations": report.copied.annotations, "moved_bytes": report.copied.bytes,
        "passes": report.passes, "aborted_runs": aborted,
        "assets": assets, "commits": commits, "annotations": annotations, "bytes": bytes, "last_commit": upto.0,
        "source_digest": format!("{:032x}", report.compared.source),
        "target_digest": format!("{:032x}", report.compared.target),
        "same": report.compared.is_same(), "behind": report.compared.behind,
        "problem_count": report.compared.problem_count, "problems": report.compared.problems,
        "open_runs": report.open_runs.iter().map(|run| run.as_str()).collect::<Vec<_>>(),
    })
}

fn print(source: &ArchiveStore, to: &MigrationEnd, args: &Migrate, report: &Report, aborted: u64) {
    let compared = &report.compared;
    if aborted > 0 {
        output::line(&format!("{} given up", plural(aborted, "open run")));
    }
    if !args.verify_only {
        output::line(&format!(
            "moved {} with {} ({}) to `{}`",
            plural(report.moved, "asset"),
            plural(report.copied.annotations, "annotation"),
            size(report.copied.bytes),
            to.dir.display()
        ));
    }
    output::line(&format!(
        "compared {} with {} and {}, up to commit {}",
        plural(compared.assets, "asset"),
        plural(compared.commits, "commit"),
        plural(compared.annotations, "annotation"),
        compared.upto
    ));
    output::line(&format!("source  {:032x}  `{}`", compared.source, source.dir().display()));
    output::line(&format!("target  {:032x}  `{}`", compared.target, to.dir.display()));
    for problem in &compared.problems {
        output::line(problem);
    }
    if compared.behind > 0 {
        output::line(&format!(
            "{} not, or not whole, at the target yet; `rushes migrate` brings it",
            plural(compared.behind, "part")
        ));
    }
    for run in &report.open_runs {
        output::line(&format!(
            "run `{run}` was opened while the archive was moved, and is not at the target; commit it and move again"
        ));
    }
    if compared.is_same() && !args.verify_only {
        output::line(&format!("both are the same; next: `{}`, which makes buckets and index", serve(to)));
    } else if compared.is_same() {
        output::line("both are the same");
    }
}

/// The command that serves the target.
fn serve(to: &MigrationEnd) -> String {
    let quoted = |path: &Path| path.display().to_string();
    let file = to.file.as_deref().map(|file| format!(" --config {}", quoted(file))).unwrap_or_default();
    format!("rushes serve --archive {}{file}", quoted(&to.dir))
}
