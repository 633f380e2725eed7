//! A line of dialogue with the matched words highlighted.

use serde_json::Value;

use crate::output::hit;

/// Most letters of a line that are shown around its hit.
const TEXT_CHARS_MAX: usize = 160;

/// A line with its marks (pairs of the first character and the one past the last, as an answer has them) drawn; a long
/// line is cut around the first of them.
#[must_use]
pub fn mark(line: &str, marks: &[Value]) -> String {
    let letters: Vec<char> = line.chars().collect();
    let number = |pair: &Value, i: usize| usize::try_from(pair.get(i)?.as_u64()?).ok();
    let ranges: Vec<(usize, usize)> =
        marks.iter().filter_map(|pair| Some((number(pair, 0)?, number(pair, 1)?))).collect();
    let first = ranges.first().map_or(0, |(from, _)| *from);
    let (from, to) = window(&letters, first);
    let text = |from: usize, to: usize| -> String {
        letters.get(from.min(to)..to.min(letters.len())).unwrap_or_default().iter().collect()
    };
    let mut out = String::new();
    let mut at = from;
    for (start, end) in ranges {
        let (start, end) = (start.max(at), end.min(to));
        if start < end {
            out.push_str(&text(at, start));
            out.push_str(&hit(&text(start, end)));
            at = end;
        }
    }
    out.push_str(&text(at, to));
    let before = if from > 0 { "… " } else { "" };
    let after = if to < letters.len() { " …" } else { "" };
    format!("{before}{}{after}", out.trim())
}

/// What is shown of a line: all of a short one, else whole words around the first hit.
fn window(letters: &[char], first: usize) -> (usize, usize) {
    if letters.len() <= TEXT_CHARS_MAX {
        return (0, letters.len());
    }
    let from = first.saturating_sub(TEXT_CHARS_MAX / 3).min(letters.len() - TEXT_CHARS_MAX);
    let to = from + TEXT_CHARS_MAX;
    let is_space = |i: &usize| letters.get(*i).is_some_and(|c| c.is_whitespace());
    let start = if from == 0 { 0 } else { (from..first).find(is_space).unwrap_or(from) };
    let end = if to == letters.len() { to } else { (start + 1..to).rev().find(is_space).unwrap_or(to) };
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn marked(line: &str, marks: &Value) -> String {
        mark(line, marks.as_array().unwrap())
    }

    #[test]
    fn hits_are_marked() {
        assert_eq!(
            marked("Could you pass the Salt? And the piano?", &json!([[10, 23]])),
            "Could you [pass the Salt]? And the piano?"
        );
        assert_eq!(marked("Ínes ran", &json!([[0, 4], [5, 8]])), "[Ínes] [ran]");
        assert_eq!(marked("plain", &json!([])), "plain");
    }

    #[test]
    fn long_lines_are_cut_around_the_first_hit() {
        let long = format!("{} salt {}", "before ".repeat(60), "after ".repeat(60));
        let at = long.find("salt").unwrap();
        let marked = marked(&long, &json!([[at, at + 4]]));
        assert!(
            marked.starts_with("… before") && marked.ends_with("after …") && marked.contains("[salt]"),
            "{marked}"
        );
        assert!(marked.chars().count() < TEXT_CHARS_MAX + 30);
    }

    #[test]
    fn nothing_in_marks_makes_it_panic() {
        for marks in
            [json!([[9, 3], [0, 99], [2, 1]]), json!([null, 1, "x", [], [1], [-1, 2], [u64::MAX, u64::MAX]])]
        {
            assert!(!marked("a line", &marks).is_empty());
            let _ = marked(&"long ".repeat(100), &marks);
        }
    }
}
