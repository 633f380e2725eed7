//! Colours that people give moments.

/// A colour of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Colour {
    /// Red.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Cyan.
    Cyan,
    /// Blue: what editing programs give a marker that has none.
    #[default]
    Blue,
    /// Purple.
    Purple,
    /// Pink.
    Pink,
}

const NAMES: [(Colour, &str); 8] = [
    (Colour::Red, "red"),
    (Colour::Orange, "orange"),
    (Colour::Yellow, "yellow"),
    (Colour::Green, "green"),
    (Colour::Cyan, "cyan"),
    (Colour::Blue, "blue"),
    (Colour::Purple, "purple"),
    (Colour::Pink, "pink"),
];

impl Colour {
    /// All names, as [`Colour::parse`] reads them.
    pub const ALL: [&'static str; 8] = ["red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"];

    /// Reads a name; case apart. `None` where it is none of [`Colour::ALL`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(colour, _)| *colour)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(colour, _)| *colour == self).map_or("blue", |(_, name)| name)
    }
}
