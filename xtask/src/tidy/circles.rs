//! Circles of imports between the files of a crate: in a circle no file can be understood, tested or moved without all
//! the others. Held in the crates where circles once had grown large.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, scan};

/// Crates that must have none.
const HELD: &[&str] = &[
    "crates/archive/src/",
    "crates/index/src/",
    "crates/engine-elastic/src/",
    "crates/engine-kafka/src/",
    "crates/cli/src/",
];

/// What each module imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// One problem for each circle.
pub fn check(sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for folder in HELD {
        for circle in circles(&imports(folder, sources)) {
            problems.push(format!(
                "{folder}: these files import each other in a circle: {}; move what they share to a file of its own",
                circle.join(", ")
            ));
        }
    }
    problems
}

/// The modules of a crate, by the paths of their files, and which each one names.
fn imports(folder: &str, sources: &[Source]) -> Imports {
    let mut codes: BTreeMap<String, String> = BTreeMap::new();
    for source in sources.iter().filter(|s| s.is_rust() && s.path.starts_with(folder) && !s.is_test()) {
        let code = scan::without_tests(&scan::code_only(&source.text));
        codes.insert(module(&source.path[folder.len()..]), code);
    }
    let known: BTreeSet<&String> = codes.keys().collect();
    let mut imports = Imports::new();
    for (module, code) in &codes {
        let mut named = BTreeSet::new();
        for path in paths(code) {
            named.extend(resolve(module, &path, &known));
        }
        named.extend(children(module, code, &known));
        named.remove(module);
        imports.insert(module.clone(), named);
    }
    imports
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`; the crate's root has an empty name.
fn module(file: &str) -> String {
    let name = file.trim_end_matches(".rs");
    let name = name.strip_suffix("/mod").unwrap_or(name);
    if matches!(name, "lib" | "main" | "mod") { String::new() } else { name.replace('/', "::") }
}

/// Paths into the own crate, with the groups of `use` written out.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let tail: String = code[at..].chars().filter(|c| !c.is_whitespace()).take(2_000).collect();
            expand("", &tail, &mut found);
        }
    }
    found
}

/// Files of its own folder that a module names without `self::`.
fn children(module: &str, code: &str, known: &BTreeSet<&String>) -> Vec<String> {
    let prefix = format!("{module}::");
    let own = known.iter().filter_map(|name| Some((*name, name.strip_prefix(&prefix)?)));
    own.filter(|(_, child)| {
        code.match_indices(&format!("{child}::")).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
        })
    })
    .map(|(name, _)| name.clone())
    .collect()
}

/// Writes `a::{b, c::d}` out as `a::b` and `a::c::d`. Gives back what stands behind the path.
fn expand<'a>(prefix: &str, text: &'a str, found: &mut Vec<String>) -> &'a str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let (head, mut rest) = text.split_at(end);
    let path = format!("{prefix}{head}");
    if !(path.ends_with("::") && rest.starts_with('{')) {
        found.push(path);
        return rest;
    }
    while let Some(inner) = rest.strip_prefix(['{', ',']) {
        if inner.starts_with('}') || inner.is_empty() {
            rest = inner;
            break;
        }
        rest = expand(&path, inner, found);
    }
    rest.strip_prefix('}').unwrap_or(rest)
}

/// The module that a path leads to: the longest one that is known, from where it is written.
fn resolve(module: &str, path: &str, known: &BTreeSet<&String>) -> Option<String> {
    let mut place: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    let mut parts = path.split("::").peekable();
    match parts.next()? {
        "crate" => place.clear(),
        "super" => {
            place.pop();
        }
        _ => {}
    }
    while parts.peek() == Some(&"super") {
        place.pop();
        parts.next();
    }
    let from = place.len();
    place.extend(parts);
    while place.len() > from {
        let name = place.join("::");
        if known.contains(&name) {
            return Some(name);
        }
        place.pop();
    }
    // What a module that holds others offers itself: an item, not a file of its own.
    let name = place.join("::");
    (known.contains(&name) && !name.is_empty()).then_some(name)
}

/// Groups of modules of which each reaches each other.
fn circles(imports: &Imports) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        imports.keys().map(|from| (from, reach(imports, from))).collect();
    let mut done: BTreeSet<&String> = BTreeSet::new();
    let mut circles = Vec::new();
    for from in imports.keys() {
        if done.contains(from) || !reached[from].contains(from) {
            continue;
        }
        let circle: Vec<&String> =
            imports.keys().filter(|to| reached[from].contains(to) && reached[to].contains(from)).collect();
        done.extend(&circle);
        circles.push(circle.into_iter().cloned().collect());
    }
    circles
}

fn reach<'a>(imports: &'a Imports, from: &'a String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&String> = imports[from].iter().collect();
    while let Some(next) = open.pop() {
        if let Some((name, further)) = imports.get_key_value(next)
            && reached.insert(name)
        {
            open.extend(further);
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(path, text)| Source { path: format!("crates/cli/src/{path}"), text: (*text).to_owned() })
            .collect();
        circles(&imports("crates/cli/src/", &sources))
    }

    #[test]
    fn files_that_import_each_other_are_a_circle() {
        let found = of(&[
            ("main.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::{b::{self, B}, c::C};"),
            ("b.rs", "fn f() { super::c::g() }"),
            ("c.rs", "use super::a::A;"),
            ("d.rs", "use crate::a::A;"),
        ]);
        assert_eq!(found, [["a", "b", "c"]]);
    }

    #[test]
    fn tests_comments_and_a_folders_own_files_make_none() {
        let found = of(&[
            ("main.rs", "mod a; mod commands;"),
            ("a.rs", "// use crate::commands::x\n#[cfg(test)]\nmod tests { use crate::commands::x; }"),
            ("commands/mod.rs", "pub mod x; use self::x::run;"),
            ("commands/x.rs", "use crate::a::A; use super::super::a::B;"),
        ]);
        assert_eq!(found, Vec::<Vec<String>>::new());
    }

    #[test]
    fn an_item_of_the_folder_that_imports_the_file_is_a_circle() {
        let found = of(&[
            ("commands/mod.rs", "use self::x::run; pub struct Intake;"),
            ("commands/x.rs", "use super::Intake;"),
            ("parts/mod.rs", "mod y; fn f() { y::run() } pub struct Shared;"),
            ("parts/y.rs", "use super::{Shared};"),
        ]);
        assert_eq!(found, [["commands", "commands::x"], ["parts", "parts::y"]]);
    }
}
