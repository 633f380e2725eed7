//! File patterns: `*` and `?` within a name, `**` across folders, `{a,b}` for either.

use regex::Regex;

/// The regular expression of a pattern over paths with `/`; `None` where braces do not match.
pub(crate) fn pattern(glob: &str) -> Option<Regex> {
    let mut source = String::from("^");
    let mut rest = glob.strip_prefix("./").unwrap_or(glob);
    let mut in_braces = false;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            source.push_str("(?:[^/]+/)*");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            source.push_str(".*");
            rest = after;
            continue;
        }
        match letter {
            '*' => source.push_str("[^/]*"),
            '?' => source.push_str("[^/]"),
            '{' if !in_braces => {
                in_braces = true;
                source.push_str("(?:");
            }
            '}' if in_braces => {
                in_braces = false;
                source.push(')');
            }
            ',' if in_braces => source.push('|'),
            '{' | '}' => return None,
            plain => source.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4]))),
        }
        rest = &rest[letter.len_utf8()..];
    }
    if in_braces {
        return None;
    }
    source.push('$');
    Regex::new(&source).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn patterns_match_what_a_shell_would() {
        for (glob, path, expect) in [
            ("*.tsv", "a.tsv", true),
            ("*.tsv", "b/a.tsv", false),
            ("**/*.tsv", "a.tsv", true),
            ("**/*.tsv", "b/c/a.tsv", true),
            ("s*/shots/*", "s1/shots/x.tsv", true),
            ("s?/x.{csv,tsv}", "s1/x.tsv", true),
            ("s?/x.{csv,tsv}", "s1/x.json", false),
            ("a.b", "axb", false),
            ("./a", "a", true),
            ("all/**", "all/a/b", true),
            ("ü*", "über", true),
        ] {
            assert_eq!(super::pattern(glob).unwrap().is_match(path), expect, "{glob} {path}");
        }
        for glob in ["{a", "a}", "{a,{b}}"] {
            assert!(super::pattern(glob).is_none(), "{glob}");
        }
    }
}
