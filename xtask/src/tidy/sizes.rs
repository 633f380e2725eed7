//! Sizes: a file of at most 400 lines, a function of at most 70. A ratchet: what is larger stands in the exceptions
//! with its size and the reason, may shrink, and is then written down; nothing grows by itself.

use std::collections::BTreeMap;

use anyhow::Context;

use super::Source;
use super::scan;

/// Lines of a file, its tests not counted.
const FILE_LINES_MAX: usize = 400;
/// Lines of a function.
const FUNCTION_LINES_MAX: usize = 70;
/// Where the exceptions stand.
pub const EXCEPTIONS_FILE: &str = "xtask/exceptions.txt";

/// What is measured: a file (`path`) or a function (`path name`), and its lines.
pub type Sizes = BTreeMap<String, usize>;

/// The exceptions, with the comments around them.
pub struct Exceptions {
    text: String,
    sizes: BTreeMap<String, usize>,
}

impl Exceptions {
    /// Reads the exceptions: `LINES WHAT # why` a line.
    pub fn read(sources: &[Source]) -> anyhow::Result<Self> {
        let text =
            sources.iter().find(|s| s.path == EXCEPTIONS_FILE).map(|s| s.text.clone()).unwrap_or_default();
        Self::parse(&text)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut sizes = BTreeMap::new();
        for line in text.lines() {
            if let Some((lines, what)) =
                Self::line(line).with_context(|| format!("{EXCEPTIONS_FILE}: `{line}`"))?
            {
                sizes.insert(what.to_owned(), lines);
            }
        }
        Ok(Self { text: text.to_owned(), sizes })
    }

    fn line(line: &str) -> anyhow::Result<Option<(usize, &str)>> {
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (entry, reason) = line.split_once('#').context("write `LINES WHAT # why`")?;
        anyhow::ensure!(!reason.trim().is_empty(), "say why");
        let (lines, what) = entry.trim().split_once(' ').context("write `LINES WHAT # why`")?;
        Ok(Some((lines.parse().context("the first word must be a number of lines")?, what.trim())))
    }

    /// The file with every size lowered to what is needed now, and without what is not needed any more.
    pub fn tightened(&self, sizes: &Sizes) -> String {
        let mut out = String::new();
        for line in self.text.lines() {
            match Self::line(line) {
                Ok(Some((lines, what))) => {
                    let now = sizes.get(what).copied().unwrap_or(0);
                    if now > limit(what) {
                        out.push_str(&line.replacen(&lines.to_string(), &now.min(lines).to_string(), 1));
                        out.push('\n');
                    }
                }
                _ => out.extend([line, "\n"]),
            }
        }
        out
    }
}

fn limit(what: &str) -> usize {
    if what.contains(' ') { FUNCTION_LINES_MAX } else { FILE_LINES_MAX }
}

/// Lines of every file and every function of our own, tests and tables not counted.
pub fn measure(sources: &[Source]) -> Sizes {
    let mut sizes = Sizes::new();
    for source in sources.iter().filter(|s| s.is_rust() && !s.is_test() && !s.is_table()) {
        let code = scan::code_only(&source.text);
        let own = scan::without_tests(&code);
        let test_lines = code.lines().count() - blank_aware_lines(&code, &own);
        sizes.insert(source.path.clone(), source.text.lines().count() - test_lines);
        for function in scan::functions(&own) {
            let size = sizes.entry(format!("{} {}", source.path, function.name)).or_default();
            *size = (*size).max(function.lines);
        }
    }
    sizes
}

/// How many lines of `code` are left in `own`: lines that held code and are blank now are tests.
fn blank_aware_lines(code: &str, own: &str) -> usize {
    code.lines()
        .zip(own.lines())
        .filter(|(before, after)| before.trim().is_empty() || !after.trim().is_empty())
        .count()
}

/// What is too large, and exceptions that are not needed any more. One that is merely larger than needed is not red: who
/// shortens a file must not be punished for it; `tighten` writes it down at the next release.
pub fn check(sizes: &Sizes, exceptions: &Exceptions) -> Vec<String> {
    let mut problems = Vec::new();
    for (what, lines) in sizes {
        let allowed = exceptions.sizes.get(what).copied().unwrap_or(0).max(limit(what));
        if *lines > allowed {
            problems
                .push(format!("{what}: {lines} lines; at most {allowed}: split it where it does two things"));
        }
    }
    for (what, allowed) in &exceptions.sizes {
        let now = sizes.get(what).copied().unwrap_or(0);
        if now <= limit(what) {
            problems.push(format!(
                "{EXCEPTIONS_FILE}: `{what}` has {now} lines, no longer {allowed}; run `cargo xtask tidy --tighten`"
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(list: &[(&str, usize)]) -> Sizes {
        list.iter().map(|(what, lines)| ((*what).to_owned(), *lines)).collect()
    }

    #[test]
    fn what_grows_is_red_and_what_shrinks_is_written_down() {
        let exceptions =
            Exceptions::parse("# head\n500 a.rs # a parser\n90 b.rs long # one match\n").unwrap();
        assert!(check(&sizes(&[("a.rs", 500), ("b.rs long", 90), ("c.rs", 400)]), &exceptions).is_empty());
        assert_eq!(check(&sizes(&[("a.rs", 501), ("b.rs long", 90)]), &exceptions).len(), 1);
        assert!(check(&sizes(&[("a.rs", 450), ("b.rs long", 90)]), &exceptions).is_empty());
        assert_eq!(check(&sizes(&[("a.rs", 400), ("b.rs long", 90)]), &exceptions).len(), 1);
        assert_eq!(check(&sizes(&[("a.rs", 500), ("b.rs long", 90), ("c.rs f", 71)]), &exceptions).len(), 1);
        let tightened = exceptions.tightened(&sizes(&[("a.rs", 450), ("b.rs long", 12)]));
        assert_eq!(tightened, "# head\n450 a.rs # a parser\n");
        assert_eq!(exceptions.tightened(&sizes(&[("a.rs", 600)])), "# head\n500 a.rs # a parser\n");
    }

    #[test]
    fn an_exception_without_a_reason_is_refused() {
        for text in ["500 a.rs", "500 a.rs # ", "many a.rs # why"] {
            assert!(Exceptions::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tests_do_not_count() {
        let text =
            "//! Head.\n\nfn a() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\n".to_owned();
        let measured = measure(&[Source { path: "crates/a/src/a.rs".to_owned(), text }]);
        assert_eq!(measured, sizes(&[("crates/a/src/a.rs", 5), ("crates/a/src/a.rs a", 2)]));
    }
}
