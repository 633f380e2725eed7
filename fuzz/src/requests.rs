//! What clients send: annotation lines, record batches, asset, model and label lines, plans, cursors, questions.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use rushes_ask::questions::{self, DEVELOP, LEXICON, WrittenLexicon};
use rushes_plan::{Knowledge, Plan, Query, resolve};
use rushes_query::Cursor;
use rushes_types::limits::Limits;
use rushes_types::{Commit, ReadPoint, RunId};
use rushes_wire::arrow::{PartOptions, Parts, split_arrow};
use rushes_wire::batch::SplitOptions;
use rushes_wire::{BlockContext, Request, decode_block, headers_of_block, keep_only, redact, split_request};

use crate::Target;

pub fn targets() -> Vec<Target> {
    let texts = |list: &[&str]| list.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    vec![
        Target::new("lines", lines, texts(&LINES)),
        Target::new("arrow", arrow, vec![batches(false), batches(true)]),
        Target::new("records", records, texts(&RECORDS)),
        Target::new("plan", plan, plans()),
        Target::new("cursor", cursor, cursors()),
        Target::new("ask", ask, questions().iter().map(|q| q.clone().into_bytes()).collect()),
    ]
}

const LINES: [&str; 3] = [
    r#"{"asset_id":"a","movie_id":"m","annotation_id":"1","model":"faces@3","type":"CHARACTER_SEARCH","label":"Mara","time_range":{"start_time_ns":2000000000,"end_time_ns":8000000000},"confidence_score":0.97,"attributes":{"box":[0.1,1,{"x":null}],"n":-1e3,"t":"\u00e9\ud83d\ude00"}}"#,
    r#"{"asset_id":"a","model":"asr","type":"DIALOGUE_SEARCH","text":"Hi there","language":"en","words":[{"text":"Hi","start_time_ns":1,"end_time_ns":2,"confidence":0.5},{"word":"there","start_time_ns":2,"end_time_ns":3}],"time_range":{"start_time_ns":0,"end_time_ns":5},"other":1}
{"asset_id":"b","model":"clip@1","type":"MEANING_SEARCH","embedding_vector":[0.5,-1,1e-3,2],"time_range":{"start_time_ns":7,"end_time_ns":7}}"#,
    "\u{feff}\n\n{\"asset_id\":\"a\"}\nnot JSON\n",
];

const RECORDS: [&str; 3] = [
    r#"{"asset_id":"a","movie_id":"m","collection":"c","series":"s","season":1,"episode":2,"title":"T","duration_ns":60000000000,"frame_rate":"30000/1001","start_timecode":"10:00:00;00","drop_frame":true,"reel":"r","scene":"1A","take":"2","camera":"A","circled":true,"language":"en","path":"p","more":{"x":[1]}}"#,
    r#"{"model":"clip@1","types":["SCENE_SEARCH"],"language":"en","space":{"dimensions":4,"metric":"l2","encoder":"clip","id":"x"}}"#,
    r#"{"type":"CHARACTER_SEARCH","label":"Mara","aliases":["the captain","Captain"]}"#,
];

fn splitting(limits: &Limits) -> SplitOptions<'_> {
    SplitOptions { limits, space_of: &|_| None, threads: 1 }
}

fn lines(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(request) = split_request(data, &splitting(&limits)) {
        kept(&request);
    }
}

fn arrow(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(request) = split_arrow(data, &splitting(&limits)) {
        kept(&request);
    }
    for by_run in [false, true] {
        let mut parts = Parts::new(data, PartOptions { by_run, bytes_max: 1 << 10 });
        while let Ok(Some(_)) = parts.next_batch() {}
    }
}

/// What was accepted is read back as it was accepted, and can be redacted.
fn kept(request: &Request) {
    let accepted: usize = request.blocks.iter().map(|block| block.rows.len()).sum();
    assert_eq!((accepted + request.errors.len()) as u64, request.sent);
    for block in &request.blocks {
        let context =
            BlockContext { asset: block.asset.clone(), model: block.model.clone(), run: RunId::loose() };
        let at: Vec<u32> = block.rows.iter().map(|row| row.position).collect();
        let headers =
            headers_of_block(block.format, &block.bytes, &at, &context).expect("what was accepted is read");
        for (header, row) in headers.iter().zip(&block.rows) {
            assert_eq!((&header.id, header.start_ns, header.digest), (&row.id, row.start_ns, row.digest));
        }
        let read =
            decode_block(block.format, &block.bytes, &at, &context).expect("what was accepted is read");
        assert_eq!(read.len(), at.len());
        let first: BTreeSet<u32> = at.iter().take(1).copied().collect();
        let without = redact(block.format, &block.bytes, &first).expect("what was accepted is redacted");
        let rest = &at[first.len()..];
        assert_eq!(
            decode_block(block.format, &without, rest, &context).expect("the rest stays"),
            read[first.len()..]
        );
        keep_only(block.format, &block.bytes, rest).expect("what was accepted is redacted");
    }
}

fn batches(is_mixed: bool) -> Vec<u8> {
    let other = if is_mixed { "b" } else { "a" };
    let text = |list: [&str; 2]| Arc::new(StringArray::from(list.to_vec())) as ArrayRef;
    let numbers = Arc::new(Float32Array::from(vec![0.5, -1.0, 1.0, 2.0])) as ArrayRef;
    let item = Arc::new(Field::new_list_field(DataType::Float32, true));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("asset_id", text(["a", other])),
        ("model", text(["clip@1", "clip@1"])),
        ("type", text(["MEANING_SEARCH", "MEANING_SEARCH"])),
        ("label", text(["Mara", ""])),
        ("attributes", text(["{\"a\":[1,null]}", "{}"])),
        ("start_time_ns", Arc::new(Int64Array::from(vec![1, 2]))),
        ("end_time_ns", Arc::new(Int64Array::from(vec![3, 4]))),
        ("confidence_score", Arc::new(Float64Array::from(vec![Some(0.5), None]))),
        ("embedding_vector", Arc::new(FixedSizeListArray::new(item, 2, numbers, None))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, c)| Field::new(*name, c.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length");
    let mut out = Vec::new();
    let mut writer = StreamWriter::try_new(&mut out, &batch.schema()).expect("a stream in memory");
    writer.write(&batch).and_then(|()| writer.finish()).expect("a stream in memory");
    drop(writer);
    out
}

fn records(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(asset) = rushes_wire::records::parse_asset_line(data, &limits) {
        let bytes = rushes_store::engine::encode_asset(&asset).expect("an asset is stored");
        assert_eq!(rushes_store::engine::decode_asset(&bytes).expect("and read"), asset);
    }
    if let Ok(model) = rushes_wire::records::parse_model_line(data, &limits) {
        let bytes = rushes_store::engine::encode_model(&model);
        assert_eq!(rushes_store::engine::decode_model(&bytes).expect("a model is stored and read"), model);
    }
    if let Ok(label) = rushes_wire::records::parse_label_line(data, &limits) {
        let bytes = rushes_store::engine::encode_label(&label);
        assert_eq!(rushes_store::engine::decode_label(&bytes).expect("a label is stored and read"), label);
    }
}

/// Knows nothing.
struct Nothing;
impl Knowledge for Nothing {}

fn plan(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(plan) = Plan::parse(text) else { return };
    let again = serde_json::to_string(&plan).expect("a plan is JSON");
    assert_eq!(Plan::parse(&again).expect("a plan that was written is read"), plan, "{again}");
    let _ = rushes_query::cursor_of(&plan);
    let Ok(resolved) = resolve(&plan, &Nothing, None) else { return };
    let json = resolved.plan.to_json().to_string();
    let back =
        Plan::parse(&json).unwrap_or_else(|error| panic!("a resolved plan is a plan: {error}: {json}"));
    let twice =
        resolve(&back, &Nothing, None).unwrap_or_else(|error| panic!("it resolves again: {error}: {json}"));
    assert_eq!(twice.plan.to_json(), resolved.plan.to_json());
    let _ = Query::compile(&resolved.plan);
}

fn cursor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(cursor) = Cursor::read(text) {
        assert_eq!(Cursor::read(&cursor.write()).expect("a cursor that was written is read"), cursor);
    }
    // As what is inside of the base64 too: else most inputs are none of ours.
    use base64::Engine as _;
    let inside = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    if let Ok(cursor) = Cursor::read(&inside) {
        assert_eq!(Cursor::read(&cursor.write()).expect("a cursor that was written is read"), cursor);
    }
}

fn cursors() -> Vec<Vec<u8>> {
    let read_point = ReadPoint { upto: Commit(9), in_flight: vec![Commit(3), Commit(7)] };
    let cursor = Cursor { plan: "ab".into(), read_point, offset: 40, word_weights: vec![1.25, 0.1] };
    vec![cursor.write().into_bytes(), br#"{"v":1,"p":"ab","r":"9-3-7","o":40,"w":[1.25,0.1]}"#.to_vec()]
}

fn names() -> &'static WrittenLexicon {
    static NAMES: OnceLock<WrittenLexicon> = OnceLock::new();
    NAMES.get_or_init(|| WrittenLexicon::read(LEXICON).expect("our lexicon"))
}

fn questions() -> Vec<String> {
    let all = questions::read(DEVELOP).expect("our questions");
    all.into_iter().map(|question| question.ask).collect()
}

/// A question in words, over the names of our own questions.
fn ask(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(asked) = rushes_ask::ask(text, &Plan::default(), names()) else { return };
    asked.plan.check().expect("a plan");
    for span in &asked.reading.spans {
        assert_eq!(text.get(span.start..span.end), Some(span.text.as_str()));
    }
}

/// The plans of our questions, and some that use what no question says.
fn plans() -> Vec<Vec<u8>> {
    let asked = questions().into_iter().step_by(7).filter_map(|question| {
        let plan = rushes_ask::ask(&question, &Plan::default(), names()).ok()?.plan;
        serde_json::to_vec(&plan).ok()
    });
    let written = [
        r#"{"all":[{"type":"MEANING_SEARCH","vector":{"text":"somebody is hungry","k":20,"exact":true,"min_similarity":0.5}}],"limit":10,"explain":true}"#,
        r#"{"all":[{"vector":{"values":[0.5,1],"space":"x","metric":"cosine","k":3}},{"vector":{"like":{"asset_id":"a","annotation_id":"1"}}}],"any":[{"label":"a"},{"text":"b c","weight":2,"operator":"or","prefix":true,"fuzziness":"auto"}],"none":[{"phrase":"c d","slop":2}],"mode":"union","merge_gap":2,"pad":{"before":1,"after":0.5},"snap":"shot","max_span":"1:00"}"#,
        r#"{"then":[{"all":[{"label":"a","attributes":{"x":{"gte":3},"y":["z",null]}}]},{"all":[{"label":"b"}],"within":10}],"scope":{"assets":["a"],"movies":["m"],"seasons":[1],"time":[{"from":1,"to":"0:02"}],"exclude":{"episodes":[2]}},"where":[{"duration":{"gte":27}},{"coverage":{"clause":{"label":"c"},"gte":0.8}},{"near":{"clause":{"label":"d"},"within":5,"negate":true}}],"rank_by":"start","fold":{"overlap":0.9},"group_by":["season","attribute:x"],"top":[3,2],"weights":{"T":0.5},"fusion":"rrf","min_confidence":0.5,"require_analysed":["m@1"],"runs":["r"]}"#,
    ];
    asked.chain(written.map(|text| text.as_bytes().to_vec())).collect()
}
