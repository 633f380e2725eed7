//! Names of files: `ep1.en.srt` is about `ep1`, in English.

use unicode_normalization::UnicodeNormalization;

/// ISO 639-1, but for `ts`: in a file's name that is a transport stream.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy \
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii \
    ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr \
    ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl \
    sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";
/// Three-letter codes and English names that subtitle files carry, with their ISO 639-1 codes.
const LONGER: [(&str, &str); 62] = [
    ("eng", "en"),
    ("english", "en"),
    ("spa", "es"),
    ("spanish", "es"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("french", "fr"),
    ("deu", "de"),
    ("ger", "de"),
    ("german", "de"),
    ("ita", "it"),
    ("italian", "it"),
    ("por", "pt"),
    ("portuguese", "pt"),
    ("nld", "nl"),
    ("dut", "nl"),
    ("dutch", "nl"),
    ("swe", "sv"),
    ("swedish", "sv"),
    ("rus", "ru"),
    ("russian", "ru"),
    ("zho", "zh"),
    ("chi", "zh"),
    ("chinese", "zh"),
    ("jpn", "ja"),
    ("japanese", "ja"),
    ("kor", "ko"),
    ("korean", "ko"),
    ("ara", "ar"),
    ("arabic", "ar"),
    ("dan", "da"),
    ("danish", "da"),
    ("nor", "no"),
    ("norwegian", "no"),
    ("fin", "fi"),
    ("finnish", "fi"),
    ("pol", "pl"),
    ("polish", "pl"),
    ("ces", "cs"),
    ("cze", "cs"),
    ("czech", "cs"),
    ("hun", "hu"),
    ("hungarian", "hu"),
    ("tur", "tr"),
    ("turkish", "tr"),
    ("ell", "el"),
    ("gre", "el"),
    ("greek", "el"),
    ("heb", "he"),
    ("hebrew", "he"),
    ("hin", "hi"),
    ("hindi", "hi"),
    ("ukr", "uk"),
    ("ukrainian", "uk"),
    ("ron", "ro"),
    ("rum", "ro"),
    ("romanian", "ro"),
    ("bul", "bg"),
    ("bulgarian", "bg"),
    ("vie", "vi"),
    ("tha", "th"),
    ("thai", "th"),
];
/// Purposes of a track, which appear beside the language and are not part of the asset's name.
const PURPOSES: [&str; 8] = ["forced", "sdh", "cc", "hi", "default", "foreign", "full", "captions"];

/// Media endings, and words, that tools leave before their own ending: `ep1.mp3.words.json`, `ep1.mov.srt`.
const LEFT_BY_TOOLS: [&str; 20] = [
    "mp4", "mov", "mkv", "mxf", "avi", "webm", "m4v", "mpg", "mpeg", "ts", "mp3", "wav", "m4a", "flac",
    "aac", "ogg", "words", "whisper", "whisperx", "diarized",
];
/// PySceneDetect's own.
const SCENES: &str = "-Scenes";

/// The stem of a file's name, and the language after it: `ep1.en.srt` gives `ep1` and `en`, `ep1.pt-BR.forced.vtt`
/// gives `ep1` and `pt-BR`, `ep1.eng.srt` gives `en`, `ep1.cut.srt` gives `ep1.cut` and none.
///
/// Folders before the name are removed; `.gz` counts as no ending; what tools leave in names (`ep1.mp3.words.json`,
/// `ep1-Scenes.csv`) is removed too.
#[must_use]
pub fn split_stem(file: &str) -> (String, Option<String>) {
    // File systems of Macs write letters and their marks apart; the same name is the same asset.
    let file: String = file.nfc().collect();
    let (stem, language) = split_language(&file);
    let mut bare = stem.strip_suffix(SCENES).unwrap_or(&stem);
    while let Some((before, last)) = bare.rsplit_once('.') {
        if before.is_empty() || !LEFT_BY_TOOLS.contains(&last.to_ascii_lowercase().as_str()) {
            break;
        }
        bare = before;
    }
    let bare = if bare.is_empty() { &stem } else { bare };
    (bare.to_owned(), language)
}

fn split_language(file: &str) -> (String, Option<String>) {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let mut stem = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && !ending.contains(' ') => stem,
        _ => name,
    };
    let whole = stem;
    while let Some((before, last)) = stem.rsplit_once('.') {
        if before.is_empty() {
            break;
        }
        // After another language, `hi` means "hearing impaired", not Hindi.
        let is_purpose = last.eq_ignore_ascii_case("hi")
            && before.rsplit_once('.').is_some_and(|(_, other)| language(other).is_some());
        if !is_purpose && let Some(language) = language(last) {
            return (before.to_owned(), Some(language));
        }
        if !PURPOSES.contains(&last.to_ascii_lowercase().as_str()) {
            break;
        }
        stem = before;
    }
    // `ep1.sdh.srt`: a purpose without a language before it; `ep1.full.srt` may be a name.
    let is_purpose = stem.len() < whole.len() && !whole.ends_with(".full") && !whole.ends_with(".captions");
    (if is_purpose { stem } else { whole }.to_owned(), None)
}

/// A language as BCP 47; `None` where the text is none that is known.
pub(crate) fn language(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if let Some((_, code)) = LONGER.iter().find(|(name, _)| *name == lower) {
        return Some((*code).to_owned());
    }
    let (code, region) = match text.split_once(['-', '_']) {
        Some((code, region)) => (code, Some(region)),
        None => (text, None),
    };
    let code = code.to_ascii_lowercase();
    if code.len() != 2 || !LANGUAGES.split_whitespace().any(|known| known == code) {
        return None;
    }
    match region {
        None => Some(code),
        Some(region) if region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Some(format!("{code}-{}", region.to_ascii_uppercase()))
        }
        Some(region)
            if matches!(region.len(), 3 | 4) && region.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            Some(format!("{code}-{region}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::split_stem;

    #[test]
    fn the_language_stands_before_the_ending() {
        for (file, stem, language) in [
            ("ep1.en.srt", "ep1", Some("en")),
            ("a b/ep 1.pt-br.vtt.gz", "ep 1", Some("pt-BR")),
            ("ep1.zh_Hant.srt", "ep1", Some("zh-Hant")),
            ("ep1.eng.forced.srt", "ep1", Some("en")),
            ("ep1.en.hi.srt", "ep1", Some("en")),
            ("ep1.hi.srt", "ep1", Some("hi")),
            ("ep1.ts.srt", "ep1", None),
            ("ep1.sdh.srt", "ep1", None),
            ("ep1.cut.srt", "ep1.cut", None),
            ("Mr. Smith.srt", "Mr. Smith", None),
            ("captions.en.vtt", "captions", Some("en")),
            ("en.srt", "en", None),
            (".srt", ".srt", None),
            ("ep1", "ep1", None),
            ("show.s01e02.German.srt", "show.s01e02", Some("de")),
            ("", "", None),
            ("ep1.mp3.words.json", "ep1", None),
            ("ep1.mov.en.srt", "ep1", Some("en")),
            ("ep1-Scenes.csv", "ep1", None),
            ("ep1.whisper.json", "ep1", None),
            ("-Scenes.csv", "-Scenes", None),
            ("A\u{30a}re.sv.srt", "Åre", Some("sv")),
        ] {
            let expect = (stem.to_owned(), language.map(str::to_owned));
            assert_eq!(split_stem(file), expect, "{file}");
        }
    }
}
