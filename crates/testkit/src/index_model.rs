//! Compares an index with the memory index, over random histories and queries.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::index_suite::{IndexFixture, SECOND, asset_id, clause, kind};
use rushes_index::{AnnotationRef, Budget, Clock, Eligible, Index, IndexReader, MemoryIndex};
use rushes_plan::{
    AttributeTest, Clause, Filter, Fuzziness, NearestTest, PhraseTest, Pin, Test, ValueTest, Word, WordsTest,
};
use rushes_text::{Analyzer, Language};
use rushes_types::{Commit, Metric, ReadPoint, SpaceId, TimeRange, TimeSet, Value, known_types};

use crate::index_history::{ASSETS, Dice, History, LABELS, MODELS, WORDS};

fn random_words(dice: &mut Dice) -> Vec<Word> {
    let count = 1 + dice.roll(3);
    let word = |dice: &mut Dice| {
        let prefix = dice.roll(4) == 0;
        let mut text = dice.one_of(&WORDS).to_owned();
        if dice.roll(5) == 0 {
            text.push('x');
        }
        #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
        let weight = 0.3 + dice.roll(5) as f64;
        Word { text, weight, prefix }
    };
    (0..count).map(|_| word(dice)).collect()
}

fn random_test(dice: &mut Dice) -> Test {
    let fuzziness = dice.one_of(&[Fuzziness::Exact, Fuzziness::One, Fuzziness::Two, Fuzziness::Auto]);
    let (analysed, every) = (dice.roll(2) == 0, dice.roll(2) == 0);
    match dice.roll(12) {
        0 => Test::Any,
        1..=2 => {
            let count = 1 + dice.roll(2);
            let label = |dice: &mut Dice| rushes_text::normalise_label(dice.one_of(&LABELS));
            Test::Label((0..count).map(|_| label(dice)).collect())
        }
        3..=4 => Test::Words(WordsTest { words: random_words(dice), every, analysed, fuzziness }),
        5..=8 => {
            let slop = u32::try_from(dice.roll(4)).unwrap();
            Test::Phrase(PhraseTest { words: random_words(dice), slop, analysed, fuzziness })
        }
        _ => random_nearest(dice),
    }
}

fn random_nearest(dice: &mut Dice) -> Test {
    let (space, dimensions) = dice.one_of(&[("clip-space", 2), ("clip@2", 40), ("clip@2", 2)]);
    #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
    let query: Vec<f32> = (0..dimensions).map(|_| (dice.number(5) - 2) as f32 * 0.61).collect();
    let metric = dice.one_of(&[Metric::Cosine, Metric::L2]);
    let k = [None, Some(0), Some(1), Some(3), Some(50)][usize::try_from(dice.roll(5)).unwrap()];
    let threshold = [None, Some(0.5), Some(2.0), Some(-0.5)][usize::try_from(dice.roll(4)).unwrap()];
    let space = SpaceId::new(space).unwrap();
    Test::Nearest(NearestTest { space, query: query.into(), metric, exact: dice.roll(2) == 0, k, threshold })
}

fn random_clause(dice: &mut Dice) -> Clause {
    let mut clause = clause(random_test(dice));
    if dice.roll(3) == 0 {
        let kinds = [known_types::CHARACTER, known_types::SCENE, known_types::DIALOGUE, "NEVER"];
        clause.kind = Some(kind(dice.one_of(&kinds)));
    }
    if dice.roll(4) == 0 {
        clause.model = Some(dice.one_of(&["faces", "faces@2", "asr", "clip@2"]).to_owned());
    }
    if dice.roll(4) == 0 {
        clause.min_confidence = 0.5;
    }
    if dice.roll(6) == 0 {
        let test = if dice.roll(2) == 0 {
            ValueTest::In(vec![Value::Int(1), Value::Float(2.0)])
        } else {
            ValueTest::Range(Bound::Included(1.0), Bound::Unbounded)
        };
        clause.attributes = vec![AttributeTest { name: "size".to_owned(), test }];
    }
    clause
}

fn random_filter(history: &History, dice: &mut Dice) -> Filter {
    let mut filter = Filter::default();
    if dice.roll(3) == 0 {
        let some = ASSETS.iter().filter(|_| dice.roll(2) == 0).map(|asset| asset_id(asset));
        filter.assets = Some(some.collect());
    }
    if dice.roll(4) == 0 {
        filter.languages = vec![dice.one_of(&["en", "es-MX"]).to_owned()];
    }
    if dice.roll(5) == 0 {
        filter.languages_excluded = vec!["es".to_owned()];
    }
    let all = history.annotations();
    for _ in 0..dice.roll(3) {
        if all.is_empty() || dice.roll(2) == 0 {
            continue;
        }
        let pinned = &all[usize::try_from(dice.roll(all.len() as u64)).unwrap()].annotation;
        filter.pins.push(Pin {
            run: pinned.run.clone(),
            asset: pinned.asset.clone(),
            model_name: pinned.model.name().to_owned(),
        });
    }
    filter
}

fn random_eligible(reader: &dyn IndexReader, dice: &mut Dice) -> Option<Eligible> {
    if dice.roll(2) == 0 {
        return None;
    }
    let mut eligible = Eligible::new();
    for asset in ASSETS {
        if let Some(no) = reader.asset_no(&asset_id(asset)).filter(|_| dice.roll(2) == 0) {
            let start = dice.number(5) * SECOND;
            let range = TimeRange::new(start, start + dice.number(3) * SECOND).unwrap();
            eligible.insert(no, TimeSet::of([range]));
        }
    }
    Some(eligible)
}

/// Both readers give the same answers to all kinds of queries.
fn same_answers(memory: &dyn IndexReader, other: &dyn IndexReader, history: &History, dice: &mut Dice) {
    assert_eq!(memory.read_point(), other.read_point());
    assert_eq!(memory.assets(), other.assets());
    assert_eq!(
        memory.spaces(&Filter::default(), Budget::of_maintenance()).unwrap(),
        other.spaces(&Filter::default(), Budget::of_maintenance()).unwrap()
    );
    for _ in 0..12 {
        let (clause, filter) = (random_clause(dice), random_filter(history, dice));
        let (expected, got) = if let Test::Nearest(_) = clause.test {
            let eligible = random_eligible(memory, dice);
            let nearest = |reader: &dyn IndexReader| {
                reader.nearest(&clause, &filter, eligible.as_ref(), Budget::of_maintenance()).unwrap()
            };
            (nearest(memory), nearest(other))
        } else {
            let hits = |reader: &dyn IndexReader| {
                let found = reader.hits(&clause, &filter, Budget::of_maintenance()).unwrap();
                let counted = reader.count(&clause, &filter, Budget::of_maintenance()).unwrap();
                assert_eq!(counted, found.hits.len() as u64, "{clause:?} {filter:?}");
                found
            };
            (hits(memory), hits(other))
        };
        assert_eq!(expected.hits, got.hits, "{clause:?} {filter:?}");
        assert_eq!(
            memory.annotations(&filter, Budget::of_maintenance()).unwrap(),
            other.annotations(&filter, Budget::of_maintenance()).unwrap(),
            "{filter:?}"
        );
    }
    for typed in ["j", "jo", "TRIB", "house", "c"] {
        let filter = random_filter(history, dice);
        let limit = usize::try_from(dice.roll(4)).unwrap();
        let suggest = |reader: &dyn IndexReader| {
            reader.suggest(typed, &filter, limit, Budget::of_maintenance()).unwrap()
        };
        assert_eq!(suggest(memory), suggest(other), "{typed} {filter:?}");
    }
    let all = Filter { assets: random_filter(history, dice).assets, ..Filter::default() };
    let spaces = |reader: &dyn IndexReader| reader.spaces(&all, Budget::of_maintenance()).unwrap();
    assert_eq!(spaces(memory), spaces(other), "{all:?}");
    assert_eq!(
        memory.labels(&all, Budget::of_maintenance()).unwrap(),
        other.labels(&all, Budget::of_maintenance()).unwrap(),
        "{all:?}"
    );
    for fused in history.annotations() {
        let annotation = &fused.annotation;
        let find = |reader: &dyn IndexReader| {
            reader.find(&annotation.asset, annotation.id.as_str(), Budget::of_maintenance()).unwrap()
        };
        assert_eq!(find(memory), find(other));
        if let Some(asset) = memory.asset_no(&annotation.asset) {
            let wanted = [AnnotationRef { asset, key: fused.fused_key() }];
            assert_eq!(
                memory.fetch(&wanted, Budget::of_maintenance()).unwrap(),
                other.fetch(&wanted, Budget::of_maintenance()).unwrap()
            );
        }
    }
}

/// Brings an index to the last commit of all assets, as the indexer does.
fn catch_up(index: &dyn Index, history: &History) {
    for asset in ASSETS {
        while let Some(update) = history.update(asset, index.progress(&asset_id(asset)).unwrap()) {
            index.apply(&[update]).unwrap();
        }
    }
}

/// The memory index as a fixture.
pub struct Memory {
    index: MemoryIndex,
    seconds: Arc<AtomicU64>,
}

impl Default for Memory {
    fn default() -> Self {
        let seconds = Arc::new(AtomicU64::new(1_000));
        let index = MemoryIndex::new(Clock::manual(seconds.clone()), Analyzer::new(Language::Und));
        Self { index, seconds }
    }
}

impl IndexFixture for Memory {
    fn index(&self) -> &dyn Index {
        &self.index
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn reopen(&mut self) {}
}

/// Takes a new, empty index through a random history of `steps` steps and compares its answers with the memory index's.
/// A fixture's clock begins at 1,000 seconds. `verify` is called after each step.
pub fn answers_as_the_memory_index<F: IndexFixture>(
    seed: u64,
    steps: u64,
    other: &mut F,
    verify: &dyn Fn(&F),
) {
    let mut history = History::new(seed);
    let mut dice = Dice(seed ^ 0x5eed);
    let memory = Memory::default();
    let mut published = Vec::new();
    for _ in 0..steps {
        (0..=dice.roll(4)).for_each(|_| history.step());
        match dice.roll(12) {
            0 => while other.index().maintain().unwrap() {},
            1 => drop(other.index().purge().unwrap()),
            2 => other.reopen(),
            3 => {
                // Applied but not published, and perhaps lost by a restart.
                catch_up(other.index(), &history);
                catch_up(memory.index(), &history);
            }
            4 => {
                let seconds = dice.roll(400);
                memory.pass(seconds);
                other.pass(seconds);
            }
            _ => {
                catch_up(other.index(), &history);
                catch_up(memory.index(), &history);
                memory.index().publish(Commit(history.commit)).unwrap();
                other.index().publish(Commit(history.commit)).unwrap();
                published.push(history.commit);
            }
        }
        let readers = |at: Option<&ReadPoint>| (memory.index().reader(at), other.index().reader(at));
        let (expected, got) = readers(None);
        same_answers(&*expected.unwrap(), &*got.unwrap(), &history, &mut dice);
        if !published.is_empty() {
            let at = ReadPoint::at(Commit(dice.one_of(&published)));
            match readers(Some(&at)) {
                (Ok(expected), Ok(got)) => same_answers(&*expected, &*got, &history, &mut dice),
                (Err(expected), Err(got)) => assert_eq!(expected.kind(), got.kind()),
                (expected, got) => panic!("{at}: {:?} {:?}", expected.map(|_| ()), got.map(|_| ())),
            }
        }
        verify(other);
    }
    assert!(MODELS.len() > 1);
}
