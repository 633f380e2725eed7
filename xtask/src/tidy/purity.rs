//! Crates that decide and do nothing: no files, no network, no clock, no environment. Their tests may.

use super::Source;
use super::scan;

/// Folders of such crates.
const PURE: &[&str] = &[
    "crates/types/src/",
    "crates/text/src/",
    "crates/plan/src/",
    "crates/converse/src/",
    "crates/wire/src/",
    "crates/fuse/src/",
    "crates/export/src/",
    "crates/learn/src/",
    "crates/feedback/src/",
    "crates/bins/src/",
    "crates/profile/src/",
];

/// Folders in them that do what the rest decided.
const DRIVERS: &[&str] = &["crates/fuse/src/driver/"];

/// What they must not name.
const DOINGS: &[(&str, &str)] = &[
    ("std::fs", "reads or writes files"),
    ("std::net", "uses the network"),
    ("std::env", "reads the environment"),
    ("std::process", "runs programs"),
    ("SystemTime::now", "reads the clock"),
    ("Instant::now", "reads the clock"),
    ("std::thread::spawn", "starts threads"),
];

/// Lines of pure crates that do something.
pub fn check(sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust() && !s.is_test()) {
        let within = |folders: &[&str]| folders.iter().any(|folder| source.path.starts_with(folder));
        if !within(PURE) || within(DRIVERS) {
            continue;
        }
        let code = scan::without_tests(&scan::code_only(&source.text));
        for (line_no, line) in code.lines().enumerate() {
            for (name, what) in DOINGS.iter().filter(|(name, _)| line.contains(name)) {
                problems.push(format!(
                    "{}:{}: `{name}` {what}; this crate only decides: take the value as a parameter",
                    source.path,
                    line_no + 1
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_in_fusion_is_found_and_one_in_its_tests_is_not() {
        let text = "fn a() { Instant::now(); }\n// Instant::now\n#[cfg(test)]\nmod tests { fn b() { Instant::now(); } }\n";
        let source = Source { path: "crates/fuse/src/a.rs".to_owned(), text: text.to_owned() };
        assert_eq!(check(&[source]).len(), 1);
    }
}
