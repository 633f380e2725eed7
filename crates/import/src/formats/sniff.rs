//! Detects the format of a file, by its first bytes first and by its name second.

use std::io::{Cursor, Read};

use crate::bytes::open;

use crate::formats::editors::{avid, edl, premiere};
use crate::formats::encoding::glimpse;
use crate::formats::format::Format;
use crate::formats::limits::HEAD_BYTES;
use crate::formats::sniff_json::json;
use crate::formats::titles::{ass, ebu_stl, lrc, sbv, scc};
use crate::formats::tools::{ffmpeg, textgrid, transnet};
use crate::formats::{mot, npy, pyscenedetect, srt_time, vtt};

/// Lines of the head that are examined.
const LINES: usize = 40;
/// Endings that name a format, so that its reader can report what is wrong with the file.
const BY_NAME: [(&str, Format); 7] = [
    (".srt", Format::Srt),
    (".vtt", Format::WebVtt),
    (".rttm", Format::Rttm),
    (".sbv", Format::Sbv),
    (".scc", Format::Scc),
    (".lrc", Format::Lrc),
    (".ass", Format::Ass),
];
/// Formats of which a JSON document may look to be by its name.
const WEAK: [Format; 3] = [Format::Srt, Format::WebVtt, Format::Rttm];

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
    if ebu_stl::is_head(head) {
        return Some(Format::EbuStl);
    }
    let text = beginning(head);
    if text.as_bytes().starts_with(b"\x93NUMPY") || text.starts_with("\u{201c}NUMPY") {
        return Some(Format::Npy);
    }
    let start = text.trim_start();
    match start.as_bytes().first() {
        Some(b'<') => xml(start),
        Some(b'{') => json(start),
        // A bracket begins JSON, and sections and times of subtitles.
        Some(b'[') => lines(name, &text).filter(|format| !WEAK.contains(format)).or_else(|| json(start)),
        _ => lines(name, &text),
    }
}

/// The text at the beginning; a character cut at the end is dropped.
pub(crate) fn beginning(head: &[u8]) -> String {
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
    if lines.iter().any(|line| ass::is_head(line)) {
        return Some(Format::Ass);
    }
    if scc::is_signature(first) {
        return Some(Format::Scc);
    }
    if sbv::is_timing(first) {
        return Some(Format::Sbv);
    }
    if textgrid::is_head(text) {
        return Some(Format::TextGrid);
    }
    if premiere::is_header(first) {
        return Some(Format::PremiereMarkers);
    }
    if avid::is_row(first) {
        return Some(Format::AvidMarkers);
    }
    if lines.iter().any(|line| edl::is_marker(line)) {
        return Some(Format::Edl);
    }
    if text.split(['\n', '\r']).any(ffmpeg::is_line) {
        return Some(Format::Ffmpeg);
    }
    let timed = lines.iter().filter(|line| lrc::is_timed(line)).count();
    if timed > 0
        && lines.iter().all(|line| lrc::is_timed(line) || lrc::tag(line).is_some() || line.trim().is_empty())
    {
        return Some(Format::Lrc);
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
    let whole = if text.ends_with('\n') || lines.len() < 2 { lines.len() } else { lines.len() - 1 };
    if transnet::is_list(name, &lines[..whole]) {
        return Some(Format::TransNet);
    }
    if text.split(['\n', '\r']).any(srt_time::is_timing) {
        return Some(if says(".vtt") { Format::WebVtt } else { Format::Srt });
    }
    // A file of that name is read as that format, so that its reader can report what is wrong with it.
    BY_NAME.into_iter().find(|(ending, _)| says(ending)).map(|(_, format)| format)
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
            Some("ANNOTATION_DOCUMENT") => Some(Format::Elan),
            Some("fcpxml") => Some(Format::FcpXml),
            _ => None,
        };
    }
    None
}
