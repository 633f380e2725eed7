//! When are two spellings the same but for case and accents?
//!
//! [`fold`] decomposes (NFKD), drops accents, folds case fully (ß is ss, final ς is σ) and composes again. "Accents"
//! are marks a reader of that script takes as decoration, not every combining mark of Unicode:
//!
//! - Latin and Greek: all marks. Letters whose stroke is not a mark to Unicode are opened too (ø o, ł l, đ d, æ ae,
//!   œ oe, þ th, ı i): people without that keyboard type them so.
//! - Cyrillic: ё is е and stress marks go, but й, ў, ї, ѓ, ќ are letters and stay.
//! - Arabic: short vowels, tatweel and the hamza or madda on alef go; Hebrew: points go.
//! - Kana: dakuten and handakuten stay (が is not か). Indic, Thai and all other scripts keep their marks: they are
//!   vowels there.
//! - Invisible characters (soft hyphen, joiners, direction marks, variation selectors) go everywhere.
//!
//! Rejected: dropping every Mn as most search engines do, because it turns й into и and Hindi into nonsense; and
//! per-language folding (ä as ae in German), because one label is searched from every language.

use crate::script::{Script, script_of};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The spelling that is compared: no case, no accents. Idempotent; may be empty for marks alone.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// [`fold`] of one word: apostrophes and white space go too, so "I'm" is `im`.
#[must_use]
pub fn fold_word(word: &str) -> String {
    let mut out = fold(word);
    let whole = out.len();
    out.retain(|c| !is_apostrophe(c) && !c.is_whitespace());
    if out.len() < whole && !out.is_ascii() {
        // Marks that an apostrophe kept apart have an order among them now.
        out = out.nfc().collect();
    }
    out
}

/// The lower-case spelling that stemmers want: compatibility-composed, accents kept, apostrophes all `'`.
#[must_use]
pub fn lower_word(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    lower_into(word, &mut out);
    out
}

/// The key under which a whole label is compared: [`fold`], white space collapsed and trimmed, punctuation kept
/// ("Phoebe" is not "Phoebe Sr.").
#[must_use]
pub fn normalise_label(label: &str) -> String {
    let folded = fold(label);
    let mut out = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The apostrophes people type inside words; a back-tick and an acute accent are what old subtitles use for one.
pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{B4}' | '\u{2BC}' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{FF07}')
}

/// Characters that are not seen and so must not tell two words apart.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c as u32,
        0xAD | 0x34F | 0x61C | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F
        | 0xFE00..=0xFE0F | 0xFEFF | 0xE0000..=0xE0FFF)
}

/// Appends nothing: `out` is cleared first.
pub(crate) fn fold_into(text: &str, out: &mut String) {
    out.clear();
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
        return;
    }
    let mut base = '\0';
    for c in text.nfkd() {
        if is_combining_mark(c) {
            if keeps_mark(base, c) && !is_invisible(c) {
                out.push(c);
            }
            continue;
        }
        base = c;
        if !is_invisible(c) && c != '\u{640}' {
            push_case_folded(c, out);
        }
    }
    if !out.is_ascii() {
        *out = out.nfc().collect();
    }
}

/// `out` is cleared first.
pub(crate) fn lower_into(word: &str, out: &mut String) {
    out.clear();
    if word.is_ascii() {
        out.extend(word.chars().map(|c| if c == '`' { '\'' } else { c.to_ascii_lowercase() }));
        return;
    }
    let visible = word.chars().filter(|c| !is_invisible(*c));
    let composed: String = visible.map(|c| if is_apostrophe(c) { '\'' } else { c }).nfkc().collect();
    // The whole word at once: Greek final sigma depends on what is around it.
    out.extend(composed.to_lowercase().nfkc().filter(|c| !c.is_whitespace()));
}

/// Whether a mark on this base is part of the letter.
fn keeps_mark(base: char, mark: char) -> bool {
    match mark as u32 {
        // Short vowels and Koranic signs; hamza and madda only on alef: ؤ and ئ are letters.
        0x064B..=0x0652 | 0x0656..=0x065F | 0x0670 | 0x0610..=0x061A | 0x06D6..=0x06ED => false,
        0x0653..=0x0655 => base != '\u{627}',
        0x0591..=0x05C7 => false,
        0x0300..=0x036F => match script_of(base) {
            Script::Cyrillic => keeps_cyrillic_mark(base, mark),
            // A mark on a kana or Indic letter from the common block is a stray accent as well.
            _ => false,
        },
        0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F | 0x0483..=0x0489 => false,
        _ => true,
    }
}

fn keeps_cyrillic_mark(base: char, mark: char) -> bool {
    match mark {
        '\u{306}' => matches!(base, 'и' | 'И' | 'у' | 'У'),
        '\u{308}' => matches!(base, 'і' | 'І'),
        '\u{301}' => matches!(base, 'г' | 'Г' | 'к' | 'К'),
        _ => false,
    }
}

/// Full case folding through the upper case, which is where ß becomes SS and ς meets σ.
fn push_case_folded(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    for lower in c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        match lower {
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'ħ' => out.push('h'),
            'ŧ' => out.push('t'),
            'ı' => out.push('i'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            // What case folding itself brings (İ: i and a dot) is an accent like any other.
            '\u{300}'..='\u{36F}' => {}
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests;
