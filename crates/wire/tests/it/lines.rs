use proptest::prelude::*;
use rushes_types::limits::Limits;
use rushes_types::*;
use rushes_wire::render::{AnnotationLine, to_json};
use rushes_wire::{ParsedLine, parse_line};

pub const GOOD: &str = r#"{"asset_id":"a","movie_id":"m","model":"faces@3","type":"CHARACTER_SEARCH","time_range":{"start_time_ns":2000000000,"end_time_ns":8000000000},"label":"Joey","confidence_score":0.97}"#;

fn parse(line: &str) -> ParsedLine<'_> {
    parse_line(line.as_bytes(), &Limits::default()).unwrap()
}

/// A line with one more field, or with a field in place of another.
fn with(field: &str) -> String {
    format!("{},{field}}}", &GOOD[..GOOD.len() - 1])
}

fn without(part: &str) -> String {
    assert!(GOOD.contains(part), "{part}");
    GOOD.replace(part, "")
}

#[test]
fn a_bad_line_is_refused_with_its_field() {
    let deep = format!(r#""attributes":{}1{}"#, r#"{"a":"#.repeat(70), "}".repeat(70));
    let deep_unknown = format!(r#""x":{}1{}"#, "[".repeat(70), "]".repeat(70));
    let wide = format!(r#""embedding_vector":[{}1]"#, "1,".repeat(4096));
    let label = "x".repeat(20_000);
    let r = |from: &str, to: &str| GOOD.replace(from, to);
    let table: Vec<(String, &str, &str)> = vec![
        (String::from("[1]"), "", "one JSON object a line"),
        (String::from("{"), "", "no JSON"),
        (format!("{GOOD} x"), "", "no JSON"),
        (String::from("nonsense"), "", "no JSON"),
        (without(r#""asset_id":"a","#), "/asset_id", "missing"),
        (without(r#""model":"faces@3","#), "/model", "missing"),
        (without(r#""type":"CHARACTER_SEARCH","#), "/type", "missing"),
        (
            without(r#""time_range":{"start_time_ns":2000000000,"end_time_ns":8000000000},"#),
            "/time_range",
            "missing",
        ),
        (without(r#","end_time_ns":8000000000"#), "/time_range/end_time_ns", "missing"),
        (r(r#""asset_id":"a""#, r#""asset_id":"""#), "/asset_id", "empty"),
        (r(r#""asset_id":"a""#, r#""asset_id":7"#), "/asset_id", "send a text"),
        (r(r#""asset_id":"a""#, r#""asset_id":"a\u0000""#), "/asset_id", "control"),
        (r("faces@3", "@3"), "/model", "name@version"),
        (r("CHARACTER_SEARCH", ""), "/type", "empty"),
        (r("2000000000", "-1"), "/time_range", "before the media"),
        (r("2000000000", "9000000000"), "/time_range", "before start"),
        (r("2000000000", "2.5"), "/time_range/start_time_ns", "whole nanoseconds"),
        (r("8000000000", "1e400"), "/time_range/end_time_ns", "out of range"),
        (r("8000000000", "99999999999999999999"), "/time_range/end_time_ns", "whole"),
        (r("8000000000", "172802000000001"), "/time_range", "longer than"),
        (r("0.97", "97"), "/confidence_score", "divide"),
        (r("0.97", "-0.1"), "/confidence_score", "between 0 and 1"),
        (r("0.97", "NaN"), "/confidence_score", "between 0 and 1"),
        (r("0.97", "\"high\""), "/confidence_score", "between 0 and 1"),
        (r(r#""Joey""#, r#""Jo\u0000ey""#), "/label", "U+0000"),
        (r("Joey", &label), "/label", "`text`"),
        (with(r#""label":"again""#), "/label", "twice"),
        (with(r#""time_range":{"start_time_ns":0,"start_time_ns":1}"#), "/time_range", "twice"),
        (with(r#""text":"a\u0007b""#), "/text", "U+0007"),
        (with(r#""text":["x"]"#), "/text", "send a text"),
        (with(r#""language":"not a language""#), "/language", "BCP 47"),
        (with(r#""embedding_vector":[]"#), "/embedding_vector", "empty"),
        (with(r#""embedding_vector":[1,NaN]"#), "/embedding_vector/1", "NaN"),
        (with(r#""embedding_vector":[1,2,1e39]"#), "/embedding_vector/2", ""),
        (with(r#""embedding_vector":[1,null]"#), "/embedding_vector/1", "finite numbers"),
        (with(r#""embedding_vector":"x""#), "/embedding_vector", "finite numbers"),
        (with(&wide), "/embedding_vector", "4096"),
        (with(r#""attributes":[1]"#), "/attributes", "object"),
        (with(r#""attributes":{"a":1,"a":2}"#), "/attributes", "twice"),
        (with(&deep), "/attributes", "deeper than 64"),
        (with(&deep_unknown), "", "deeper than 64"),
        (with(r#""annotation_id":"""#), "/annotation_id", "empty"),
        (
            with(r#""words":[{"text":"a","start_time_ns":1,"end_time_ns":2},{"text":"b"}]"#),
            "/words/1/start_time_ns",
            "missing",
        ),
        (with(r#""words":[{"text":"a","start_time_ns":3,"end_time_ns":2}]"#), "/words/0", "before start"),
        (with(r#""words":[{"text":5}]"#), "/words/0/text", "send a text"),
        (
            with(r#""words":[{"text":"a","start_time_ns":1,"end_time_ns":2,"confidence":7}]"#),
            "/words/0/confidence",
            "between",
        ),
    ];
    for (line, pointer, part) in table {
        let error = parse_line(line.as_bytes(), &Limits::default()).expect_err(&line);
        assert_eq!(error.pointer, pointer, "{line:.200}: {error}");
        assert!(error.detail.contains(part), "{line:.200}: {error}");
        assert!(!error.detail.contains(" at line "), "{error}");
    }
    let limits = Limits { line_bytes_max: 50, ..Limits::default() };
    assert!(parse_line(GOOD.as_bytes(), &limits).unwrap_err().detail.contains("at most 50"));
    assert!(parse_line(b"{\"asset_id\":\"\xff\"}", &Limits::default()).is_err());
}

#[test]
fn what_may_be_left_out_may_be_null_or_empty() {
    let bare = parse(
        r#"{"asset_id":"a","model":"cuts","type":"SHOT","time_range":{"start_time_ns":0,"end_time_ns":0},
            "label":null,"text":"","words":null,"embedding_vector":null,"attributes":null,"confidence_score":null}"#,
    );
    assert!(bare.label.is_none() && bare.text.is_none() && bare.vector.is_none() && bare.words.is_empty());
    let words = with(r#""words":[{"word":"how","start_time_ns":1,"end_time_ns":2,"score":3}]"#);
    assert_eq!(parse(&words).words[0].text, "how");
}

#[test]
fn the_derived_id_depends_on_content_and_not_on_how_it_is_written() {
    let digest = |line: &str| parse(line).digest();
    let a = digest(GOOD);
    let same = [
        r#" { "label" : "J\u006fey", "confidence_score":9.7e-1, "type":"CHARACTER_SEARCH", "time_range":{"end_time_ns":8000000000,"start_time_ns":2000000000}, "model":"faces@3","asset_id":"a"} "#
            .to_owned(),
        GOOD.replace(r#""movie_id":"m","#, ""),
        with(r#""text":null"#),
        with(r#""annotation_id":"mine""#),
    ];
    for line in same {
        assert_eq!(digest(&line), a, "{line}");
    }
    let others = [
        GOOD.replace("Joey", "joey"),
        GOOD.replace("2000000000", "2000000001"),
        GOOD.replace("0.97", "0.98"),
        GOOD.replace("faces@3", "faces@4"),
        with(r#""x":1"#),
        with(r#""x":2"#),
        with(r#""y":1"#),
        with(r#""attributes":{"x":1}"#),
        with(r#""embedding_vector":[1]"#),
        with(r#""text":"Joey""#),
    ];
    let mut all: Vec<u128> = others.iter().map(|l| digest(l)).chain([a]).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), others.len() + 1);
    assert_eq!(digest(&with(r#""x":1,"y":[2]"#)), digest(&with(r#""y":[2],"x":1"#)));
    let unversioned = GOOD.replace("faces@3", "faces");
    assert_eq!(digest(&unversioned), digest(&GOOD.replace("faces@3", "faces@1")));
    let parsed = parse(GOOD);
    assert_eq!(parsed.annotation_id(a).unwrap().as_str(), format!("{a:032x}"));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Value::Float),
        ".{0,8}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map(".{0,4}", inner, 0..4).prop_map(Value::Map),
        ]
    })
}

prop_compose! {
    pub fn annotation()(
        (start, span) in (0i64..1_000_000_000_000, 0i64..100_000_000_000),
        label in prop::option::of("[ -~éß字]{1,12}"),
        text in prop::option::of("[ -~\n\téß字]{1,40}"),
        words in prop::collection::vec(("[a-zé]{0,6}", 0i64..99, 0i64..99, prop::option::of(0.0f64..=1.0)), 0..4),
        language in prop::option::of("[a-z]{2}(-[A-Z]{2})?"),
        vector in prop::option::of(prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::ZERO | prop::num::f32::NEGATIVE, 1..9)),
        confidence in prop::option::of(0.0f64..=1.0),
        attributes in prop::collection::btree_map("[a-z]{1,4}", value(), 0..4),
        (id, model, kind) in ("[a-z]{1,9}", "[a-z]{1,5}@[0-9]", "[A-Z_]{1,9}"),
    ) -> Annotation {
        let word = |(text, s, n, confidence): (String, i64, i64, Option<f64>)| {
            Word { text, range: TimeRange::new(s, s + n).unwrap(), confidence }
        };
        Annotation {
            asset: AssetId::new("asset").unwrap(),
            model: ModelRef::parse(&model).unwrap(),
            run: RunId::loose(),
            id: AnnotationId::new(&id).unwrap(),
            kind: AnnotationType::new(&kind).unwrap(),
            range: TimeRange::new(start, start + span).unwrap(),
            label, text,
            words: words.into_iter().map(word).collect(),
            language,
            vector: vector.map(|v| v.into_iter().filter(|x| x.is_finite()).chain([0.5]).collect()),
            confidence, attributes,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_rendered_annotation_is_read_back(a in annotation()) {
        let line = to_json(&AnnotationLine { annotation: &a, movie: None }).unwrap();
        let parsed = parse_line(line.as_bytes(), &Limits::default()).unwrap();
        let back = parsed.into_annotation(a.asset.clone(), a.model.clone(), a.run.clone()).unwrap();
        prop_assert_eq!(back, a);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_line(&bytes, &Limits::default());
    }

    #[test]
    fn a_damaged_line_makes_no_panic(a in annotation(), at in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
        let mut line = to_json(&AnnotationLine { annotation: &a, movie: None }).unwrap().into_bytes();
        let at = at % line.len();
        line[at] = byte;
        let _ = parse_line(&line, &Limits::default());
        line.truncate(cut % line.len());
        prop_assert!(parse_line(&line, &Limits::default()).is_err());
    }
}

/// `cargo test --release -p rushes-wire --test it -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement"]
fn speed_of_lines() {
    use std::fmt::Write;
    let measure = |name: &str, line: &dyn Fn(usize) -> String, n: usize| {
        let mut body = String::new();
        for i in 0..n {
            writeln!(body, "{}", line(i)).unwrap();
        }
        let limits = Limits { request_bytes_max: usize::MAX, ..Limits::default() };
        for threads in [1, 2] {
            let options = rushes_wire::batch::SplitOptions { limits: &limits, space_of: &|_| None, threads };
            let since = std::time::Instant::now();
            let request = rushes_wire::split_request(body.as_bytes(), &options).unwrap();
            let took = since.elapsed().as_secs_f64();
            assert_eq!(request.blocks[0].rows.len(), n);
            println!(
                "{name}, {threads} thread(s): {:.0} lines/s, {:.0} MB/s",
                n as f64 / took,
                body.len() as f64 / took / 1e6
            );
        }
    };
    measure("short", &|i| GOOD.replace("2000000000", &(2_000_000_000 + i).to_string()), 300_000);
    let vector = |i: usize| {
        let numbers: Vec<String> = (0..512)
            .map(|j| format!("{:.6}", (((i * 512 + j) * 7919) % 100_003) as f64 / 100_003.0 - 0.5))
            .collect();
        with(&format!(r#""embedding_vector":[{}]"#, numbers.join(",")))
    };
    measure("512 dimensions", &vector, 20_000);
    let full = |i: usize| {
        let numbers: Vec<String> = (0..512)
            .map(|j| format!("{}", ((((i * 512 + j) * 7919) % 100_003) as f32 / 100_003.0 - 0.5)))
            .collect();
        with(&format!(r#""embedding_vector":[{}]"#, numbers.join(",")))
    };
    measure("512 dimensions, shortest f32", &full, 20_000);
    let double = |i: usize| {
        let numbers: Vec<String> = (0..512)
            .map(|j| format!("{}", f64::from((((i * 512 + j) * 7919) % 100_003) as f32 / 100_003.0 - 0.5)))
            .collect();
        with(&format!(r#""embedding_vector":[{}]"#, numbers.join(",")))
    };
    measure("512 dimensions, f32 printed as f64", &double, 20_000);
}
