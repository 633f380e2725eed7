//! What every manifest must say: the workspace's lints, the workspace's versions, no doc tests in libraries.

use anyhow::Context;
use toml::{Table, Value};

use super::Source;

/// One package's manifest.
pub struct Manifest {
    /// Path from the root.
    pub path: String,
    /// The package's name.
    pub name: String,
    /// All of it.
    pub table: Table,
}

/// Parses the manifests of the packages.
pub fn read(sources: &[Source]) -> anyhow::Result<Vec<Manifest>> {
    let mut manifests = Vec::new();
    for source in sources.iter().filter(|s| s.path.ends_with("/Cargo.toml")) {
        let table: Table = source.text.parse().with_context(|| format!("reading {}", source.path))?;
        // A package that is a workspace of its own (the fuzz targets) inherits nothing.
        if table.contains_key("workspace") {
            continue;
        }
        let name = table.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
        if let Some(name) = name.map(str::to_owned) {
            manifests.push(Manifest { path: source.path.clone(), name, table });
        }
    }
    Ok(manifests)
}

/// What is missing.
pub fn check(manifests: &[Manifest]) -> Vec<String> {
    manifests.iter().flat_map(check_one).collect()
}

fn check_one(manifest: &Manifest) -> Vec<String> {
    let (path, table) = (&manifest.path, &manifest.table);
    let mut problems = Vec::new();
    let flag =
        |section: &str, key: &str| table.get(section).and_then(|s| s.get(key)).and_then(Value::as_bool);
    if flag("lints", "workspace") != Some(true) {
        problems.push(format!("{path}: add `[lints]` with `workspace = true`: one set of lints for all"));
    }
    let is_binary_only = table.contains_key("bin") && !table.contains_key("lib");
    if !is_binary_only && flag("lib", "doctest") != Some(false) {
        problems.push(format!(
            "{path}: add `[lib]` with `doctest = false`: each doc test is linked as a program of its own; write a test"
        ));
    }
    let package = table.get("package").and_then(Value::as_table);
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        let inherited =
            package.and_then(|p| p.get(key)).and_then(|v| v.get("workspace")).and_then(Value::as_bool);
        if inherited != Some(true) {
            problems.push(format!("{path}: write `{key}.workspace = true`: one place says it for all"));
        }
    }
    for (section, name, value) in dependencies(table) {
        if value.get("workspace").and_then(Value::as_bool) != Some(true) {
            problems.push(format!(
                "{path}: `{name}` in `[{section}]` must be `{name}.workspace = true`: versions live in the root manifest"
            ));
        }
    }
    problems
}

/// Every dependency: its section, its name, what is said of it. Those of single targets too.
pub fn dependencies(table: &Table) -> Vec<(String, &String, &Value)> {
    let mut holders = vec![(String::new(), table)];
    for (target, inner) in table.get("target").and_then(Value::as_table).into_iter().flatten() {
        holders.extend(inner.as_table().map(|inner| (format!("target.{target}."), inner)));
    }
    let mut found = Vec::new();
    for (prefix, holder) in holders {
        for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for (name, value) in holder.get(kind).and_then(Value::as_table).into_iter().flatten() {
                found.push((format!("{prefix}{kind}"), name, value));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let source = Source { path: "crates/a/Cargo.toml".to_owned(), text: text.to_owned() };
        check(&read(&[source]).unwrap())
    }

    const PACKAGE: &str = "[package]\nname = \"rushes-a\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n";

    #[test]
    fn a_manifest_that_inherits_everything_is_tidy() {
        let text = format!(
            "{PACKAGE}[lib]\ndoctest = false\n[lints]\nworkspace = true\n[dependencies]\na.workspace = true"
        );
        assert_eq!(problems(&text), Vec::<String>::new());
    }

    #[test]
    fn each_thing_that_is_missing_is_named() {
        let text =
            format!("{PACKAGE}[dependencies]\nb = \"1\"\n[target.'cfg(unix)'.dependencies]\nc = \"1\"");
        let found = problems(&text);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[3].contains("`c` in `[target.cfg(unix).dependencies]`"), "{found:?}");
    }
}
