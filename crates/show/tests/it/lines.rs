//! The annotation lines.

use std::collections::BTreeSet;

use rushes_show::lines::lines;
use rushes_show::{FRAME_NS, episodes, looks};
use serde_json::Value;

fn of<'a>(annotations: &'a [Value], model: &'a str) -> impl Iterator<Item = &'a Value> {
    annotations.iter().filter(move |a| a["model"] == model)
}

#[test]
fn the_show_is_whole_and_always_the_same() {
    let show = lines(None);
    assert_eq!(show, lines(None));
    assert_eq!(show.assets.len(), 5);
    assert!(show.annotations.len() > 500, "{}", show.annotations.len());
    let languages: BTreeSet<&str> =
        of(&show.annotations, "speech@2").map(|l| l["language"].as_str().unwrap()).collect();
    assert_eq!(languages, BTreeSet::from(["de", "en", "es", "fr", "pt"]));
}

#[test]
fn every_time_lies_on_a_frame_inside_the_episode() {
    let show = lines(None);
    for line in &show.annotations {
        let asset = show.assets.iter().find(|a| a["asset_id"] == line["asset_id"]).unwrap();
        let time = &line["time_range"];
        let (start, end) = (time["start_time_ns"].as_i64().unwrap(), time["end_time_ns"].as_i64().unwrap());
        assert!(start < end && end <= asset["duration_ns"].as_i64().unwrap(), "{line}");
        assert_eq!((start % FRAME_NS, end % FRAME_NS), (0, 0), "{line}");
    }
}

#[test]
fn every_shot_has_its_measured_vector() {
    let shots: usize = episodes().iter().map(|e| e.shots.len()).sum();
    assert_eq!(looks::shots(), shots, "the films are older than the screenplay: `cargo xtask demo-film`");
    assert_eq!(of(&lines(None).annotations, "frames@1").count(), shots);
}

#[test]
fn shots_of_one_place_look_more_like_each_other_than_like_another_place() {
    let shots: Vec<_> = episodes().into_iter().flat_map(|e| e.shots).collect();
    let vectors: Vec<Vec<f32>> = (0..shots.len()).map(looks::vector).collect();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let mut right = 0;
    for (n, vector) in vectors.iter().enumerate() {
        assert!((dot(vector, vector) - 1.0).abs() < 0.05, "shot {n}");
        let others = (0..shots.len()).filter(|m| *m != n);
        let nearest =
            others.max_by(|a, b| dot(vector, &vectors[*a]).total_cmp(&dot(vector, &vectors[*b]))).unwrap();
        right += usize::from(shots[nearest].place == shots[n].place);
    }
    assert!(right * 10 >= shots.len() * 9, "{right} of {}", shots.len());
}
