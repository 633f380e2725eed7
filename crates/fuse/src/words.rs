//! What fusion needs from text analysis.

use std::collections::{BTreeMap, HashMap};

use rushes_types::Annotation;

/// Text analysis. A trait, so that fusion does not depend on how text is analysed. It must be deterministic, or a
/// rebuild would differ.
pub trait TextAnalysis: Send + Sync {
    /// The language (BCP 47) a text is written in, where that can be detected.
    fn detect(&self, text: &str) -> Option<String>;
    /// Calls `each` with every folded word of a text; a word may come twice.
    fn words(&self, text: &str, each: &mut dyn FnMut(&str));
    /// The normalised label: what a label clause compares.
    fn label(&self, label: &str) -> String;
}

/// The annotation with its text filled in: one that has only words gets them, joined, as its text.
#[must_use]
pub fn with_text(mut annotation: Annotation) -> Annotation {
    if annotation.text.is_none() && !annotation.words.is_empty() {
        let words: Vec<&str> = annotation.words.iter().map(|w| w.text.as_str()).collect();
        annotation.text = Some(words.join(" "));
    }
    annotation
}

/// The language of an annotation: its own, else the asset's, else detected.
#[must_use]
pub fn resolved_language(
    annotation: &Annotation,
    asset_language: Option<&str>,
    linguist: &dyn TextAnalysis,
) -> Option<String> {
    let known = annotation.language.as_deref().or(asset_language).map(str::to_owned);
    known.or_else(|| {
        annotation.text.as_deref().or(annotation.label.as_deref()).and_then(|t| linguist.detect(t))
    })
}

/// The change in each word's count of current annotations.
pub(crate) struct WordDeltas<'l> {
    linguist: &'l dyn TextAnalysis,
    deltas: HashMap<String, i64>,
    pub annotations: i64,
}

impl<'l> WordDeltas<'l> {
    pub fn new(linguist: &'l dyn TextAnalysis) -> Self {
        Self { linguist, deltas: HashMap::new(), annotations: 0 }
    }

    /// Counts the annotation's words, each once, and its whole label.
    pub fn count(&mut self, annotation: &Annotation, by: i64) {
        self.annotations += by;
        let mut said: Vec<String> = Vec::new();
        for text in [annotation.label.as_deref(), annotation.text.as_deref()].into_iter().flatten() {
            self.linguist.words(text, &mut |word| {
                if !said.iter().any(|s| s == word) {
                    said.push(word.to_owned());
                }
            });
        }
        if let Some(label) = &annotation.label {
            said.push(format!("={}", self.linguist.label(label)));
        }
        for word in said {
            *self.deltas.entry(word).or_insert(0) += by;
        }
    }

    /// The differences, by word.
    pub fn finish(self) -> Vec<(String, i64)> {
        let sorted: BTreeMap<String, i64> = self.deltas.into_iter().filter(|(_, n)| *n != 0).collect();
        sorted.into_iter().collect()
    }
}
