//! The named features of a moment: what a ranking model may like or dislike.

use std::collections::BTreeMap;

use rushes_types::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! features {
    ($($(#[$doc:meta])+ $name:ident $text:literal, more $more:literal, less $less:literal;)+) => {
        /// A feature of a moment. Values lie in -1 … 1; 0 is what says nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(usize)]
        pub enum Feature { $($(#[$doc])+ $name,)+ }

        impl Feature {
            /// All of them, in the order of their numbers.
            pub const ALL: [Self; FEATURE_COUNT] = [$(Self::$name,)+];

            /// Its name in models and explanations. Part of their format: a name keeps its meaning.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What a moment is said to be that has more of it than the moments beside it, and one that has less; each as
            /// what people keep, and as what they keep less often.
            #[must_use]
            pub const fn words(self) -> ((&'static str, &'static str), (&'static str, &'static str)) {
                match self {
                    $(Self::$name => (
                        (concat!($more, ", which you keep"), concat!($more, ", which you keep less often")),
                        (concat!($less, ", which you keep"), concat!($less, ", which you keep less often")),
                    ),)+
                }
            }
        }

        /// How many features there are.
        pub const FEATURE_COUNT: usize = [$($text,)+].len();
    };
}

features! {
    /// How well the clauses of type CHARACTER_SEARCH match.
    CharacterMatch "character_match", more "people match well", less "people match less well";
    /// How well the clauses of type SCENE_SEARCH match.
    SceneMatch "scene_match", more "the scene matches well", less "the scene matches less well";
    /// How well the clauses of type DIALOGUE_SEARCH match.
    DialogueMatch "dialogue_match", more "the dialogue matches well", less "the dialogue matches less well";
    /// How well the clauses of type OBJECT_SEARCH match.
    ObjectMatch "object_match", more "objects match well", less "objects match less well";
    /// How well the clauses of all other types match.
    OtherMatch "other_match", more "other clauses match well", less "other clauses match less well";
    /// How well the clauses that look for words match.
    WordMatch "word_match", more "the words match well", less "the words match less well";
    /// How well the clauses that look for a meaning (a vector) match.
    MeaningMatch "meaning_match", more "the meaning matches well", less "the meaning matches less well";
    /// The mean confidence of the best evidence.
    Confidence "confidence", more "the models are sure", less "the models are less sure";
    /// The value of the clause that matches worst.
    WeakestMatch "weakest_match", more "every clause matches well", less "one clause matches weakly";
    /// How near the best of all moments its clauses come: 1 is the best of each.
    RelativeMatch "relative_match", more "among the best of its clauses", less "not among the best of its clauses";
    /// How many annotations say the same as the best evidence at the same time: several models agree.
    Agreement "agreement", more "several annotations agree", less "few annotations agree";
    /// Its length: -1 for an eighth of a second, 0 for about six seconds, 1 for five minutes.
    Length "length", more "longer than others", less "shorter than others";
    /// Is it shorter than two seconds? 1 for an instant, 0 from two seconds on.
    Short "short", more "under two seconds", less "not under two seconds";
    /// Where in the asset it starts: -1 the beginning, 1 the end.
    Place "place", more "late in the footage", less "early in the footage";
    /// Does it start in the first twentieth of the asset?
    Opening "opening", more "an opening", less "no opening";
    /// Does it start in the last twentieth of the asset?
    Ending "ending", more "an ending", less "no ending";
    /// How new its asset is among those of the archive: 1 the newest, -1 the oldest.
    Freshness "freshness", more "newer footage", less "older footage";
    /// How often moments that overlap it were kept or exported before.
    KeptBefore "kept_before", more "kept before", less "not kept before";
    /// How often moments of its asset were kept or exported before.
    AssetKeptBefore "asset_kept_before", more "from footage that was kept from", less "from footage that was not kept from";
    /// Is it labelled a close-up?
    CloseUp "close_up", more "a close-up", less "no close-up";
    /// Is it labelled a wide shot?
    WideShot "wide_shot", more "a wide shot", less "no wide shot";
    /// How many people are labelled in it: 0 none, 1 four or more.
    People "people", more "several people", less "fewer people";
}

/// Values are kept to this part, as scores are: they survive being written as text, and sums are the same everywhere.
const PART: f64 = (1_u64 << 20) as f64;

/// The features of one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features([f64; FEATURE_COUNT]);

impl Default for Features {
    fn default() -> Self {
        Self([0.0; FEATURE_COUNT])
    }
}

impl Features {
    /// Sets one; what is no number counts as 0, what lies outside of -1 … 1 as the nearer end.
    pub fn set(&mut self, feature: Feature, value: f64) {
        let value = if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) };
        // Adding 0 makes -0 a 0: equal values have equal bits.
        self.0[feature as usize] = (value * PART).round() / PART + 0.0;
    }

    /// One of them.
    #[must_use]
    pub const fn get(&self, feature: Feature) -> f64 {
        self.0[feature as usize]
    }

    /// All of them, in the order of their numbers.
    #[must_use]
    pub const fn values(&self) -> &[f64; FEATURE_COUNT] {
        &self.0
    }

    /// Reads features by name.
    ///
    /// # Errors
    /// Where a name is unknown or a value is no number in -1 … 1, with the place below `pointer`.
    pub fn read(named: &BTreeMap<String, f64>, pointer: &str) -> Result<Self> {
        let mut features = Self::default();
        for (name, value) in named {
            let at = format!("{pointer}/{name}");
            let Some(feature) = Feature::ALL.into_iter().find(|f| f.name() == name) else {
                let all: Vec<&str> = Feature::ALL.iter().map(|f| f.name()).collect();
                return Err(Error::invalid(format!("`{name}` is no feature"))
                    .mend(format!("there are {}", all.join(", ")))
                    .at(at));
            };
            if !(-1.0..=1.0).contains(value) {
                return Err(Error::invalid(format!("the feature is `{value}`"))
                    .mend("features lie in -1 … 1: send back what the answer said")
                    .at(at));
            }
            features.set(feature, *value);
        }
        Ok(features)
    }
}

/// By name, without those that are 0.
impl Serialize for Features {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = Feature::ALL.iter().map(|f| (f.name(), self.get(*f))).filter(|(_, value)| *value != 0.0);
        serializer.collect_map(named)
    }
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = BTreeMap::deserialize(deserializer)?;
        Self::read(&named, "").map_err(serde::de::Error::custom)
    }
}
