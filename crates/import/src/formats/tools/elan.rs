//! ELAN (`.eaf`).
//!
//! Source: `TIME_ORDER` with slots in milliseconds; tiers of annotations from one slot to another, or of annotations that
//! refer to others and have their times. Exact; ends are exclusive; slots without a time lie evenly between their
//! neighbours. Each becomes `DIALOGUE_SEARCH` with the attribute `tier`, and `speaker` where the tier has a participant.

use std::collections::HashMap;
use std::io::Read;

use crate::problem::Fault;
use rushes_types::known_types;

use crate::formats::json::seconds_ns;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, clean};
use crate::formats::xml::{Element, Token, Xml, load};

/// References are followed this far.
const DEPTH_MAX: usize = 32;

/// An annotation of a tier.
struct Row {
    line: u64,
    tier: usize,
    /// Its two slots, or the annotation that it refers to.
    slots: Option<(String, String)>,
    parent: Option<String>,
    id: String,
    text: String,
}

#[derive(Default)]
struct Document {
    slots: Vec<(String, Option<i128>)>,
    tiers: Vec<(String, Option<String>)>,
    rows: Vec<Row>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let text = load(reader, out)?;
    let mut xml = Xml::new(&text);
    let mut document = Document::default();
    let (mut path, mut fault) = (Vec::new(), None);
    loop {
        let line = xml.line;
        match xml.next() {
            Ok(Token::Open(element)) => {
                document.open(line, &element);
                path.push(element.name);
            }
            Ok(Token::Close) => {
                path.pop();
            }
            Ok(Token::Text(text)) => {
                if path.last().is_some_and(|name| name == "ANNOTATION_VALUE")
                    && let Some(row) = document.rows.last_mut()
                {
                    row.text.push_str(&text);
                }
            }
            Ok(Token::End) => break,
            Err(found) => {
                fault = Some((xml.line, found));
                break;
            }
        }
    }
    document.hand_out(out)?;
    fault.map_or(CONTINUE, |(line, fault)| out.stop(line, fault))
}

impl Document {
    fn open(&mut self, line: u64, element: &Element) {
        let text = |name: &str| element.get(name).unwrap_or("").to_owned();
        match element.name.as_str() {
            "TIME_SLOT" => {
                let ms = element.get("TIME_VALUE").and_then(|ms| seconds_ns("TIME_VALUE", ms).ok());
                self.slots.push((text("TIME_SLOT_ID"), ms.map(|ns| ns / 1000)));
            }
            "TIER" => self.tiers.push((text("TIER_ID"), element.get("PARTICIPANT").map(str::to_owned))),
            "ALIGNABLE_ANNOTATION" | "REF_ANNOTATION" => self.rows.push(Row {
                line,
                tier: self.tiers.len().saturating_sub(1),
                slots: element
                    .get("TIME_SLOT_REF1")
                    .zip(element.get("TIME_SLOT_REF2"))
                    .map(|(start, end)| (start.to_owned(), end.to_owned())),
                parent: element.get("ANNOTATION_REF").map(str::to_owned),
                id: text("ANNOTATION_ID"),
                text: String::new(),
            }),
            _ => {}
        }
    }

    /// Times of slots; those without one lie evenly between their neighbours.
    fn times(&self, out: &mut FormatOutput<'_, '_>) -> HashMap<&str, i128> {
        let mut times = HashMap::new();
        let mut last = 0i128;
        let mut at = 0;
        while at < self.slots.len() {
            let known = (at..self.slots.len()).find(|place| self.slots[*place].1.is_some());
            let (end, next) =
                known.map_or((self.slots.len(), last), |place| (place, self.slots[place].1.unwrap_or(last)));
            let steps = (end - at + 1) as i128;
            for place in at..end {
                out.tally(0, "times that are not written lie evenly between their neighbours");
                times.insert(
                    self.slots[place].0.as_str(),
                    last + (next - last) * (place - at + 1) as i128 / steps,
                );
            }
            if let Some((id, _)) = self.slots.get(end) {
                times.insert(id.as_str(), next);
            }
            (last, at) = (next, end + 1);
        }
        times
    }

    fn hand_out(&self, out: &mut FormatOutput<'_, '_>) -> Flow {
        let times = self.times(out);
        let by_id: HashMap<&str, &Row> = self.rows.iter().map(|row| (row.id.as_str(), row)).collect();
        for row in &self.rows {
            out.row();
            if clean(&row.text).is_empty() {
                out.skip(row.line, "annotations without text are left out");
                continue;
            }
            let mut aligned = row;
            for _ in 0..DEPTH_MAX {
                match aligned.parent.as_deref().and_then(|parent| by_id.get(parent)) {
                    Some(parent) if aligned.slots.is_none() => aligned = parent,
                    _ => break,
                }
            }
            let slot = |id: &str| times.get(id).copied();
            let found = aligned.slots.as_ref().and_then(|(start, end)| slot(start).zip(slot(end)));
            let Some((start_ns, end_ns)) = found else {
                let why = "the annotation has no time slots that are there";
                out.problem(row.line, Fault::new("TIME_SLOT_REF1", why, "mend the file"))?;
                continue;
            };
            let (tier, speaker) = self.tiers.get(row.tier).cloned().unwrap_or_default();
            let text = row.text.clone();
            let kind = known_types::DIALOGUE;
            let mut said = AnnotationDraft { kind, start_ns, end_ns, text, ..AnnotationDraft::default() };
            said.attributes.text("tier", &tier);
            out.speech(row.line, said, speaker.as_deref())?;
        }
        CONTINUE
    }
}
