//! Reads the lines of a scenario.

use std::collections::BTreeMap;

use rushes_types::{
    Analysed, Annotation, AnnotationId, AnnotationType, Asset, AssetDocument, AssetId, Commit, FrameRate,
    FusedAnnotation, Metric, Model, ModelRef, MovieId, RunId, Space, SpaceId, TimeRange, Validity, Value,
};

use super::Scenario;
use crate::archive::{Archive, KnowledgeData};

/// The words of a line; quotes group words.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn lines(text: &str) -> impl Iterator<Item = Vec<String>> {
    text.lines().map(|l| l.split('#').next().unwrap_or_default()).map(words).filter(|w| !w.is_empty())
}

fn ns(text: &str) -> i64 {
    (text.parse::<f64>().unwrap_or_else(|_| panic!("`{text}` is no time")) * 1e9).round() as i64
}

fn range(text: &str) -> TimeRange {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    TimeRange::new(ns(from), ns(to)).unwrap()
}

fn value(text: &str) -> Value {
    match (text.parse(), text.parse(), text) {
        (Ok(i), _, _) => Value::Int(i),
        (_, Ok(x), _) => Value::Float(x),
        (_, _, "true") => Value::Bool(true),
        (_, _, "false") => Value::Bool(false),
        _ => Value::Text(text.to_owned()),
    }
}

/// `name=value` pairs; a word without `=` is `true`.
fn pairs(words: &[String]) -> BTreeMap<&str, &str> {
    words.iter().map(|w| w.split_once('=').unwrap_or((w, "true"))).collect()
}

pub(super) fn archive(scenario: &Scenario) -> Archive {
    let annotations: Vec<FusedAnnotation> =
        lines(&scenario.tracks).enumerate().map(|(no, line)| annotation(no, &line)).collect();
    let mut assets: BTreeMap<String, Asset> = BTreeMap::new();
    for line in lines(&scenario.assets) {
        assets.insert(line[0].clone(), asset(&line));
    }
    for fused in &annotations {
        let id = fused.annotation.asset.to_string();
        assets.entry(id.clone()).or_insert_with(|| asset(&[id]));
    }
    let documents = assets.into_values().map(|asset| document(scenario, asset, &annotations)).collect();
    let upto = annotations.iter().flat_map(|a| &a.validities).map(|l| l.born).max().unwrap_or(Commit(1));
    let known = KnowledgeData {
        aliases: scenario.aliases.clone(),
        encoded: scenario.encoded.clone(),
        counts: BTreeMap::new(),
        annotations: annotations.len() as u64,
    };
    Archive { documents, annotations, upto, known }
}

fn document(scenario: &Scenario, asset: Asset, annotations: &[FusedAnnotation]) -> AssetDocument {
    let mine = || annotations.iter().map(|f| &f.annotation).filter(|a| a.asset == asset.id);
    let mut models: BTreeMap<ModelRef, Model> = BTreeMap::new();
    for a in mine() {
        let entry = models.entry(a.model.clone()).or_insert_with(|| Model {
            model: a.model.clone(),
            types: Vec::new(),
            language: None,
            space: None,
        });
        if let Some(vector) = &a.vector {
            let metric = scenario.metric.get(a.model.as_str()).map(|m| Metric::parse(m).unwrap());
            entry.space = Some(Space {
                id: SpaceId::new(a.model.as_str()).unwrap(),
                dimensions: vector.len(),
                metric: metric.unwrap_or(Metric::Cosine),
                encoder: None,
            });
        }
    }
    let analysed = lines(&scenario.analysed).filter(|line| line[0] == asset.id.as_str()).map(|line| {
        let extra = pairs(&line[3..]);
        Analysed {
            model: ModelRef::parse(&line[2]).unwrap(),
            run: extra.get("run").map_or_else(RunId::loose, |r| RunId::new(r).unwrap()),
            range: range(&line[1]),
            validity: Validity::from(Commit(1)),
        }
    });
    let analysed = analysed.collect();
    AssetDocument { models: models.into_values().collect(), analysed, asset }
}

fn asset(line: &[String]) -> Asset {
    let mut fields = pairs(&line[1..]);
    let movie = fields.remove("movie").unwrap_or(&line[0]);
    let mut asset = Asset::new(AssetId::new(&line[0]).unwrap(), MovieId::new(movie).unwrap());
    let mut text = |name: &str| fields.remove(name).map(str::to_owned);
    asset.collection = text("collection");
    asset.series = text("series");
    asset.season = text("season").map(|n| n.parse().unwrap());
    asset.episode = text("episode").map(|n| n.parse().unwrap());
    asset.frame_rate = text("rate").map(|r| FrameRate::parse(&r).unwrap());
    asset.start_timecode = text("start");
    asset.drop_frame = text("drop").is_some();
    asset.duration_ns = text("seconds").map(|s| ns(&s));
    asset.language = text("lang");
    asset.attributes = fields.into_iter().map(|(name, v)| (name.to_owned(), value(v))).collect();
    asset
}

fn annotation(no: usize, line: &[String]) -> FusedAnnotation {
    assert!(line.len() >= 4, "`{}` is not ASSET FROM-TO TYPE MODEL", line.join(" "));
    let mut fields = pairs(&line[4..]);
    let mut text = |name: &str| fields.remove(name).map(str::to_owned);
    let id = text("id").unwrap_or_else(|| format!("n{:02}", no + 1));
    let validity = Validity {
        born: text("born").map_or(Commit(1), |c| Commit(c.parse().unwrap())),
        died: text("died").map_or(Commit::NEVER, |c| Commit(c.parse().unwrap())),
    };
    let kept = text("kept").is_some();
    let annotation = Annotation {
        asset: AssetId::new(&line[0]).unwrap(),
        range: range(&line[1]),
        kind: AnnotationType::new(&line[2]).unwrap(),
        model: ModelRef::parse(&line[3]).unwrap(),
        run: text("run").map_or_else(RunId::loose, |r| RunId::new(&r).unwrap()),
        id: AnnotationId::new(&id).unwrap(),
        label: text("label"),
        text: text("text"),
        words: Vec::new(),
        language: text("lang"),
        vector: text("vector").map(|v| v.split(',').map(|x| x.parse().unwrap()).collect()),
        confidence: text("conf").map(|c| c.parse().unwrap()),
        attributes: fields.into_iter().map(|(name, v)| (name.to_owned(), value(v))).collect(),
    };
    FusedAnnotation { annotation, validities: vec![validity], kept }
}
