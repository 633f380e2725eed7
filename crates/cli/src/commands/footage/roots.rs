//! Which folders media may be served from: only those that somebody named for that.
//!
//! Ingesting footage is not consent to serving it. So `rushes ingest` only says what is missing, and adds the folder to
//! the archive's configuration only with `--serve-media`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::Value;

use super::summary::FootageSummary;
use crate::client::Client;
use crate::commands::ingest_options::IngestOptions;
use crate::config::Config;
use crate::exit::Outcome;

/// Says how the folder can be played, or makes it so.
pub fn consider(
    config: &Config,
    client: &Client,
    options: &IngestOptions,
    input: &Path,
    summary: &mut FootageSummary,
) -> Outcome {
    let resolved =
        std::fs::canonicalize(input).with_context(|| format!("`{}` cannot be read", input.display()))?;
    let folder = if resolved.is_dir() { resolved } else { resolved.parent().unwrap_or(&resolved).to_owned() };
    let covered = |roots: &[PathBuf]| {
        roots.iter().filter_map(|r| std::fs::canonicalize(r).ok()).any(|r| folder.starts_with(r))
    };
    if covered(&config.settings.media_roots) {
        return Ok(());
    }
    let shown = folder.display();
    if !options.footage.serve_media || options.send.dry_run {
        let text = format!(
            "to see and play it: `rushes serve --media-root '{shown}'`, or take it in with --serve-media once and for all"
        );
        summary.to_play.push(text);
        return Ok(());
    }
    if config.server.is_some() {
        summary.to_play.push(format!(
            "`--serve-media` cannot reach the server's configuration; add `{shown}` to its media_roots"
        ));
        return Ok(());
    }
    let text = std::fs::read_to_string(&config.path).unwrap_or_default();
    let said = match added(&text, &folder) {
        Some(text) => {
            write(&config.path, &text)?;
            let restart =
                if client.server().is_some() { "; the server does that once it is restarted" } else { "" };
            format!(
                "`{shown}` may be played from now on (media_roots in `{}`){restart}",
                config.path.display()
            )
        }
        None => {
            format!("add `{shown}` to media_roots in `{}`, so that it can be played", config.path.display())
        }
    };
    summary.to_play.push(said);
    Ok(())
}

/// The configuration with the folder among its media roots; `None` where that cannot be done without touching what a
/// person wrote by hand in a form of their own.
fn added(text: &str, folder: &Path) -> Option<String> {
    let mut roots = Vec::new();
    let mut rest = String::with_capacity(text.len());
    let table: toml::Table = text.parse().ok()?;
    if let Some(value) = table.get("media_roots") {
        roots.clone_from(value.as_array()?);
        // A single-line setting at the top level is edited; any other form is left to its author.
        let own = text.lines().filter(|l| l.trim_start().starts_with("media_roots")).collect::<Vec<_>>();
        let [line] = own.as_slice() else { return None };
        line.parse::<toml::Table>().ok().filter(|t| t.get("media_roots") == Some(value))?;
        for other in text.lines().filter(|l| l != line) {
            rest.push_str(other);
            rest.push('\n');
        }
    } else {
        rest.push_str(text);
    }
    roots.push(Value::String(folder.to_str()?.to_owned()));
    let line =
        toml::to_string(&toml::Table::from_iter([("media_roots".to_owned(), Value::Array(roots))])).ok()?;
    let new = format!("{}\n{rest}", line.trim_end());
    // The new text must mean the same as before, plus one folder.
    new.parse::<toml::Table>().ok().map(|_| new)
}

/// Writes a temporary file and renames it, so that the file is never incomplete.
fn write(path: &Path, text: &str) -> Outcome {
    let part = path.with_extension("toml.part");
    std::fs::write(&part, text).with_context(|| format!("`{}` cannot be written", part.display()))?;
    std::fs::rename(&part, path).with_context(|| format!("`{}` cannot be written", path.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(text: &str) -> Vec<String> {
        let table: toml::Table = text.parse().unwrap();
        table["media_roots"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_folder_is_added_and_the_rest_of_the_file_stays() {
        let first =
            added("# mine\nlisten = \"127.0.0.1:1\"\n[limits]\npage = 5\n", Path::new("/a b/\"c\"")).unwrap();
        assert!(first.contains("# mine\nlisten") && first.ends_with("[limits]\npage = 5\n"));
        assert_eq!(roots(&first), ["/a b/\"c\""]);
        let second = added(&first, Path::new("/d")).unwrap();
        assert_eq!(roots(&second), ["/a b/\"c\"", "/d"]);
        assert!(second.contains("# mine"));
        assert_eq!(roots(&added("", Path::new("/x")).unwrap()), ["/x"]);
    }

    #[test]
    fn what_a_person_wrote_in_another_form_is_left_alone() {
        for text in ["media_roots = [\n  \"/a\",\n]\n", "media_roots = 1", "not toml ["] {
            assert!(added(text, Path::new("/b")).is_none(), "{text}");
        }
    }
}
