//! The Latin letters of EBU STL: ISO 6937, in which a mark stands before its letter.

use unicode_normalization::UnicodeNormalization;

/// Marks of 0xc0 to 0xcf, as they are put after a letter in Unicode.
const MARKS: [Option<char>; 16] = [
    None,
    Some('\u{300}'),
    Some('\u{301}'),
    Some('\u{302}'),
    Some('\u{303}'),
    Some('\u{304}'),
    Some('\u{306}'),
    Some('\u{307}'),
    Some('\u{308}'),
    None,
    Some('\u{30a}'),
    Some('\u{327}'),
    None,
    Some('\u{30b}'),
    Some('\u{328}'),
    Some('\u{30c}'),
];
/// 0xa0 to 0xbf and 0xd0 to 0xff; a space where there is no letter.
const UPPER: [&str; 2] =
    [" ¡¢£$¥#§¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿", "―¹®©™♪¬¦    ⅛⅜⅝⅞ΩÆÐªĦ ĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ "];

/// The text of these bytes.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut mark = None;
    for byte in bytes {
        let letter = match byte {
            0xc0..=0xcf => {
                mark = MARKS[usize::from(byte - 0xc0)];
                continue;
            }
            0xa0..=0xbf => UPPER[0].chars().nth(usize::from(byte - 0xa0)),
            0xd0..=0xff => UPPER[1].chars().nth(usize::from(byte - 0xd0)),
            0x24 => Some('¤'),
            _ => Some(char::from(*byte)),
        };
        text.push(letter.unwrap_or(' '));
        text.extend(mark.take());
    }
    text.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::{UPPER, decode};

    #[test]
    fn marks_go_after_their_letters() {
        assert_eq!(UPPER.map(|row| row.chars().count()), [32, 48]);
        assert_eq!(decode(b"\xc2e\xc8u\xcfs \xcac \xfb"), "éüš c\u{30a} ß");
        assert_eq!(decode(b"\xabx\xbb \xbf\xe1\xf1"), "«x» ¿Ææ");
        assert_eq!(decode(b"\xcb\x63\xc2"), "ç");
    }
}
