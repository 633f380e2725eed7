//! Reads the spine of an FCPXML project.

use super::xml::{Node, parse};
use super::{Cut, fraction};

/// Rational seconds.
pub fn rational(text: &str) -> (i128, i128) {
    let number = text.strip_suffix('s').unwrap();
    let (num, den) = number.split_once('/').unwrap_or((number, "1"));
    fraction(num.parse().unwrap(), den.parse().unwrap())
}

fn time(node: &Node, name: &str) -> (i128, i128) {
    node.get(name).map_or((0, 1), rational)
}

fn sub(a: (i128, i128), b: (i128, i128)) -> (i128, i128) {
    fraction(a.0 * b.1 - b.0 * a.1, a.1 * b.1)
}

fn add(a: (i128, i128), b: (i128, i128)) -> (i128, i128) {
    fraction(a.0 * b.1 + b.0 * a.1, a.1 * b.1)
}

/// A time as whole frames of a format; it panics where it is between two.
fn frames(time: (i128, i128), duration: (i128, i128)) -> i64 {
    let (num, den) = (time.0 * duration.1, time.1 * duration.0);
    assert_eq!(num % den, 0, "{time:?} is on no frame of {duration:?}");
    i64::try_from(num / den).unwrap()
}

pub fn sequence(root: &Node) -> &Node {
    root.child("library").child("event").child("project").child("sequence")
}

pub fn cuts(text: &str) -> Vec<Cut> {
    let root = parse(text);
    let resources = root.child("resources");
    let by_id = |id: &str| resources.children.iter().find(|node| node.get("id") == Some(id)).unwrap();
    let sequence = sequence(&root);
    let frame = time(by_id(sequence.get("format").unwrap()), "frameDuration");
    let start = time(sequence, "tcStart");
    let mut next = start;
    let mut cuts = Vec::new();
    for item in &sequence.child("spine").children {
        let (offset, duration) = (time(item, "offset"), time(item, "duration"));
        assert_eq!(offset, next, "a spine has no holes and no overlaps");
        next = add(offset, duration);
        frames(sub(offset, start), frame);
        frames(duration, frame);
        if item.name == "gap" {
            continue;
        }
        let asset = by_id(item.get("ref").unwrap());
        let media_frame = time(by_id(asset.get("format").unwrap()), "frameDuration");
        let from = frames(time(item, "start"), media_frame);
        assert!(sub(time(item, "start"), time(asset, "start")).0 >= 0, "no clip begins before its media");
        if asset.get("duration").is_some() {
            let end = add(time(asset, "start"), time(asset, "duration"));
            assert!(sub(end, add(time(item, "start"), duration)).0 >= 0, "no clip ends after its media");
        }
        let whole = (duration.0 * media_frame.1).div_euclid(duration.1 * media_frame.0);
        cuts.push(Cut { source: (from, from + i64::try_from(whole).unwrap()), record: sub(offset, start) });
    }
    assert_eq!(sub(next, start), time(sequence, "duration"), "a sequence is as long as what it holds");
    cuts
}
