//! Which crate may know which: the architecture's arrows, as a table. What is not in it is refused, so that a stage
//! cannot come to call an earlier one by way of a line in a manifest. Development dependencies are free.

use super::manifests::{Manifest, dependencies};

const PREFIX: &str = "rushes-";

/// A crate, and those of ours that it may use; without the prefix `rushes-`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("text", &[]),
    ("kv", &["types"]),
    ("import", &["types"]),
    ("footage", &["types"]),
    ("encode", &["types"]),
    ("encode-models", &["types", "encode"]),
    ("wire", &["types"]),
    ("store", &["types", "kv"]),
    ("events", &["types", "kv"]),
    ("timeline", &["types", "wire", "kv"]),
    // What a commit did is the store's word; its decisions call neither store nor timeline, its driver both.
    ("fuse", &["types", "wire", "store", "timeline"]),
    ("plan", &["types", "text"]),
    ("ask", &["types", "text", "plan"]),
    ("converse", &["types", "text", "plan", "ask"]),
    ("index", &["types", "text", "wire", "plan"]),
    ("profile", &["types", "plan"]),
    ("learn", &["types"]),
    ("feedback", &["types", "learn"]),
    ("query", &["types", "text", "plan", "index", "learn"]),
    ("export", &["types"]),
    ("bins", &["types"]),
    ("engine-cassandra", &["types", "wire", "store", "timeline"]),
    ("engine-kafka", &["types", "events"]),
    ("engine-elastic", &["types", "text", "wire", "plan", "index"]),
    ("archive", PARTS),
    ("page", &[]),
    // Agents ask what everybody asks: the routes, by way of a seam.
    ("mcp", &[]),
    (
        "serve",
        &[
            "types", "text", "wire", "store", "events", "plan", "converse", "index", "learn", "feedback",
            "profile", "query", "mcp", "export", "bins", "import", "footage", "archive", "page",
        ],
    ),
    (
        "engines",
        &[
            "types",
            "archive",
            "store",
            "events",
            "timeline",
            "index",
            "engine-cassandra",
            "engine-kafka",
            "engine-elastic",
        ],
    ),
    (
        "bench",
        &[
            "types",
            "text",
            "wire",
            "store",
            "events",
            "timeline",
            "fuse",
            "plan",
            "index",
            "query",
            "archive",
            // What an engine's own client does with the same rows.
            "engines",
            "engine-cassandra",
            "engine-kafka",
            "engine-elastic",
        ],
    ),
    ("testkit", PARTS),
    ("show", &[]),
    // A tool: it draws what `show` keeps, and nothing knows it.
    ("film", &["show"]),
    ("cli", ANY),
    ("xtask", &[]),
];

/// All that one archive is made of.
const PARTS: &[&str] = &[
    "types", "text", "kv", "wire", "store", "events", "timeline", "fuse", "plan", "ask", "converse", "index",
    "learn", "feedback", "profile", "query", "bins",
];
/// Only the command line may wire everything.
const ANY: &[&str] = &["*"];

/// Edges that are not allowed, and crates that the table does not know.
pub fn check(manifests: &[Manifest]) -> Vec<String> {
    manifests.iter().flat_map(check_one).collect()
}

fn check_one(manifest: &Manifest) -> Vec<String> {
    let name = short(&manifest.name);
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return vec![format!(
            "{}: `{name}` is not in the table of crate edges; add it to xtask/src/tidy/edges.rs with what it may know",
            manifest.path
        )];
    };
    if *allowed == ANY {
        return Vec::new();
    }
    dependencies(&manifest.table)
        .into_iter()
        .filter(|(section, used, _)| !section.ends_with("dev-dependencies") && used.starts_with(PREFIX))
        .filter(|(_, used, _)| !allowed.contains(&short(used)))
        .map(|(_, used, _)| {
            format!(
                "{}: `{name}` must not know `{}`; it may know {}",
                manifest.path,
                short(used),
                if allowed.is_empty() { "none of ours".to_owned() } else { allowed.join(", ") }
            )
        })
        .collect()
}

/// `rushes` itself is the command line.
pub fn short(name: &str) -> &str {
    if name == "rushes" { "cli" } else { name.strip_prefix(PREFIX).unwrap_or(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(name: &str, rest: &str) -> Vec<String> {
        let table = format!("[package]\nname = \"{name}\"\n{rest}").parse().unwrap();
        check(&[Manifest { path: "crates/a/Cargo.toml".to_owned(), name: name.to_owned(), table }])
    }

    #[test]
    fn an_edge_against_the_datas_way_is_refused() {
        let found = problems("rushes-store", "[dependencies]\nrushes-fuse.workspace = true");
        assert!(found[0].contains("`store` must not know `fuse`"), "{found:?}");
    }

    #[test]
    fn development_dependencies_are_free() {
        assert!(problems("rushes-store", "[dev-dependencies]\nrushes-testkit.workspace = true").is_empty());
    }

    #[test]
    fn an_unknown_crate_is_asked_for() {
        assert_eq!(problems("rushes-novel", "").len(), 1);
    }

    #[test]
    fn the_table_has_no_circle() {
        let mut known: Vec<&str> = Vec::new();
        for (name, allowed) in ALLOWED {
            if *name == "archive" || *name == "testkit" || *allowed == ANY {
                known.push(name);
                continue;
            }
            for used in *allowed {
                assert!(
                    known.contains(used),
                    "`{name}` may know `{used}`, which stands below it in the table"
                );
            }
            known.push(name);
        }
    }
}
