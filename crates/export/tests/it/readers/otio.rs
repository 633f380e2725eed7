//! Reads a track of an OpenTimelineIO timeline. Rates are numbers there; the ratio is the nearest of those that SMPTE has.

use serde_json::Value;

use super::{Cut, fraction};

const RATIOS: [(i64, i64); 9] =
    [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (48, 1), (50, 1), (60_000, 1001), (60, 1)];

/// A rational time: whole frames, and their rate.
fn time(value: &Value) -> (i64, (i64, i64)) {
    assert_eq!(value["OTIO_SCHEMA"], "RationalTime.1");
    let rate = value["rate"].as_f64().unwrap();
    let is = |(num, den): &&(i64, i64)| {
        let ratio = f64::from(i32::try_from(*num).unwrap()) / f64::from(i32::try_from(*den).unwrap());
        ratio.to_bits() == rate.to_bits()
    };
    (value["value"].as_i64().unwrap(), *RATIOS.iter().find(is).unwrap_or_else(|| panic!("{rate}")))
}

pub fn cuts(text: &str, kind: &str) -> Vec<Cut> {
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        (&document["OTIO_SCHEMA"], &document["tracks"]["OTIO_SCHEMA"]),
        (&"Timeline.1".into(), &"Stack.1".into())
    );
    let tracks = document["tracks"]["children"].as_array().unwrap();
    let track = tracks.iter().find(|track| track["kind"] == kind).unwrap();
    let mut at = (0, 1);
    let mut cuts = Vec::new();
    for item in track["children"].as_array().unwrap() {
        let (start, (num, den)) = time(&item["source_range"]["start_time"]);
        let (length, same) = time(&item["source_range"]["duration"]);
        assert_eq!(same, (num, den));
        assert!(length > 0);
        if item["OTIO_SCHEMA"] == "Clip.2" {
            let available = &item["media_references"]["DEFAULT_MEDIA"]["available_range"];
            if !available.is_null() {
                let (first, _) = time(&available["start_time"]);
                let (frames, _) = time(&available["duration"]);
                assert!(start >= first && start + length <= first + frames, "no clip leaves its media");
            }
            cuts.push(Cut { source: (start, start + length), record: at });
        }
        let seconds = (i128::from(length) * i128::from(den), i128::from(num));
        at = fraction(at.0 * seconds.1 + seconds.0 * at.1, at.1 * seconds.1);
    }
    cuts
}
