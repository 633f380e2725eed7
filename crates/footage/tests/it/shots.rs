//! Shot cuts, on films whose cuts are known.

use std::fs::File;
use std::path::Path;

use rushes_footage::{Tools, probe, shots};
use rushes_types::FrameRate;

use crate::films::{FPS, KINDS, LOOKED_AT, Tally, draw};

fn cuts(tools: &Tools, path: &Path) -> Vec<usize> {
    let media = File::open(path).unwrap();
    let facts = probe(tools, &media, &|| false).unwrap();
    let found = shots(tools, &media, &facts, &|| false, &|_| {}).unwrap();
    assert_eq!(found.first().unwrap().start_ns, 0);
    assert_eq!(found.last().unwrap().end_ns, facts.duration_ns.unwrap());
    assert!(found.windows(2).all(|w| w[0].end_ns == w[1].start_ns && w[0].start_ns < w[0].end_ns));
    let rate = facts.video.unwrap().rate.unwrap_or(FrameRate::parse("24").unwrap());
    for shot in &found {
        assert_eq!(rate.start_of(rate.frame_at(shot.start_ns)), shot.start_ns, "a shot begins on a frame");
    }
    found.iter().skip(1).map(|s| rate.frame_at(s.start_ns) as usize).collect()
}

#[test]
fn every_cut_of_drawn_films_is_found_to_the_frame() {
    let Some(tools) = crate::tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut all = Tally::default();
    // Every third kind: the example `shot_quality` measures all of them, with more films of each.
    for kind in KINDS.into_iter().step_by(3) {
        let film = draw(kind, 1, 5);
        let path = dir.path().join("film.mp4");
        assert!(film.write(&path), "ffmpeg writes the film");
        all.add(Tally::of(&cuts(&tools, &path), &film.cuts, &film.soft));
    }
    assert_eq!((all.missed, all.exact), (0, all.right), "{all:?}");
    assert!(all.precision() >= 0.85, "{all:?}");
    assert_eq!(FPS, 24);
}

#[test]
fn the_cuts_of_open_films_are_found() {
    let Some(tools) = crate::tools() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/open-films");
    let mut all = Tally::default();
    for (name, truth) in LOOKED_AT {
        let path = folder.join(name);
        if path.is_file() {
            all.add(Tally::of(&cuts(&tools, &path), truth, &[]));
        } else {
            let what = format!("shot cuts of an open film: {name} is not beside the project");
            crate::skips::skipped(&format!("../shared/data/open-films/{name}"), &what);
        }
    }
    assert!(all.recall() >= 0.96 && all.precision() >= 0.9, "{all:?}");
    assert_eq!(all.exact, all.right, "{all:?}");
}
