//! Colours of moments, and the nearest that each program has.

/// A colour that a person gave a moment.
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
    /// Blue: what programs give a marker that has none.
    #[default]
    Blue,
    /// Purple.
    Purple,
    /// Pink.
    Pink,
}

/// A colour and its names: ours, DaVinci Resolve's, Avid's.
type Names = (Colour, &'static str, &'static str, &'static str);

const NAMES: [Names; 8] = [
    (Colour::Red, "red", "Red", "red"),
    (Colour::Orange, "orange", "Sand", "yellow"),
    (Colour::Yellow, "yellow", "Yellow", "yellow"),
    (Colour::Green, "green", "Green", "green"),
    (Colour::Cyan, "cyan", "Cyan", "cyan"),
    (Colour::Blue, "blue", "Blue", "blue"),
    (Colour::Purple, "purple", "Purple", "magenta"),
    (Colour::Pink, "pink", "Pink", "magenta"),
];

impl Colour {
    /// All names, as [`Colour::parse`] reads them.
    pub const ALL: [&'static str; 8] = ["red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"];

    /// Reads a name; case apart. `None` where it is none of [`Colour::ALL`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name, _, _)| name.eq_ignore_ascii_case(text)).map(|(colour, ..)| *colour)
    }

    fn names(self) -> Names {
        NAMES.into_iter().find(|(colour, ..)| *colour == self).unwrap_or(NAMES[0])
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.names().1
    }

    /// As a marker of DaVinci Resolve has it.
    pub(crate) fn resolve(self) -> &'static str {
        self.names().2
    }

    /// As a marker of Avid Media Composer has it.
    pub(crate) fn avid(self) -> &'static str {
        self.names().3
    }
}
