//! TTML and IMSC (`.ttml`, `.dfxp`, `.xml`).
//!
//! Source: <https://www.w3.org/TR/ttml2/>. Times of `p` (and of `span`, where the `p` has none) are those of the element
//! within its parents; `end` and `dur` together: the earlier counts. Ends are exclusive. Clocks and seconds are exact;
//! frame n begins at the first whole nanosecond at or after its time, at `ttp:frameRate` times its multiplier; ticks are
//! rounded to the nearest. With `ttp:timeBase="smpte"` times are timecode, drop frame where `ttp:dropMode` says so.
//! `ttm:agent` becomes the attribute `speaker` (of a `span` too: each speaker of a `p` is an annotation of its own),
//! `xml:lang` the language. What belongs to the metadata vocabulary (`ttm:desc`, `metadata`) is no dialogue. The start of
//! the programme that EBU-TT documents say is used where the caller knows no start timecode.

use std::io::Read;

use crate::problem::Fault;

use crate::formats::cue::{Cue, CueText, Cues, Part, no_cue, nominal_ns};
use crate::formats::out::{CONTINUE, Flow, FormatOutput, clean};
use crate::formats::ttml_time::TimeBase;
use crate::formats::xml::{Element, Token, Xml, load};

/// Agents of one document; more are not named.
const AGENTS_MAX: usize = 10_000;

/// An element that is open.
#[derive(Clone)]
struct Level {
    name: String,
    begin_ns: i128,
    end_ns: Option<i128>,
    /// Its children follow one another.
    in_sequence: bool,
    /// Where the next child begins, for sequences.
    next_ns: i128,
    language: Option<String>,
    agent: Option<String>,
    /// It is a cue.
    cue: bool,
    /// It is the reading of a word, which stands beside it.
    is_ruby_text: bool,
}

/// A cue that is open.
struct Open {
    line: u64,
    /// What each says, by the id of who says it.
    parts: Vec<(Option<String>, CueText)>,
}

/// Elements whose text is never shown.
const METADATA: [&str; 7] = ["metadata", "desc", "title", "copyright", "agent", "actor", "name"];
/// Where EBU-TT says the timecode at which the programme begins.
const START_OF_PROGRAMME: &str = "documentStartOfProgramme";

#[derive(Default)]
struct Agents {
    names: Vec<(String, String)>,
    open: Option<String>,
}

impl Agents {
    /// The names of agents by their ids, as far as the document names them.
    fn names_of(&self, ids: &str) -> String {
        let name = |id: &str| self.names.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
        let names: Vec<String> =
            ids.split_whitespace().map(|id| name(id).unwrap_or_else(|| id.to_owned())).collect();
        names.join(", ")
    }
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let text = load(reader, out)?;
    let mut document = Document {
        xml: Xml::new(&text),
        base: TimeBase::new(out.settings.frame_rate),
        levels: Vec::new(),
        cues: None,
        open: Vec::new(),
        agents: Agents::default(),
        start: None,
    };
    loop {
        let line = document.xml.line;
        match document.xml.next() {
            Ok(Token::Open(element)) => document.open(out, line, &element)?,
            Ok(Token::Close) => document.close(out)?,
            Ok(Token::Text(text)) => document.text(out, &text),
            Ok(Token::End) => break,
            Err(fault) => return out.stop(document.xml.line, fault),
        }
    }
    if document.cues.is_none_or(|cues| cues.count == 0) {
        return out.problem(0, no_cue());
    }
    CONTINUE
}

struct Document<'t> {
    xml: Xml<'t>,
    base: TimeBase,
    levels: Vec<Level>,
    cues: Option<Cues>,
    open: Vec<Open>,
    agents: Agents,
    /// The timecode at which the programme begins.
    start: Option<String>,
}

impl Document<'_> {
    fn open(&mut self, out: &mut FormatOutput<'_, '_>, line: u64, element: &Element) -> Flow {
        if element.name == "tt" && self.levels.is_empty() {
            self.base.parameters(element);
        }
        match (element.name.as_str(), element.get("id")) {
            ("agent", Some(id)) => self.agents.open = Some(id.to_owned()),
            ("br", _) => {
                if let Some((_, text)) = self.open.last_mut().and_then(|open| open.parts.last_mut()) {
                    text.text.push('\n');
                }
            }
            _ => {}
        }
        let parent = self.levels.last();
        let is_timed = ["begin", "end", "dur"].iter().any(|name| element.get(name).is_some());
        let in_cue = !self.open.is_empty();
        let in_timed_cue = self.levels.iter().any(|level| level.cue && level.name == "timed");
        let is_cue = element.name == "p" || (element.name == "span" && in_cue && is_timed && !in_timed_cue);
        let mut level = match self.level(parent, element) {
            Ok(level) => level,
            Err(fault) => {
                out.row();
                out.problem(line, fault)?;
                // Its text is not of any time: it is passed over.
                Level { cue: false, ..self.inherited(parent, element) }
            }
        };
        if is_cue {
            level.cue = true;
            level.name = if is_timed { "timed" } else { "untimed" }.to_owned();
            self.open.push(Open { line, parts: Vec::new() });
        }
        self.levels.push(level);
        CONTINUE
    }

    /// What an element has of its parents.
    fn inherited(&self, parent: Option<&Level>, element: &Element) -> Level {
        let text = |name: &str| element.get(name).map(str::to_owned);
        let begin_ns =
            parent.map_or(0, |parent| if parent.in_sequence { parent.next_ns } else { parent.begin_ns });
        Level {
            name: element.name.clone(),
            begin_ns,
            end_ns: parent.and_then(|parent| parent.end_ns),
            in_sequence: element.get("timeContainer") == Some("seq"),
            next_ns: begin_ns,
            language: text("lang").or_else(|| parent.and_then(|parent| parent.language.clone())),
            agent: text("agent").or_else(|| parent.and_then(|parent| parent.agent.clone())),
            cue: false,
            is_ruby_text: element.get("ruby") == Some("text"),
        }
    }

    fn level(&self, parent: Option<&Level>, element: &Element) -> Result<Level, Fault> {
        let mut level = self.inherited(parent, element);
        let time = |name: &str| element.get(name).map(|text| self.base.ns(name, text)).transpose();
        let from_ns = level.begin_ns;
        let begin_ns = from_ns.saturating_add(time("begin")?.unwrap_or(0));
        let end_ns = time("end")?.map(|end| from_ns.saturating_add(end));
        let after_ns = time("dur")?.map(|dur| begin_ns.saturating_add(dur));
        level.end_ns = [end_ns, after_ns, level.end_ns].into_iter().flatten().min();
        (level.begin_ns, level.next_ns) = (begin_ns, begin_ns);
        Ok(level)
    }

    fn text(&mut self, out: &mut FormatOutput<'_, '_>, text: &str) {
        let Some(level) = self.levels.last() else { return };
        if level.name == START_OF_PROGRAMME {
            self.start = Some(text.trim().to_owned());
        }
        if let Some(agent) = self.agents.open.as_ref().filter(|_| level.name == "name")
            && self.agents.names.len() < AGENTS_MAX
        {
            self.agents.names.push((agent.clone(), clean(text)));
        }
        let is_blank = text.trim().is_empty();
        if self.levels.iter().any(|level| METADATA.contains(&level.name.as_str()) || level.is_ruby_text) {
            if !is_blank && !self.open.is_empty() {
                out.tally(self.xml.line, "descriptions and other metadata inside of cues are left out");
            }
            return;
        }
        let Some(open) = self.open.last_mut() else {
            if !is_blank && self.levels.iter().any(|level| level.name == "body") {
                out.tally(self.xml.line, "text outside of paragraphs has no time and is left out");
            }
            return;
        };
        let agent = level.agent.clone();
        // White space between two speakers is neither's.
        if is_blank && open.parts.last().is_none_or(|(last, _)| *last != agent) {
            return;
        }
        if open.parts.last().is_none_or(|(last, _)| *last != agent) {
            open.parts.push((agent, CueText::default()));
        }
        if let Some((_, last)) = open.parts.last_mut() {
            if last.text.len() + text.len() <= crate::formats::limits::CUE_BYTES_MAX {
                last.text.push_str(text);
            } else {
                last.is_huge = true;
            }
        }
    }

    fn close(&mut self, out: &mut FormatOutput<'_, '_>) -> Flow {
        let Some(level) = self.levels.pop() else { return CONTINUE };
        if level.name == "agent" {
            self.agents.open = None;
        }
        if let (Some(parent), Some(end_ns)) = (self.levels.last_mut(), level.end_ns) {
            parent.next_ns = parent.next_ns.max(end_ns);
        }
        let Some(open) = (if level.cue { self.open.pop() } else { None }) else { return CONTINUE };
        if open.parts.iter().any(|(_, text)| text.is_huge) {
            out.row();
            return out.problem(open.line, CueText::fault());
        }
        let is_blank = open.parts.iter().all(|(_, text)| clean(&text.text).is_empty());
        if is_blank && level.name == "untimed" {
            return CONTINUE;
        }
        let Some(end_ns) = level.end_ns else {
            out.row();
            let mend = "give the element `end` or `dur`";
            return out.problem(open.line, Fault::new("end", "the cue has no end", mend));
        };
        let parts = open.parts.into_iter().map(|(agent, text)| Part {
            speaker: agent.map(|ids| self.agents.names_of(&ids)),
            text: text.text,
            words: Vec::new(),
        });
        let parts = parts.collect();
        let cue = Cue { line: open.line, start_ns: level.begin_ns, end_ns, parts, language: level.language };
        if self.cues.is_none() {
            let is_timecode = self.base.is_timecode();
            let mut cues = if is_timecode { Cues::by_timecode(out) } else { Cues::by_clock(out) };
            if let Some(start) = &self.start {
                let of_frames = self.base.ns("start", start).ok().filter(|_| is_timecode);
                if let Some(zero_ns) = of_frames.or_else(|| nominal_ns(out, start)) {
                    cues.begin_at(zero_ns, start);
                }
            }
            self.cues = Some(cues);
        }
        match &mut self.cues {
            Some(cues) => cues.cue(out, cue),
            None => CONTINUE,
        }
    }
}
