//! What is current, as tables: a little text of commits, and what is left of them.

use rushes_store::current::{Current, is_current, validities};
use rushes_store::{CommitRecord, Effect, Erased, RunSegment};
use rushes_testkit::store_suite::{model, run_id};
use rushes_types::{Commit, NS_PER_SECOND, RunId, RunMode, TimeRange, Validity};

/// One commit a word: `+ID:MODEL` loose or append, `=ID:MODEL` replace, `=ID:MODEL:FROM-TO` with coverage in
/// seconds, `^ID` restored, `-mMODEL` and `-rID` and `-a` erased.
fn parse(text: &str) -> Vec<CommitRecord> {
    let mut segments: Vec<RunSegment> = Vec::new();
    let mut history = Vec::new();
    for (n, word) in (1..).zip(text.split_whitespace()) {
        let rest = &word[1..];
        let effect = match &word[..1] {
            "^" => {
                let id: u64 = rest.parse().unwrap();
                Effect::Restored(segments.iter().find(|s| s.id == id).unwrap().clone())
            }
            "-" => Effect::Erased(match &rest[..1] {
                "m" => Erased::Model(model(&rest[1..])),
                "r" => Erased::Run(run_id(&rest[1..])),
                _ => Erased::Asset,
            }),
            mode => {
                let parts: Vec<&str> = rest.split(':').collect();
                let coverage = parts.get(2).map(|c| {
                    let (from, to) = c.split_once('-').unwrap();
                    let ns = |s: &str| s.parse::<i64>().unwrap() * NS_PER_SECOND;
                    TimeRange::new(ns(from), ns(to)).unwrap()
                });
                let mode = if mode == "=" { RunMode::Replace } else { RunMode::Append };
                let segment = RunSegment {
                    id: parts[0].parse().unwrap(),
                    model: model(parts[1]),
                    run: run_id(parts[0]),
                    mode,
                    coverage,
                    annotations: 1,
                };
                segments.push(segment.clone());
                Effect::Segment(segment)
            }
        };
        history.push(CommitRecord { commit: Commit(n), effect });
    }
    history
}

/// For each segment, the seconds 0 … 9 at which an annotation of it would be current.
fn show(history: &[CommitRecord]) -> String {
    let fold = Current::of(history);
    let mut shown = Vec::new();
    for live in fold.segments() {
        let id = live.segment.id;
        let seconds: String = (0..10)
            .map(|s| if is_current(history, id, s * NS_PER_SECOND) { s.to_string() } else { ".".into() })
            .collect();
        if seconds != ".........." {
            shown.push(format!("{id}:{seconds}"));
        }
    }
    shown.join(" ")
}

#[test]
fn segments_supersede_and_add() {
    for (commits, left) in [
        ("", ""),
        ("+1:m@1", "1:0123456789"),
        ("+1:m@1 +2:m@1", "1:0123456789 2:0123456789"),
        ("+1:m@1 =2:m@1", "2:0123456789"),
        ("+1:m@1 =2:m@2", "2:0123456789"),
        ("+1:m@1 =2:n@1", "1:0123456789 2:0123456789"),
        ("=1:m@1 +2:m@1", "1:0123456789 2:0123456789"),
        ("+1:m@1 =2:m@1:3-5", "1:012..56789 2:0123456789"),
        ("+1:m@1 =2:m@1:3-3", "1:0123456789 2:0123456789"),
        ("+1:m@1 =2:m@1:0-3 =3:m@1:2-9", "1:.........9 2:01.......9 3:0123456789"),
        ("=1:m@1 =2:m@1:0-5 =3:m@1", "3:0123456789"),
        ("=1:m@1 =2:m@1 ^1", "1:0123456789"),
        ("=1:m@1:0-5 =2:m@1 ^1", "2:.....56789 1:0123456789"),
        ("+1:m@1 =2:m@1:0-5 ^1", "2:0123456789 1:0123456789"),
        ("=1:m@1 =2:m@1 ^1 ^2", "2:0123456789"),
        ("+1:m@1 +2:m@2 -mm@1", "2:0123456789"),
        ("+1:m@1 =2:m@1 -r2", ""),
        ("+1:m@1 =2:m@1:0-5 -r2", "1:.....56789"),
        ("+1:m@1 -a +2:m@1", "2:0123456789"),
        ("=1:m@1:0-5 -a +2:m@1", "2:0123456789"),
    ] {
        assert_eq!(show(&parse(commits)), left, "{commits}");
    }
}

#[test]
fn validities_are_ascending_and_apart() {
    let history = parse("+1:m@1 =2:m@1:0-5 ^1 ^1 =3:m@1 ^1 -r1");
    let life = |born, died| Validity { born: Commit(born), died: Commit(died) };
    assert_eq!(validities(&history, 1, 0), [life(1, 2), life(3, 5), life(6, 7)]);
    assert_eq!(validities(&history, 1, 6 * NS_PER_SECOND), [life(1, 5), life(6, 7)]);
    assert_eq!(validities(&history[..4], 1, 0), [life(1, 2), Validity::from(Commit(3))]);
    assert_eq!(validities(&history, 9, 0), []);
}

#[test]
fn the_fold_of_runs_alone_knows_what_superseded_loose_lines() {
    let history = parse("+1:m@1 =2:m@1:3-5 +3:m@1");
    let mut runs = Current::default();
    for mut record in history {
        if let Effect::Segment(s) = &mut record.effect
            && s.mode == RunMode::Append
        {
            s.run = RunId::loose();
        }
        runs.apply_runs_only(&record);
    }
    assert_eq!(runs.segments().len(), 1);
    for (since, second, gone) in [(1, 3, true), (1, 5, false), (3, 3, false)] {
        assert_eq!(runs.superseded(&model("m@9"), Commit(since), second * NS_PER_SECOND), gone);
        assert!(!runs.superseded(&model("n@1"), Commit(since), second * NS_PER_SECOND));
    }
}
