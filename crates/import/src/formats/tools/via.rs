//! VGG Image Annotator for video (VIA 3): its project file.
//!
//! Source: `{"file":{ID:{"fname"}},"view":{ID:{"fid_list"}},"attribute":{ID:{"aname","options"}},"metadata":{ID:{"vid","z",
//! "xy","av"}}}`. `z` are seconds, exact: two are a stretch, whose end is exclusive, one is an instant, none is the whole.
//! A stretch becomes `EVENT_SEARCH`, a shape at an instant `OBJECT_SEARCH` with its box in pixels. The label is what `av`
//! says: the text, or the option that was chosen; attributes have the prefix `via_`.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, own_text, seconds_ns, text, text_of};
use crate::formats::kinds;
use crate::formats::limits::BIG_ROW_BYTES_MAX;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::shape;
use crate::formats::tools::which::which;

/// The number of a rectangle among shapes.
const RECTANGLE: &str = "2";

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let part = |name: &str| document.value(name, BIG_ROW_BYTES_MAX);
    let (Some(Value::Object(rows)), files, views, attributes) =
        (part("metadata"), part("file"), part("view"), part("attribute"))
    else {
        return document.nothing(out, "`metadata`");
    };
    let files = members(files.as_ref());
    let names: Vec<String> =
        files.iter().map(|(_, file)| text_of(file, &["fname", "src"]).unwrap_or("").to_owned()).collect();
    let meant = match which(&names, &out.settings.asset) {
        Ok(place) => files.get(place).map_or("", |(id, _)| id.as_str()),
        Err(fault) => return out.problem(0, fault),
    };
    // A view shows files; without views a row names the file itself.
    let views = members(views.as_ref());
    let is_meant = |view: &str| {
        let found = views.iter().find(|(id, _)| id == view).map(|(_, view)| list(view, "fid_list"));
        found.map_or(view == meant, |files| files.iter().any(|file| own_text(file) == Some(meant)))
    };
    for (id, row) in &rows {
        out.row();
        if !is_meant(text(row, "vid").unwrap_or("")) {
            out.skip(0, "annotations of other media are left out");
            continue;
        }
        match annotation(row, members(attributes.as_ref())) {
            Ok(Some(mut said)) => {
                said.attributes.text("via_id", id);
                out.annotation(0, said)?;
            }
            Ok(None) => out.skip(0, "annotations of the whole medium have no time and are left out"),
            Err(fault) => out.problem(0, fault)?,
        }
    }
    CONTINUE
}

fn members(value: Option<&Value>) -> &[(String, Value)] {
    match value {
        Some(Value::Object(members)) => members,
        _ => &[],
    }
}

fn annotation(row: &Value, attributes: &[(String, Value)]) -> Result<Option<AnnotationDraft>, Fault> {
    let times: Result<Vec<i128>, Fault> =
        list(row, "z").iter().map(|time| seconds_ns("z", own_text(time).unwrap_or(""))).collect();
    let (start_ns, end_ns) = match times?.as_slice() {
        [] => return Ok(None),
        [at] => (*at, *at),
        [start, .., end] => (*start, *end),
    };
    let shape: Vec<&str> = list(row, "xy").iter().filter_map(own_text).collect();
    let kind = if shape.is_empty() { kinds::EVENT } else { known_types::OBJECT };
    let mut said = AnnotationDraft::label(kind, "", start_ns, end_ns);
    if let [RECTANGLE, left, top, width, height] = shape.as_slice() {
        let shape = shape::of_texts([Some(left), Some(top), Some(width), Some(height)]);
        if !shape.is_empty() {
            said.attributes.raw("box", &shape);
        }
    } else if let Some(number) = shape.first() {
        said.attributes.text("shape", number);
    }
    let mut labels = Vec::new();
    for (id, value) in members(row.member("av")) {
        let attribute = attributes.iter().find(|(known, _)| known == id).map(|(_, attribute)| attribute);
        let written = own_text(value).unwrap_or("").trim();
        let chosen = |option: &str| {
            let options = members(attribute.and_then(|attribute| attribute.member("options")));
            let found =
                options.iter().find(|(known, _)| known == option).and_then(|(_, text)| own_text(text));
            found.unwrap_or(option).to_owned()
        };
        // Several options are parted by commas; a text may have commas of its own.
        let parts: Vec<String> = written.split(',').map(|option| chosen(option.trim())).collect();
        let text = if parts.iter().any(|part| !written.contains(part.as_str())) {
            parts.join(", ")
        } else {
            written.to_owned()
        };
        if text.is_empty() {
            continue;
        }
        let name =
            attribute.and_then(|attribute| crate::formats::json::text(attribute, "aname")).unwrap_or(id);
        said.attributes.text(&format!("via_{name}"), &text);
        labels.push(text);
    }
    said.label = if labels.is_empty() { "annotation".to_owned() } else { labels.join(", ") };
    Ok(Some(said))
}
