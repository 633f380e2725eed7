//! Azure AI Video Indexer: its insights document, whole or in part.
//!
//! Source: `{"videos":[{"insights":{KIND:[{…,"instances":[{"start","end",…}]}]}}]}`, also the insights alone, or kinds at
//! the top. Times are clocks (`h:mm:ss.fffffff`, 100 ns), exact; ends are exclusive. `start` and `end` are media time and
//! are used; `adjustedStart` is playlist time and is not. Every instance becomes one annotation. Faces without
//! instances are taken from their thumbnails. `summarizedInsights` says the same again and is passed over.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, clock, list, missing, text, text_of};
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::shape;

/// What a kind of insight becomes.
struct Kind {
    name: &'static str,
    kind: &'static str,
    /// Members that hold the label, the first that is there.
    label: &'static [&'static str],
    /// The label where there is none.
    unnamed: &'static str,
}

const fn kind(
    name: &'static str,
    kind: &'static str,
    label: &'static [&'static str],
    unnamed: &'static str,
) -> Kind {
    Kind { name, kind, label, unnamed }
}

const KINDS: [Kind; 19] = [
    kind("transcript", known_types::DIALOGUE, &[], ""),
    kind("ocr", kinds::TEXT, &[], ""),
    kind("faces", known_types::CHARACTER, &["name"], "unknown"),
    kind("labels", known_types::OBJECT, &["name"], ""),
    kind("detectedObjects", known_types::OBJECT, &["displayName", "type"], ""),
    kind("observedPeople", known_types::OBJECT, &[], "person"),
    kind("scenes", "SCENE", &[], "scene"),
    kind("shots", known_types::SHOT, &[], ""),
    kind("keywords", kinds::KEYWORD, &["text", "name"], ""),
    kind("topics", kinds::TOPIC, &["name"], ""),
    kind("brands", kinds::KEYWORD, &["name"], ""),
    kind("namedPeople", kinds::KEYWORD, &["name"], ""),
    kind("namedLocations", kinds::KEYWORD, &["name"], ""),
    kind("audioEffects", kinds::SOUND, &["type"], ""),
    kind("emotions", "EMOTION_SEARCH", &["type"], ""),
    kind("framePatterns", kinds::TECHNICAL_CUE, &["name", "patternType"], "pattern"),
    kind("clapperboards", kinds::TECHNICAL_CUE, &[], "clapperboard"),
    kind("visualContentModeration", kinds::MODERATION, &["name"], "visual"),
    kind("textualContentModeration", kinds::MODERATION, &["name"], "textual"),
];

/// Where insights may stand.
const PREFIXES: [&str; 4] = ["videos[].insights.", "insights.", "videos[].", ""];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    for prefix in PREFIXES {
        let paths = KINDS.map(|kind| format!("{prefix}{}", kind.name));
        if !paths.iter().any(|path| document.has(path)) {
            continue;
        }
        let language = document.text(&format!("{prefix}language"));
        let speakers = speakers(&document, &format!("{prefix}speakers"));
        for (kind, path) in KINDS.iter().zip(&paths) {
            if document.mentions(&format!("\"{}\"", kind.name)) {
                document.rows(out, path, &mut |out, line, row| {
                    insight(out, line, row, kind, language.as_deref(), &speakers)
                })?;
            }
        }
        return CONTINUE;
    }
    document.nothing(out, "insights")
}

/// Speakers by their number, as text.
fn speakers(document: &Document, path: &str) -> Vec<(String, String)> {
    let mut speakers = Vec::new();
    document.lookup(path, &mut |row| {
        if let Some((id, name)) = text(row, "id").zip(text(row, "name")) {
            speakers.push((id.to_owned(), name.to_owned()));
        }
    });
    speakers
}

fn insight(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    kind: &Kind,
    language: Option<&str>,
    speakers: &[(String, String)],
) -> Flow {
    let is_text = kind.kind == known_types::DIALOGUE || kind.kind == kinds::TEXT;
    let label = text_of(row, kind.label).unwrap_or(kind.unnamed);
    let spoken = text(row, "text").filter(|_| is_text).unwrap_or("");
    if kind.kind != known_types::SHOT && label.is_empty() && spoken.is_empty() {
        out.skip(line, "insights without a name or a text are left out");
        return CONTINUE;
    }
    let mut instances: Vec<&Value> = list(row, "instances").iter().collect();
    if instances.is_empty() {
        instances = list(row, "thumbnails").iter().flat_map(|thumb| list(thumb, "instances")).collect();
    }
    if instances.is_empty() {
        out.skip(line, "insights without instances have no time and are left out");
    }
    let speaker = text(row, "speakerId").map(|id| {
        let named = speakers.iter().find(|(known, _)| known == id);
        named.map_or_else(|| format!("speaker {id}"), |(_, name)| name.clone())
    });
    for instance in instances {
        let mut said = match times(instance) {
            Ok((start_ns, end_ns)) => AnnotationDraft::label(kind.kind, label, start_ns, end_ns),
            Err(fault) => {
                out.problem(line, fault)?;
                continue;
            }
        };
        said.text = spoken.to_owned();
        said.language = text(row, "language").or(language).map(str::to_owned);
        let confidence = text(instance, "confidence").or_else(|| text(row, "confidence"));
        said.confidence = out.confidence(line, confidence, 0);
        attributes(&mut said, row, kind);
        out.speech(line, said, speaker.as_deref())?;
    }
    CONTINUE
}

fn times(instance: &Value) -> Result<(i128, i128), Fault> {
    let start_ns = clock(instance, "start")?.ok_or_else(|| missing("start"))?;
    let end_ns = clock(instance, "end")?.ok_or_else(|| missing("end"))?;
    Ok((start_ns, end_ns))
}

fn attributes(said: &mut AnnotationDraft, row: &Value, kind: &Kind) {
    said.attributes.text("insight", kind.name);
    if let Some(id) = text(row, "id") {
        said.attributes.text("insight_id", id);
    }
    let tags: Vec<&str> = list(row, "tags").iter().filter_map(crate::formats::json::own_text).collect();
    if !tags.is_empty() {
        said.attributes.text("tags", &tags.join(", "));
    }
    if kind.kind == kinds::TEXT {
        let shape = shape::of_object(Some(row), &[["left", "top", "width", "height"]]);
        if !shape.is_empty() {
            said.attributes.raw("box", &shape);
        }
    }
    for field in list(row, "fields") {
        if let Some((title, content)) = text(field, "title").zip(text(field, "content")) {
            // The slate's own names, apart from those above.
            said.attributes.text(&format!("slate_{title}"), content);
        }
    }
}
