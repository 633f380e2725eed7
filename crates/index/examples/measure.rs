//! Builds an index of a made-up archive and says how long things take:
//! `cargo run --release -p rushes-index --example measure -- HOURS FOLDER`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program to look at numbers"
)]

use std::path::Path;
use std::time::Instant;

use rushes_index::{AssetUpdate, Budget, EmbeddedIndex, EmbeddedOptions, Index, IndexReader};
use rushes_plan::{Clause, Filter, Fuzziness, NearestTest, PhraseTest, Test, Word, WordsTest};
use rushes_types::{
    Annotation, AnnotationId, AnnotationType, Asset, AssetDocument, AssetId, Attributes, Change, Commit,
    FusedAnnotation, Metric, ModelRef, MovieId, RunId, SpaceId, TimeRange, Validity, known_types,
};

const DIMENSIONS: usize = 512;

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Frequent ones first, roughly as words are.
    fn zipf(&mut self, n: u64) -> u64 {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((n as f64).powf(unit) as u64 - 1).min(n - 1)
    }

    fn normal(&mut self) -> f32 {
        let bits = self.next();
        (0..4).map(|at| ((bits >> (16 * at)) & 0xffff) as f32 / 65_536.0 - 0.5).sum::<f32>() * 1.7
    }
}

fn word(n: u64) -> String {
    let syllables = ["ka", "lo", "mi", "ran", "te", "su", "vo", "ber", "ni", "dal"];
    let mut n = n + 7;
    let mut word = String::new();
    while n > 0 {
        word.push_str(syllables[usize::try_from(n % 10).unwrap()]);
        n /= 10;
    }
    word
}

fn vector(dice: &mut Dice, centres: &[Vec<f32>]) -> Vec<f32> {
    let centre = &centres[usize::try_from(dice.zipf(centres.len() as u64)).unwrap()];
    centre.iter().map(|x| x + 0.5 * dice.normal()).collect()
}

fn asset_update(no: u64, centres: &[Vec<f32>], dice: &mut Dice) -> AssetUpdate {
    let asset = AssetId::new(&format!("asset-{no:06}")).unwrap();
    let mut changes = Vec::new();
    let mut add = |model: &str, kind: &str, dice: &mut Dice, label, text, vector, length: i64| {
        let start = i64::try_from(dice.below(3_600_000)).unwrap() * 1_000_000;
        let annotation = Annotation {
            asset: asset.clone(),
            model: ModelRef::parse(model).unwrap(),
            run: RunId::new(&format!("run-{no}-{model}")).unwrap(),
            id: AnnotationId::new(&format!("{:016x}", dice.next())).unwrap(),
            kind: AnnotationType::new(kind).unwrap(),
            range: TimeRange::new(start, start + length * 1_000_000_000).unwrap(),
            label,
            text,
            words: Vec::new(),
            language: Some("en".to_owned()),
            vector,
            confidence: Some(dice.below(1000) as f64 / 1000.0),
            attributes: Attributes::new(),
        };
        let validities = vec![Validity::from(Commit(no + 1))];
        changes.push(Change::Put(Box::new(FusedAnnotation { annotation, validities, kept: true })));
    };
    for _ in 0..3_000 {
        let label = Some(format!("Character {}", dice.zipf(200)));
        add("faces@1", known_types::CHARACTER, dice, label, None, None, 4);
    }
    for _ in 0..2_750 {
        let label = Some(word(dice.zipf(500)));
        add("things@1", known_types::OBJECT, dice, label, None, None, 3);
    }
    for _ in 0..1_000 {
        let count = 3 + dice.below(10);
        let text: Vec<_> = (0..count).map(|_| word(dice.zipf(20_000))).collect();
        add("asr@1", known_types::DIALOGUE, dice, None, Some(text.join(" ")), None, 3);
    }
    for _ in 0..750 {
        let vector = Some(vector(dice, centres));
        add("clip@1", known_types::SCENE, dice, None, None, vector, 5);
    }
    let document = AssetDocument {
        asset: Asset::new(asset.clone(), MovieId::new("movie").unwrap()),
        models: Vec::new(),
        analysed: Vec::new(),
    };
    AssetUpdate {
        asset,
        document: Some(document),
        after: Commit::NONE,
        upto: Commit(no + 1),
        changes,
        buckets: Vec::new(),
    }
}

fn clause(test: Test) -> Clause {
    Clause {
        no: 0,
        pointer: String::new(),
        kind: None,
        model: None,
        test,
        min_confidence: 0.0,
        attributes: Vec::new(),
        weight: 1.0,
    }
}

fn words(texts: &[String], prefix: bool) -> Vec<Word> {
    let last = texts.len() - 1;
    let word =
        |(at, text): (usize, &String)| Word { text: text.clone(), weight: 1.0, prefix: prefix && at == last };
    texts.iter().enumerate().map(word).collect()
}

fn time(name: &str, rounds: u64, mut ask: impl FnMut(u64) -> usize) {
    let mut took = Vec::new();
    let mut hits = 0;
    for round in 0..rounds {
        let start = Instant::now();
        hits += ask(round);
        took.push(start.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    let mean = hits as f64 / rounds as f64;
    println!("{name:32} p50 {:8.3} ms  p99 {:8.3} ms  hits {mean:.0}", at(0.5), at(0.99));
}

fn queries(reader: &dyn IndexReader, centres: &[Vec<f32>]) {
    let all = Filter::default();
    let hits = |test: Test| reader.hits(&clause(test), &all, Budget::of_maintenance()).unwrap().hits.len();
    let label = |text: &str| Test::Label([rushes_text::normalise_label(text)].into_iter().collect());
    time("label, most frequent", 50, |_| hits(label("Character 0")));
    time("label, each of 200", 200, |n| hits(label(&format!("character {n}"))));
    let kind = AnnotationType::new(known_types::CHARACTER).unwrap();
    time("any of a type", 10, |_| {
        let any = Clause { kind: Some(kind.clone()), ..clause(Test::Any) };
        reader.hits(&any, &all, Budget::of_maintenance()).unwrap().hits.len()
    });
    let mut dice = Dice(99);
    let mut texts = |count: u64| (0..count).map(|_| word(dice.zipf(20_000))).collect::<Vec<_>>();
    let words_test = |texts: &[String], prefix, analysed, fuzziness| {
        Test::Words(WordsTest { words: words(texts, prefix), every: true, analysed, fuzziness })
    };
    time("one word", 200, |_| hits(words_test(&texts(1), false, false, Fuzziness::Exact)));
    time("two words, analysed", 200, |_| hits(words_test(&texts(2), false, true, Fuzziness::Exact)));
    time("two words, last a prefix", 200, |_| hits(words_test(&texts(2), true, false, Fuzziness::Exact)));
    time("two words, auto fuzzy", 100, |_| hits(words_test(&texts(2), false, false, Fuzziness::Auto)));
    let phrase = |texts: &[String], slop| {
        let (analysed, fuzziness) = (false, Fuzziness::Exact);
        Test::Phrase(PhraseTest { words: words(texts, false), slop, analysed, fuzziness })
    };
    time("phrase of 3", 200, |_| hits(phrase(&texts(3), 0)));
    time("phrase of 2, slop 2", 200, |_| hits(phrase(&texts(2), 2)));
    let frequent = [word(0), word(1)];
    time("phrase, most frequent words", 20, |_| hits(phrase(&frequent, 0)));
    let mut dice = Dice(123);
    let mut near = |k, filter: &Filter| {
        let query = vector(&mut dice, centres);
        let space = SpaceId::new("clip@1").unwrap();
        let test = NearestTest {
            space,
            query: query.into(),
            metric: Metric::Cosine,
            exact: true,
            k: Some(k),
            threshold: None,
        };
        reader
            .nearest(&clause(Test::Nearest(test)), filter, None, Budget::of_maintenance())
            .unwrap()
            .hits
            .len()
    };
    time("nearest 10", 100, |_| near(10, &all));
    time("nearest 200", 100, |_| near(200, &all));
    let one = Filter { assets: Some(vec![reader.assets()[0].asset.id.clone()]), ..Filter::default() };
    time("nearest 200 in one asset", 100, |_| near(200, &one));
    time("suggest `cha`", 20, |_| reader.suggest("cha", &all, 10, Budget::of_maintenance()).unwrap().len());
    time("suggest `kal`", 20, |_| reader.suggest("kal", &all, 10, Budget::of_maintenance()).unwrap().len());
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let hours: u64 = arguments.next().unwrap().parse().unwrap();
    let folder = arguments.next().unwrap();
    let folder = Path::new(&folder);
    let mut dice = Dice(42);
    let centres: Vec<Vec<f32>> =
        (0..3_000).map(|_| (0..DIMENSIONS).map(|_| dice.normal()).collect()).collect();
    let index = EmbeddedIndex::recreate(folder, EmbeddedOptions::default()).unwrap();
    let (mut applying, mut publishing) = (0.0, 0.0);
    for first in (0..hours).step_by(10) {
        let updates: Vec<_> =
            (first..hours.min(first + 10)).map(|no| asset_update(no, &centres, &mut dice)).collect();
        let start = Instant::now();
        index.apply(&updates).unwrap();
        applying += start.elapsed().as_secs_f64();
        drop(updates);
        let start = Instant::now();
        index.publish(Commit(hours.min(first + 10))).unwrap();
        publishing += start.elapsed().as_secs_f64();
    }
    println!("{:?}", index.counts().unwrap());
    println!("apply {applying:.2} s, publish {publishing:.2} s");
    let start = Instant::now();
    while index.maintain().unwrap() {}
    println!("joining {:.2} s: {:?}", start.elapsed().as_secs_f64(), index.counts().unwrap());
    drop(index);
    let start = Instant::now();
    let index = EmbeddedIndex::open(folder, EmbeddedOptions::default()).unwrap();
    println!("open {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    queries(&*index.reader(None).unwrap(), &centres);
}
