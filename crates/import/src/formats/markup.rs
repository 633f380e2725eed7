//! The text of cues without their markup.
//!
//! What is markup is a list: a `<` that begins none of it is a character, and a tag of no known name (`<Speaker 1>`) is
//! text that somebody wrote, so nothing that is said can vanish with it.

use crate::formats::vtt_time::timestamp;

/// Names of tags that WebVTT, SubRip and the pages they were taken from have.
const TAGS: [&str; 32] = [
    "c", "i", "b", "u", "v", "lang", "ruby", "rt", "rp", "font", "span", "p", "br", "em", "strong", "s",
    "strike", "del", "small", "big", "sub", "sup", "tt", "a", "div", "center", "body", "html", "sync", "q",
    "color", "x",
];
/// One letter before a colon: the codes of MicroDVD.
const MICRO_DVD: &str = "yYcCfFsSpPoOhH";

/// One voice of a cue.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Voice {
    pub speaker: Option<String>,
    /// Pieces of text, each with the time that stands before it.
    pub pieces: Vec<(Option<i128>, String)>,
}

impl Voice {
    /// All that it says.
    pub(crate) fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    fn push(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some((_, last)) => last.push_str(text),
            None => self.pieces.push((None, text.to_owned())),
        }
    }
}

/// What a `<` begins.
enum Tag<'t> {
    Open(&'t str, &'t str),
    Close(&'t str),
    Time(i128),
}

/// The tag at the start of a text, and what follows it; `None` where the `<` is a character.
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let inner = text.strip_prefix('<')?;
    let (inner, after) = inner.split_once('>')?;
    if inner.contains('<') {
        return None;
    }
    if let Some(name) = inner.strip_prefix('/') {
        let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.');
        return is_name.then_some((Tag::Close(name), after));
    }
    if inner.starts_with(|letter: char| letter.is_ascii_digit()) {
        let mut rest = inner;
        let at_ns = timestamp(&mut rest).filter(|_| rest.is_empty())?;
        return Some((Tag::Time(at_ns), after));
    }
    let end = inner.find([' ', '\t', '\n', '.', '/', '=']).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    if !TAGS.contains(&name.to_ascii_lowercase().as_str()) && !name.is_empty() {
        return None;
    }
    // `<.class>` has no name and is markup all the same; `< so` is none.
    if name.is_empty() && !rest.starts_with('.') {
        return None;
    }
    let annotation = rest.split_once([' ', '\t', '\n']).map_or("", |(_, annotation)| annotation);
    Some((Tag::Open(name, annotation), after))
}

/// The texts of a cue by voice; without voices there is one, without a speaker.
pub(crate) fn voices(text: &str) -> Vec<Voice> {
    let text = overrides(text);
    let mut voices = vec![Voice::default()];
    let (mut rest, mut in_ruby_text) = (text.as_str(), false);
    while let Some(at) = rest.find('<') {
        let (before, marked) = rest.split_at(at);
        push(&mut voices, before, in_ruby_text);
        let Some((found, after)) = tag(marked) else {
            push(&mut voices, "<", in_ruby_text);
            rest = &marked[1..];
            continue;
        };
        match found {
            Tag::Open("v", annotation) => {
                voices.push(Voice { speaker: Some(entities(annotation)), pieces: Vec::new() });
            }
            Tag::Close("v") => voices.push(Voice::default()),
            Tag::Open("rt", _) => in_ruby_text = true,
            Tag::Close("rt") => in_ruby_text = false,
            Tag::Open(name, _) if name.eq_ignore_ascii_case("br") => push(&mut voices, "\n", in_ruby_text),
            Tag::Time(at_ns) => {
                if let Some(last) = voices.last_mut() {
                    last.pieces.push((Some(at_ns), String::new()));
                }
            }
            Tag::Open(..) | Tag::Close(_) => {}
        }
        rest = after;
    }
    push(&mut voices, rest, in_ruby_text);
    voices.retain(|voice| !voice.text().trim().is_empty());
    voices
}

fn push(voices: &mut [Voice], text: &str, in_ruby_text: bool) {
    if let Some(last) = voices.last_mut()
        && !in_ruby_text
    {
        last.push(&entities(text));
    }
}

/// The text of a cue, whoever says it.
pub(crate) fn plain(text: &str) -> String {
    voices(text).iter().map(Voice::text).collect()
}

/// The text without what SubStation and MicroDVD write in braces, their escapes as white space.
pub(crate) fn overrides(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_drawing) = (text, false);
    while let Some(at) = rest.find(['{', '\\']) {
        if !is_drawing {
            out.push_str(&rest[..at]);
        }
        let mark = &rest[at..];
        if let Some(space) = escape(mark) {
            out.push_str(if is_drawing { "" } else { space });
            rest = &mark[2..];
            continue;
        }
        match mark.find('}').map(|end| (&mark[1..end], &mark[end + 1..])) {
            Some((code, after)) if mark.starts_with("{\\") => {
                is_drawing = draws(code).unwrap_or(is_drawing);
                rest = after;
            }
            Some((code, after)) if mark.starts_with('{') && is_micro_dvd(code) => rest = after,
            _ => {
                out.push_str(if is_drawing { "" } else { &mark[..1] });
                rest = &mark[1..];
            }
        }
    }
    if !is_drawing {
        out.push_str(rest);
    }
    out
}

fn escape(mark: &str) -> Option<&'static str> {
    match mark.as_bytes() {
        [b'\\', b'N' | b'n', ..] => Some("\n"),
        [b'\\', b'h', ..] => Some(" "),
        _ => None,
    }
}

/// Whether a drawing goes on after these overrides; `None` where they do not say.
fn draws(code: &str) -> Option<bool> {
    let last = code
        .split('\\')
        .filter_map(|part| part.strip_prefix('p'))
        .rfind(|scale| !scale.is_empty() && scale.trim().bytes().all(|byte| byte.is_ascii_digit()));
    last.map(|scale| !scale.trim().trim_matches('0').is_empty())
}

fn is_micro_dvd(code: &str) -> bool {
    let mut letters = code.chars();
    letters.next().is_some_and(|letter| MICRO_DVD.contains(letter)) && letters.next() == Some(':')
}

/// Is it the path of a drawing (`m 0 0 l 100 0 100 100`), which tools leave without its mark?
pub(crate) fn is_drawing(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let begins = words.next() == Some("m");
    let mut numbers = 0;
    let sound = words.all(|word| {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
        numbers += usize::from(is_number);
        is_number || ["m", "n", "l", "b", "s", "p", "c"].contains(&word)
    });
    begins && sound && numbers >= 4
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

/// Names of characters that subtitles have, beside those of XML.
const NAMED: [(&str, char); 42] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("sbquo", '‚'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("iexcl", '¡'),
    ("iquest", '¿'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("auml", 'ä'),
    ("aring", 'å'),
    ("aelig", 'æ'),
    ("ccedil", 'ç'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("iuml", 'ï'),
    ("ntilde", 'ñ'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("ouml", 'ö'),
    ("oslash", 'ø'),
    ("uacute", 'ú'),
    ("ugrave", 'ù'),
    ("uuml", 'ü'),
    ("szlig", 'ß'),
];

/// The letter of a reference, or none for marks that are not seen; `None` where it is unknown.
pub(crate) fn reference(name: &str) -> Option<Option<char>> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).map(Some);
    }
    if matches!(name, "lrm" | "rlm" | "zwnj" | "zwj" | "shy") {
        return Some(None);
    }
    if let Some((_, letter)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some(Some(*letter));
    }
    // `&Eacute;` is the capital of `&eacute;`.
    let lower = name.strip_prefix(|first: char| first.is_ascii_uppercase()).map(|rest| {
        let first = name.chars().next().map(|first| first.to_ascii_lowercase());
        first.into_iter().chain(rest.chars()).collect::<String>()
    })?;
    let (_, letter) = NAMED.iter().find(|(known, letter)| *known == lower && letter.is_alphabetic())?;
    letter.to_uppercase().next().map(Some)
}

#[cfg(test)]
mod tests {
    use super::{entities, is_drawing, plain, voices};

    fn said(text: &str) -> Vec<(Option<String>, String)> {
        voices(text).into_iter().map(|voice| (voice.speaker.clone(), voice.text())).collect()
    }

    #[test]
    fn voices_are_told_apart_and_other_tags_taken_out() {
        let found = said("<v.loud Mara &amp; Ines>Cast <i>off</i>!</v> <v Otto>Aye.");
        let expect = [("Mara & Ines", "Cast off!"), ("Otto", "Aye.")];
        assert_eq!(found, expect.map(|(who, text)| (Some(who.to_owned()), text.to_owned())));
        assert_eq!(said("a<00:01.000> b<c.x>c</c> <ruby>d<rt>e</rt></ruby>"), [(None, "a bc d".to_owned())]);
        assert_eq!(said("<v Mara></v>"), []);
        let timed = voices("a<00:01.000><c> b</c>");
        assert_eq!(timed[0].pieces, [(None, "a".to_owned()), (Some(1_000_000_000), " b".to_owned())]);
    }

    #[test]
    fn what_is_no_markup_is_text() {
        for (text, expect) in [
            ("1 < 2", "1 < 2"),
            ("< Where is the cook?\n< In the hold.", "< Where is the cook?\n< In the hold."),
            ("I <3 the sea > land", "I <3 the sea > land"),
            ("<Speaker 1> who goes there", "<Speaker 1> who goes there"),
            ("<laughs>", "<laughs>"),
            ("<unclosed", "<unclosed"),
            ("<i unclosed <b>x</b>", "<i unclosed x"),
            ("a<br>b<BR/>c</font>", "a\nb\nc"),
            ("1 < 2 <3 {smile} <", "1 < 2 <3 {smile} <"),
            ("<i>Hi</i> {\\an8}there", "Hi there"),
            ("<font color=\"#fff\">x</font>", "x"),
            ("&lt;b&gt; &nope; AT&T &#233;&#x41;&Eacute;&mdash;", "<b> &nope; AT&T éAÉ—"),
        ] {
            assert_eq!(plain(text), expect, "{text}");
        }
        assert_eq!(entities("&lrm;a&#0;&#xd800;"), "a\0&#xd800;");
    }

    #[test]
    fn overrides_and_drawings_go() {
        for (text, expect) in [
            ("{\\an8}gap\\Nplease", "gap\nplease"),
            ("hello\\hthere", "hello there"),
            ("{y:i}Over {really} there", "Over {really} there"),
            ("{\\p1}m 0 0 l 100 0 100 100{\\p0}", ""),
            ("a{\\p1}m 0 0\\N{\\p0}b", "ab"),
            ("{\\pos(1,2)}a", "a"),
            ("{\\an8\\p1}m 0 0", ""),
            ("{\\unclosed", "{\\unclosed"),
        ] {
            assert_eq!(plain(text), expect, "{text}");
        }
        assert!(is_drawing("m 0 0 l 100 0 100 100") && is_drawing("m -1.5 0 b 1 2 3 4"));
        assert!(!is_drawing("m 0 0") && !is_drawing("men 1 2 3 4") && !is_drawing(""));
    }
}
