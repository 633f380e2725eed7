//! Just enough of Rust's grammar to measure it: what is code, what is test, where functions begin and end.
//!
//! A parser crate would be exact and take longer to build than this whole tool; what is wanted are line counts, and for
//! them comments, strings and braces are enough.

/// The text with the content of comments, strings and character literals blanked out. Lines stay where they are.
pub fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => until(&chars, at, |c| c == '\n'),
            '/' if chars.get(at + 1) == Some(&'*') => block_comment(&chars, at),
            '"' => string(&chars, at),
            'r' if !after_word(&chars, at) => raw_string(&chars, at).unwrap_or(at + 1),
            '\'' => character(&chars, at).unwrap_or(at + 1),
            _ => at + 1,
        };
        if end == at + 1 {
            out.push(chars[at]);
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        }
        at = end;
    }
    out
}

fn after_word(chars: &[char], at: usize) -> bool {
    // `br"` and `cr"` are raw strings too.
    let before = at.checked_sub(1).map(|i| chars[i]);
    before.is_some_and(|c| c.is_alphanumeric() || c == '_') && !matches!(before, Some('b' | 'c'))
}

fn until(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().position(|c| stop(*c)).map_or(chars.len(), |i| from + i)
}

fn block_comment(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0usize);
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (at, depth) = (at + 2, depth + 1),
            ('*', '/') => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn string(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// The end of the raw string that begins at an `r`, if one does.
fn raw_string(chars: &[char], from: usize) -> Option<usize> {
    let quote = until(chars, from + 1, |c| c != '#');
    if chars.get(quote) != Some(&'"') {
        return None;
    }
    let hashes = quote - from - 1;
    let mut at = quote + 1;
    while at < chars.len() {
        if chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(chars.len())
}

/// The end of the character literal that begins at a `'`; `None` for a lifetime.
fn character(chars: &[char], from: usize) -> Option<usize> {
    if chars.get(from + 1) == Some(&'\\') {
        return Some(
            (until(chars, (from + 3).min(chars.len()), |c| c == '\'' || c == '\n') + 1).min(chars.len()),
        );
    }
    (chars.get(from + 2) == Some(&'\'')).then_some(from + 3)
}

/// Code with the bodies of `#[cfg(test)]` items blanked out. Takes what [`code_only`] gives.
pub fn without_tests(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        let (before, item) = rest.split_at(at);
        out.push_str(before);
        let open = item.find(['{', ';']).unwrap_or(item.len());
        let end = if item[open..].starts_with('{') { open + block_len(&item[open..]) } else { open };
        out.extend(item[..end].chars().filter(|c| *c == '\n'));
        rest = &item[end..];
    }
    out + rest
}

/// Bytes from an opening brace to behind its closing one.
fn block_len(code: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// A function: its name and how many lines it takes from `fn` to its closing brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Line of the word `fn`, from 1.
    pub line: usize,
    /// Lines.
    pub lines: usize,
}

/// The functions with a body. Takes what [`code_only`] gives.
pub fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at..];
        let name: String = rest[3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(open) = body(rest).filter(|_| !name.is_empty()) else { continue };
        let len = open + block_len(&rest[open..]);
        let line = code[..at].matches('\n').count() + 1;
        found.push(Function { name, line, lines: rest[..len].matches('\n').count() + 1 });
    }
    found
}

/// Where the body of a function opens; `None` where a `;` ends a declaration. Array types hold `;` too.
fn body(code: &str) -> Option<usize> {
    let mut depth = 0i32;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_characters_are_blanked() {
        for (text, code) in [
            ("a // { b\nc", "a       \nc"),
            ("a /* { /* } */ \n } */ b", "a               \n      b"),
            ("a(\"{\\\"}\", '{', '\\'', 'x')", "a(       ,    ,     ,    )"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("r#\"{\"}\"# + br\"}\"", "+ b"),
            ("for r in x {}", "for r in x {}"),
        ] {
            let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(squeezed(&code_only(text)), squeezed(code), "{text}");
            assert_eq!(code_only(text).chars().count(), text.chars().count());
            assert_eq!(code_only(text).matches('\n').count(), text.matches('\n').count());
        }
    }

    #[test]
    fn functions_are_measured_from_their_name_to_their_end() {
        let text = "impl X {\n    fn declared(&self) -> [u8; 3];\n    fn one(a: [u8; 2]) { b() }\n    pub fn three(\n    ) {\n    }\n}\n";
        let of = |name: &str, line, lines| Function { name: name.to_owned(), line, lines };
        assert_eq!(functions(&code_only(text)), [of("one", 3, 1), of("three", 4, 3)]);
    }

    #[test]
    fn test_modules_do_not_count() {
        let text =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(test)]\nmod other;\nfn c() {}\n";
        let code = without_tests(&code_only(text));
        let names: Vec<String> = functions(&code).into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["a", "c"]);
        assert_eq!(code.matches('\n').count(), text.matches('\n').count());
    }
}
