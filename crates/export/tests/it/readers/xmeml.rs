//! Reads a track of an xmeml sequence.

use super::xml::{Node, parse};
use super::{Cut, fraction};

/// Frames a second, as a ratio.
pub fn rate(node: &Node) -> (i64, i64) {
    let rate = node.child("rate");
    let whole = rate.number("timebase");
    if rate.child("ntsc").text == "TRUE" { (whole * 1000, 1001) } else { (whole, 1) }
}

pub fn cuts(text: &str, kind: &str) -> Vec<Cut> {
    let root = parse(text);
    let sequence = root.child("sequence");
    let (num, den) = rate(sequence);
    let mut cuts = Vec::new();
    let mut last = 0;
    // A file is whole where it is named first, in whatever track.
    let tracks = sequence.child("media").children.iter().map(|media| media.child("track"));
    let items: Vec<&Node> = tracks.flat_map(|track| track.all("clipitem")).collect();
    let whole: Vec<&Node> =
        items.iter().map(|item| item.child("file")).filter(|file| file.find("timecode").is_some()).collect();
    for item in sequence.child("media").child(kind).child("track").all("clipitem") {
        let id = item.child("file").get("id");
        let timecode = whole.iter().find(|file| file.get("id") == id).unwrap().child("timecode");
        assert_eq!(rate(timecode), rate(item));
        let first = timecode.number("frame");
        let (start, end) = (item.number("start"), item.number("end"));
        let (from, to) = (item.number("in"), item.number("out"));
        assert!(start >= last && end > start && to > from && to <= item.number("duration"));
        last = end;
        if rate(item) == (num, den) {
            assert_eq!(end - start, to - from, "a clip of the sequence's rate is as long as its media");
        }
        let record = fraction(i128::from(start) * i128::from(den), i128::from(num));
        cuts.push(Cut { source: (first + from, first + to), record });
    }
    assert_eq!(sequence.number("duration"), last);
    cuts
}
