//! EBU STL, the exchange file of broadcast subtitles (EBU Tech 3264).
//!
//! Source: a block of 1,024 bytes about the file (frame rate, character table, language, start of programme), then blocks
//! of 128 bytes: the number of a subtitle, its times as hours, minutes, seconds, frames, and 112 bytes of text. A
//! subtitle of several blocks is put together. Times are exact at 25 or 30 frames a second; the end is exclusive. Codes of
//! colour and italics go; a line break is white space; comments of translators are left out. The start of programme is
//! used where the caller knows no start timecode.

use std::io::Read;

use encoding_rs::{ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8};
use rushes_types::NS_PER_SECOND;

use crate::bytes::unpacked;
use crate::problem::Fault;

use crate::formats::cue::{Cue, Cues, Part, end as end_of_cues};
use crate::formats::limits::TEXT_BYTES_MAX;
use crate::formats::out::{CONTINUE, Flow, FormatOutput};
use crate::formats::titles::iso_6937;

const HEAD_BYTES: usize = 1024;
const BLOCK_BYTES: usize = 128;
const TEXT_AT: usize = 16;
/// The number of a block that ends its subtitle, and of one of the maker's own data.
const LAST: u8 = 0xff;
const USER_DATA: u8 = 0xfe;
/// A subtitle has at most this much text, in bytes.
const SUBTITLE_BYTES_MAX: usize = 64 << 10;
/// Languages by their codes (EBU Tech 3264, appendix 3), those that are met most.
const LANGUAGES: [(&str, &str); 20] = [
    ("06", "cs"),
    ("07", "da"),
    ("08", "de"),
    ("09", "en"),
    ("0A", "es"),
    ("0F", "fr"),
    ("12", "he"),
    ("15", "it"),
    ("1D", "nl"),
    ("1E", "no"),
    ("20", "pl"),
    ("21", "pt"),
    ("22", "ro"),
    ("27", "fi"),
    ("28", "sv"),
    ("29", "tr"),
    ("1B", "hu"),
    ("56", "ru"),
    ("70", "el"),
    ("7E", "ar"),
];

/// Is it the head of such a file?
pub(crate) fn is_head(head: &[u8]) -> bool {
    head.get(3..11).is_some_and(|code| code.starts_with(b"STL") && code.ends_with(b".01"))
}

/// A subtitle whose blocks are still coming.
struct Open {
    place: u64,
    start_ns: i128,
    end_ns: i128,
    is_comment: bool,
    bytes: Vec<u8>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut bytes = Vec::new();
    let read = unpacked(reader, TEXT_BYTES_MAX).and_then(|mut file| file.read_to_end(&mut bytes));
    if let Err(error) = read {
        return out.stop(0, Fault::new("", error.to_string(), "mend the file"));
    }
    let Some(head) = bytes.get(..HEAD_BYTES).filter(|head| is_head(head)) else {
        let mend = "see that it is EBU STL; `--format` names another format";
        return out.stop(0, Fault::new("", "the file does not begin as EBU STL does", mend));
    };
    let rate = if &head[6..8] == b"30" { 30 } else { 25 };
    let (table, code) = (head[13], String::from_utf8_lossy(&head[14..16]).to_ascii_uppercase());
    let language =
        LANGUAGES.iter().find(|(known, _)| *known == code).map(|(_, language)| (*language).to_owned());
    let mut cues = Cues::by_clock(out);
    let start = String::from_utf8_lossy(&head[256..264]).into_owned();
    if let Some(zero_ns) = start_of_programme(&start, rate) {
        let written = [&start[0..2], &start[2..4], &start[4..6], &start[6..8]].join(":");
        cues.begin_at(zero_ns, &written);
    }
    let mut open: Option<Open> = None;
    for (place, block) in bytes[HEAD_BYTES..].chunks(BLOCK_BYTES).enumerate() {
        let place = place as u64 + 1;
        if block.len() < BLOCK_BYTES {
            out.problem(place, Fault::new("", "the last block is cut", "write the file again"))?;
            break;
        }
        if block[3] == USER_DATA {
            out.tally(place, "blocks of the maker's own data are left out");
            continue;
        }
        let current = open.get_or_insert_with(|| Open {
            place,
            start_ns: time_ns(&block[5..9], rate),
            end_ns: time_ns(&block[9..13], rate),
            is_comment: block[15] == 1,
            bytes: Vec::new(),
        });
        if current.bytes.len() < SUBTITLE_BYTES_MAX {
            current.bytes.extend(block[TEXT_AT..].iter().take_while(|byte| **byte != 0x8f));
        }
        if block[3] == LAST
            && let Some(done) = open.take()
        {
            subtitle(out, &mut cues, &done, table, language.as_deref())?;
        }
    }
    if let Some(cut) = open {
        subtitle(out, &mut cues, &cut, table, language.as_deref())?;
    }
    end_of_cues(out, &cues)
}

fn subtitle(
    out: &mut FormatOutput<'_, '_>,
    cues: &mut Cues,
    open: &Open,
    table: u8,
    language: Option<&str>,
) -> Flow {
    if open.is_comment {
        out.row();
        cues.count += 1;
        out.skip(open.place, "comments of translators are left out");
        return CONTINUE;
    }
    let text = text_of(&open.bytes, table);
    let parts = vec![Part { speaker: None, text, words: Vec::new() }];
    let (line, start_ns, end_ns) = (open.place, open.start_ns, open.end_ns);
    cues.cue(out, Cue { line, start_ns, end_ns, parts, language: language.map(str::to_owned) })
}

/// The text of a subtitle: its letters by the table, everything else white space.
fn text_of(bytes: &[u8], table: u8) -> String {
    let pieces = bytes.split(|byte| matches!(byte, 0x00..=0x1f | 0x7f..=0x9f));
    let decoded = pieces.filter(|piece| !piece.is_empty()).map(|piece| match table {
        b'1' => ISO_8859_5.decode_without_bom_handling(piece).0.into_owned(),
        b'2' => ISO_8859_6.decode_without_bom_handling(piece).0.into_owned(),
        b'3' => ISO_8859_7.decode_without_bom_handling(piece).0.into_owned(),
        b'4' => ISO_8859_8.decode_without_bom_handling(piece).0.into_owned(),
        _ => iso_6937::decode(piece),
    });
    decoded.collect::<Vec<_>>().join(" ")
}

/// Hours, minutes, seconds, frames, a byte each.
fn time_ns(fields: &[u8], rate: i128) -> i128 {
    let field = |place: usize| fields.get(place).copied().map_or(0, i128::from);
    let seconds = (field(0) * 60 + field(1)) * 60 + field(2);
    seconds * i128::from(NS_PER_SECOND) + ceiling(field(3) * i128::from(NS_PER_SECOND), rate)
}

/// A frame begins at the first whole nanosecond at or after its time.
fn ceiling(value: i128, by: i128) -> i128 {
    (value + by - 1).div_euclid(by)
}

fn start_of_programme(digits: &str, rate: i128) -> Option<i128> {
    let is_whole = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let fields: Option<Vec<u8>> =
        (0..4).map(|field| digits.get(field * 2..field * 2 + 2)?.parse().ok()).collect();
    fields.filter(|_| is_whole).map(|fields| time_ns(&fields, rate))
}
