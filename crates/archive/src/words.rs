//! Text analysis for fusion.

use rushes_text::{Language, detect, for_each_token, normalise_label};

/// Text analysis for fusion. Public for callers that drive fusion themselves: `rushes bench`.
#[derive(Debug, Clone)]
pub struct Words {
    default_language: Language,
}

impl Words {
    /// With the archive's default language.
    #[must_use]
    pub fn new(default_language: &str) -> Self {
        Self { default_language: Language::parse(default_language) }
    }
}

impl rushes_fuse::TextAnalysis for Words {
    fn detect(&self, text: &str) -> Option<String> {
        match detect(text, self.default_language) {
            Language::Und => None,
            language => Some(language.as_str().to_owned()),
        }
    }

    fn words(&self, text: &str, each: &mut dyn FnMut(&str)) {
        for_each_token(text, |token| each(token.folded));
    }

    fn label(&self, label: &str) -> String {
        normalise_label(label)
    }
}
