//! Praat TextGrid, long and short.
//!
//! Source: strings in quotes (a quote is doubled), numbers and flags; all else, such as `xmin =`, is for people. Tiers are
//! of intervals (`from`, `to`, text) or of points (`at`, mark). Seconds as decimal numbers, exact; ends are exclusive. Each
//! becomes `DIALOGUE_SEARCH` with the attribute `tier`; intervals without text are pauses and are left out.

use std::io::Read;

use crate::problem::Fault;
use rushes_types::known_types;

use crate::formats::json::seconds_ns;
use crate::formats::limits::TEXT_BYTES_MAX;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, clean};
use crate::formats::text::load;

const KIND: &str = "TextGrid";

/// Is it the head of such a file?
pub(crate) fn is_head(text: &str) -> bool {
    text.trim_start().starts_with("File type = \"ooTextFile\"") && text.contains("\"TextGrid\"")
        || text.trim_start().starts_with("\"ooTextFile\"")
}

enum Token {
    Text(String),
    Number(String),
}

struct Tokens<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl Tokens<'_> {
    /// The next string or number; flags and words for people are passed over.
    fn next(&mut self) -> Option<Token> {
        loop {
            let rest = &self.text[self.at..];
            let letter = rest.chars().next()?;
            let end = match letter {
                '"' => return Some(self.string()),
                '!' => rest.find('\n').unwrap_or(rest.len()),
                '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
                '<' => rest.find('>').map_or(rest.len(), |end| end + 1),
                _ if letter.is_whitespace() || letter == '=' => letter.len_utf8(),
                _ => rest.find(|c: char| c.is_whitespace() || c == '[').unwrap_or(rest.len()).max(1),
            };
            let piece = &rest[..end];
            self.line += piece.matches('\n').count() as u64;
            self.at += end;
            if letter.is_ascii_digit() || letter == '-' {
                return Some(Token::Number(piece.to_owned()));
            }
        }
    }

    fn string(&mut self) -> Token {
        let mut text = String::new();
        let mut rest = &self.text[self.at + 1..];
        loop {
            let end = rest.find('"').unwrap_or(rest.len());
            text.push_str(&rest[..end]);
            rest = rest.get(end + 1..).unwrap_or("");
            match rest.strip_prefix('"') {
                Some(after) => {
                    text.push('"');
                    rest = after;
                }
                None => break,
            }
        }
        let at = self.text.len() - rest.len();
        self.line += self.text[self.at..at].matches('\n').count() as u64;
        self.at = at;
        Token::Text(text)
    }

    fn text(&mut self, field: &str) -> Result<String, Fault> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            Some(Token::Number(number)) => Err(wrong(field, &format!("`{number}` is no text in quotes"))),
            None => Err(wrong(field, "the file breaks off")),
        }
    }

    fn number(&mut self, field: &str) -> Result<String, Fault> {
        match self.next() {
            Some(Token::Number(number)) => Ok(number),
            Some(Token::Text(_)) => Err(wrong(field, "a text stands where a number must be")),
            None => Err(wrong(field, "the file breaks off")),
        }
    }
}

fn wrong(field: &str, why: &str) -> Fault {
    Fault::new(field, why, "save it again as a TextGrid; what came before has gone in")
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let (text, stopped) = load(reader, out, TEXT_BYTES_MAX)?;
    let mut tokens = Tokens { text: &text, at: 0, line: 1 };
    if let Err(fault) = tiers(out, &mut tokens)? {
        return out.stop(tokens.line, fault);
    }
    match stopped {
        Some(why) => out.stop(tokens.line, wrong("", &why)),
        None => CONTINUE,
    }
}

type Parsed = std::ops::ControlFlow<(), Result<(), Fault>>;

fn tiers(out: &mut FormatOutput<'_, '_>, tokens: &mut Tokens<'_>) -> Parsed {
    let head = (|| -> Result<usize, Fault> {
        let kind = (tokens.text("file type")?, tokens.text("object class")?).1;
        if kind != KIND {
            return Err(Fault::new("object class", format!("`{kind}` is not read"), "save it as a TextGrid"));
        }
        tokens.number("xmin")?;
        tokens.number("xmax")?;
        let count = tokens.number("size")?;
        count.parse().map_err(|_| wrong("size", "this is no number of tiers"))
    })();
    let count = match head {
        Ok(count) => count,
        Err(fault) => return Parsed::Continue(Err(fault)),
    };
    for _ in 0..count {
        let tier = (|| -> Result<(bool, String, usize), Fault> {
            let class = tokens.text("class")?;
            let name = tokens.text("name")?;
            tokens.number("xmin")?;
            tokens.number("xmax")?;
            let count =
                tokens.number("size")?.parse().map_err(|_| wrong("size", "this is no number of rows"))?;
            Ok((class == "TextTier", name, count))
        })();
        let (is_points, name, count) = match tier {
            Ok(tier) => tier,
            Err(fault) => return Parsed::Continue(Err(fault)),
        };
        for _ in 0..count {
            let line = tokens.line;
            match row(tokens, is_points) {
                Ok((start_ns, end_ns, text)) => {
                    out.row();
                    if clean(&text).is_empty() {
                        out.skip(line, "intervals without text are left out");
                        continue;
                    }
                    let kind = known_types::DIALOGUE;
                    let mut said =
                        AnnotationDraft { kind, start_ns, end_ns, text, ..AnnotationDraft::default() };
                    said.attributes.text("tier", &name);
                    out.annotation(line, said)?;
                }
                Err(fault) => return Parsed::Continue(Err(fault)),
            }
        }
    }
    Parsed::Continue(Ok(()))
}

fn row(tokens: &mut Tokens<'_>, is_point: bool) -> Result<(i128, i128, String), Fault> {
    let start_ns = seconds_ns("from", &tokens.number("from")?)?;
    let end_ns = if is_point { start_ns } else { seconds_ns("to", &tokens.number("to")?)? };
    Ok((start_ns, end_ns, tokens.text("text")?))
}
