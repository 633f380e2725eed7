//! Small random archives and plans that often match: few labels, few words, whole seconds, so that ties, point events,
//! touching ends, gaps, overlaps and duplicates are common.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rushes_types::{
    Analysed, Annotation, AnnotationId, AnnotationType, Asset, AssetDocument, AssetId, Commit, FrameRate,
    FusedAnnotation, Metric, Model, ModelRef, MovieId, RunId, Space, SpaceId, TimeRange, Validity, Value,
};
use serde_json::{Value as Json, json};

use crate::archive::{Archive, KnowledgeData};

const SECOND: i64 = 1_000_000_000;
/// Assets run this long, in seconds.
const LENGTH: i64 = 14;
const TYPES: [&str; 4] = ["CHARACTER_SEARCH", "SCENE_SEARCH", "DIALOGUE_SEARCH", "SHOT"];
const MODELS: [&str; 4] = ["one@1", "one@2", "two@1", "flat@1"];
const LABELS: [&str; 3] = ["Joey", "kitchen", "Phoebe Sr."];
const TEXTS: [&str; 5] = ["how you doin", "doin fine", "you", "he ran home, he ran", "running to you"];
const LANGUAGES: [&str; 2] = ["en", "de"];

/// One annotation, before it has an asset.
#[derive(Debug, Clone)]
struct GeneratedAnnotation {
    asset: usize,
    kind: &'static str,
    model: &'static str,
    label: Option<&'static str>,
    text: Option<&'static str>,
    language: Option<&'static str>,
    vector: Option<Vec<f32>>,
    range: (i64, i64),
    confidence: Option<f64>,
    tension: Option<i64>,
    run: u8,
    born: u64,
    died: Option<u64>,
    kept: bool,
}

fn span() -> impl Strategy<Value = (i64, i64)> {
    (0..LENGTH, prop_oneof![2 => Just(0_i64), 6 => 1..5_i64, 1 => 5..LENGTH])
        .prop_map(|(start, length)| (start, (start + length).min(LENGTH)))
}

fn generated() -> impl Strategy<Value = GeneratedAnnotation> {
    let who = (0..3_usize, select(&TYPES[..]), select(&MODELS[..]), span());
    let what = (
        proptest::option::weighted(0.8, select(&LABELS[..])),
        proptest::option::weighted(0.5, select(&TEXTS[..])),
        proptest::option::weighted(0.7, select(&LANGUAGES[..])),
        proptest::option::weighted(0.5, vec((-2..3_i8).prop_map(f32::from), 2)),
    );
    let how = (
        proptest::option::weighted(0.6, select(&[0.25, 0.5, 1.0][..])),
        proptest::option::weighted(0.5, 0..4_i64),
        0..3_u8,
        1..4_u64,
        proptest::option::weighted(0.2, 2..6_u64),
        any::<bool>(),
    );
    (who, what, how).prop_map(|(who, what, how)| GeneratedAnnotation {
        asset: who.0,
        kind: who.1,
        model: who.2,
        range: who.3,
        label: what.0,
        text: what.1,
        language: what.2,
        // A zero vector is rejected if the metric is cosine, so there is none in those spaces.
        vector: what.3.filter(|v| who.2 == "flat@1" || v.iter().any(|x| *x != 0.0)),
        confidence: how.0,
        tension: how.1,
        run: how.2,
        born: how.3,
        died: how.4.filter(|died| *died > how.3),
        kept: how.5,
    })
}

fn asset_id(no: usize) -> AssetId {
    AssetId::new(["a", "b", "c"][no % 3]).unwrap()
}

fn model(name: &str) -> Model {
    let metric = if name == "flat@1" { Metric::L2 } else { Metric::Cosine };
    // Both versions of one model write into one space.
    let id = SpaceId::new(if name.starts_with("one") { "shared" } else { name }).unwrap();
    Model {
        model: ModelRef::parse(name).unwrap(),
        types: Vec::new(),
        language: None,
        space: Some(Space { id, dimensions: 2, metric, encoder: Some("test".into()) }),
    }
}

fn run(said: &GeneratedAnnotation) -> RunId {
    if said.run == 0 {
        return RunId::loose();
    }
    RunId::new(&format!("{}-{}-{}", said.model, asset_id(said.asset), said.run)).unwrap()
}

fn range((start, end): (i64, i64)) -> TimeRange {
    TimeRange::new(start * SECOND, end * SECOND).unwrap()
}

fn fused(no: usize, said: &GeneratedAnnotation) -> FusedAnnotation {
    let died = said.died.map_or(Commit::NEVER, Commit);
    FusedAnnotation {
        annotation: Annotation {
            asset: asset_id(said.asset),
            model: ModelRef::parse(said.model).unwrap(),
            run: run(said),
            id: AnnotationId::new(&format!("n{no:02}")).unwrap(),
            kind: AnnotationType::new(said.kind).unwrap(),
            range: range(said.range),
            label: said.label.map(str::to_owned),
            text: said.text.map(str::to_owned),
            words: Vec::new(),
            language: said.language.map(str::to_owned),
            vector: said.vector.clone(),
            confidence: said.confidence,
            attributes: said.tension.map(|t| ("tension".to_owned(), Value::Int(t))).into_iter().collect(),
        },
        validities: vec![Validity { born: Commit(said.born), died }],
        kept: said.kept,
    }
}

fn document(no: usize, looked: &[(usize, usize, u8, (i64, i64))]) -> AssetDocument {
    let id = asset_id(no);
    let mut asset = Asset::new(id.clone(), MovieId::new(if no == 2 { "other" } else { "film" }).unwrap());
    asset.series = Some("Friends".into());
    asset.season = Some(1);
    asset.episode = i64::try_from(no).ok();
    // Assets without a rate, with one, and with drop frame.
    asset.frame_rate = [None, Some("25"), Some("29.97")][no % 3].map(|r| FrameRate::parse(r).unwrap());
    asset.start_timecode =
        Some(["", "10:00:00:00", "00:00:00;00"][no % 3].to_owned()).filter(|t| !t.is_empty());
    asset.attributes.insert("tension".into(), Value::Int(i64::try_from(no).unwrap()));
    let mine = looked.iter().filter(|(of, ..)| *of == no);
    let analysed = mine.map(|(_, model, run, span)| Analysed {
        model: ModelRef::parse(MODELS[*model]).unwrap(),
        run: RunId::new(&format!("{}-{id}-{run}", MODELS[*model])).unwrap(),
        range: range(*span),
        validity: Validity::from(Commit(1)),
    });
    AssetDocument { asset, models: MODELS.iter().map(|m| model(m)).collect(), analysed: analysed.collect() }
}

/// A small archive of three assets.
pub fn archives() -> impl Strategy<Value = Archive> {
    let long = span().prop_filter("coverage is more than an instant", |(start, end)| start < end);
    let looked = vec((0..3_usize, 0..4_usize, 1..3_u8, long), 0..8);
    (vec(generated(), 0..48), looked, 3..6_u64).prop_map(|(said, looked, upto)| Archive {
        documents: (0..3).map(|no| document(no, &looked)).collect(),
        annotations: said.iter().enumerate().map(|(no, said)| fused(no, said)).collect(),
        upto: Commit(upto),
        known: KnowledgeData {
            aliases: [("Tribbiani".to_owned(), vec!["Joey".to_owned()])].into(),
            encoded: [("left".to_owned(), vec![-1.0, 0.0]), ("up".to_owned(), vec![0.5, 1.0])].into(),
            counts: [("you".to_owned(), 3), ("he".to_owned(), 9)].into(),
            annotations: 20,
        },
    })
}

fn vector() -> impl Strategy<Value = Json> {
    prop_oneof![
        (select(&["left", "up"][..]), 1..4_usize, any::<bool>())
            .prop_map(|(text, k, exact)| json!({"text": text, "k": k, "exact": exact})),
        (1..4_usize)
            .prop_map(|k| json!({"text": "up", "space": "flat@1", "metric": "l2", "max_distance": k})),
        (0..4_u8).prop_map(|x| json!({"values": [1, f64::from(x) / 2.0], "space": "shared",
                                       "min_similarity": 0.25})),
        (1..3_usize).prop_map(|k| json!({"values": [1, 1], "space": "flat@1", "metric": "cosine", "k": k})),
        (select(&["you", "ran home", "kitchen"][..]), 1..3_usize)
            .prop_map(|(words, k)| json!({"text": "left", "k": k, "words": words})),
        select(&["you doin", "he ran", "you"][..]).prop_map(|p| json!({"text": "up", "k": 1, "phrase": p})),
    ]
}

fn clause() -> impl Strategy<Value = Json> {
    let says = prop_oneof![
        2 => Just(json!({})),
        6 => select(&["Joey", "KITCHEN", "phoebe sr.", "Tribbiani"][..]).prop_map(|l| json!({"label": l})),
        2 => (select(&["you", "run", "doin you", "kitch", "yuo"][..]), any::<bool>(), any::<bool>(), 0..2_u8)
            .prop_map(|(text, prefix, or, fuzzy)| json!({
                "text": text, "prefix": prefix, "operator": if or { "or" } else { "and" }, "fuzziness": fuzzy})),
        2 => (select(&["you doin", "doin doin", "he ran home", "you", "fine you"][..]), 0..4_u8, any::<bool>())
            .prop_map(|(phrase, slop, analysed)| json!({"phrase": phrase, "slop": slop, "analysed": analysed})),
        3 => vector().prop_map(|v| json!({"vector": v})),
    ];
    let rest = (
        proptest::option::weighted(0.3, select(&TYPES[..])),
        proptest::option::weighted(0.1, select(&["one", "one@2", "two@1"][..])),
        proptest::option::weighted(0.1, select(&[0.3, 0.5][..])),
        proptest::option::weighted(0.1, 0..3_i64),
        proptest::option::weighted(0.3, select(&[0.5, 2.0][..])),
    );
    (says, rest).prop_map(|(mut clause, (kind, model, confidence, tension, weight))| {
        let is_empty = clause.as_object().is_some_and(serde_json::Map::is_empty);
        clause["type"] = json!(kind.or(is_empty.then_some("SHOT")));
        // A model beside a vector names its space.
        if clause.get("vector").is_none() {
            clause["model"] = json!(model);
        }
        clause["min_confidence"] = json!(confidence);
        clause["weight"] = json!(weight);
        if let Some(tension) = tension {
            clause["attributes"] = json!({"tension": {"gte": tension}});
        }
        clause
    })
}

fn groups() -> impl Strategy<Value = Json> {
    (vec(clause(), 0..3), vec(clause(), 0..4), vec(clause(), 0..2), clause()).prop_map(
        |(mut all, any, none, spare)| {
            if all.is_empty() && any.is_empty() {
                all.push(spare);
            }
            json!({"all": all, "any": any, "none": none})
        },
    )
}

fn window() -> impl Strategy<Value = Json> {
    let seconds = (0..LENGTH, 1..8_i64).prop_map(|(from, length)| json!({"from": from, "to": from + length}));
    prop_oneof![4 => seconds, 1 => (0..8_i64).prop_map(|s| json!({"from": format!("10:00:0{s}:00")}))]
}

fn scope() -> impl Strategy<Value = Json> {
    let lists = (
        proptest::option::weighted(0.1, select(&["film", "other"][..])),
        proptest::option::weighted(0.1, select(&LANGUAGES[..])),
        vec(window(), 0..2),
        vec(window(), 0..2),
        proptest::option::weighted(0.1, select(&["a", "b"][..])),
        proptest::option::weighted(0.1, 0..3_i64),
    );
    lists.prop_map(|(movie, language, time, cut, without, tension)| {
        let list = |x: Option<&'static str>| x.into_iter().collect::<Vec<_>>();
        let attributes = tension.map_or(json!({}), |t| json!({"tension": {"in": [t, 1]}}));
        json!({"movies": list(movie), "languages": list(language), "time": time, "attributes": attributes,
               "exclude": {"time": cut, "assets": list(without)}})
    })
}

/// Plans for archives of [`archives`]; neither grouped nor paged.
pub fn plans() -> impl Strategy<Value = Json> {
    let spans = (
        any::<bool>(),
        proptest::option::weighted(0.3, 0..4_i64),
        proptest::option::weighted(0.2, 1..5_i64),
        proptest::option::weighted(0.3, select(&["frame", "shot", "cue"][..])),
        proptest::option::weighted(0.15, scope()),
        proptest::option::weighted(0.1, select(&["one", "two@1"][..])),
    );
    let order = (
        any::<bool>(),
        prop_oneof![
            3 => Just(json!("score")),
            1 => Just(json!("start")),
            1 => Just(json!("duration")),
            1 => Just(json!("latest")),
            1 => Just(json!("shortest")),
            1 => select(&["asc", "desc"][..]).prop_map(|o| json!({"attribute": "tension", "order": o})),
        ],
        proptest::option::weighted(0.2, select(&[0.3, 0.5, 1.0][..])),
        proptest::option::weighted(0.15, select(&[0.25, 0.5][..])),
        proptest::option::weighted(0.1, (select(&MODELS[..]), 0..3_usize, 1..3_u8)),
    );
    let tests = proptest::option::weighted(
        0.3,
        vec(
            prop_oneof![
                (0..3_i64).prop_map(|s| json!({"duration": {"gte": s}})),
                clause().prop_map(|c| json!({"coverage": {"clause": c, "gte": 0.5}})),
                (clause(), 0..3_i64, any::<bool>()).prop_map(
                    |(c, within, negate)| json!({"near": {"clause": c, "within": within, "negate": negate}})
                ),
            ],
            1..3,
        ),
    );
    let then = vec((groups(), proptest::option::of(0..6_i64)), 0..3);
    (groups(), spans, order, tests, proptest::option::weighted(0.25, then)).prop_map(
        |(mut plan, spans, order, tests, then)| {
            plan["mode"] = json!(if spans.0 { "union" } else { "intersection" });
            plan["merge_gap"] = json!(spans.1);
            plan["max_span"] = json!(spans.2);
            plan["snap"] = json!(spans.3);
            plan["scope"] = json!(spans.4);
            plan["require_analysed"] = json!(spans.5.into_iter().collect::<Vec<_>>());
            plan["fusion"] = json!(if order.0 { "rrf" } else { "weighted" });
            plan["rank_by"] = order.1;
            plan["fold"] = json!(order.2.map(|overlap| json!({"overlap": overlap})));
            plan["min_confidence"] = json!(order.3);
            if let Some((model, asset, run)) = order.4 {
                let name = model.split('@').next().unwrap_or_default();
                let asset = asset_id(asset);
                plan["runs"] =
                    json!([{"run": format!("{model}-{asset}-{run}"), "asset": asset.as_str(), "model": name}]);
            }
            plan["where"] = json!(tests.unwrap_or_default());
            let steps = then.unwrap_or_default().into_iter().map(|(mut step, within)| {
                step["within"] = json!(within);
                step
            });
            plan["then"] = json!(steps.collect::<Vec<_>>());
            plan
        },
    )
}
