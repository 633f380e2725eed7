//! Documents: the architecture stays short enough to be read and names every crate, and links between files lead
//! somewhere.

use std::path::Path;

use super::Source;
use super::edges::short;
use super::manifests::Manifest;

/// What a newcomer reads in a quarter of an hour.
const ARCHITECTURE_WORDS_MAX: usize = 2_000;

/// Problems of the documents.
pub fn check(root: &Path, sources: &[Source], manifests: &[Manifest]) -> Vec<String> {
    let mut problems = Vec::new();
    for source in sources.iter().filter(|s| s.path.ends_with(".md")) {
        if source.path == "ARCHITECTURE.md" {
            problems.extend(missing(&source.text, manifests));
            let words = source.text.split_whitespace().count();
            if words > ARCHITECTURE_WORDS_MAX {
                problems.push(format!(
                    "ARCHITECTURE.md: {words} words; at most {ARCHITECTURE_WORDS_MAX}: move what changes within a year to docs/"
                ));
            }
        }
        let folder = Path::new(&source.path).parent().unwrap_or(Path::new(""));
        for (line_no, link) in links(&source.text) {
            let file = link.split('#').next().unwrap_or_default();
            let is_elsewhere = link.contains("://") || link.starts_with("mailto:") || file.is_empty();
            if !is_elsewhere && !root.join(folder).join(file).exists() {
                problems.push(format!("{}:{line_no}: the link `{link}` leads nowhere", source.path));
            }
        }
    }
    problems
}

/// Crates that the table of crates does not name.
fn missing(text: &str, manifests: &[Manifest]) -> Vec<String> {
    // The second column of every row, and what follows a semicolon in it.
    let rows: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1)).collect();
    let names = |crate_name: &str| {
        let [plain, tool] = [format!("`{crate_name}`"), format!("`tools/{crate_name}`")];
        rows.iter().any(|row| row.contains(&plain) || row.contains(&tool))
    };
    manifests
        .iter()
        .filter(|manifest| manifest.name != "xtask" && !names(short(&manifest.name)))
        .map(|manifest| {
            format!("ARCHITECTURE.md: the table of crates does not name `{}`", short(&manifest.name))
        })
        .collect()
}

/// Targets of `[text](target)` outside of code blocks, with their line numbers.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (line_no, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code || line.starts_with("    ") {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let rest = line.get(at + 2..).unwrap_or_default();
            if let Some((target, _)) = rest.split_once(')') {
                found.push((line_no + 1, target.split(' ').next().unwrap_or_default()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::super::manifests;
    use super::{links, missing};

    #[test]
    fn a_crate_that_the_table_does_not_name_is_asked_for() {
        let text = "| who | crate | not |\n|---|---|---|\n| a | `store` | `novel` |\n| b | `show`; `tools/film` draws | x |\n";
        let sources: Vec<Source> = ["rushes-store", "rushes-film", "rushes-novel", "rushes-show", "xtask"]
            .iter()
            .map(|name| Source {
                path: format!("{name}/Cargo.toml"),
                text: format!("[package]\nname = '{name}'\n"),
            })
            .collect();
        let problems = missing(text, &manifests::read(&sources).unwrap());
        assert_eq!(problems, ["ARCHITECTURE.md: the table of crates does not name `novel`"]);
    }

    #[test]
    fn links_are_read_outside_of_code() {
        let text = "see [a](b.md#c) and [d](e)\n```\n[x](y)\n```\n    [x](y)\n";
        assert_eq!(links(text), [(1, "b.md#c"), (1, "e")]);
    }
}
