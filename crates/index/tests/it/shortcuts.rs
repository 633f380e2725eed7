//! Ways to search that spare work change no answer: each is switched off, over an archive that is large enough for it to
//! be taken.

use rushes_index::{Budget, EmbeddedIndex, EmbeddedOptions, Hits, Index, IndexReader, Shortcuts};
use rushes_plan::{Clause, Filter, Fuzziness, PhraseTest, Test, Word, WordsTest};
use rushes_testkit::index_history::Dice;
use rushes_testkit::index_suite::{
    asset_id, clause, current, label, labelled, line, near, put, update, vectored, word,
};
use rushes_types::{AnnotationType, Commit, Metric, TimeRange, TimeSet, known_types};

const ASSETS: usize = 5;
const LINES: usize = 3_000;
const WORDS: [&str; 24] = [
    "we", "met", "again", "waltz", "water", "wall", "walked", "walks", "walking", "the", "then", "there",
    "harbour", "harbor", "light", "lights", "night", "nights", "said", "says", "no", "never", "not",
    "seldom",
];

/// Lines of frequent and rare words, with pauses now and then, faces, and shots.
fn fill(index: &dyn Index) {
    let dice = &mut Dice(5);
    let mut faces = Vec::new();
    for asset in 0..ASSETS {
        let name = format!("a{asset}");
        let (mut changes, mut start) = (Vec::new(), 0);
        for no in 0..LINES {
            start += 2 + i64::try_from(dice.roll(8) / 5 * dice.roll(4)).unwrap();
            let count = 1 + dice.roll(6);
            let mut text: Vec<String> = (0..count)
                .map(|_| {
                    // Earlier words are more frequent.
                    let at = dice.roll(24).min(dice.roll(24)).min(dice.roll(26));
                    WORDS[usize::try_from(at).unwrap() % WORDS.len()].to_owned()
                })
                .collect();
            if no % 40 == 7 {
                text.push(format!("word{no}"));
            }
            changes.push(put(&current(line(&name, &format!("l{no}"), start, &text.join(" ")), 1)));
            if no % 3 == 0 {
                let label = if dice.roll(9) == 0 { "joey" } else { "Joey" };
                let face = current(labelled(&name, &format!("f{no}"), start, label), 1);
                changes.push(put(&face));
                if asset == 2 && no % 15 == 0 {
                    faces.push(face);
                }
            }
            #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
            let vector: Vec<f32> = (0..70).map(|_| dice.roll(2_001) as f32 / 1_000.0 - 1.0).collect();
            if no % 2 == 0 {
                changes.push(put(&current(vectored(&name, &format!("v{no}"), start, &vector), 1)));
            }
        }
        index.apply(&[update(&name, 0, 1, changes)]).unwrap();
    }
    index.publish(Commit(1)).unwrap();
    // Some faces go, so that lists of labels hold what is not seen any more.
    for face in &mut faces {
        face.validities[0].died = Commit(2);
    }
    index.apply(&[update("a2", 1, 2, faces.iter().map(put).collect())]).unwrap();
    index.publish(Commit(2)).unwrap();
}

fn spoken(texts: &[&str], every: bool, prefix: bool, fuzziness: Fuzziness) -> Clause {
    let mut words: Vec<Word> = texts.iter().map(|text| word(text)).collect();
    if let Some(last) = words.last_mut() {
        last.prefix = prefix;
    }
    clause(Test::Words(WordsTest { words, every, analysed: true, fuzziness }))
}

fn in_a_row(texts: &[&str], slop: u32, fuzziness: Fuzziness) -> Clause {
    let words = texts.iter().map(|text| word(text)).collect();
    clause(Test::Phrase(PhraseTest { words, slop, analysed: true, fuzziness }))
}

fn questions() -> Vec<Clause> {
    let exact = Fuzziness::Exact;
    let sure = Clause { min_confidence: 2.0, ..label(&["joey"]) };
    let elsewhere = Clause { kind: AnnotationType::new(known_types::OBJECT).ok(), ..label(&["joey"]) };
    vec![
        label(&["joey"]),
        label(&["joey", "nobody"]),
        label(&["nobody"]),
        sure,
        elsewhere,
        spoken(&["word47", "w"], true, true, exact),
        spoken(&["word47", "wa"], true, true, exact),
        spoken(&["we", "wa"], true, true, exact),
        spoken(&["seldom", "w"], true, true, exact),
        spoken(&["w"], true, true, exact),
        spoken(&["wa", "nig"], false, true, exact),
        spoken(&["walk", "night"], true, false, exact),
        spoken(&["walk", "night", "say"], true, false, Fuzziness::Auto),
        spoken(&["harbuor"], true, false, Fuzziness::Two),
        spoken(&["nothing here"], true, false, exact),
        in_a_row(&["we", "met"], 0, exact),
        in_a_row(&["met", "again", "we"], 1, exact),
        in_a_row(&["seldom", "we"], 2, exact),
        in_a_row(&["word47"], 0, exact),
        in_a_row(&["walk", "night", "light"], 4, Fuzziness::One),
    ]
}

fn answers(reader: &dyn IndexReader) -> Vec<Hits> {
    let budget = Budget::of_maintenance();
    let some = Filter { assets: Some(vec![asset_id("a1"), asset_id("a3")]), ..Filter::default() };
    let mut answers = Vec::new();
    for filter in [Filter::default(), some] {
        answers.extend(questions().iter().map(|clause| reader.hits(clause, &filter, budget).unwrap()));
        let times = |from: i64| TimeRange::new(from * 1_000_000_000, (from + 3) * 1_000_000_000).unwrap();
        let eligible = (0..4)
            .map(|no| (rushes_index::AssetNo(no), TimeSet::of((0..900).map(|at| times(at * 7)))))
            .collect();
        let dice = &mut Dice(9);
        for (metric, eligible) in
            [(Metric::Cosine, None), (Metric::Cosine, Some(&eligible)), (Metric::L2, Some(&eligible))]
        {
            #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
            let query: Vec<f32> = (0..70).map(|_| dice.roll(2_001) as f32 / 1_000.0 - 1.0).collect();
            let near = near(&query, Some(30), metric, None);
            answers.push(reader.nearest(&near, &filter, eligible, budget).unwrap());
        }
    }
    answers
}

#[test]
fn each_shortcut_switched_off_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let open = |shortcuts| {
        // Small segments: an asset lies in several.
        let options = EmbeddedOptions { flush_bytes: 1 << 19, shortcuts, ..EmbeddedOptions::default() };
        EmbeddedIndex::open(folder.path(), options).unwrap()
    };
    let index = open(Shortcuts::ALL);
    fill(&index);
    let expected = answers(&*index.reader(None).unwrap());
    assert!(expected.iter().filter(|found| !found.hits.is_empty()).count() > expected.len() / 2);
    drop(index);
    for (off, shortcuts) in Shortcuts::switched_off() {
        let found = answers(&*open(shortcuts).reader(None).unwrap());
        for (no, (expected, found)) in expected.iter().zip(&found).enumerate() {
            assert_eq!(expected.hits, found.hits, "without {off}: question {no}");
        }
    }
}
