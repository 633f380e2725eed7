//! Boxes as JSON text.

use crate::decimal::Decimal;
use crate::value::Value;

use crate::formats::json::text_of;

/// `[left, top, width, height]` of numbers as they are written; empty where one is none.
pub(crate) fn of_texts(parts: [Option<&str>; 4]) -> String {
    let numbers: Option<Vec<String>> =
        parts.iter().map(|part| Decimal::parse((*part)?.trim())?.to_json()).collect();
    numbers.map(|numbers| format!("[{}]", numbers.join(","))).unwrap_or_default()
}

/// The box of an object with left, top, width and height under one of these sets of names.
pub(crate) fn of_object(value: Option<&Value>, names: &[[&str; 4]]) -> String {
    let Some(value) = value else { return String::new() };
    names
        .iter()
        .map(|names| of_texts(names.map(|name| text_of(value, &[name]))))
        .find(|shape| !shape.is_empty())
        .unwrap_or_default()
}

/// A box given by its corners: `[left, top, width, height]`, the differences taken in decimal.
pub(crate) fn of_corners(
    left: Option<&str>,
    top: Option<&str>,
    right: Option<&str>,
    bottom: Option<&str>,
) -> String {
    /// Decimal places that a box keeps.
    const PLACES: i64 = 9;
    let scaled = |text: Option<&str>| Decimal::parse(text?.trim())?.scaled(PLACES);
    let plain = |value: i128| {
        let digits = Decimal::parse(&value.to_string())?.shifted_down(PLACES).to_json()?;
        let short = digits.trim_end_matches('0').trim_end_matches('.');
        Some(if short.is_empty() || short == "-" { "0".to_owned() } else { short.to_owned() })
    };
    let json = || -> Option<String> {
        let (left, top) = (scaled(left)?, scaled(top)?);
        let (width, height) = (scaled(right)?.checked_sub(left)?, scaled(bottom)?.checked_sub(top)?);
        Some(format!("[{},{},{},{}]", plain(left)?, plain(top)?, plain(width)?, plain(height)?))
    };
    json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{of_corners, of_texts};

    #[test]
    fn boxes_are_numbers_as_written() {
        assert_eq!(of_texts([Some("1.50"), Some("0"), Some("-3"), Some("4e0")]), "[1.50,0,-3,4]");
        assert_eq!(of_texts([Some("x"), Some("0"), Some("3"), Some("4")]), "");
        assert_eq!(of_corners(Some("7.00"), Some("6.5"), Some("14.00"), Some("8.00")), "[7,6.5,7,1.5]");
        assert_eq!(of_corners(Some("0.1"), None, Some("1"), Some("1")), "");
    }
}
