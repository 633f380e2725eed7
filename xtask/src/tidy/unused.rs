//! Dependencies that no source file names: each costs compile time, for nothing.

use toml::Value;

use super::manifests::{Manifest, dependencies};
use super::{Source, scan};

/// Dependencies that are there for what they do when they are built, and are named in no source.
const UNNAMED: &[(&str, &str)] = &[];

/// Unused dependencies of each package, and of the workspace.
pub fn check(manifests: &[Manifest], sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for manifest in manifests {
        let Some(folder) = manifest.path.strip_suffix("Cargo.toml") else { continue };
        let (mut own, mut tests) = (String::new(), String::new());
        for source in sources.iter().filter(|s| s.is_rust() && s.path.starts_with(folder)) {
            let is_own = source.path[folder.len()..].starts_with("src/");
            let code = scan::code_only(&source.text);
            if is_own {
                own.push_str(&code);
            } else {
                tests.push_str(&code);
            }
        }
        for (section, name, _) in dependencies(&manifest.table) {
            let is_for_tests = section.ends_with("dev-dependencies");
            let excepted = UNNAMED.contains(&(manifest.name.as_str(), name.as_str()));
            // What only builds the package is named in `build.rs`, beside `src`.
            let elsewhere = is_for_tests || section.ends_with("build-dependencies");
            let is_named = names(&own, name) || elsewhere && names(&tests, name);
            if !is_named && !excepted {
                problems.push(format!(
                    "{}: nothing names `{name}`, which stands in `[{section}]`; take it out",
                    manifest.path
                ));
            }
        }
    }
    problems.extend(of_workspace(manifests, sources));
    problems
}

/// Versions in the root manifest that no package asks for.
fn of_workspace(manifests: &[Manifest], sources: &[Source]) -> Vec<String> {
    let root = sources.iter().find(|s| s.path == "Cargo.toml");
    let table = root.and_then(|s| s.text.parse::<toml::Table>().ok()).unwrap_or_default();
    let listed = table.get("workspace").and_then(|w| w.get("dependencies")).and_then(Value::as_table);
    let is_used = |name: &str| {
        manifests.iter().any(|m| dependencies(&m.table).iter().any(|(_, used, _)| *used == name))
    };
    listed
        .into_iter()
        .flatten()
        .filter(|(name, _)| !is_used(name))
        .map(|(name, _)| format!("Cargo.toml: no package depends on `{name}`; take it out"))
        .collect()
}

/// Does the code name the crate? In code, `-` is `_`.
fn names(code: &str, dependency: &str) -> bool {
    let name = dependency.replace('-', "_");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(&name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::super::manifests;
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn what_no_file_names_is_found_and_what_only_tests_name_is_not_for_the_crate() {
        let sources = [
            source(
                "Cargo.toml",
                "[workspace.dependencies]\nserde-json = '1'\nfst = '1'\ntoml = '1'\ncsv = '1'\nold = '1'",
            ),
            source(
                "crates/a/Cargo.toml",
                "[package]\nname = 'a'\n[dependencies]\nserde-json.workspace = true\nfst.workspace = true\n\
                 csv.workspace = true\n[dev-dependencies]\ntoml.workspace = true\n",
            ),
            source("crates/a/src/lib.rs", "use serde_json::Value; // fst\nlet fst_like = 1;"),
            source("crates/a/tests/it/main.rs", "use csv::Reader; use toml::Table;"),
        ];
        let manifests = manifests::read(&sources).unwrap();
        let problems = check(&manifests, &sources);
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].contains("`csv`") && problems[1].contains("`fst`"), "{problems:?}");
        assert!(problems[2].contains("`old`"), "{problems:?}");
    }
}
