//! Marks of unfinished work, and words by which the project would speak of something other than itself: a machine, a
//! registry's host, a number in somebody's tracker. What things are called is no matter of this list but of the glossary.

use super::Source;

/// Files that the rules do not see: this one, which must name the words, and what programs write.
const NOT_READ: &[&str] = &["xtask/src/tidy/words.rs", "Cargo.lock"];

/// How a rule finds its word in a line.
enum Find {
    /// Anywhere, case apart.
    Part(&'static str),
    /// Between characters that belong to no word, case apart; `_` belongs to words.
    Word(&'static str),
    /// By a function.
    By(fn(&Line<'_>) -> bool),
}

struct Rule {
    find: Find,
    why: &'static str,
}

/// A line of a file.
struct Line<'a> {
    is_prose: bool,
    text: &'a str,
}

const fn part(word: &'static str, why: &'static str) -> Rule {
    Rule { find: Find::Part(word), why }
}

const fn word(word: &'static str, why: &'static str) -> Rule {
    Rule { find: Find::Word(word), why }
}

const REGISTRY: &str =
    "names a registry's host: builds are set up by the machine's own configuration, and mirrors exist";
const ITSELF: &str = "the project speaks of itself only, not of who or what wrote it, or where";
const LATER: &str = "do it, or say in docs/ what is missing and why";

const RULES: &[Rule] = &[
    part("/work/", ITSELF),
    part("worktree", ITSELF),
    part("anthropic", ITSELF),
    part("chatgpt", ITSELF),
    part("co-authored-by", ITSELF),
    Rule { find: Find::By(names_issue), why: "a number is no reason: write the reason itself" },
    part("crates.io", REGISTRY),
    part("pypi.org", REGISTRY),
    part("npmjs.org", REGISTRY),
    part("npmjs.com", REGISTRY),
    part("docker.io", REGISTRY),
    part("ghcr.io", REGISTRY),
    part("quay.io", REGISTRY),
    part("deb.debian.org", REGISTRY),
    part("huggingface.co", REGISTRY),
    part("sh.rustup.rs", REGISTRY),
    part("static.rust-lang.org", REGISTRY),
    word("FIXME", LATER),
    Rule { find: Find::By(is_todo), why: LATER },
    word("XXX", LATER),
    part("<<<<<<< ", "a merge was left unfinished"),
    part(">>>>>>> ", "a merge was left unfinished"),
];

/// Every line with such a word.
pub fn check(sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for source in sources.iter().filter(|s| !NOT_READ.contains(&s.path.as_str())) {
        let is_markdown = source.path.ends_with(".md");
        for (line_no, text) in source.text.lines().enumerate() {
            let is_prose = is_markdown || (source.is_rust() && text.contains("//"));
            let line = Line { is_prose, text };
            for rule in RULES.iter().filter(|rule| rule.finds(&line)) {
                problems.push(format!("{}:{}: {}: {}", source.path, line_no + 1, rule.name(), rule.why));
            }
        }
    }
    problems
}

impl Rule {
    fn finds(&self, line: &Line<'_>) -> bool {
        match self.find {
            Find::Part(wanted) => line.text.to_lowercase().contains(&wanted.to_lowercase()),
            Find::Word(wanted) => words(line.text).any(|w| w.eq_ignore_ascii_case(wanted)),
            Find::By(finds) => finds(line),
        }
    }

    fn name(&self) -> String {
        match self.find {
            Find::Part(wanted) | Find::Word(wanted) => format!("`{wanted}`"),
            Find::By(_) => "this".to_owned(),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

/// `(#12)`, ` #12`, `issue 12`, `PR 12` in prose. Colours such as `#123` stand in quotes or style sheets.
fn names_issue(line: &Line<'_>) -> bool {
    if !line.is_prose {
        return false;
    }
    let is_number = |w: &str| !w.is_empty() && w.len() <= 5 && w.chars().all(|c| c.is_ascii_digit());
    // Unicode's annexes are named by numbers.
    let is_standard =
        |before: &str| ["Annex", "annex", "UAX", "UTS"].iter().any(|w| before.trim_end().ends_with(w));
    let by_mark =
        line.text.match_indices('#').filter(|(at, _)| !is_standard(&line.text[..*at])).any(|(at, _)| {
            let before = line.text[..at].chars().next_back();
            let number: String =
                line.text[at + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
            // `](#1-the-folder)` leads to a heading of the same page.
            let is_link = line.text[..at].ends_with("](");
            is_number(&number) && !is_link && before.is_none_or(|c| c == ' ' || c == '(' || c == '[')
        });
    let list: Vec<&str> = words(line.text).collect();
    by_mark
        || list
            .windows(2)
            .any(|pair| matches!(pair[0], "issue" | "Issue" | "PR" | "GH") && is_number(pair[1]))
}

/// `TODO` in capitals; "todo" is a word that other programs' formats use.
fn is_todo(line: &Line<'_>) -> bool {
    words(line.text).any(|w| w == "TODO")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&[Source { path: path.to_owned(), text: text.to_owned() }]).len()
    }

    #[test]
    fn refused_words_are_found() {
        for text in ["// see /work/x", "// TODO later", "// as in issue 12", "// mended (#12)"] {
            assert_eq!(found("crates/a/src/a.rs", text), 1, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_them_is_not() {
        for text in [
            "let colour = \"#123\";",
            "// the last Session of the driver",
            "// an issue of 12 frames",
            "// todo",
        ] {
            assert_eq!(found("crates/a/src/a.rs", text), 0, "{text}");
        }
        assert_eq!(found("crates/serve/ui/page.css", "a { color: #333 }"), 0);
        assert_eq!(found("docs/a.md", "# 12 ways\n[it](#1-it)\nUnicode Annex #29"), 0);
    }
}
