//! Values that a schema forbids, by one change to a value that it allows.

use rushes_types::pointer::step_to;
use serde_json::{Value, json};

use super::random::{Random, odd_text};
use crate::schema::fits;

/// A value with one mistake.
pub struct Mistake {
    pub value: Value,
    /// Where it is.
    pub pointer: String,
    /// Did something go or come? Then something beside it may be what no longer goes together.
    pub removed: bool,
}

/// Numbers at and beyond limits, floats for whole numbers, and what is no number for them.
fn odd_value(random: &mut Random) -> Value {
    match random.below(10) {
        0 => Value::Null,
        1 => json!(random.once_in(2)),
        2 => json!(*random.pick(&[1.5, -0.25, 1e39, -1e39, 4.1e9])),
        3 => json!(*random.pick(&[-1_i64, 0, i64::MIN, i64::MAX, 36_000_000_000_000_001])),
        4 => json!(*random.pick(&[51_u64, 65, 1_001, 1_081, 3_601, 4_097, 10_001, 1_000_001, u64::MAX])),
        5 => json!([]),
        6 => json!({}),
        7 => json!([[1]]),
        _ => json!(odd_text(random)),
    }
}

/// The places of a value, the whole included.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, v)| places(v, &step_to(at, name), found)),
        Value::Array(items) => {
            for (i, v) in items.iter().enumerate() {
                places(v, &format!("{at}/{i}"), found);
            }
        }
        _ => {}
    }
}

/// One change that makes the value forbidden; `None` where none was found.
pub fn mistake(document: &Value, schema: &Value, right: &Value, random: &mut Random) -> Option<Mistake> {
    let mut all = Vec::new();
    places(right, "", &mut all);
    for _ in 0..30 {
        let at = random.pick(&all).clone();
        let mut value = right.clone();
        let (pointer, removed) = change(&mut value, &at, random)?;
        if !fits(document, schema, &value) {
            return Some(Mistake { value, pointer, removed });
        }
    }
    None
}

/// Changes one place. Gives the pointer of what was changed, and whether something went or came.
fn change(value: &mut Value, at: &str, random: &mut Random) -> Option<(String, bool)> {
    let place = value.pointer_mut(at)?;
    match place {
        Value::Object(fields) if random.once_in(3) => {
            fields.insert("zz_unknown".to_owned(), json!(1));
            return Some((format!("{at}/zz_unknown"), false));
        }
        Value::Object(fields) if random.once_in(2) && !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = random.pick(&names).clone();
            fields.remove(&name);
            return Some((step_to(at, &name), true));
        }
        Value::Array(items) if random.once_in(8) && !items.is_empty() => {
            let many = *random.pick(&[9, 65, 4_097, 10_001]);
            let one = items[0].clone();
            if one.to_string().len() < 40 {
                items.resize(many, one);
            }
            return Some((at.to_owned(), false));
        }
        _ => {}
    }
    let was_none = place.is_null();
    *place = odd_value(random);
    let removed =
        was_none || place.is_null() || place.as_array().is_some_and(Vec::is_empty) || *place == json!({});
    Some((at.to_owned(), removed))
}

/// Does the pointer of an answer name the place of the mistake: the place, something in it, or what holds it? Where
/// something went or came, something beside it may be what no longer goes with it, or what holds the list that is
/// empty now.
pub fn names_the_place(answer: &str, mistake: &str, removed: bool) -> bool {
    let parent = mistake.rsplit_once('/').map_or("", |(parent, _)| parent);
    let inside =
        |outer: &str| answer == outer || answer.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    let above = parent.rsplit_once('/').map_or("", |(above, _)| above);
    answer == parent || inside(mistake) || (removed && (inside(parent) || answer == above))
}

#[test]
fn a_pointer_names_a_place_or_its_neighbourhood() {
    assert!(names_the_place("/a/0/b", "/a/0/b", false));
    assert!(names_the_place("/a/0/b/c", "/a/0/b", false));
    assert!(names_the_place("/a/0", "/a/0/b", false));
    assert!(names_the_place("", "/a", false));
    assert!(names_the_place("/b", "/a", true));
    assert!(names_the_place("/a/0", "/a/0/attributes/b", true));
    assert!(!names_the_place("/a/0", "/a/0/attributes/b", false));
    assert!(!names_the_place("/b", "/a", false));
    assert!(!names_the_place("/a", "/a/0/b", false));
    assert!(!names_the_place("/ab", "/a", false));
}
