//! TTML and IMSC (`.ttml`, `.dfxp`, `.xml`).
//!
//! Source: <https://www.w3.org/TR/ttml2/>. Times of `p` (and of `span`, where the `p` has none) are those of the element
//! within its parents; `end` and `dur` together: the earlier counts. Ends are exclusive. Clocks and seconds are exact;
//! frame n begins at the first whole nanosecond at or after its time, at `ttp:frameRate` times its multiplier; ticks are
//! rounded to the nearest. With `ttp:timeBase="smpte"` times are timecode, drop frame where `ttp:dropMode` says so.
//! `ttm:agent` becomes the attribute `speaker`, `xml:lang` the language.

use std::io::Read;

use crate::problem::Fault;

use crate::formats::cue::{Cue, CueText, Cues};
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
    /// The number of cues that were open before it, where it is one.
    cue: bool,
}

/// A cue that is open.
struct Open {
    line: u64,
    text: CueText,
}

#[derive(Default)]
struct Agents {
    names: Vec<(String, String)>,
    open: Option<String>,
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
    };
    loop {
        let line = document.xml.line;
        match document.xml.next() {
            Ok(Token::Open(element)) => document.open(out, line, &element)?,
            Ok(Token::Close) => document.close(out)?,
            Ok(Token::Text(text)) => document.text(&text),
            Ok(Token::End) => break,
            Err(fault) => return out.stop(document.xml.line, fault),
        }
    }
    if document.cues.is_none_or(|cues| cues.count == 0) {
        let mend = "see that it is TTML; `--format` names another format";
        return out.problem(0, Fault::new("", "there is no cue in the file", mend));
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
}

impl Document<'_> {
    fn open(&mut self, out: &mut FormatOutput<'_, '_>, line: u64, element: &Element) -> Flow {
        if element.name == "tt" && self.levels.is_empty() {
            self.base.parameters(element);
        }
        match (element.name.as_str(), element.get("id")) {
            ("agent", Some(id)) => self.agents.open = Some(id.to_owned()),
            ("br", _) => {
                if let Some(open) = self.open.last_mut() {
                    open.text.push("");
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
            self.open.push(Open { line, text: CueText::default() });
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

    fn text(&mut self, text: &str) {
        let is_name = self.levels.last().is_some_and(|level| level.name == "name");
        match (&self.agents.open, self.open.last_mut()) {
            (Some(agent), _) if is_name && self.agents.names.len() < AGENTS_MAX => {
                self.agents.names.push((agent.clone(), clean(text)));
            }
            (_, Some(open)) if open.text.text.len() + text.len() <= crate::formats::limits::CUE_BYTES_MAX => {
                open.text.text.push_str(text);
            }
            (_, Some(open)) => open.text.is_huge = true,
            _ => {}
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
        if open.text.is_huge {
            out.row();
            return out.problem(open.line, CueText::fault());
        }
        if clean(&open.text.text).is_empty() && level.name == "untimed" {
            return CONTINUE;
        }
        let Some(end_ns) = level.end_ns else {
            out.row();
            let mend = "give the element `end` or `dur`";
            return out.problem(open.line, Fault::new("end", "the cue has no end", mend));
        };
        let name =
            |id: &str| self.agents.names.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
        let agent = level.agent.as_deref().and_then(|ids| ids.split_whitespace().next());
        let speaker = agent.map(|id| name(id).unwrap_or_else(|| id.to_owned()));
        let cue = Cue {
            line: open.line,
            start_ns: level.begin_ns,
            end_ns,
            parts: vec![(speaker, open.text.text)],
            language: level.language,
        };
        let is_timecode = self.base.is_timecode();
        let cues = self
            .cues
            .get_or_insert_with(|| if is_timecode { Cues::by_timecode(out) } else { Cues::by_clock(out) });
        cues.cue(out, cue)
    }
}
