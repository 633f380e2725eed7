//! Plans: read, refused with the field and the mend, resolved, compiled, written back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod timecode;

use proptest::prelude::*;
use rushes_plan::{Plan, Query, resolve};
use rushes_testkit::archive::Archive;
use rushes_testkit::archive_gen::{archives, plans};
use serde_json::{Value as Json, json};

/// What a plan is refused for: the field, and what to do.
fn refused(plan: &Json) -> (String, String) {
    let error = Plan::read(plan).expect_err("the plan should be refused");
    (error.pointer().unwrap_or("none").to_owned(), error.message().to_owned())
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    let joey = json!({"label": "Joey"});
    for (plan, pointer) in [
        (json!([]), ""),
        (json!({"al": [joey]}), "/al"),
        (json!({"all": joey}), "/all"),
        (json!({"all": [{}]}), "/all/0"),
        (json!({"all": [{"label": 3}]}), "/all/0/label"),
        (json!({"all": [{"label": " "}]}), "/all/0/label"),
        (json!({"all": [{"label": "a", "text": "b"}]}), "/all/0/text"),
        (json!({"all": [{"label": "a", "slop": 1}]}), "/all/0/slop"),
        (json!({"all": [{"phrase": "a", "slop": -1}]}), "/all/0/slop"),
        (json!({"all": [{"phrase": "a", "fuzziness": 3}]}), "/all/0/fuzziness"),
        (json!({"all": [{"phrase": "a", "operator": "or"}]}), "/all/0/operator"),
        (json!({"all": [{"label": "a", "weight": 0}]}), "/all/0/weight"),
        (json!({"all": [{"label": "a", "min_confidence": 1.5}]}), "/all/0/min_confidence"),
        (json!({"all": [{"attributes": {"a/b": {"gte": "x"}}}]}), "/all/0/attributes/a~1b/gte"),
        (json!({"all": [{"attributes": {"a": {}}}]}), "/all/0/attributes/a"),
        (json!({"all": [{"vector": {}}]}), "/all/0/vector"),
        (json!({"all": [{"vector": {"text": "a", "values": [1]}}]}), "/all/0/vector"),
        (json!({"all": [{"vector": {"values": []}}]}), "/all/0/vector/values"),
        (json!({"all": [{"vector": {"values": [1, 1e300]}}]}), "/all/0/vector/values/1"),
        (json!({"all": [{"vector": {"text": "a", "k": 0}}]}), "/all/0/vector/k"),
        (json!({"all": [{"vector": {"text": "a", "k": 10_001}}]}), "/all/0/vector/k"),
        (json!({"all": [{"vector": {"text": "a", "metric": "l2", "min_similarity": 0.1}}]}), "/all/0/vector"),
        (
            json!({"all": [{"vector": {"text": "a", "min_similarity": 0.1, "max_distance": 1}}]}),
            "/all/0/vector/max_distance",
        ),
        (json!({"all": [{"vector": {"like": {"annotation_id": "x"}}}]}), "/all/0/vector/like"),
        (
            json!({"all": [{"vector": {"like": {"asset_id": "x", "start_ns": 4, "end_ns": 3}}}]}),
            "/all/0/vector/like",
        ),
        (json!({"none": [joey]}), "/all"),
        (json!({"all": [joey], "then": [{"none": [joey]}]}), "/then/0"),
        (json!({"all": [joey], "then": [{"all": [joey], "within": "soon"}]}), "/then/0/within"),
        (json!({"all": [joey], "mode": "unoin"}), "/mode"),
        (json!({"all": [joey], "limit": 1001}), "/limit"),
        (json!({"all": [joey], "max_span": 0}), "/max_span"),
        (json!({"all": [joey], "scope": {"movie": ["x"]}}), "/scope/movie"),
        (json!({"all": [joey], "scope": {"exclude": {"exclude": {}}}}), "/scope/exclude/exclude"),
        (json!({"all": [joey], "scope": {"time": [{}]}}), "/scope/time/0"),
        (json!({"all": [joey], "scope": {"time": [{"from": 4, "to": 2}]}}), "/scope/time/0"),
        (json!({"all": [joey], "scope": {"time": [{"from": -4}]}}), "/scope/time/0/from"),
        (json!({"all": [joey], "group_by": ["episod"]}), "/group_by/0"),
        (json!({"all": [joey], "group_by": ["season"], "top": [1, 2]}), "/top"),
        (json!({"all": [joey], "fold": {"overlap": 0}}), "/fold/overlap"),
        (json!({"all": [joey], "where": {"coverage": {"clause": joey}}}), "/where/coverage"),
        (json!({"all": vec![joey; 65]}), ""),
    ] {
        assert_eq!(refused(&plan).0, pointer, "{plan}: {}", refused(&plan).1);
    }
}

#[test]
fn a_near_miss_is_mended_by_name() {
    insta::assert_snapshot!(refused(&json!({"all": [{"labell": "Joey"}]})).1, @"unknown field `labell`; did you mean `label`?");
    insta::assert_snapshot!(
        refused(&json!({"all": [{"label": "Joey"}], "mode": "unoin"})).1,
        @"`unoin` is not one of intersection, union; did you mean `union`?"
    );
    insta::assert_snapshot!(
        refused(&json!({"all": [{"vector": {"text": "a", "metric": "l2", "min_similarity": 0.5}}]})).1,
        @"`min_similarity` goes with metric `cosine`; with `l2` use `max_distance`"
    );
}

#[test]
fn a_pointer_that_names_no_clause_is_refused() {
    let plan = json!({"all": [{"type": "SHOT"}], "where": {"near": {"clause": "/all/7", "within": 1}}});
    let resolved = resolve(&Plan::read(&plan).unwrap(), &Archive::default(), None).unwrap();
    let error = Query::compile(&resolved.plan).unwrap_err();
    assert_eq!(error.pointer(), Some("/where/0/near/clause"));
}

#[test]
fn the_plan_of_the_design_is_resolved_and_shown() {
    let plan = json!({
        "all": [
            {"type": "CHARACTER_SEARCH", "label": "Joey"},
            {"type": "SCENE_SEARCH",
             "vector": {"text": "kitchen", "metric": "cosine", "exact": false, "k": 200, "min_similarity": 0.2}},
            {"type": "DIALOGUE_SEARCH", "phrase": "how you doin", "slop": 2, "fuzziness": "auto"}],
        "any": [], "none": [], "then": [], "scope": {"movies": ["friends"]}, "mode": "intersection",
        "min_confidence": 0.5, "group_by": ["episode"], "top": 5, "limit": 20, "cursor": null, "explain": false});
    let resolved = resolve(&Plan::read(&plan).unwrap(), &Archive::default(), None).unwrap();
    insta::assert_snapshot!(Query::compile(&resolved.plan).unwrap(), @r#"
    intersection
      all  #0 /all/0 CHARACTER_SEARCH label {"joey"} confidence >= 0.5
      all  #1 /all/1 SCENE_SEARCH words kitchen^0.693147 by form confidence >= 0.5
      all  #2 /all/2 DIALOGUE_SEARCH phrase how^0.693147 you^0.693147 doin^0.693147 fuzzy auto slop 2 confidence >= 0.5
    "#);
    let warnings: Vec<_> = resolved.warnings.iter().map(|w| (w.code, w.pointer.as_str())).collect();
    assert_eq!(warnings, [("no_data", "/all/1/vector")]);
}

/// Any JSON at all, with names that plans know.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[a-z0-9:;.]{0,12}".prop_map(Json::from),
    ];
    let names = proptest::sample::select(vec![
        "all",
        "any",
        "none",
        "then",
        "scope",
        "time",
        "from",
        "to",
        "label",
        "text",
        "phrase",
        "vector",
        "values",
        "like",
        "asset_id",
        "where",
        "near",
        "clause",
        "within",
        "coverage",
        "gte",
        "top",
        "group_by",
        "attributes",
        "exclude",
        "rank_by",
        "attribute",
        "fold",
        "overlap",
        "pad",
        "before",
        "runs",
        "run",
        "x",
    ]);
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((names.clone(), inner), 0..5).prop_map(|fields| Json::Object(
                fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_read_back_as_written(archive in archives(), plan in plans()) {
        let plan = Plan::read(&plan).unwrap();
        prop_assert_eq!(&Plan::parse(&plan.to_string()).unwrap(), &plan);
        let resolved = resolve(&plan, &archive, None).unwrap();
        let again = Plan::parse(&resolved.plan.to_json().to_string()).unwrap();
        prop_assert_eq!(again.to_json(), resolved.plan.to_json());
        // What is resolved stays as it is, by someone who knows nothing too.
        let forgetful = Archive { known: Default::default(), ..archive };
        prop_assert_eq!(resolve(&again, &forgetful, None).unwrap().plan, resolved.plan);
    }

    #[test]
    fn no_json_brings_the_reader_down(json in any_json()) {
        if let Ok(plan) = Plan::read(&json) {
            let again = Plan::read(&plan.to_json()).unwrap();
            prop_assert_eq!(&again, &plan);
            if let Ok(resolved) = resolve(&plan, &Archive::default(), None) {
                let _ = Query::compile(&resolved.plan);
            }
        }
    }
}

#[test]
fn a_factor_never_makes_a_weight_that_no_plan_may_say() {
    let plan = |weight: f64, factor: f64| {
        let clause = json!({"label": "Joey", "type": "character", "weight": weight});
        Plan::read(&json!({"all": [clause], "weights": {"character": factor}})).unwrap()
    };
    let resolved = resolve(&plan(500.0, 2_000.0), &Archive::default(), None).unwrap();
    let again = resolved.plan.to_json();
    assert_eq!(again["all"][0]["weight"], json!(1e6), "{again}");
    Plan::read(&again).expect("an answer's plan can be sent again");
    for (weight, factor) in [(500.0, 2_001.0), (1e-200, 1e-200)] {
        let error =
            resolve(&plan(weight, factor), &Archive::default(), None).expect_err("too much or nothing");
        assert_eq!(error.pointer(), Some("/all/0/weight"));
        assert_eq!(error.mend_text(), Some("change one of them"));
    }
}

#[test]
fn more_words_than_a_cursor_can_carry_are_refused() {
    let plan = |clauses: usize| {
        let text = vec!["ab"; 1_024].join(" ");
        Plan::read(&json!({"all": vec![json!({"text": text}); clauses]})).unwrap()
    };
    let resolved = resolve(&plan(4), &Archive::default(), None).unwrap();
    assert_eq!(resolved.word_weights.len(), 4_096);
    let error = resolve(&plan(5), &Archive::default(), None).expect_err("too many");
    assert_eq!(error.pointer(), Some("/all/4/text"));
    assert_eq!(error.mend_text(), Some("ask for fewer at a time"));
}
