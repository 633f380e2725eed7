//! An archive that has something of everything.

use std::path::PathBuf;

use rushes_archive::{
    Archive, Body, Caller, IngestMode, IngestOptions, IngestReport, OpenOptions, Right, TokenSpec,
};
use rushes_store::{EraseTarget, RunSpec};
use rushes_types::{
    AnnotationId, AnnotationType, Asset, AssetId, FrameRate, LabelAliases, Metric, Model, ModelRef, MovieId,
    RunId, RunMode, Space, SpaceId, TimeRange, Value, Visibility,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::batches::batch;
use crate::files::copy;
use crate::flow::Open;

pub const MS: i64 = 1_000_000;

pub fn asset_id(id: &str) -> AssetId {
    AssetId::new(id).unwrap()
}

fn model_ref(model: &str) -> ModelRef {
    ModelRef::parse(model).unwrap()
}

fn kind(kind: &str) -> AnnotationType {
    AnnotationType::new(kind).unwrap()
}

/// A line with these fields besides.
fn line(asset: &str, model: &str, kind: &str, ms: (i64, i64), more: Json) -> String {
    let mut line = json!({
        "asset_id": asset, "model": model, "type": kind,
        "time_range": {"start_time_ns": ms.0 * MS, "end_time_ns": ms.1 * MS},
    });
    let Json::Object(more) = more else { panic!("fields are an object") };
    line.as_object_mut().unwrap().extend(more);
    line.to_string()
}

fn face(asset: &str, id: &str, label: &str, ms: (i64, i64)) -> String {
    line(asset, "faces@1", "CHARACTER_SEARCH", ms, json!({"annotation_id": id, "label": label}))
}

/// An asset of which everything is known.
fn full_asset() -> Asset {
    let mut asset = Asset::new(asset_id("e1"), MovieId::new("паром").unwrap());
    for (field, text) in [
        (&mut asset.collection, "Ночь"),
        (&mut asset.series, "夜のフェリー"),
        (&mut asset.title, "Der müde Fährmann"),
        (&mut asset.start_timecode, "01:00:00;00"),
        (&mut asset.reel, "A001"),
        (&mut asset.scene, "12-A"),
        (&mut asset.take, "3"),
        (&mut asset.camera, "B"),
        (&mut asset.language, "de"),
        (&mut asset.path, "/media/e1 – fertig.mov"),
    ] {
        *field = Some(text.to_owned());
    }
    (asset.season, asset.episode, asset.duration_ns) = (Some(-1), Some(24), Some(1 << 42));
    asset.frame_rate = Some(FrameRate::new(30_000, 1_001).unwrap());
    (asset.drop_frame, asset.circled) = (true, Some(false));
    let list =
        vec![Value::Null, Value::Bool(true), Value::Bool(false), Value::Int(i64::MIN), Value::Float(-0.5)];
    let map = [("внутри".to_owned(), Value::List(list)), ("пусто".to_owned(), Value::List(Vec::new()))];
    asset.attributes = [
        ("map".to_owned(), Value::Map(map.into_iter().collect())),
        ("text".to_owned(), Value::Text("日本語".to_owned())),
        ("large".to_owned(), Value::Int(i64::MAX)),
        ("whole fraction".to_owned(), Value::Float(2.0)),
    ]
    .into_iter()
    .collect();
    asset
}

/// Attributes of every kind, as a line writes them.
fn every_attribute() -> Json {
    json!({
        "null": null, "yes": true, "no": false, "whole": -7, "fraction": 0.1, "whole fraction": 2.0,
        "large": 18_446_744_073_709_551_615_u64, "tiny": -1e-300, "text": "Ünïcödé 🎬", "empty": "",
        "list": [1, [2.5, null], {"a": "b"}], "map": {"z": 1, "a": {"b": []}, "": 0},
    })
}

/// A line of dialogue that says everything that a line can.
fn full_line() -> String {
    let words = json!([
        {"text": "Кто", "start_time_ns": 1500 * MS, "end_time_ns": 1600 * MS, "confidence": 0.5},
        {"word": "там?", "start_time_ns": 1600 * MS, "end_time_ns": 1600 * MS},
    ]);
    line(
        "e1",
        "whisper@ß",
        "DIALOGUE_SEARCH",
        (1500, 2750),
        json!({
            "annotation_id": "строка 1", "movie_id": "паром", "label": "Мара", "text": "Кто там? Wer ist da?",
            "language": "ru", "words": words, "confidence_score": 0.97, "embedding_vector": [0.1, -2, 1e-3],
            "attributes": every_attribute(), "track": {"no": [1, 2.5]}, "note": "unbekannt", "nothing": null,
        }),
    )
}

pub struct Made {
    pub open: Open,
    /// Every line that is still to be stored, as sent, once for each time that it was kept.
    pub lines: Vec<String>,
    /// Ids of rows of Arrow that are still to be stored.
    pub rows: Vec<&'static str>,
}

impl Made {
    fn ingest(&mut self, lines: &[String], mode: IngestMode) -> IngestReport {
        let report = self.open.ingest_as(&lines.join("\n"), mode);
        assert_eq!((report.accepted as usize, report.rejected), (lines.len(), 0), "{:?}", report.errors);
        self.lines.extend_from_slice(lines);
        report
    }

    fn open_run(&self, id: &str, by: &str, mode: RunMode, coverage_ms: Option<(i64, i64)>) -> RunId {
        let coverage = coverage_ms.map(|(from, to)| TimeRange::new(from * MS, to * MS).unwrap());
        let (asset, model, id) = (asset_id("e1"), model_ref(by), Some(RunId::new(id).unwrap()));
        self.open
            .archive
            .open_run(&self.open.caller, &RunSpec { id, asset, model, mode, coverage })
            .unwrap()
            .id
    }

    fn append(&mut self, run: &RunId, lines: &[String]) {
        let body = lines.join("\n");
        let body = Body::Lines(body.as_bytes());
        let report = self.open.archive.append_run(&self.open.caller, run, body, true).unwrap();
        assert_eq!(report.accepted as usize, lines.len(), "{:?}", report.errors);
        self.lines.extend_from_slice(lines);
    }

    fn commit(&self, run: &RunId) {
        self.open.archive.commit_run(&self.open.caller, run).unwrap();
        self.open.catch_up();
    }

    fn erase(&mut self, target: &EraseTarget, is_erased: impl Fn(&str) -> bool) {
        assert!(self.open.archive.erase(&self.open.caller, target).unwrap().is_some(), "{target:?}");
        self.lines.retain(|line| !is_erased(line));
        self.open.catch_up();
    }

    fn erase_one(&mut self, model: &str, run: &RunId, id: &str) {
        let target = EraseTarget::Annotation {
            asset: asset_id("e1"),
            model: model_ref(model),
            run: run.clone(),
            id: AnnotationId::new(id).unwrap(),
        };
        let field = format!("\"annotation_id\":\"{id}\"");
        self.erase(&target, |line| line.contains(&field));
        self.rows.retain(|row| *row != id);
    }

    fn register(&self) {
        let Open { archive, caller, .. } = &self.open;
        archive
            .put_assets(caller, &[full_asset(), Asset::new(asset_id("bare"), MovieId::new("m").unwrap())])
            .unwrap();
        let space = |id: &str, metric, encoder: Option<&str>| {
            let id = SpaceId::new(id).unwrap();
            Some(Space { id, dimensions: 3, metric, encoder: encoder.map(str::to_owned) })
        };
        let model = |model: &str, types: &[&str], language: Option<&str>, space| Model {
            model: model_ref(model),
            types: types.iter().map(|name| kind(name)).collect(),
            language: language.map(str::to_owned),
            space,
        };
        let models = [
            model("faces@1", &["CHARACTER_SEARCH", "вид"], Some("en"), None),
            model("clip@2", &[], None, space("clip", Metric::Cosine, Some("кодер"))),
            model("flat", &[], None, space("flat", Metric::L2, None)),
        ];
        archive.put_models(caller, &models).unwrap();
        let label = |of: &str, label: &str, aliases: &[&str]| LabelAliases {
            kind: kind(of),
            label: label.to_owned(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        };
        let labels = [
            label("CHARACTER_SEARCH", "Joey", &["Джоуи", "Joseph"]),
            label("SCENE_SEARCH", "кухня", &["kitchen"]),
        ];
        archive.put_labels(caller, &labels).unwrap();
        let token = |name: &str, movies: Option<&str>, rights: &[Right]| TokenSpec {
            name: name.to_owned(),
            movies: movies.map(|movie| [movie.to_owned()].into()),
            rights: rights.iter().copied().collect(),
            ..TokenSpec::default()
        };
        archive.tokens().create(&token("редактор", Some("паром"), &[Right::Read, Right::Ingest])).unwrap();
        archive.tokens().create(&token("chief", None, &[Right::Admin])).unwrap();
    }

    /// Loose lines of several assets and models in one request, and refused ones between them.
    fn say_loosely(&mut self) {
        let mut lines = vec![
            full_line(),
            line(
                "e1",
                "notes",
                "NOTE",
                (0, 0),
                json!({"text": "the ferry leaves at night and nobody is on deck"}),
            ),
            line(
                "e1",
                "notes",
                "NOTE",
                (3000, 3000),
                json!({"label": null, "text": "", "attributes": {}, "words": []}),
            ),
            line(
                "кино",
                "notes@1",
                "NOTE",
                (10, 20),
                json!({"movie_id": "другое", "label": "Ё́лка", "language": "ru"}),
            ),
            line("кино", "flat@1", "SHOT", (0, 9_000), json!({"embedding_vector": [0, 0, 0]})),
            line("gone", "faces@1", "CHARACTER_SEARCH", (0, 500), json!({"label": "Nobody"})),
        ];
        lines.extend((0..40).map(|n| {
            face("e1", &format!("l{n}"), ["Joey", "Mara"][n as usize % 2], (n * 900, n * 900 + 1500))
        }));
        self.ingest(&lines, IngestMode::Loose);
        let bad = line("e1", "faces@1", "CHARACTER_SEARCH", (9, 1), json!({"label": "Refused"}));
        let clash = face("e1", "l3", "Refused", (0, 1));
        let good = face("e1", "good", "Mara", (1, 2));
        let report = self.open.ingest(&[bad, good.clone(), clash].join("\n"));
        assert_eq!((report.accepted, report.rejected), (1, 2));
        self.lines.push(good);
        // What LZ4 does not make smaller.
        let noise: String =
            (0..12_000_u32).filter_map(|n| char::from_u32(0x4e00 + n * 7_919 % 20_011)).collect();
        let noise = line("crowd", "noise@1", "NOTE", (0, 1), json!({"attributes": {"noise": noise}}));
        self.ingest(&[noise], IngestMode::Loose);
        // More overlaps in one bucket than are listed.
        let crowd = (0..50).map(|n| face("crowd", &format!("c{n}"), "толпа", (500 + n * 3, 700 + n * 5)));
        self.ingest(&crowd.collect::<Vec<_>>(), IngestMode::Loose);
    }

    /// Runs of every state.
    fn run(&mut self) {
        let again = face("e1", "l7", "Mara", (6300, 7800));
        self.ingest(&[face("e1", "r1", "Joey", (2000, 8000))], IngestMode::Replace);
        // The loose ones are superseded; one is said again, as it was, and one with the same id and another time.
        self.ingest(
            &[again.clone(), face("e1", "l8", "Joey", (100, 200)), face("e1", "twin", "Joey", (6, 7))],
            IngestMode::Loose,
        );
        assert!(self.lines.iter().filter(|line| **line == again).count() == 2);
        let first = self.open_run("прогон", "faces@2", RunMode::Replace, Some((0, 20_000)));
        self.append(
            &first,
            &[face("e1", "a1", "Joey", (0, 1)), face("e1", "a2", "Mara", (2500, 2500))]
                .map(|line| second_version(&line)),
        );
        self.append(&first, &[second_version(&face("e1", "a3", "Joey", (19_999, 30_000)))]);
        self.commit(&first);
        let more = self.open_run("more", "faces@2", RunMode::Append, None);
        self.append(&more, &[second_version(&face("e1", "a1", "Mara", (0, 1)))]);
        self.commit(&more);
        let archived = self.open_run("archived", "places@1", RunMode::Replace, None);
        let place = |id: &str, ms| {
            line("e1", "places@1", "SCENE_SEARCH", ms, json!({"annotation_id": id, "label": "кухня"}))
        };
        self.append(&archived, &[place("p1", (0, 90_000)), place("p2", (5, 6))]);
        self.commit(&archived);
        let newer = self.open_run("newer", "places@2", RunMode::Replace, None);
        self.append(&newer, &[place("p3", (0, 80_000)).replace("places@1", "places@2")]);
        self.commit(&newer);
        self.open.archive.set_visibility(&self.open.caller, &archived, Visibility::Archived).unwrap();
        self.open.archive.restore_run(&self.open.caller, &first).unwrap();
        let empty = self.open_run("empty", "objects@1", RunMode::Replace, Some((0, 1000)));
        self.commit(&empty);
        let aborted = self.open_run("aborted", "places@3", RunMode::Replace, None);
        self.append(&aborted, &[place("p4", (1, 2)).replace("places@1", "places@3")]);
        self.open.archive.abort_run(&self.open.caller, &aborted).unwrap();
        self.lines.retain(|line| !line.contains("places@3"));
        let open = self.open_run("open", "places@4", RunMode::Append, None);
        self.append(&open, &[place("p5", (1, 2)).replace("places@1", "places@4")]);
    }

    fn send_batches(&mut self) {
        let rows = [("b1", 0), ("b2", 500), ("b3", 1000), ("b4", 1500)];
        let report = self
            .open
            .archive
            .ingest(&self.open.caller, Body::Arrow(&batch(&rows)), &IngestOptions::default())
            .unwrap();
        assert_eq!((report.accepted, report.rejected), (4, 0), "{:?}", report.errors);
        self.rows.extend(rows.map(|(id, _)| id));
    }

    fn forget(&mut self) {
        let run = RunId::new("прогон").unwrap();
        self.erase_one("faces@2", &run, "a2");
        self.erase_one("faces@1", &RunId::loose(), "l20");
        self.erase_one("clip@2", &RunId::loose(), "b2");
        let doomed = self.open_run("doomed", "doom@1", RunMode::Replace, None);
        let doom = line("e1", "doom@1", "NOTE", (0, 1), json!({"text": "doomed"}));
        self.append(&doomed, &[doom]);
        self.commit(&doomed);
        self.erase(&EraseTarget::Run(doomed), |line| line.contains("doom@1"));
        let model = |name: &str| line("кино", name, "NOTE", (0, 1), json!({"text": "left alone"}));
        self.ingest(&[model("left@1"), model("right@1")], IngestMode::Loose);
        self.erase(&EraseTarget::Model(model_ref("left@1"), Some(asset_id("кино"))), |line| {
            line.contains("left@1")
        });
        self.erase(&EraseTarget::Asset(asset_id("gone")), |line| line.contains("\"gone\""));
    }
}

fn second_version(line: &str) -> String {
    line.replace("faces@1", "faces@2")
}

/// An archive in which all stages have caught up.
pub fn everything() -> Made {
    let mut made = Made { open: Open::new(), lines: Vec::new(), rows: Vec::new() };
    made.register();
    made.say_loosely();
    made.run();
    made.send_batches();
    made.forget();
    made.open.catch_up();
    made.open.verify_clean();
    made.lines.sort();
    made
}

/// Closes the archive, copies its folder and opens it again, with these stages: the copy is what the reader reads.
pub fn copied(open: Open, options: OpenOptions) -> (Open, PathBuf) {
    let Open { archive, caller, dir } = open;
    let from = archive.dir().to_owned();
    archive.close();
    drop(archive);
    let to = dir.path().join("copy");
    copy(&from, &to);
    (Open { archive: Archive::open(&from, options).unwrap(), caller, dir }, to)
}

/// An archive in which no stage runs: what is committed waits.
pub fn resting() -> Open {
    let dir = TempDir::new().unwrap();
    let options = OpenOptions { stages: Vec::new(), ..OpenOptions::default() };
    Open { archive: Archive::open(&dir.path().join("a"), options).unwrap(), caller: Caller::local(), dir }
}
