//! Detects the format of a file, by its first bytes first and by its name second.

use std::io::{Cursor, Read};

use crate::bytes::open;

use crate::formats::encoding::glimpse;
use crate::formats::format::Format;
use crate::formats::limits::HEAD_BYTES;
use crate::formats::{mot, npy, pyscenedetect, srt_time, vtt};

/// Lines of the head that are examined.
const LINES: usize = 40;

/// The format of a file, from its name and its first bytes (the first 64 KiB are enough); `None` where it is of none.
///
/// `.gz` files and byte order marks are understood.
#[must_use]
pub fn sniff(name: &str, head: &[u8]) -> Option<Format> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if head.starts_with(npy::MAGIC) {
        return Some(Format::Npy);
    }
    let text = beginning(head);
    if text.as_bytes().starts_with(b"\x93NUMPY") || text.starts_with("\u{201c}NUMPY") {
        return Some(Format::Npy);
    }
    let start = text.trim_start();
    match start.as_bytes().first() {
        Some(b'<') => xml(start),
        Some(b'{' | b'[') => json(start),
        _ => lines(name, &text),
    }
}

/// The text at the beginning; a character cut at the end is dropped.
fn beginning(head: &[u8]) -> String {
    let head = &head[..head.len().min(HEAD_BYTES)];
    let mut bytes = Vec::new();
    if let Ok(text) = open(Cursor::new(head), u64::MAX) {
        // The compressed head is truncated: what can be unpacked is enough.
        let mut text = text.take(HEAD_BYTES as u64);
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = text.read(&mut piece) {
            bytes.extend_from_slice(&piece[..count]);
        }
    }
    glimpse(&bytes)
}

fn lines(name: &str, text: &str) -> Option<Format> {
    let lines: Vec<&str> = text.lines().take(LINES).collect();
    let first = lines.iter().find(|line| !line.trim().is_empty()).copied().unwrap_or("");
    let says = |ending: &str| name.ends_with(ending);
    if vtt::is_signature(text.split(['\n', '\r']).next().unwrap_or("")) {
        return Some(Format::WebVtt);
    }
    if lines.iter().any(|line| pyscenedetect::is_header(line)) {
        return Some(Format::PySceneDetect);
    }
    if lines.iter().any(|line| line.starts_with("SPEAKER ") && line.split_whitespace().count() >= 8) {
        return Some(Format::Rttm);
    }
    if mot::is_row(first) && !text.contains("-->") {
        let whole = lines.len().saturating_sub(1).max(1);
        return lines[..whole].iter().all(|line| mot::is_row(line)).then_some(Format::Mot);
    }
    if text.split(['\n', '\r']).any(srt_time::is_timing) {
        return Some(if says(".vtt") { Format::WebVtt } else { Format::Srt });
    }
    // A file of that name is read as that format, so that its reader can report what is wrong with it.
    [(".srt", Format::Srt), (".vtt", Format::WebVtt), (".rttm", Format::Rttm)]
        .into_iter()
        .find(|(ending, _)| says(ending))
        .map(|(_, format)| format)
}

fn xml(start: &str) -> Option<Format> {
    let mut rest = start;
    // The root is the first tag that is neither a declaration nor a comment.
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        if tag.starts_with(['?', '!']) {
            let end = if tag.starts_with("!--") { "-->" } else { ">" };
            rest = tag.find(end).map_or("", |at| &tag[at..]);
            continue;
        }
        let name = tag.split(|letter: char| letter.is_whitespace() || "/>".contains(letter)).next()?;
        return match name.rsplit(':').next() {
            Some("tt") => Some(Format::Ttml),
            Some("annotations") => Some(Format::Cvat),
            _ => None,
        };
    }
    None
}

fn json(start: &str) -> Option<Format> {
    // An annotation line says so itself.
    if has(start, "asset_id") {
        return None;
    }
    let any = |names: &[&str]| names.iter().any(|name| has(start, name));
    if any(&[
        "annotationResults",
        "annotation_results",
        "shotAnnotations",
        "shot_annotations",
        "segmentLabelAnnotations",
    ]) {
        return Some(Format::GoogleVideo);
    }
    if any(&["adjustedStart", "insights", "summarizedInsights"]) {
        return Some(Format::VideoIndexer);
    }
    let rekognition =
        ["Labels", "Faces", "Persons", "Celebrities", "TextDetections", "ModerationLabels", "Segments"];
    if any(&rekognition) && any(&["Timestamp", "StartTimestampMillis", "VideoMetadata", "JobStatus"]) {
        return Some(Format::Rekognition);
    }
    if any(&["jobName", "accountId"]) && has(start, "results") || any(&["BeginOffsetMillis"]) {
        return Some(Format::AwsTranscribe);
    }
    if any(&["transcription"]) && any(&["offsets", "systeminfo"]) {
        return Some(Format::Whisper);
    }
    if any(&["result_index", "timestamps", "word_confidence"]) {
        return Some(Format::Watson);
    }
    if has(start, "results") && any(&["transcripts", "speaker_labels", "pronunciation"]) {
        return Some(Format::AwsTranscribe);
    }
    if has(start, "results") && has(start, "alternatives") {
        return Some(Format::GoogleSpeech);
    }
    if has(start, "segments") {
        let is_aligned = any(&["word_segments", "score", "speaker"]) && !has(start, "seek");
        return Some(if is_aligned { Format::WhisperX } else { Format::Whisper });
    }
    // The whole text stands first and may be longer than the head.
    let opens = start.trim_start_matches('{').trim_start();
    (start.starts_with('{') && opens.starts_with("\"text\"") && !start.trim_end().ends_with('}'))
        .then_some(Format::Whisper)
}

/// Is there a member of that name?
fn has(text: &str, name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    text.match_indices(&quoted).any(|(at, _)| text[at + quoted.len()..].trim_start().starts_with(':'))
}
