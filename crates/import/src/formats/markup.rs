//! The text of cues without their markup.

/// The texts of a WebVTT cue by voice; without voices there is one, without a speaker.
pub(crate) fn voices(text: &str) -> Vec<(Option<String>, String)> {
    let mut parts: Vec<(Option<String>, String)> = vec![(None, String::new())];
    let mut rest = text;
    let mut in_ruby_text = false;
    while let Some(at) = rest.find('<') {
        push(&mut parts, &rest[..at], in_ruby_text);
        let tag = &rest[at + 1..];
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        let (name, annotation) = tag.split_once([' ', '\t', '\n']).unwrap_or((tag, ""));
        match name.split('.').next().unwrap_or("") {
            "v" => parts.push((Some(entities(annotation)), String::new())),
            "/v" => parts.push((None, String::new())),
            "rt" => in_ruby_text = true,
            "/rt" => in_ruby_text = false,
            _ => {}
        }
        rest = after;
    }
    push(&mut parts, rest, in_ruby_text);
    parts.retain(|(_, text)| !text.trim().is_empty());
    parts
}

fn push(parts: &mut [(Option<String>, String)], text: &str, in_ruby_text: bool) {
    if let Some((_, last)) = parts.last_mut()
        && !in_ruby_text
    {
        last.push_str(&entities(text));
    }
}

/// The text of a SubRip cue: tags of the kind `<i>` and overrides of the kind `{\an8}` are removed. A `<` that begins
/// no tag is a character.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{']) {
        plain.push_str(&rest[..at]);
        let mark = &rest[at..];
        let end = if mark.starts_with("{\\") {
            mark.find('}')
        } else if mark.starts_with('<')
            && mark[1..].starts_with(|c: char| c == '/' || c.is_ascii_alphabetic())
        {
            mark.find('>')
        } else {
            None
        };
        match end {
            Some(end) => rest = &mark[end + 1..],
            None => {
                plain.push_str(&mark[..1]);
                rest = &mark[1..];
            }
        }
    }
    plain.push_str(rest);
    entities(&plain)
}

/// Character references as characters; unknown ones stay as they are.
pub(crate) fn entities(text: &str) -> String {
    const NAME_CHARS_MAX: usize = 10;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let name = &rest[at + 1..];
        let end = name.char_indices().take(NAME_CHARS_MAX).find(|(_, letter)| *letter == ';');
        match end.and_then(|(end, _)| Some((end, reference(&name[..end])?))) {
            Some((end, letter)) => {
                out.extend(letter);
                rest = &name[end + 1..];
            }
            None => {
                out.push('&');
                rest = name;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The letter of a reference, or none for marks that are not seen; `None` where it is unknown.
pub(crate) fn reference(name: &str) -> Option<Option<char>> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).map(Some);
    }
    Some(match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "lrm" | "rlm" => None,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{entities, plain, voices};

    #[test]
    fn voices_are_told_apart_and_other_tags_taken_out() {
        let found = voices("<v.loud Mara &amp; Ines>Cast <i>off</i>!</v> <v Otto>Aye.");
        let expect = [("Mara & Ines", "Cast off!"), ("Otto", "Aye.")];
        assert_eq!(found, expect.map(|(who, text)| (Some(who.to_owned()), text.to_owned())));
        assert_eq!(
            voices("a<00:01.000> b<c.x>c</c> <ruby>d<rt>e</rt></ruby>"),
            [(None, "a bc d".to_owned())]
        );
        assert_eq!(voices("1 < 2"), [(None, "1 ".to_owned())]);
        assert_eq!(voices("<v Mara></v>"), []);
    }

    #[test]
    fn subrip_tags_and_overrides_go_and_characters_stay() {
        for (text, expect) in [
            ("<i>Hi</i> {\\an8}there", "Hi there"),
            ("1 < 2 <3 {smile} <", "1 < 2 <3 {smile} <"),
            ("<font color=\"#fff\">x</font>", "x"),
            ("&lt;b&gt; &nope; AT&T &#233;&#x41;", "<b> &nope; AT&T éA"),
            ("<unclosed", "<unclosed"),
        ] {
            assert_eq!(plain(text), expect, "{text}");
        }
        assert_eq!(entities("&lrm;a&#0;&#xd800;"), "a\0&#xd800;");
    }
}
