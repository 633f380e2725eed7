//! What tokens let their holders see.

use rushes_archive::{Caller, Grant, IngestOptions, Right, SearchRequest, SuggestRequest, TokenSpec};
use rushes_plan::Plan;
use rushes_query::Answer;
use rushes_store::{LabelAliases, RunSpec};
use rushes_types::{AnnotationType, Asset, AssetId, ErrorKind, ModelRef, MovieId, RunId, RunMode};
use serde_json::{Value, json};

use crate::flow::Open;

fn holder(open: &Open, spec: &TokenSpec) -> Caller {
    let secret = open.archive.tokens().create(spec).unwrap();
    open.archive.tokens().authenticate(&secret).unwrap()
}

fn reader(movies: &[&str]) -> TokenSpec {
    TokenSpec {
        name: movies.join("+"),
        movies: Some(movies.iter().map(ToString::to_string).collect()),
        rights: [Right::Read].into(),
        ..TokenSpec::default()
    }
}

/// Lines of a show and of another title: dialogue, labels, vectors, accents.
fn lines() -> String {
    let texts =
        ["the ferry is late", "Un café, s'il vous plaît", "ferries and more ferries", "a cafe at the quay"];
    let mut lines = String::new();
    for (movie, asset) in [("show", "e1"), ("show", "e2"), ("other", "o1")] {
        for (n, text) in (0_u32..).zip(texts) {
            let times = |from: u32, to: u32| {
                let ns = 1_000_000_000_u64;
                json!({"start_time_ns": u64::from(from) * ns, "end_time_ns": u64::from(to) * ns})
            };
            let base = json!({"asset_id": asset, "movie_id": movie, "time_range": times(n * 5, n * 5 + 3)});
            let with = |more: Value| {
                let mut line = base.clone();
                line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                format!("{line}\n")
            };
            lines += &with(json!({"model": "asr@1", "type": "DIALOGUE_SEARCH", "text": text}));
            lines += &with(json!({"model": "faces@1", "type": "CHARACTER_SEARCH", "label": "Captain Ferry"}));
            let vector = json!([0.5, f64::from(n) - 1.5]);
            lines += &with(
                json!({"model": "clip@1", "type": "SCENE_SEARCH", "label": "quay", "embedding_vector": vector}),
            );
        }
    }
    lines
}

fn questions() -> Vec<SearchRequest> {
    let plan = |plan: Value| SearchRequest {
        plan: Plan::parse(&plan.to_string()).unwrap(),
        ..SearchRequest::default()
    };
    let words = ["late ferry", "Captain Fery at the quay", "\"un cafe\"", "cap"];
    let words = words.map(|q| SearchRequest { q: Some(q.to_owned()), ..SearchRequest::default() });
    let plans = [
        json!({"any": [{"text": "ferry café quay nowhere"}], "explain": true}),
        json!({"any": [{"text": "cafe"}, {"label": "skipper"}], "limit": 2}),
        json!({"all": [{"vector": {"values": [0.5, 0.25], "k": 3}}], "explain": true}),
        json!({"all": [{"vector": {"like": {"asset_id": "e1", "start_ns": 0, "end_ns": 9_000_000_000_i64}}}]}),
    ];
    words.into_iter().chain(plans.map(plan)).collect()
}

/// An answer without how long it took and how many annotations were looked at.
fn plain(mut answer: Answer) -> Answer {
    answer.took_ms = 0.0;
    answer.clauses.iter_mut().for_each(|clause| clause.examined = 0);
    answer
}

#[test]
fn who_may_see_every_title_by_name_is_answered_as_one_who_may_see_all() {
    let open = Open::new();
    open.ingest(&lines());
    let kind = AnnotationType::new("CHARACTER_SEARCH").unwrap();
    let skipper = LabelAliases { kind, label: "Captain Ferry".into(), aliases: vec!["Skipper".into()] };
    open.archive.put_labels(&open.caller, &[skipper]).unwrap();
    let every = holder(&open, &reader(&["show", "other"]));
    for question in questions() {
        let all = plain(open.archive.search(&open.caller, &question).unwrap());
        assert_eq!(plain(open.archive.search(&every, &question).unwrap()), all, "{question:?}");
    }
    for typed in ["", "fe", "ca", "q", "skip", "the la"] {
        let request = SuggestRequest { typed: typed.to_owned(), tails: true, limit: 20 };
        let offers = |caller: &Caller| {
            let mut offers = open.archive.suggest(caller, &request).unwrap();
            // Words as frequent as each other come in the order of an index's lists to one who may see all.
            offers.sort_by(|a, b| (a.from, &a.kind, &a.text).cmp(&(b.from, &b.kind, &b.text)));
            offers
        };
        assert_eq!(offers(&every), offers(&open.caller), "{typed:?}");
    }
    assert_eq!(open.archive.models(&every).unwrap(), open.archive.models(&open.caller).unwrap());
    assert_eq!(open.archive.labels(&every).unwrap(), open.archive.labels(&open.caller).unwrap());
}

#[test]
fn the_weight_of_a_word_does_not_tell_what_is_said_elsewhere() {
    let open = Open::new();
    open.ingest(&lines());
    let show = holder(&open, &reader(&["show"]));
    let question = &questions()[4];
    let weights = |caller: &Caller| open.archive.search(caller, question).unwrap().plan;
    let (before, of_all) = (weights(&show), weights(&open.caller));
    let said: String = (0..40)
        .map(|n| {
            let time = json!({"start_time_ns": n * 1_000, "end_time_ns": n * 1_000 + 500});
            let line = json!({"asset_id": "o2", "movie_id": "other", "model": "asr@1", "type": "DIALOGUE_SEARCH",
                              "text": "no ferry, nowhere", "time_range": time});
            format!("{line}\n")
        })
        .collect();
    open.ingest(&said);
    assert_eq!(weights(&show), before);
    assert_ne!(weights(&open.caller), of_all);
}

#[test]
fn a_collection_gives_rights_on_what_belongs_to_it_also_later() {
    let open = Open::new();
    let named = |asset: &str, movie: &str, collection: Option<&str>| Asset {
        collection: collection.map(str::to_owned),
        ..Asset::new(AssetId::new(asset).unwrap(), MovieId::new(movie).unwrap())
    };
    open.archive
        .put_assets(&open.caller, &[named("e1", "show", Some("ferries")), named("o1", "other", None)])
        .unwrap();
    open.ingest(&lines());
    let grant =
        Grant { movies: ["day".to_owned()].into(), rights: [Right::Ingest].into(), ..Grant::default() };
    let caller = holder(
        &open,
        &TokenSpec {
            name: "ferries".into(),
            collections: ["ferries".to_owned()].into(),
            rights: [Right::Read].into(),
            grants: vec![grant],
            ..TokenSpec::default()
        },
    );
    let found = || {
        let plan = Plan::parse(&json!({"all": [{"label": "quay"}]}).to_string()).unwrap();
        let answer = open
            .archive
            .search(&caller, &SearchRequest { q: None, plan, ..SearchRequest::default() })
            .unwrap();
        answer.moments.into_iter().map(|m| m.asset_id).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(found().into_iter().collect::<Vec<_>>(), ["e1"]);
    open.archive.put_assets(&open.caller, &[named("o1", "other", Some("ferries"))]).unwrap();
    open.catch_up();
    assert_eq!(found().into_iter().collect::<Vec<_>>(), ["e1", "o1"]);
    // What is written needs its own right; what is there already cannot be taken over.
    let put = |asset: Asset| open.archive.put_assets(&caller, &[asset]).map_err(|e| e.kind());
    assert!(put(named("d1", "day", None)).unwrap().is_some());
    assert_eq!(put(named("e1", "day", Some("ferries"))), Err(ErrorKind::Conflict));
    assert_eq!(put(named("e9", "show", Some("ferries"))), Err(ErrorKind::NotFound));
}

#[test]
fn what_may_not_be_written_to_is_refused_as_if_it_was_not_there() {
    let open = Open::new();
    open.ingest(&lines());
    let spec = |run: &str, asset: &str| RunSpec {
        id: Some(RunId::new(run).unwrap()),
        asset: AssetId::new(asset).unwrap(),
        model: ModelRef::parse("faces@1").unwrap(),
        mode: RunMode::Append,
        coverage: None,
    };
    open.archive.open_run(&open.caller, &spec("theirs", "o1")).unwrap();
    let caller =
        holder(&open, &TokenSpec { rights: [Right::Read, Right::Ingest].into(), ..reader(&["show"]) });
    let said = |result: rushes_types::Result<_>| -> (ErrorKind, String) {
        let error: rushes_types::Error = result.map(|_: ()| ()).unwrap_err();
        (error.kind(), error.message().replace("theirs", "X").replace("nowhere", "X").replace("o1", "X"))
    };
    let commit = |run: &str| said(open.archive.commit_run(&caller, &RunId::new(run).unwrap()).map(drop));
    assert_eq!(commit("theirs"), commit("nowhere"));
    let open_on = |asset: &str| said(open.archive.open_run(&caller, &spec("r", asset)).map(drop));
    assert_eq!(open_on("o1"), open_on("nowhere"));
    let write = |asset: &str| {
        let line = lines().lines().next().unwrap().replace("e1", asset).replace("\"movie_id\":\"show\",", "");
        let body = rushes_archive::Body::Lines(line.as_bytes());
        said(open.archive.ingest(&caller, body, &IngestOptions::default()).map(drop))
    };
    assert_eq!(write("o1"), write("nowhere"));
    // An id can be claimed once only: who does so learns that it is taken, and no more.
    let taken = open.archive.open_run(&caller, &spec("theirs", "e1")).unwrap_err();
    assert_eq!((taken.kind(), taken.message().contains("o1")), (ErrorKind::Conflict, false));
}
