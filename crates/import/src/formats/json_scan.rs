//! What is seen of a JSON document's bytes without reading it.

/// Python writes `NaN` and `Infinity` where a number is missing; JSON has `null`.
pub(crate) fn without_nan(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        if !in_string
            && let Some(word) =
                ["-Infinity", "Infinity", "NaN"].iter().find(|word| rest.starts_with(word.as_bytes()))
        {
            out.extend_from_slice(b"null");
            rest = &rest[word.len()..];
            continue;
        }
        match byte {
            b'"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && *byte == b'\\' && !escaped;
        out.push(*byte);
        rest = after;
    }
    out
}

/// The members of the object that a document is, as far as they hold something: lists and objects that are not empty.
pub(crate) fn top_members(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut at) = (0usize, 0usize);
    let (mut text, mut name) = (None, None);
    // The bracket that opened a value of the top, while nothing else has come.
    let mut opened = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'"' => {
                let end = string_end(bytes, at);
                if depth == 1 {
                    text = std::str::from_utf8(&bytes[at + 1..end.max(at + 1)]).ok().map(str::to_owned);
                } else if std::mem::take(&mut opened) {
                    names.extend(name.take());
                }
                at = end;
            }
            b':' if depth == 1 => name = text.take(),
            b'{' | b'[' => {
                if std::mem::take(&mut opened) {
                    names.extend(name.take());
                }
                depth += 1;
                opened = depth == 2;
                if depth == 1 && *byte == b'[' {
                    return names;
                }
            }
            b'}' | b']' => {
                opened = false;
                depth = depth.saturating_sub(1);
            }
            _ => {
                if depth > 1 && std::mem::take(&mut opened) {
                    names.extend(name.take());
                }
            }
        }
        at += 1;
    }
    names
}

/// Where the string that begins at `at` has its closing quote, or the document its end.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 1,
            b'"' => return end,
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{top_members, without_nan};

    #[test]
    fn what_is_no_number_becomes_null_outside_of_strings() {
        let text = br#"[NaN,"NaN \" -Infinity",-Infinity,1]"#;
        assert_eq!(without_nan(text), br#"[null,"NaN \" -Infinity",null,1]"#);
    }

    #[test]
    fn members_that_hold_something_are_named() {
        let text = br#"{"a":1,"b":[],"c":{},"d":[1],"e\"x":{"f":{}},"g":"[","h":[ "x"],"i":[[]],"j":null}"#;
        assert_eq!(top_members(text), ["d", "e\\\"x", "h", "i"]);
        assert_eq!(top_members(b"[{\"a\":[1]}]"), [""; 0]);
        for end in 0..text.len() {
            top_members(&text[..end]);
        }
    }
}
