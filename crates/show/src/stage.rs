//! Where people and props stand, and what a camera sees of them. Lengths are in units of the stage, which is
//! [`WIDTH`] by [`HEIGHT`]; the picture of a wide shot is the whole stage.
//!
//! Geometry decides here, once, who is in the picture; annotations and films both follow it.

use crate::script::Framing;

/// The stage's width.
pub const WIDTH: i64 = 640;
/// The stage's height.
pub const HEIGHT: i64 = 360;
/// Where people's feet are.
pub const FLOOR_Y: i64 = 338;
/// How far above their feet the middle of people's heads is, before they are enlarged.
const HEAD_HEIGHT: i64 = 128;
/// Scale of people, in percent of their drawing's measures.
pub const FIGURE_PERCENT: i64 = 122;
/// Where people stand: the first free one is taken.
const SPOTS: [i64; 6] = [200, 450, 325, 75, 575, 262];
/// Width of a picture that shows one person.
const CLOSE_WIDTH: i64 = 236;
/// How far below the head the middle of that picture is.
const CLOSE_BELOW: i64 = 18;
/// Margin in a picture of two people, and its least width.
const TWO_MARGIN: i64 = 170;
const TWO_WIDTH_MIN: i64 = 340;
/// How far above the floor the middle of such a picture is.
const TWO_ABOVE: i64 = 118;
/// Width of a picture of a prop, in widths of the prop, and the least width.
const INSERT_FACTOR: i64 = 2;
const INSERT_WIDTH_MIN: i64 = 128;

/// A part of the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Camera {
    /// Its middle.
    pub x: i64,
    /// Its middle, from the top.
    pub y: i64,
    /// Its width; the height is nine sixteenths of it.
    pub width: i64,
}

impl Camera {
    /// The whole stage.
    pub const WIDE: Self = Self { x: WIDTH / 2, y: HEIGHT / 2, width: WIDTH };

    /// Is the point well inside the picture?
    #[must_use]
    pub const fn sees(&self, x: i64, y: i64) -> bool {
        let (dx, dy) = ((x - self.x).abs(), (y - self.y).abs());
        // A twentieth of the width at each side is not "well inside".
        dx * 20 <= self.width * 9 && dy * 320 <= self.width * 81
    }
}

/// How a prop stands on the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Large, behind people.
    Large,
    /// On the floor, between people.
    Floor,
    /// On a table, a counter or a ledge.
    Shelf,
    /// From above.
    Hanging,
}

/// Something that stands on the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prop {
    /// Its name.
    pub name: String,
    /// Its middle.
    pub x: i64,
    /// Its middle, from the top.
    pub y: i64,
    /// About how wide it is.
    pub size: i64,
}

/// Kind and size of a prop.
fn kind_of(name: &str) -> (Kind, i64) {
    match name {
        "ferry" => (Kind::Large, 300),
        "truck" | "hearse" => (Kind::Large, 170),
        "piano" => (Kind::Large, 120),
        "suitcase" => (Kind::Floor, 58),
        "rope" => (Kind::Floor, 50),
        "geese" => (Kind::Floor, 110),
        "lantern" | "lamp" => (Kind::Hanging, 34),
        "kettle" | "radio" | "soup" => (Kind::Shelf, 44),
        _ => (Kind::Shelf, 30),
    }
}

/// Puts one more prop on the stage, at the first place of its kind that is free.
#[must_use]
pub fn place_prop(name: &str, place: &str, there: &[Prop]) -> Prop {
    let (kind, size) = kind_of(name);
    let taken = there.iter().filter(|p| kind_of(&p.name).0 == kind).count();
    let (xs, y): (&[i64], i64) = match (kind, place) {
        (Kind::Large, "harbour") => (&[430, 150], 205),
        (Kind::Large, "galley") => (&[520], 262),
        (Kind::Large, _) => (&[150, 330, 512], 240),
        (Kind::Floor, _) => (&[388, 136, 512, 262], 330),
        (Kind::Shelf, "galley") => (&[137, 387, 262, 60], 216),
        (Kind::Shelf, _) => (&[325, 137, 512, 262], 218),
        (Kind::Hanging, "harbour") => (&[262, 96], 96),
        (Kind::Hanging, _) => (&[262, 137, 512], 62),
    };
    let x = xs.get(taken % xs.len()).copied().unwrap_or(WIDTH / 2);
    // A prop on another one rests on it with its bottom edge.
    let y = if matches!(kind, Kind::Floor | Kind::Shelf) { y - size / 3 } else { y };
    Prop { name: name.to_owned(), x, y, size }
}

/// The first free place to stand.
#[must_use]
pub fn free_spot(taken: &[i64]) -> i64 {
    SPOTS.iter().copied().find(|s| !taken.contains(s)).unwrap_or(WIDTH / 2)
}

/// How high the middle of somebody's head is, from the top of the stage.
#[must_use]
pub fn head_y(name: &str) -> i64 {
    let height = match name {
        "Admiral" => 66,
        "Ines" => HEAD_HEIGHT - 14,
        "Otto" | "Lucien" => HEAD_HEIGHT + 10,
        _ => HEAD_HEIGHT,
    };
    FLOOR_Y - height * FIGURE_PERCENT / 100
}

/// The camera for a framing; `spot` returns where somebody stands. If the subject is not there, the wide picture.
#[must_use]
pub fn camera(framing: &Framing, spot: impl Fn(&str) -> Option<i64>, props: &[Prop]) -> Camera {
    let found = match framing {
        Framing::Wide => None,
        Framing::Close(name) => {
            spot(name).map(|x| Camera { x, y: head_y(name) + CLOSE_BELOW, width: CLOSE_WIDTH })
        }
        Framing::Two(one, other) => spot(one).zip(spot(other)).map(|(a, b)| {
            let width = ((a - b).abs() + TWO_MARGIN).clamp(TWO_WIDTH_MIN, WIDTH);
            Camera { x: a.midpoint(b), y: (FLOOR_Y - TWO_ABOVE).min(HEIGHT - width * 9 / 32), width }
        }),
        Framing::Insert(name) => props.iter().find(|p| p.name == *name).map(|p| Camera {
            x: p.x,
            y: p.y,
            width: (p.size * INSERT_FACTOR).max(INSERT_WIDTH_MIN),
        }),
    };
    found.unwrap_or(Camera::WIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_picture_shows_one_person_and_no_neighbour() {
        for spot in SPOTS.iter().filter(|s| **s != 262) {
            let camera = camera(&Framing::Close("Mara".into()), |_| Some(*spot), &[]);
            let seen: Vec<i64> =
                SPOTS[..5].iter().copied().filter(|x| camera.sees(*x, head_y("Mara"))).collect();
            assert_eq!(seen, [*spot]);
        }
    }

    #[test]
    fn everybody_is_seen_in_a_wide_picture() {
        assert!(SPOTS.iter().all(|x| Camera::WIDE.sees(*x, head_y("Otto"))));
        assert!(SPOTS.iter().all(|x| Camera::WIDE.sees(*x, head_y("Admiral"))));
    }

    #[test]
    fn what_is_not_there_is_looked_for_in_a_wide_picture() {
        assert_eq!(camera(&Framing::Insert("anchor".into()), |_| None, &[]), Camera::WIDE);
        assert_eq!(camera(&Framing::Close("Mara".into()), |_| None, &[]), Camera::WIDE);
    }
}
