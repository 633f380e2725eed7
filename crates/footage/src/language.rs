//! Languages as containers and people write them, as BCP 47 tags.

/// ISO 639-2 codes (both kinds), ISO 639-1 code, and names as they stand in file names.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("en", &["eng", "english"]),
    ("es", &["spa", "spanish", "español", "espanol", "castellano"]),
    ("fr", &["fra", "fre", "french", "français", "francais", "vff", "vostfr"]),
    ("de", &["deu", "ger", "german", "deutsch"]),
    ("it", &["ita", "italian", "italiano"]),
    ("pt", &["por", "portuguese", "português", "portugues"]),
    ("nl", &["nld", "dut", "dutch", "nederlands"]),
    ("sv", &["swe", "swedish", "svenska"]),
    ("da", &["dan", "danish", "dansk"]),
    ("no", &["nor", "norwegian", "norsk"]),
    ("nb", &["nob"]),
    ("fi", &["fin", "finnish", "suomi"]),
    ("is", &["isl", "ice", "icelandic"]),
    ("ru", &["rus", "russian", "русский"]),
    ("uk", &["ukr", "ukrainian"]),
    ("pl", &["pol", "polish", "polski"]),
    ("cs", &["ces", "cze", "czech"]),
    ("sk", &["slk", "slo", "slovak"]),
    ("hu", &["hun", "hungarian", "magyar"]),
    ("ro", &["ron", "rum", "romanian"]),
    ("bg", &["bul", "bulgarian"]),
    ("hr", &["hrv", "croatian"]),
    ("sr", &["srp", "serbian"]),
    ("sl", &["slv", "slovenian"]),
    ("el", &["ell", "gre", "greek"]),
    ("tr", &["tur", "turkish", "türkçe"]),
    ("ar", &["ara", "arabic"]),
    ("he", &["heb", "hebrew"]),
    ("fa", &["fas", "per", "persian"]),
    ("hi", &["hin", "hindi"]),
    ("bn", &["ben", "bengali"]),
    ("ta", &["tam", "tamil"]),
    ("te", &["tel", "telugu"]),
    ("th", &["tha", "thai"]),
    ("vi", &["vie", "vietnamese"]),
    ("id", &["ind", "indonesian"]),
    ("ms", &["msa", "may", "malay"]),
    ("zh", &["zho", "chi", "chinese", "chs", "cht"]),
    ("ja", &["jpn", "japanese"]),
    ("ko", &["kor", "korean"]),
    ("ca", &["cat", "catalan"]),
    ("eu", &["eus", "baq", "basque"]),
    ("gl", &["glg", "galician"]),
    ("et", &["est", "estonian"]),
    ("lv", &["lav", "latvian"]),
    ("lt", &["lit", "lithuanian"]),
];

/// The BCP 47 tag of a word: a code of two or three letters, a language's name, or either with a region behind it
/// (`pt-BR`, `pt_br`, `zh-Hant`). `None` for what is no language.
#[must_use]
pub fn tag(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let (main, region) = match lower.split_once(['-', '_']) {
        Some((main, region)) => (main, Some(region)),
        None => (lower.as_str(), None),
    };
    let code = LANGUAGES.iter().find(|(code, names)| *code == main || names.contains(&main))?.0;
    match region {
        None => Some(code.to_owned()),
        Some(r) if r.len() == 2 && r.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Some(format!("{code}-{}", r.to_uppercase()))
        }
        Some("419") => Some(format!("{code}-419")),
        Some("hans") => Some(format!("{code}-Hans")),
        Some("hant") => Some(format!("{code}-Hant")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn languages_are_known_by_codes_and_names() {
        for (word, wanted) in [
            ("en", Some("en")),
            ("ENG", Some("en")),
            ("ger", Some("de")),
            ("Français", Some("fr")),
            ("pt-br", Some("pt-BR")),
            ("es-419", Some("es-419")),
            ("zh_Hant", Some("zh-Hant")),
            ("und", None),
            ("forced", None),
            ("en-quite", None),
            ("", None),
        ] {
            assert_eq!(tag(word).as_deref(), wanted, "{word}");
        }
    }
}
