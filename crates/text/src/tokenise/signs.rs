//! Which signs are part of a word, and which are a word: "C++", "R&B", "24/7", and emoji.

use super::{Class, class_at};

/// Pictures and the letters of flags; not the notes that mark what is sung.
pub(super) fn is_emoji(c: char) -> bool {
    match c as u32 {
        0x2669..=0x266F => false,
        0x2600..=0x27BF | 0x2B50 | 0x2B55 | 0x1F1E6..=0x1F1FF | 0x1F300..=0x1FAFF => true,
        _ => false,
    }
}

/// The skin tones, which make no other word.
pub(super) fn is_tone(c: char) -> bool {
    ('\u{1F3FB}'..='\u{1F3FF}').contains(&c)
}

/// No more letters stand on each side of the sign of "R&B" or "AT&T"; longer words are two.
const SIGN_LETTERS_MAX: usize = 2;

/// Where the sign at `at` ends, if it belongs to the word from `start` that ends before it.
pub(super) fn joins_sign(text: &str, start: usize, at: usize, letters: usize, last: Class) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    let is_free =
        |next: usize| !matches!(class_at(text, next), Some((Class::Letter | Class::Digit | Class::Sign, _)));
    let run = |class: Class, mut next: usize| {
        let from = next;
        while matches!(class_at(text, next), Some((found, width)) if found == class && width > 0) {
            next += class_at(text, next).map_or(0, |(_, width)| width);
        }
        (text[from..next].chars().count(), next)
    };
    match rest.first()? {
        b'+' if rest.starts_with(b"++") && last == Class::Letter && is_free(at + 2) => Some(at + 2),
        b'#' if last == Class::Letter && letters == 1 && is_free(at + 1) => Some(at + 1),
        b'&' if last == Class::Letter && letters <= SIGN_LETTERS_MAX => {
            let (after, _) = run(Class::Letter, at + 1);
            (1..=SIGN_LETTERS_MAX).contains(&after).then_some(at + 1)
        }
        b'/' if last == Class::Digit && text[start..at].chars().count() <= SIGN_LETTERS_MAX => {
            let (after, next) = run(Class::Digit, at + 1);
            let is_pair = (1..=SIGN_LETTERS_MAX).contains(&after) && is_free(next);
            // The second sign of a date parts it: 24/12/99.
            let is_first = start == 0 || text.as_bytes()[start - 1] != b'/';
            (is_pair && is_first).then_some(at + 1)
        }
        _ => None,
    }
}
