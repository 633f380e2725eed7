//! `cargo xtask tidy`: what neither compiler nor clippy checks. Runs as a unit test too, so that no one has to think
//! of it. Every rule is a pure function from file contents to a list of problems; each problem says what to do.

use std::path::Path;

use anyhow::Context;

mod circles;
mod documents;
mod edges;
mod manifests;
mod purity;
mod scan;
mod sizes;
mod sources;
mod unused;
mod words;

use sources::Source;

/// Everything that is untidy, one sentence each.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let sources = sources::tracked(root)?;
    let manifests = manifests::read(&sources)?;
    let exceptions = sizes::Exceptions::read(&sources)?;
    let mut problems = Vec::new();
    problems.extend(manifests::check(&manifests));
    problems.extend(edges::check(&manifests));
    problems.extend(sizes::check(&sizes::measure(&sources), &exceptions));
    problems.extend(unused::check(&manifests, &sources));
    problems.extend(circles::check(&sources));
    problems.extend(purity::check(&sources));
    problems.extend(words::check(&sources));
    problems.extend(documents::check(root, &sources, &manifests));
    Ok(problems)
}

/// Writes the exceptions down to what is needed today. Never up: that takes a person with a reason.
pub fn tighten(root: &Path) -> anyhow::Result<()> {
    let sources = sources::tracked(root)?;
    let exceptions = sizes::Exceptions::read(&sources)?;
    let text = exceptions.tightened(&sizes::measure(&sources));
    std::fs::write(root.join(sizes::EXCEPTIONS_FILE), text)
        .with_context(|| format!("writing {}", sizes::EXCEPTIONS_FILE))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_is_tidy() {
        let problems = super::check(&crate::root().unwrap()).unwrap();
        assert!(problems.is_empty(), "cargo xtask tidy:\n{}", problems.join("\n"));
    }
}
