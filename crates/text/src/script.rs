//! Which script does a character belong to?
//!
//! Only the few distinctions that cutting and folding need, as ranges of blocks: a full script table would cost more
//! than it helps.

/// The scripts that are treated differently somewhere in this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Arabic,
    Han,
    Kana,
    Hangul,
    /// Thai, Lao, Khmer, Burmese: written without spaces.
    Unspaced,
    Other,
}

impl Script {
    pub(crate) const COUNT: usize = Script::Other as usize + 1;
}

pub(crate) fn script_of(c: char) -> Script {
    match c as u32 {
        0x0041..=0x005A | 0x0061..=0x007A | 0x00AA | 0x00BA | 0x00C0..=0x00D6 | 0x00D8..=0x00F6 => {
            Script::Latin
        }
        0x00F8..=0x024F | 0x0250..=0x02AF | 0x1E00..=0x1EFF | 0xA720..=0xA7FF => Script::Latin,
        0xFB00..=0xFB06 | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => Script::Latin,
        0x0370..=0x03FF | 0x1F00..=0x1FFF => Script::Greek,
        0x0400..=0x052F | 0x1C80..=0x1C8F | 0x2DE0..=0x2DFF | 0xA640..=0xA69F => Script::Cyrillic,
        0x0600..=0x06FF | 0x0750..=0x077F | 0x08A0..=0x08FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFE => {
            Script::Arabic
        }
        0x3005 | 0x3007 | 0x2E80..=0x2FDF | 0x3021..=0x3029 | 0x3038..=0x303B => Script::Han,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => Script::Han,
        0x3041..=0x3096 | 0x309D..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x30FF => Script::Kana,
        0x31F0..=0x31FF | 0xFF66..=0xFF9F | 0x1B000..=0x1B16F => Script::Kana,
        0x1100..=0x11FF | 0x3131..=0x318E | 0xA960..=0xA97F | 0xAC00..=0xD7FB | 0xFFA0..=0xFFDC => {
            Script::Hangul
        }
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Script::Unspaced,
        _ => Script::Other,
    }
}

/// Whether words of this script are cut into pairs of characters.
pub(crate) fn is_paired(script: Script) -> bool {
    matches!(script, Script::Han | Script::Kana | Script::Hangul | Script::Unspaced)
}

/// The last character boundary at or before a byte offset.
pub(crate) fn boundary_before(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
