//! The nearest that each program has to a colour.

use rushes_types::Colour;

/// As a marker of DaVinci Resolve has it.
pub(crate) const fn resolve(colour: Colour) -> &'static str {
    match colour {
        Colour::Red => "Red",
        Colour::Orange => "Sand",
        Colour::Yellow => "Yellow",
        Colour::Green => "Green",
        Colour::Cyan => "Cyan",
        Colour::Blue => "Blue",
        Colour::Purple => "Purple",
        Colour::Pink => "Pink",
    }
}

/// As a marker of Avid Media Composer has it.
pub(crate) const fn avid(colour: Colour) -> &'static str {
    match colour {
        Colour::Red => "red",
        Colour::Orange | Colour::Yellow => "yellow",
        Colour::Green => "green",
        Colour::Cyan => "cyan",
        Colour::Blue => "blue",
        Colour::Purple | Colour::Pink => "magenta",
    }
}
