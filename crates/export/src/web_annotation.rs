//! W3C Web Annotation: a page of annotations, one a moment, whose target is a fragment of the media.
//!
//! Source: the Web Annotation Data Model and Media Fragments URI 1.0 (`t=` in seconds, the end exclusive and after the
//! start).

use serde_json::{Value, json};

use crate::clip::{Clip, asset_name};
use crate::export::{Exported, seconds, widened};
use crate::options::Options;
use crate::url::{Style, media_url, percent_encoded};

/// A fragment without length would be none: it lasts so long at least, in nanoseconds.
const FRAGMENT_NS_MIN: i64 = 1_000_000;

/// Writes annotations.
pub(crate) fn page(clips: &[Clip<'_>], options: &Options) -> Exported {
    let items: Vec<Value> =
        (1..).zip(clips).map(|(number, clip)| annotation(number, clip, options)).collect();
    let document = json!({
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": "urn:rushes:moments",
        "type": "AnnotationPage",
        "label": options.title,
        "items": items,
    });
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    Exported { bytes, written: clips.len(), ..Exported::default() }
}

fn annotation(number: usize, clip: &Clip<'_>, options: &Options) -> Value {
    let (start_ns, end_ns) = widened(clip, options);
    let end_ns = end_ns.max(start_ns.saturating_add(FRAGMENT_NS_MIN));
    let id = percent_encoded(clip.asset.id.as_str());
    let source = media_url(clip.asset, Style::Plain).unwrap_or_else(|| format!("urn:rushes:asset:{id}"));
    let body = |purpose: &str, text: &str| json!({"type": "TextualBody", "purpose": purpose, "value": text, "format": "text/plain"});
    let labels = clip.labels.iter().map(|label| body("tagging", label));
    let lines = clip.lines.iter().map(|line| body("describing", line));
    let note = (!clip.note.is_empty()).then(|| body("commenting", clip.note));
    let bodies: Vec<Value> = labels.chain(lines).chain(note).collect();
    json!({
        "id": format!("urn:rushes:moment:{number}:{id}:{start_ns}-{end_ns}"),
        "type": "Annotation",
        "motivation": "highlighting",
        "label": asset_name(clip.asset),
        "body": bodies,
        "target": {
            "source": source,
            "selector": {
                "type": "FragmentSelector",
                "conformsTo": "http://www.w3.org/TR/media-frags/",
                "value": format!("t={},{}", short(start_ns), short(end_ns)),
            },
        },
    })
}

/// Seconds without zeros that say nothing.
fn short(ns: i64) -> String {
    let text = seconds(ns);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
