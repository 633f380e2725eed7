//! A small alphabet of strokes, for names on jumpers, a name on a ship and the slate.

use crate::paint::{Brush, Ink};

/// Width and height of a letter's grid, and the way to the next letter.
const GRID: (f32, f32) = (4.0, 6.0);
const STEP: f32 = 5.6;

/// The strokes of a letter: points as two digits each, x then y, strokes apart by a space.
const fn strokes(letter: char) -> &'static str {
    match letter {
        'A' => "0602204246 0444",
        'B' => "06003041423303 3344453606",
        'C' => "4130100105163645",
        'D' => "00204244260600",
        'E' => "40000646 0333",
        'F' => "400006 0333",
        'G' => "413010010516364523 4323",
        'H' => "0006 4046 0343",
        'I' => "2026",
        'J' => "404536160504",
        'K' => "0006 400346",
        'L' => "000646",
        'M' => "0600234046",
        'N' => "06004640",
        'O' => "103041453616050110",
        'P' => "06003041423303",
        'Q' => "103041453616050110 2446",
        'R' => "06003041423303 2346",
        'S' => "413010010213334445361605",
        'T' => "0040 2026",
        'U' => "000516364540",
        'V' => "002640",
        'W' => "0016233640",
        'X' => "0046 4006",
        'Y' => "002340 2326",
        'Z' => "00400646",
        '0' => "103041453616050110",
        '1' => "112026 1636",
        '2' => "01103041420646",
        '3' => "0110304142334445361605 1333",
        '4' => "36300444",
        '5' => "4000033344453606",
        '6' => "4130100105163645443303",
        '7' => "004016",
        '8' => "13020110304142331304051636454433",
        '9' => "4313020110304145361605",
        ':' => "2122 2425",
        '-' => "1333",
        _ => "",
    }
}

/// Width of a text, in units of its height.
pub fn width(text: &str) -> f32 {
    let letters = text.chars().count() as f32;
    ((letters - 1.0) * STEP + GRID.0).max(0.0) / GRID.1
}

/// Writes a text with its left upper corner at a point.
pub fn write(brush: &mut Brush<'_>, text: &str, x: f32, y: f32, height: f32, ink: impl Into<Ink>) {
    let (ink, scale) = (ink.into(), height / GRID.1);
    for (n, letter) in text.chars().enumerate() {
        let left = x + n as f32 * STEP * scale;
        for stroke in strokes(letter).split(' ') {
            let digits: Vec<f32> = stroke.chars().filter_map(|c| c.to_digit(10)).map(|d| d as f32).collect();
            let points: Vec<(f32, f32)> =
                digits.chunks_exact(2).map(|p| (left + p[0] * scale, y + p[1] * scale)).collect();
            brush.through(&points, height * 0.15, ink);
        }
    }
}

/// Writes a text with its middle at a point.
pub fn centred(brush: &mut Brush<'_>, text: &str, x: f32, y: f32, height: f32, ink: impl Into<Ink>) {
    write(brush, text, x - width(text) * height / 2.0, y - height / 2.0, height, ink);
}
