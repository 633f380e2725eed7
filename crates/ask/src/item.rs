//! The parts of a question with what they say.

use rushes_plan::{Bounds, RankBy, Target, Window};

use crate::languages::Level;

/// What a part of the question says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ItemKind {
    /// Words in a row, quoted.
    Phrase(String),
    /// Words that are said, unquoted.
    Spoken(String),
    /// A whole line as it is said, though nothing says that it is one.
    Line(String),
    /// Words that are talked about: alternatives.
    About(Vec<String>),
    /// Dialogue as such.
    Dialogue,
    /// A label; of a group of labels, the name of the group with its members.
    Label {
        kind: String,
        label: String,
        members: Vec<String>,
    },
    /// All labels of a type: "any logo".
    Kind(String),
    /// Words that name nothing.
    Word,
    Frame,
    /// A word that says nothing of what is seen or said.
    Idle,
    Comma,
    And,
    /// What follows is asked for by itself.
    But,
    /// Nobody is there.
    Nobody,
    Or,
    Not,
    /// What stands before is denied.
    NotBehind,
    /// What stands before is talked about.
    AboutBehind,
    /// What was denied ends here.
    Only,
    /// No dialogue.
    Silence,
    Then,
    Before,
    After,
    /// At most this long between two steps.
    Within(i64),
    /// The same, between every two steps.
    WithinEach(i64),
    /// At most this far from what follows.
    Near(i64),
    /// What stands before was at most this far away.
    NearBehind(i64),
    /// All that was asked for, each by itself.
    Apart,
    Scope(ScopePart),
    Group(Level),
    /// How many, of what level, in which order.
    Top(usize, Option<Level>, RankBy),
    Rank(RankBy),
    Limit(usize),
    Duration(Bounds),
    Window(Window),
    Confidence(f64),
    Union,
    /// Understood, but not expressible in a plan: the reason.
    Inexpressible(String),
}

/// A part of the scope.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ScopePart {
    Seasons(Vec<i64>),
    Episodes(Vec<i64>),
    /// Seasons with episodes: "S01E02".
    Codes(Vec<(i64, i64)>),
    /// The last season there is.
    LastSeason,
    /// The last episode of the season asked for, else of all.
    LastEpisode,
    Language(String),
    Title(Target),
    /// Assets of one name.
    Assets(Vec<String>),
}

/// A part of the question with what it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    pub kind: ItemKind,
    /// The name or frame word taken for mistyped or unfinished words.
    pub corrected: Option<Corrected>,
    /// What else the words name.
    pub also: Vec<String>,
}

/// What words were taken for that are not written so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Corrected {
    /// They were mistyped.
    Typed(String),
    /// They are the beginning of this.
    Begun(String),
}

impl Corrected {
    pub fn text(&self) -> &str {
        match self {
            Self::Typed(text) | Self::Begun(text) => text,
        }
    }
}
