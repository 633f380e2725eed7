//! The parts of a plan that people speak of as a whole, and which clauses answer the same question.

use rushes_plan::{Ask, PlanClause, VectorSource};
use rushes_types::{Error, Result, known_types};

use crate::words::Words;

/// A part of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facet {
    Place,
    Person,
    Object,
    Action,
    Dialogue,
    Size,
    Movement,
    Daylight,
    Length,
    Season,
    Episode,
    Title,
    Language,
    Time,
    Order,
    Number,
    Confidence,
    Group,
    Denied,
    Likeness,
    Weather,
    Logo,
    Emotion,
    Sound,
}

const FACETS: [(&str, Facet); 24] = [
    ("place", Facet::Place),
    ("person", Facet::Person),
    ("object", Facet::Object),
    ("action", Facet::Action),
    ("dialogue", Facet::Dialogue),
    ("size", Facet::Size),
    ("movement", Facet::Movement),
    ("daylight", Facet::Daylight),
    ("length", Facet::Length),
    ("season", Facet::Season),
    ("episode", Facet::Episode),
    ("title", Facet::Title),
    ("language", Facet::Language),
    ("time", Facet::Time),
    ("order", Facet::Order),
    ("number", Facet::Number),
    ("confidence", Facet::Confidence),
    ("group", Facet::Group),
    ("denied", Facet::Denied),
    ("likeness", Facet::Likeness),
    ("weather", Facet::Weather),
    ("logo", Facet::Logo),
    ("emotion", Facet::Emotion),
    ("sound", Facet::Sound),
];

impl Facet {
    /// A facet by its name in the files of words.
    ///
    /// # Errors
    /// Where no facet is called so.
    pub fn named(name: &str) -> Result<Self> {
        let known = FACETS.iter().find(|(known, _)| *known == name);
        known.map(|(_, facet)| *facet).ok_or_else(|| Error::invalid(format!("`{name}` is no part of a plan")))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        FACETS.iter().find(|(_, facet)| *facet == self).map_or("", |(name, _)| name)
    }

    /// Do its clauses belong to the family?
    pub fn has(self, family: &Family) -> bool {
        let kind = |name: &str| matches!(family, Family::Kind(kind) if kind == name);
        let holds = |parts: &[&str]| matches!(family, Family::Kind(kind) if parts.iter().any(|part| kind.contains(part)));
        match self {
            Self::Place => kind(known_types::SCENE),
            Self::Person => kind(known_types::CHARACTER),
            Self::Object => kind(known_types::OBJECT),
            Self::Action => holds(&["ACTION"]),
            Self::Weather => holds(&["WEATHER"]),
            Self::Logo => holds(&["LOGO", "BRAND"]),
            Self::Emotion => holds(&["EMOTION", "MOOD", "SENTIMENT"]),
            Self::Sound => holds(&["SOUND", "AUDIO", "MUSIC"]),
            Self::Dialogue => *family == Family::Spoken,
            Self::Size => *family == Family::Size,
            Self::Movement => *family == Family::Movement,
            Self::Daylight => *family == Family::Daylight,
            Self::Likeness => *family == Family::Like,
            _ => false,
        }
    }
}

/// Clauses of a family answer the same question about a moment: who, where, how close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Family {
    /// Like an example.
    Like,
    /// Something is said.
    Spoken,
    /// Words that name nothing.
    Meaning,
    Size,
    Movement,
    Daylight,
    /// Labels of a type.
    Kind(String),
}

impl Family {
    /// The family of a clause.
    pub fn of(clause: &PlanClause, words: &Words) -> Self {
        if let Some(Ask::Vector { vector }) = &clause.ask
            && matches!(
                vector.source,
                VectorSource::Like(_) | VectorSource::Image(_) | VectorSource::Values(_)
            )
        {
            return Self::Like;
        }
        let Some(kind) = clause.kind() else { return Self::Meaning };
        let has = |part: &str| kind.contains(part);
        if kind == known_types::DIALOGUE {
            Self::Spoken
        } else if has("SIZE") || has("FRAMING") || has("SHOT_SCALE") || has("SHOT_TYPE") {
            Self::Size
        } else if has("MOVEMENT") || has("CAMERA") {
            Self::Movement
        } else if has("TIME_OF_DAY")
            || has("DAYTIME")
            || has("LIGHT")
            || matches!(&clause.ask, Some(Ask::Label { label, .. }) if words.is_daylight(label))
        {
            Self::Daylight
        } else if matches!(&clause.ask, Some(Ask::Label { label, .. }) if kind.starts_with("SHOT") && words.size_of(label).is_some())
        {
            Self::Size
        } else {
            Self::Kind(kind.to_owned())
        }
    }

    /// Can a moment have only one of the family? Nobody is in two places at once.
    pub fn is_exclusive(&self) -> bool {
        match self {
            Self::Size | Self::Movement | Self::Daylight | Self::Like => true,
            Self::Kind(kind) => kind == known_types::SCENE,
            Self::Spoken | Self::Meaning => false,
        }
    }

    /// Is it a person?
    pub fn is_person(&self) -> bool {
        matches!(self, Self::Kind(kind) if kind == known_types::CHARACTER)
    }

    /// Does it tell how or where something is seen, and not what?
    pub fn is_setting(&self) -> bool {
        matches!(self, Self::Size | Self::Movement | Self::Daylight)
    }
}

/// Do two clauses ask the same, whatever resolution filled in?
pub(crate) fn same(a: &PlanClause, b: &PlanClause) -> bool {
    if a.kind() != b.kind() {
        return false;
    }
    let words = |text: &str| rushes_text::normalise_label(text);
    match (&a.ask, &b.ask) {
        (None, None) => true,
        (Some(Ask::Label { label: a, .. }), Some(Ask::Label { label: b, .. })) => words(a) == words(b),
        (Some(Ask::Text { ask: a, .. }), Some(Ask::Text { ask: b, .. })) => words(&a.text) == words(&b.text),
        (Some(Ask::Phrase { ask: a, .. }), Some(Ask::Phrase { ask: b, .. })) => {
            words(&a.phrase) == words(&b.phrase)
        }
        (Some(Ask::Vector { vector: a }), Some(Ask::Vector { vector: b })) => match (&a.source, &b.source) {
            (VectorSource::Text(a), VectorSource::Text(b)) => words(a) == words(b),
            (a, b) => a == b,
        },
        _ => false,
    }
}

/// A clause in a few words, for people.
pub(crate) fn named(clause: &PlanClause) -> String {
    match &clause.ask {
        Some(Ask::Label { label, .. }) => format!("`{label}`"),
        Some(Ask::Text { ask, .. }) => format!("`{}`", ask.text),
        Some(Ask::Phrase { ask, .. }) => format!("“{}”", ask.phrase),
        Some(Ask::Vector { vector }) => match &vector.source {
            VectorSource::Text(text) => format!("`{text}`"),
            _ => "the example".to_owned(),
        },
        None => format!("`{}`", clause.kind().unwrap_or("anything")),
    }
}
