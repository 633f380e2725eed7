//! Which language is a text in?
//!
//! Annotators name languages in many ways ("en", "en-US", "eng", "ENG"), and subtitles often not at all. A guess on
//! a short line is worse than the asset's own language, so [`detect`] guesses only where there is enough text and
//! the guess is sure; a script that belongs to few languages is a safe hint at any length.

use crate::script::{Script, boundary_before, script_of};
use frostem::{Algorithm, Stemmer};
use std::sync::OnceLock;

/// Fewer letters than this are never given to statistical detection: one or two subtitle words say nothing.
pub const DETECT_CHARS_MIN: usize = 40;

/// No more of a text than this is analysed: more does not improve detection.
const DETECT_BYTES_MAX: usize = 4096;

/// Languages that a text must be marked with: to look for these too would make the guess unsure of the others.
const TAGGED_ONLY: &[Language] = &[
    Language::Ca,
    Language::Lt,
    Language::Et,
    Language::Ga,
    Language::Eu,
    Language::Hy,
    Language::Fa,
    Language::Hi,
    Language::Ne,
    Language::Ta,
    Language::Eo,
    Language::Yi,
];

/// Keeps the enum, its tags and its stemmers in one table.
macro_rules! languages {
    ($($name:ident $tag:literal $three:literal $stemmer:expr, $doc:literal;)*) => {
        /// A language we know something about, or [`Language::Und`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        #[non_exhaustive]
        pub enum Language {
            $(#[doc = $doc] $name,)*
            /// Undetermined, or one we have no rules for.
            #[default]
            Und,
        }

        impl Language {
            /// Every language with a name, in order; [`Language::Und`] is not one.
            pub const ALL: &'static [Language] = &[$(Language::$name),*];

            /// The BCP-47 primary tag; `und` for [`Language::Und`].
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Language::$name => $tag,)* Language::Und => "und" }
            }

            fn three(self) -> &'static str {
                match self { $(Language::$name => $three,)* Language::Und => "und" }
            }

            fn from_primary(tag: &str) -> Option<Language> {
                match tag { $($tag | $three => Some(Language::$name),)* _ => None }
            }

            pub(crate) fn stemmer(self) -> Option<Stemmer> {
                let algorithm: Option<Algorithm> = match self { $(Language::$name => $stemmer,)* Language::Und => None };
                algorithm.map(Stemmer::new)
            }
        }
    };
}

languages! {
    En "en" "eng" Some(Algorithm::English), "English.";
    Es "es" "spa" Some(Algorithm::Spanish), "Spanish.";
    Fr "fr" "fra" Some(Algorithm::French), "French.";
    De "de" "deu" Some(Algorithm::German), "German.";
    It "it" "ita" Some(Algorithm::Italian), "Italian.";
    Pt "pt" "por" Some(Algorithm::Portuguese), "Portuguese.";
    Nl "nl" "nld" Some(Algorithm::Dutch), "Dutch.";
    Sv "sv" "swe" Some(Algorithm::Swedish), "Swedish.";
    Ru "ru" "rus" Some(Algorithm::Russian), "Russian.";
    Da "da" "dan" Some(Algorithm::Danish), "Danish.";
    No "no" "nor" Some(Algorithm::Norwegian), "Norwegian (Bokmål and Nynorsk).";
    Fi "fi" "fin" Some(Algorithm::Finnish), "Finnish.";
    Hu "hu" "hun" Some(Algorithm::Hungarian), "Hungarian.";
    Ro "ro" "ron" Some(Algorithm::Romanian), "Romanian.";
    Tr "tr" "tur" Some(Algorithm::Turkish), "Turkish.";
    Ar "ar" "ara" Some(Algorithm::Arabic), "Arabic.";
    El "el" "ell" Some(Algorithm::Greek), "Greek.";
    Ca "ca" "cat" Some(Algorithm::Catalan), "Catalan.";
    Cs "cs" "ces" Some(Algorithm::Czech), "Czech.";
    Pl "pl" "pol" Some(Algorithm::Polish), "Polish.";
    Uk "uk" "ukr" Some(Algorithm::Ukrainian), "Ukrainian.";
    Sr "sr" "srp" Some(Algorithm::Serbian), "Serbian.";
    Lt "lt" "lit" Some(Algorithm::Lithuanian), "Lithuanian.";
    Et "et" "est" Some(Algorithm::Estonian), "Estonian.";
    Ga "ga" "gle" Some(Algorithm::Irish), "Irish.";
    Eu "eu" "eus" Some(Algorithm::Basque), "Basque.";
    Hy "hy" "hye" Some(Algorithm::Armenian), "Armenian.";
    Fa "fa" "fas" Some(Algorithm::Persian), "Persian.";
    Hi "hi" "hin" Some(Algorithm::Hindi), "Hindi.";
    Ne "ne" "nep" Some(Algorithm::Nepali), "Nepali.";
    Ta "ta" "tam" Some(Algorithm::Tamil), "Tamil.";
    Id "id" "ind" Some(Algorithm::Indonesian), "Indonesian.";
    Eo "eo" "epo" Some(Algorithm::Esperanto), "Esperanto.";
    Yi "yi" "yid" Some(Algorithm::Yiddish), "Yiddish.";
    Zh "zh" "zho" None, "Chinese, segmented in pairs of characters.";
    Ja "ja" "jpn" None, "Japanese, segmented in pairs of characters.";
    Ko "ko" "kor" None, "Korean, segmented in pairs of syllables.";
}

impl Language {
    /// Reads a BCP-47 or ISO 639 tag ("en", "en-US", "eng", "pt_BR", any case); an unknown one is [`Language::Und`].
    #[must_use]
    pub fn parse(tag: &str) -> Language {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        // The bibliographic codes of ISO 639-2 and tags that mean one of ours.
        let primary = match primary.as_str() {
            "fre" => "fr",
            "ger" => "de",
            "dut" => "nl",
            "cze" => "cs",
            "baq" => "eu",
            "arm" => "hy",
            "per" => "fa",
            "rum" | "mo" => "ro",
            "gre" => "el",
            "chi" | "cmn" | "yue" => "zh",
            "nb" | "nn" | "nob" | "nno" => "no",
            other => other,
        };
        Language::from_primary(primary).unwrap_or_default()
    }

    /// Whether text of this language is written without spaces and so cut into pairs of characters.
    #[must_use]
    pub fn is_segmented(self) -> bool {
        matches!(self, Language::Zh | Language::Ja | Language::Ko)
    }
}

/// The language a text is most likely in, else `default`.
///
/// Scripts first, at any length: kana is Japanese, Hangul Korean, Han alone Chinese (or Japanese where that is the
/// default), Cyrillic Russian, Greek Greek, Arabic Arabic. Latin text of [`DETECT_CHARS_MIN`] letters or more goes to
/// statistical detection, whose answer is taken only when it calls itself reliable.
#[must_use]
pub fn detect(text: &str, default: Language) -> Language {
    let text = cut(text, DETECT_BYTES_MAX);
    let census = Census::of(text);
    match census.leading() {
        Script::Kana => Language::Ja,
        Script::Hangul => Language::Ko,
        Script::Han if default == Language::Ja => Language::Ja,
        Script::Han => Language::Zh,
        Script::Greek => Language::El,
        Script::Arabic => Language::Ar,
        Script::Cyrillic => guess(text, &census).unwrap_or(Language::Ru),
        Script::Latin => {
            guess(text, &census).filter(|language| *language != Language::Und).unwrap_or(default)
        }
        _ => default,
    }
}

/// Chooses only among the languages we have rules for and a few others that are common; for the latter the answer is
/// `Some(Und)`: certain, but unsupported. Among all of its seventy languages whatlang is unsure of most sentences.
fn guess(text: &str, census: &Census) -> Option<Language> {
    use whatlang::Lang;
    static DETECTOR: OnceLock<whatlang::Detector> = OnceLock::new();
    if census.letters < DETECT_CHARS_MIN {
        return None;
    }
    let detector = DETECTOR.get_or_init(|| {
        let ours = Language::ALL.iter().filter(|language| !TAGGED_ONLY.contains(language));
        let ours = ours.filter_map(|language| match language {
            Language::No => Some(Lang::Nob),
            Language::Zh => Some(Lang::Cmn),
            other => Lang::from_code(other.three()),
        });
        let others = [Lang::Vie, Lang::Hrv, Lang::Bul];
        whatlang::Detector::with_allowlist(ours.chain(others).collect())
    });
    let info = detector.detect(text)?;
    info.is_reliable().then(|| Language::parse(info.lang().code()))
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..boundary_before(text, bytes_max)]
}

/// How many letters of each script a text has.
#[derive(Default)]
struct Census {
    letters: usize,
    counts: [usize; Script::COUNT],
}

impl Census {
    fn of(text: &str) -> Census {
        let mut census = Census::default();
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            census.letters += 1;
            census.counts[script_of(c) as usize] += 1;
        }
        census
    }

    /// The script of most letters; Japanese mixes Han and kana, so a fifth of kana among Han is enough for Japanese.
    fn leading(&self) -> Script {
        let count = |script: Script| self.counts[script as usize];
        let (kana, han) = (count(Script::Kana), count(Script::Han));
        let candidates = [
            (kana + han, if kana * 5 >= han && kana > 0 { Script::Kana } else { Script::Han }),
            (count(Script::Hangul), Script::Hangul),
            (count(Script::Cyrillic), Script::Cyrillic),
            (count(Script::Greek), Script::Greek),
            (count(Script::Arabic), Script::Arabic),
            (count(Script::Latin), Script::Latin),
        ];
        let (most, script) = candidates.into_iter().max_by_key(|(n, _)| *n).unwrap_or((0, Script::Other));
        if most * 2 > self.letters { script } else { Script::Other }
    }
}

#[cfg(test)]
mod tests;
