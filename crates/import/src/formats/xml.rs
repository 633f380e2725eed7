//! XML as a stream of tokens with local names. Entities that a document declares are not expanded, so there is no
//! entity bomb.

use std::io::Read;
use std::ops::ControlFlow;

use crate::bytes::{open, unpacked};
use crate::problem::Fault;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::formats::encoding::{declared, decode};
use crate::formats::limits::{XML_BYTES_MAX, XML_DEPTH_MAX};
use crate::formats::markup::{entities, reference};
use crate::formats::out::FormatOutput;
use crate::formats::text::tell;

/// An element that opens: its name and attributes without their prefixes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute, white space around it apart; an empty one counts as none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}

/// What comes next.
pub(crate) enum Token {
    Open(Element),
    Close,
    Text(String),
    End,
}

/// A walk through a document.
pub(crate) struct Xml<'t> {
    reader: Reader<&'t [u8]>,
    text: &'t str,
    counted: usize,
    /// The current line, from 1.
    pub line: u64,
    depth: usize,
    close: bool,
}

/// The text of a document, in UTF-8; where it cannot be read that is reported, and reading ends.
pub(crate) fn load(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> ControlFlow<(), String> {
    let (settings, mut bytes) = (out.settings, Vec::new());
    let opened = match &settings.encoding {
        Some(_) => unpacked(reader, XML_BYTES_MAX),
        None => open(reader, XML_BYTES_MAX),
    };
    if let Err(error) = opened.and_then(|mut text| text.read_to_end(&mut bytes)) {
        out.stop(0, Fault::new("", error.to_string(), "mend the file, or split it"))?;
        return ControlFlow::Break(());
    }
    // A declaration that is untrue is met often: UTF-8 is what it is.
    let says = declared(&bytes).filter(|_| std::str::from_utf8(&bytes).is_err());
    match decode(bytes, settings.encoding.as_deref().or(says), settings.language.as_deref()) {
        Ok((text, how)) => {
            tell(out, &how)?;
            ControlFlow::Continue(text)
        }
        Err(fault) => {
            out.stop(0, fault)?;
            ControlFlow::Break(())
        }
    }
}

impl<'t> Xml<'t> {
    pub(crate) fn new(text: &'t str) -> Xml<'t> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        Xml { reader, text, counted: 0, line: 1, depth: 0, close: false }
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token, Fault> {
        if std::mem::take(&mut self.close) {
            return Ok(Token::Close);
        }
        loop {
            let event = self.reader.read_event();
            self.count_lines();
            let token = match event.map_err(|error| broken(&error.to_string()))? {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > XML_DEPTH_MAX {
                        return Err(broken(&format!("elements are nested deeper than {XML_DEPTH_MAX}")));
                    }
                    Token::Open(element(&start))
                }
                Event::Empty(start) => {
                    self.close = true;
                    Token::Open(element(&start))
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Token::Close
                }
                Event::Text(text) => Token::Text(text.to_string()),
                Event::CData(text) => Token::Text(text.to_string()),
                Event::GeneralRef(name) => Token::Text(match reference(&name) {
                    Some(letter) => letter.map(String::from).unwrap_or_default(),
                    None => format!("&{};", &*name),
                }),
                Event::Eof if self.depth > 0 => return Err(broken("the document ends too early")),
                Event::Eof => Token::End,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
            };
            return Ok(token);
        }
    }

    fn count_lines(&mut self) {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len());
        let passed = self.text.as_bytes().get(self.counted..at).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = self.counted.max(at);
    }
}

fn broken(why: &str) -> Fault {
    Fault::new("", format!("the XML cannot be read on: {why}"), "mend the file; what came before has gone in")
}

fn element(start: &BytesStart<'_>) -> Element {
    let mut attributes = start.attributes();
    let attributes = attributes.with_checks(false).flatten();
    let pair = |attribute: quick_xml::events::attributes::Attribute<'_>| {
        (attribute.key.local_name().into_inner().to_owned(), entities(&attribute.value))
    };
    Element { name: start.local_name().into_inner().to_owned(), attributes: attributes.map(pair).collect() }
}
