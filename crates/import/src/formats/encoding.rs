//! The encoding of a text: what was asked for, else UTF-8, else what a detector finds in the whole of it.
//!
//! The detector is the one that Firefox has for pages without a declaration. It always answers something, so what it
//! answers is looked at: where many of the words that are not ASCII could be no words (letters of two scripts in one,
//! signs between letters), the text is refused and the mend is `--encoding`.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::problem::Fault;

/// Of the words that are not ASCII this share may look wrong (one in so many) before a guess is refused.
const WRONG_WORDS_SHARE: usize = 4;
/// Top-level domains by language: the detector's hint of who wrote the text.
const HINTS: [(&str, &str); 22] = [
    ("zh", "cn"),
    ("ja", "jp"),
    ("ko", "kr"),
    ("ru", "ru"),
    ("uk", "ua"),
    ("bg", "bg"),
    ("el", "gr"),
    ("he", "il"),
    ("ar", "sa"),
    ("fa", "ir"),
    ("th", "th"),
    ("vi", "vn"),
    ("tr", "tr"),
    ("pl", "pl"),
    ("cs", "cz"),
    ("hu", "hu"),
    ("ro", "ro"),
    ("sk", "sk"),
    ("hr", "hr"),
    ("lt", "lt"),
    ("lv", "lv"),
    ("et", "ee"),
];

/// How a text was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    /// It is UTF-8, or in the encoding that was asked for or is declared.
    Known,
    /// The detector's answer.
    Guessed(&'static str),
    /// UTF-8 with so many lines that are not, which are read as Windows-1252.
    Mixed(u64),
}

/// Is it the name of an encoding?
pub(crate) fn is_known(name: &str) -> bool {
    Encoding::for_label(name.as_bytes()).is_some()
}

/// The text of these bytes. `asked` is the name of an encoding, `language` a hint.
pub(crate) fn decode(
    bytes: Vec<u8>,
    asked: Option<&str>,
    language: Option<&str>,
) -> Result<(String, Read), Fault> {
    if let Some(encoding) = asked.and_then(|name| Encoding::for_label(name.as_bytes())) {
        return exactly(&bytes, encoding).map(|text| (text, Read::Known));
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, Read::Known)),
        Err(error) => error.into_bytes(),
    };
    if is_mostly_utf8(&bytes) {
        let (text, lines) = line_by_line(&bytes);
        return Ok((text, Read::Mixed(lines)));
    }
    let encoding = detect(&bytes, language);
    let (text, broken) = encoding.decode_without_bom_handling(&bytes);
    let (wrong, foreign) = wrong_words(&text);
    if broken || wrong * WRONG_WORDS_SHARE > foreign {
        let why = format!(
            "the text is not UTF-8, and what encoding it has is not sure: as {} {}",
            encoding.name(),
            if broken {
                "it cannot be read".to_owned()
            } else {
                format!("{wrong} of {foreign} words look wrong")
            }
        );
        let mend = "name it, such as `--encoding gb18030`, `shift_jis`, `windows-1251` or `windows-1252`";
        return Err(Fault::new("", why, mend));
    }
    Ok((text.into_owned(), Read::Guessed(encoding.name())))
}

/// The same of a JSON document: what is not UTF-8 in one that is otherwise is a letter that a tool has cut.
pub(crate) fn decode_json(
    bytes: Vec<u8>,
    asked: Option<&str>,
    language: Option<&str>,
) -> Result<(String, Read), Fault> {
    if asked.is_none() && std::str::from_utf8(&bytes).is_err() && is_mostly_utf8(&bytes) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines = text.lines().filter(|line| line.contains('\u{fffd}')).count() as u64;
        return Ok((text, Read::Mixed(lines)));
    }
    decode(bytes, asked, language)
}

/// The beginning of a text, for a look at it: never refused.
pub(crate) fn glimpse(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // A letter that is cut at the end of the head.
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
        }
        Err(_) => detect(bytes, None).decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn detect(bytes: &[u8], language: Option<&str>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let code = language.and_then(|language| language.split(['-', '_']).next()).unwrap_or("");
    let hint = HINTS.iter().find(|(known, _)| code.eq_ignore_ascii_case(known)).map(|(_, domain)| domain);
    detector.guess(hint.map(|domain| domain.as_bytes()), Utf8Detection::Deny)
}

fn exactly(bytes: &[u8], encoding: &'static Encoding) -> Result<String, Fault> {
    let (text, used, broken) = encoding.decode(bytes);
    if !broken {
        return Ok(text.into_owned());
    }
    let place = text.find('\u{fffd}').unwrap_or(0);
    let line = text[..place].lines().count().max(1);
    let why = format!("line {line} cannot be read as {}", used.name());
    Err(Fault::new("", why, "name the encoding that the file has with `--encoding`"))
}

/// Are there more letters in UTF-8 than bytes that are none of it? So a file of one encoding with a few lines of another
/// shows, and one that is UTF-8 by accident here and there does not.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut letters, mut stray) = (0u64, 0u64);
    let mut rest = bytes;
    loop {
        let (valid, after) = match std::str::from_utf8(rest) {
            Ok(text) => (text, &[][..]),
            Err(error) => {
                let at = error.valid_up_to();
                let bad = error.error_len().unwrap_or(rest.len() - at);
                stray += bad as u64;
                (std::str::from_utf8(&rest[..at]).unwrap_or(""), &rest[at + bad..])
            }
        };
        letters += valid.chars().filter(|letter| !letter.is_ascii()).count() as u64;
        if after.is_empty() {
            return letters > stray;
        }
        rest = after;
    }
}

/// UTF-8 line by line, and Windows-1252 where a line is not; how many lines were not.
fn line_by_line(bytes: &[u8]) -> (String, u64) {
    let (mut text, mut lines) = (String::with_capacity(bytes.len()), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => {
                lines += 1;
                text.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0);
            }
        }
    }
    (text, lines)
}

/// How many of the words that are not ASCII could be no words, and how many there are.
fn wrong_words(text: &str) -> (usize, usize) {
    let foreign = text.split_whitespace().filter(|word| !word.is_ascii());
    foreign.fold((0, 0), |(wrong, all), word| (wrong + usize::from(looks_wrong(word)), all + 1))
}

/// The scripts that one word does not mix.
#[derive(PartialEq, Clone, Copy)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Other,
}

fn script(letter: char) -> Script {
    match u32::from(letter) {
        0x41..=0x24f | 0x1e00..=0x1eff => Script::Latin,
        0x370..=0x3ff => Script::Greek,
        0x400..=0x52f => Script::Cyrillic,
        _ => Script::Other,
    }
}

fn looks_wrong(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    if letters.iter().any(|letter| letter.is_control() || *letter == '\u{fffd}') {
        return true;
    }
    let alphabet: Vec<Script> =
        letters.iter().filter(|letter| letter.is_alphabetic()).map(|letter| script(*letter)).collect();
    let mixes = alphabet.windows(2).any(|pair| pair[0] != pair[1] && !pair.contains(&Script::Other));
    // `´¬³¤`: signs of the upper half beside letters, or one after the other.
    let is_sign = |letter: char| "¡¢£¤¥¦§¨©¬®¯±²³´µ¶·¸¹º»¼½¾¿×÷".contains(letter);
    let odd = letters.windows(2).filter(|pair| {
        is_sign(pair[0]) && is_sign(pair[1]) || pair[0].is_alphabetic() && "¤¦¨¬¯±´¶¸×÷".contains(pair[1])
    });
    // `Ã©tÃ©`, `ÆàÀÏ`: capitals of the upper half after small letters, or many in a row.
    let high = |letter: char| ('\u{c0}'..='\u{17f}').contains(&letter);
    let late =
        letters.windows(2).any(|pair| pair[0].is_lowercase() && pair[1].is_uppercase() && high(pair[1]));
    let run = letters.windows(4).any(|run| run.iter().all(|letter| high(*letter)));
    mixes || odd.count() > 0 || late || run
}

/// The encoding that an XML declaration names, unless it is UTF-8 or one of two bytes that is decoded already.
pub(crate) fn declared(bytes: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?.to_owned();
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start().to_owned();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let encoding = Encoding::for_label(value[1..].split(quote).next()?.as_bytes())?;
    (encoding != UTF_8 && encoding.is_ascii_compatible()).then(|| encoding.name())
}

#[cfg(test)]
mod tests {
    use super::{Read, declared, decode, decode_json, looks_wrong};
    use encoding_rs::Encoding;

    fn encoded(name: &str, text: &str) -> Vec<u8> {
        let (bytes, _, lost) = Encoding::for_label(name.as_bytes()).unwrap().encode(text);
        assert!(!lost, "{name}");
        bytes.into_owned()
    }

    #[test]
    fn what_the_detector_finds_is_what_was_written() {
        for (name, language, text) in [
            ("gb18030", None, "船长把地图藏在抽屉里\n明天早上我们离开港口\n没有人知道灯塔的秘密"),
            ("gb18030", Some("zh"), "船长"),
            ("big5", None, "船長把地圖藏在抽屜裡\n明天早上我們離開港口"),
            ("shift_jis", None, "船長は地図を忘れた\n明日の朝に出航します\n灯台はどこですか"),
            ("euc-kr", None, "선장은 지도를 서랍에 숨겼다\n내일 아침에 출항한다"),
            ("windows-1251", None, "Капитан спрятал карту в ящике\nЗавтра утром мы уходим"),
            ("koi8-r", Some("ru"), "Капитан спрятал карту в ящике, а завтра утром мы уходим из порта"),
            ("windows-1253", None, "Ο καπετάνιος έκρυψε τον χάρτη στο συρτάρι"),
            ("windows-1250", Some("pl"), "Kapitan schował mapę w szufladzie, żeby nikt jej nie znalazł"),
            ("windows-1254", Some("tr"), "Kaptan haritayı çekmeceye sakladı, kimse bulamasın diye şöyle"),
            ("windows-1252", None, "Où est Zoë?"),
            ("windows-1252", None, "Der Kapitän hört die Möwen über dem Fluß — “so”"),
        ] {
            let (got, read) =
                decode(encoded(name, text), None, language).unwrap_or_else(|why| panic!("{name}: {why:?}"));
            assert_eq!(got, text, "{name} {read:?}");
            assert!(matches!(read, Read::Guessed(_)), "{name} {read:?}");
            let (asked, _) = decode(encoded(name, text), Some(name), None).unwrap();
            assert_eq!(asked, text);
        }
    }

    #[test]
    fn what_looks_wrong_is_refused_and_what_is_cut_is_told() {
        // Bytes without any sense: whatever the detector answers, these are no words.
        let mut random = 7u32;
        let noise = std::iter::repeat_with(|| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [b' ', 0x80 | (random >> 24) as u8][usize::from(random >> 20 & 7 != 0)]
        });
        let fault = decode(noise.take(600).collect(), None, None).unwrap_err();
        assert!(fault.why.contains("is not sure") && fault.mend.contains("--encoding"), "{fault:?}");
        assert!(decode(vec![b'a', 0xff], Some("utf-8"), None).is_err());
        for (word, wrong) in [
            ("´¬³¤°ÑµØÍ¼", true),
            ("Ã©tÃ©", true),
            ("Привет", false),
            ("Прив\u{e9}т", true),
            ("déjà-vu", false),
            ("“Zoë”", false),
            ("ÉCLAIR", false),
            ("地图", false),
            ("…", false),
        ] {
            assert_eq!(looks_wrong(word), wrong, "{word}");
        }
        let mixed = ["é ü ñ ø\n".as_bytes(), b"caf\xe9\n", "“x”".as_bytes()].concat();
        assert_eq!(decode(mixed, None, None), Ok(("é ü ñ ø\ncafé\n“x”".to_owned(), Read::Mixed(1))));
        let cut = ["[\"é é\",\"".as_bytes(), b"\xe6", b"\"]"].concat();
        assert_eq!(decode_json(cut, None, None), Ok(("[\"é é\",\"\u{fffd}\"]".to_owned(), Read::Mixed(1))));
    }

    #[test]
    fn a_declaration_names_the_encoding() {
        assert_eq!(declared(b"<?xml version='1.0' encoding='ISO-8859-1'?><tt/>"), Some("windows-1252"));
        assert_eq!(declared(b"<?xml version=\"1.0\" encoding = \"Shift_JIS\" ?>"), Some("Shift_JIS"));
        assert_eq!(declared(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), None);
        assert_eq!(declared(b"<?xml version=\"1.0\" encoding=\"UTF-16\"?>"), None);
        assert_eq!(declared(b"<tt/>"), None);
    }
}
