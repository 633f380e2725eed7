//! A text cut into words the way BERT's uncased models were trained on: no control characters, no accents, lower case,
//! cut at white space, and around each punctuation mark and each ideograph.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Calls `each` with every word. `word` is room that is used again and again.
pub fn for_each_word(text: &str, word: &mut String, each: &mut dyn FnMut(&str)) {
    word.clear();
    let cleaned = text.chars().filter(|c| !is_dropped(*c)).flat_map(spaced);
    let bare = cleaned.nfd().filter(|c| c.general_category() != GeneralCategory::NonspacingMark);
    for c in bare.flat_map(char::to_lowercase) {
        if c.is_whitespace() {
            flush(word, each);
        } else if is_punctuation(c) {
            flush(word, each);
            word.push(c);
            flush(word, each);
        } else {
            word.push(c);
        }
    }
    flush(word, each);
}

fn flush(word: &mut String, each: &mut dyn FnMut(&str)) {
    if !word.is_empty() {
        each(word);
        word.clear();
    }
}

/// Control, format, private and unassigned characters are no part of a text; tab and line ends are white space.
fn is_dropped(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0' | '\u{fffd}' => true,
        _ => c.general_category_group() == GeneralCategoryGroup::Other,
    }
}

/// An ideograph is a word of its own.
fn spaced(c: char) -> impl Iterator<Item = char> {
    let space = is_ideograph(c).then_some(' ');
    space.into_iter().chain(std::iter::once(c)).chain(space)
}

fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B820..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

/// Punctuation, and all of ASCII that is neither a letter nor a digit.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Punctuation)
}
