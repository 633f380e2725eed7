//! What a frame word does in a question.

/// A level that moments are grouped by, or that a scope names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Collection,
    Movie,
    Series,
    Season,
    Episode,
    Asset,
}

/// What a phrase does in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It frames the question and asks for nothing.
    Frame,
    /// The same, and it speaks to whoever searches: "find me".
    Asking,
    /// A preposition of place: what follows is more likely a place or a title.
    Place,
    /// One scene, clip, moment.
    Noun,
    /// Several of them: after a number, how many are wanted.
    Nouns,
    Then,
    Before,
    After,
    /// Both at once, or what follows is another part of the question.
    While,
    Not,
    /// "isn't in it": what stands before is denied.
    NotBehind,
    /// "nobody": denies what follows, or that anybody is there.
    Nobody,
    /// "without people": nobody is there.
    Deserted,
    /// "but": what follows is asked for by itself.
    But,
    /// "all", "the": with a noun it means all there is.
    Every,
    /// "up", "down" behind what somebody does.
    Particle,
    /// "about" behind lines: what follows is talked about.
    Concerning,
    /// "to", "with", "by" before somebody.
    Toward,
    /// "is mentioned": what stands before is talked about.
    AboutBehind,
    /// "with", which follows a name but no "may".
    With,
    /// An order without a number: "longest first".
    ByLength,
    ByBrevity,
    ByEnd,
    /// "for" before a length of time: at least so long.
    Lasting,
    /// "just": ends what is denied.
    Only,
    Or,
    And,
    /// What follows is said.
    Say,
    /// The same, in a manner that may be seen or heard by itself: "shouts".
    Manner,
    /// What follows is talked about.
    About,
    /// No dialogue.
    Silence,
    /// Dialogue as such.
    Dialogue,
    /// Every instance of any of these.
    Union,
    Best,
    Most,
    Longest,
    Shortest,
    FirstTime,
    LastTime,
    InOrder,
    Last,
    /// "per", "each": a level follows.
    Per,
    /// "each" before "within": of every step.
    Each,
    Level(Level),
    Within,
    /// "of" after a length of time: near, not later.
    Of,
    /// "sorted" before an order.
    Sorted,
    /// "runs" before how long: "runs longer than".
    Runs,
    /// "mark" behind a length of time: that long after the beginning.
    TimeMark,
    /// "with distance" before a length of time: near.
    Distance,
    /// "spoken" behind what is said.
    SaidBehind,
    /// "her" before a relative.
    Possessive,
    /// "in the role of" behind an actor.
    PartOf,
    More,
    AtLeast,
    Less,
    AtMost,
    Between,
    From,
    Until,
    /// "or longer" after a length of time.
    OrMore,
    /// "or shorter" after a length of time.
    OrLess,
    /// "long" after a length of time.
    Long,
    Confidence,
    /// A length of time, in nanoseconds.
    Unit(i64),
    Number(u32),
    /// "a" before a unit.
    One,
    Half,
    Ordinal(u32),
    Pilot,
    Finale,
    /// "speaking": a language follows.
    Speaking,
    /// A language: the index of its tag.
    Spoken(u16),
    /// "the episode called": a title follows.
    Titled,
    /// "goes something like": what follows is half remembered, to its end.
    Recalled,
    /// "for the": what moments are wanted for follows.
    PurposeOf,
    /// What moments are wanted for: "campaign". By itself it is a word as any other.
    Purpose,
    /// "asked for": who wants the moments stands before.
    Wants,
    /// "percent" behind a number.
    Percent,
    /// "good morning", "thank you": politeness, to the next mark.
    Courtesy,
    /// "because", "so that": why moments are wanted follows.
    Reason,
    /// "is", "never": a verb that makes words a sentence.
    Finite,
    /// "goes" behind a person: what follows is said, where it is a sentence.
    Going,
    /// "tells": whom, and then what is said.
    Tell,
    /// "someone" behind "tells".
    Addressee,
    /// "Doctor" before a name.
    Honorific,
    /// "where", "who" behind a thing: what is told of it follows.
    Relative,
    /// "sign", "products": beside the name of a brand they say no more.
    Brand,
    /// "need it for": what follows a mark is a comment.
    Comment,
    /// "in between" behind a length of time: between two steps.
    Gap,
    /// "away" behind a length of time: near.
    Away,
    /// "before or after": in either order.
    EitherOrder,
    /// "whether together or not": each by itself.
    Apart,
    /// "how does this work": asks for help, not for moments.
    Help,
    /// A verb that goes with another: "will", "may".
    Modal,
    /// "language" behind the name of one.
    Tongue,
    /// A word that says nothing of what is seen or said, such as "for instagram".
    Idle,
    /// Words that mean something together, whatever each means.
    Idiom,
    /// What a plan cannot say: the index of the reason.
    Unsayable(u16),
    /// A word of the vocabulary of shots: the index of its name.
    Shown(u16),
}

const S: i64 = 1_000_000_000;
pub(crate) const SECOND: Role = Role::Unit(S);
pub(crate) const MINUTE: Role = Role::Unit(60 * S);
pub(crate) const HOUR: Role = Role::Unit(3_600 * S);

impl Role {
    /// Does a word of the role ask for nothing of its own?
    pub fn frames(self) -> bool {
        matches!(
            self,
            Self::Frame
                | Self::Asking
                | Self::Every
                | Self::With
                | Self::Concerning
                | Self::Toward
                | Self::Place
                | Self::Of
                | Self::Noun
                | Self::Nouns
                | Self::Speaking
                | Self::Only
        )
    }

    /// Does it say how the parts of a question belong together? Words that only frame, or that tell what somebody does,
    /// are too near to too many others to be taken for mistyped.
    pub fn is_structural(self) -> bool {
        let tells = matches!(self, Self::Say | Self::Manner | Self::About | Self::Silence | Self::Shown(_));
        !(tells
            || self.frames()
            || matches!(self, Self::Idle | Self::Idiom | Self::Particle)
            || self.is_plain())
    }

    /// Is a word of the role a word as any other, wherever the role is not asked for?
    pub fn is_plain(self) -> bool {
        matches!(
            self,
            Self::Purpose
                | Self::PurposeOf
                | Self::Reason
                | Self::Courtesy
                | Self::Wants
                | Self::Percent
                | Self::Finite
                | Self::Going
                | Self::Tell
                | Self::Addressee
                | Self::Honorific
                | Self::Comment
                | Self::Brand
                | Self::Relative
                | Self::Gap
                | Self::Recalled
                | Self::Help
                | Self::Modal
                | Self::Tongue
                | Self::Sorted
                | Self::Possessive
                | Self::Runs
                | Self::TimeMark
                | Self::Distance
                | Self::SaidBehind
                | Self::PartOf
        )
    }

    /// A role of the table `words` by its name there.
    pub fn named(name: &str) -> Option<Self> {
        ROLES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }
}

const ROLES: [(&str, Role); 93] = [
    ("possessive", Role::Possessive),
    ("runs", Role::Runs),
    ("sorted", Role::Sorted),
    ("time_mark", Role::TimeMark),
    ("distance", Role::Distance),
    ("said_behind", Role::SaidBehind),
    ("part_of", Role::PartOf),
    ("relative", Role::Relative),
    ("brand", Role::Brand),
    ("finite", Role::Finite),
    ("going", Role::Going),
    ("tell", Role::Tell),
    ("addressee", Role::Addressee),
    ("honorific", Role::Honorific),
    ("comment", Role::Comment),
    ("recalled", Role::Recalled),
    ("purpose_of", Role::PurposeOf),
    ("purpose", Role::Purpose),
    ("reason", Role::Reason),
    ("wants", Role::Wants),
    ("percent", Role::Percent),
    ("courtesy", Role::Courtesy),
    ("gap", Role::Gap),
    ("away", Role::Away),
    ("either_order", Role::EitherOrder),
    ("apart", Role::Apart),
    ("help", Role::Help),
    ("modal", Role::Modal),
    ("tongue", Role::Tongue),
    ("concerning", Role::Concerning),
    ("toward", Role::Toward),
    ("about_behind", Role::AboutBehind),
    ("with", Role::With),
    ("by_length", Role::ByLength),
    ("by_brevity", Role::ByBrevity),
    ("by_end", Role::ByEnd),
    ("manner", Role::Manner),
    ("deserted", Role::Deserted),
    ("but", Role::But),
    ("every", Role::Every),
    ("particle", Role::Particle),
    ("lasting", Role::Lasting),
    ("frame", Role::Frame),
    ("asking", Role::Asking),
    ("place", Role::Place),
    ("noun", Role::Noun),
    ("nouns", Role::Nouns),
    ("then", Role::Then),
    ("before", Role::Before),
    ("after", Role::After),
    ("while", Role::While),
    ("not", Role::Not),
    ("not_behind", Role::NotBehind),
    ("nobody", Role::Nobody),
    ("only", Role::Only),
    ("or", Role::Or),
    ("and", Role::And),
    ("say", Role::Say),
    ("about", Role::About),
    ("silence", Role::Silence),
    ("dialogue", Role::Dialogue),
    ("union", Role::Union),
    ("best", Role::Best),
    ("most", Role::Most),
    ("longest", Role::Longest),
    ("shortest", Role::Shortest),
    ("first_time", Role::FirstTime),
    ("last_time", Role::LastTime),
    ("in_order", Role::InOrder),
    ("last", Role::Last),
    ("per", Role::Per),
    ("each", Role::Each),
    ("within", Role::Within),
    ("of", Role::Of),
    ("more", Role::More),
    ("at_least", Role::AtLeast),
    ("less", Role::Less),
    ("at_most", Role::AtMost),
    ("between", Role::Between),
    ("from", Role::From),
    ("until", Role::Until),
    ("or_more", Role::OrMore),
    ("or_less", Role::OrLess),
    ("long", Role::Long),
    ("confidence", Role::Confidence),
    ("one", Role::One),
    ("half", Role::Half),
    ("pilot", Role::Pilot),
    ("finale", Role::Finale),
    ("titled", Role::Titled),
    ("speaking", Role::Speaking),
    ("idle", Role::Idle),
    ("idiom", Role::Idiom),
];
