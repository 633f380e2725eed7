//! The letters and commands of CEA-608, the captions of line 21.

/// What a pair of bytes means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// One or two letters.
    Letters(char, Option<char>),
    /// A letter that takes the place of the one before it, for decoders that do not know it.
    Instead(char),
    /// Another row.
    Row,
    /// Another colour or italics, seen as a space.
    Style,
    /// Captions are loaded, and shown by `Show`.
    PopOn,
    /// Captions are written as they are shown, and roll up.
    RollUp,
    /// Captions are written as they are shown.
    PaintOn,
    /// A line ends, in captions that roll up.
    Return,
    /// What is shown goes away.
    Clear,
    /// What is loaded goes away.
    ClearLoaded,
    /// What is loaded is shown.
    Show,
    Backspace,
    /// Captions of the second channel, or text that is no caption, follow.
    Other,
    Nothing,
}

/// Letters that differ from ASCII.
const DIFFERENT: [(u8, char); 10] = [
    (0x2a, 'á'),
    (0x5c, 'é'),
    (0x5e, 'í'),
    (0x5f, 'ó'),
    (0x60, 'ú'),
    (0x7b, 'ç'),
    (0x7c, '÷'),
    (0x7d, 'Ñ'),
    (0x7e, 'ñ'),
    (0x7f, '█'),
];
const SPECIAL: &str = "®°½¿™¢£♪à èâêîôû";
const EXTENDED: [&str; 2] = ["ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»", "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤¦ÅåØø┌┐└┘"];

fn letter(byte: u8) -> Option<char> {
    let different = DIFFERENT.iter().find(|(known, _)| *known == byte).map(|(_, letter)| *letter);
    different.or_else(|| (0x20..0x80).contains(&byte).then(|| char::from(byte)))
}

/// What these two bytes mean, without their parity.
pub(crate) fn code(first: u8, second: u8) -> Code {
    let at = |row: &str, from: u8| row.chars().nth(usize::from(second.wrapping_sub(from)));
    match (first, second) {
        (0x18..=0x1f, _) => Code::Other,
        (0x10..=0x17, 0x40..=0x7f) => Code::Row,
        (0x11, 0x20..=0x2f) => Code::Style,
        (0x11, 0x30..=0x3f) => at(SPECIAL, 0x30).map_or(Code::Nothing, |letter| Code::Letters(letter, None)),
        (0x12, 0x20..=0x3f) => at(EXTENDED[0], 0x20).map_or(Code::Nothing, Code::Instead),
        (0x13, 0x20..=0x3f) => at(EXTENDED[1], 0x20).map_or(Code::Nothing, Code::Instead),
        (0x14, command) => match command {
            0x20 => Code::PopOn,
            0x21 => Code::Backspace,
            0x25..=0x27 => Code::RollUp,
            0x29 => Code::PaintOn,
            0x2a | 0x2b => Code::Other,
            0x2c => Code::Clear,
            0x2d => Code::Return,
            0x2e => Code::ClearLoaded,
            0x2f => Code::Show,
            _ => Code::Nothing,
        },
        (0x15, 0x20..=0x2f) => Code::Other,
        (0x10..=0x17, _) | (0..=0x0f, _) => Code::Nothing,
        _ => letter(first).map_or(Code::Nothing, |one| Code::Letters(one, letter(second))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, EXTENDED, SPECIAL, code};

    #[test]
    fn pairs_are_letters_or_commands() {
        assert_eq!(SPECIAL.chars().count(), 16);
        assert_eq!(EXTENDED.map(|row| row.chars().count()), [32, 32]);
        for (pair, expect) in [
            ((0x48, 0x69), Code::Letters('H', Some('i'))),
            ((0x5c, 0x00), Code::Letters('é', None)),
            ((0x11, 0x37), Code::Letters('♪', None)),
            ((0x12, 0x21), Code::Instead('É')),
            ((0x13, 0x34), Code::Instead('ß')),
            ((0x14, 0x2f), Code::Show),
            ((0x14, 0x50), Code::Row),
            ((0x1c, 0x20), Code::Other),
            ((0x00, 0x00), Code::Nothing),
        ] {
            assert_eq!(code(pair.0, pair.1), expect, "{pair:?}");
        }
    }
}
