//! Final Cut Pro (`.fcpxml`): markers and keywords of a sequence.
//!
//! Source: items of a `spine` have `offset` in their parent's time, `start` of their own and `duration`, as rational seconds
//! (`1001/30000s`); `marker`, `chapter-marker` and `keyword` have `start` in the time of the item that they are on. They are
//! placed on the sequence, which begins at zero, exactly. A marker becomes `MARKER_SEARCH`, each keyword `KEYWORD_SEARCH`;
//! ends are exclusive. What stands on clips outside of a sequence is left out.

use std::io::Read;

use crate::problem::{Fault, shown};
use rushes_types::NS_PER_SECOND;

use crate::formats::editors::clock::marker;
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::xml::{Element, Token, Xml, load};

/// An element that is open: where its own zero lies on the sequence; `None` outside of one.
#[derive(Clone, Copy)]
struct Level {
    zero_ns: Option<i128>,
    /// It belongs to a compound clip among the resources, which the timeline shows by reference.
    in_media: bool,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let text = load(reader, out)?;
    let mut xml = Xml::new(&text);
    let mut levels: Vec<Level> = Vec::new();
    let mut sequences = 0;
    loop {
        let line = xml.line;
        let element = match xml.next() {
            Ok(Token::Open(element)) => element,
            Ok(Token::Close) => {
                levels.pop();
                continue;
            }
            Ok(Token::Text(_)) => continue,
            Ok(Token::End) => return CONTINUE,
            Err(fault) => return out.stop(xml.line, fault),
        };
        let parent = levels.last().copied().unwrap_or(Level { zero_ns: None, in_media: false });
        let mut level = parent;
        match element.name.as_str() {
            "media" => level.in_media = true,
            "sequence" if !parent.in_media => {
                sequences += 1;
                if sequences > 1 {
                    let mend = "export each sequence to a file of its own";
                    return out.stop(line, Fault::new("", "the file has several sequences", mend));
                }
                level.zero_ns =
                    Some(0).zip(rational(&element, "tcStart").ok()).map(|(_, start)| -start.unwrap_or(0));
            }
            "marker" | "chapter-marker" | "keyword" | "rating" | "analysis-marker" => {
                out.row();
                match found(out, line, &element, parent)? {
                    Ok(()) => {}
                    Err(fault) => out.problem(line, fault)?,
                }
            }
            _ => match (parent.zero_ns, rational(&element, "offset"), rational(&element, "start")) {
                (Some(zero), Ok(Some(offset)), Ok(start)) => {
                    level.zero_ns = Some(zero + offset - start.unwrap_or(0));
                }
                (Some(_), Err(fault), _) | (Some(_), _, Err(fault)) => {
                    out.row();
                    out.problem(line, fault)?;
                }
                _ => {}
            },
        }
        levels.push(level);
    }
}

type Found = std::ops::ControlFlow<(), Result<(), Fault>>;

fn found(out: &mut FormatOutput<'_, '_>, line: u64, element: &Element, parent: Level) -> Found {
    let Some(zero_ns) = parent.zero_ns else {
        out.skip(line, "markers of clips outside of the timeline, or inside of compound clips, are left out");
        return Found::Continue(Ok(()));
    };
    let times = (|| -> Result<(i128, i128), Fault> {
        let start_ns = zero_ns + rational(element, "start")?.unwrap_or(0);
        let length_ns = rational(element, "duration")?.unwrap_or(0);
        Ok((start_ns, start_ns.saturating_add(length_ns)))
    })();
    let (start_ns, end_ns) = match times {
        Ok(times) => times,
        Err(fault) => return Found::Continue(Err(fault)),
    };
    let get = |name: &str| element.get(name).unwrap_or("");
    match element.name.as_str() {
        "keyword" => {
            let words = get("value").split(',').map(str::trim).filter(|word| !word.is_empty());
            for word in words {
                let mut said = AnnotationDraft::label(kinds::KEYWORD, word, start_ns, end_ns);
                said.text = get("note").to_owned();
                out.annotation(line, said)?;
            }
        }
        "rating" => {
            marker(out, line, (start_ns, end_ns), get("value"), get("note"), &[("marker", "rating")])?;
        }
        "analysis-marker" => out.skip(line, "what the program has analysed by itself is left out"),
        name => {
            let to_do = match element.get("completed") {
                Some("0") => "open",
                Some(_) => "done",
                None => "",
            };
            let attributes = [("marker", name), ("to_do", to_do)];
            marker(out, line, (start_ns, end_ns), get("value"), get("note"), &attributes)?;
        }
    }
    Found::Continue(Ok(()))
}

/// Rational seconds of an attribute: `1001/30000s`, `5s`, `1.5s`.
fn rational(element: &Element, name: &str) -> Result<Option<i128>, Fault> {
    element.get(name).map(|text| rational_ns(name, text)).transpose()
}

fn rational_ns(field: &str, text: &str) -> Result<i128, Fault> {
    let wrong =
        || Fault::new(field, format!("{} is not a time such as `1001/30000s`", shown(text)), "mend the file");
    let number = text.trim().strip_suffix('s').ok_or_else(wrong)?;
    let Some((num, den)) = number.split_once('/') else {
        return crate::formats::json::seconds_ns(field, number);
    };
    let whole = |text: &str| text.trim().parse::<i64>().ok().map(i128::from);
    let (num, den) = whole(num).zip(whole(den)).filter(|(_, den)| *den > 0).ok_or_else(wrong)?;
    let scaled = num * i128::from(NS_PER_SECOND);
    Ok(scaled.div_euclid(den) + i128::from(scaled.rem_euclid(den) != 0))
}

#[cfg(test)]
mod tests {
    use super::rational_ns;

    #[test]
    fn rational_seconds_are_exact() {
        assert_eq!(rational_ns("start", "1001/30000s").ok(), Some(33_366_667));
        assert_eq!(rational_ns("start", "5s").ok(), Some(5_000_000_000));
        assert_eq!(rational_ns("start", "-1/2s").ok(), Some(-500_000_000));
        for text in ["5", "1/0s", "xs", "9999999999999999999/1s", "s"] {
            assert!(rational_ns("start", text).is_err(), "{text}");
        }
    }
}
