//! Documents: the architecture stays short enough to be read, and links between files lead somewhere.

use std::path::Path;

use super::Source;

/// What a newcomer reads in a quarter of an hour.
const ARCHITECTURE_WORDS_MAX: usize = 2_000;

/// Problems of the documents.
pub fn check(root: &Path, sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for source in sources.iter().filter(|s| s.path.ends_with(".md")) {
        if source.path == "ARCHITECTURE.md" {
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
    use super::links;

    #[test]
    fn links_are_read_outside_of_code() {
        let text = "see [a](b.md#c) and [d](e)\n```\n[x](y)\n```\n    [x](y)\n";
        assert_eq!(links(text), [(1, "b.md#c"), (1, "e")]);
    }
}
