//! Profiles: written, inherited, applied.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::needless_pass_by_value, reason = "what `json!` makes is handed on")]

use rushes_plan::Plan;
use rushes_profile::{INHERITED_MAX, Inherited, Profile, apply, built_in, inherited};
use rushes_types::{ErrorKind, Result};
use serde_json::{Map, Value, json};

fn profile(value: Value) -> Profile {
    Profile::read(&value).unwrap()
}

fn of(name: &str, known: &[Profile]) -> Result<Inherited> {
    inherited(name, &mut |name| Ok(known.iter().find(|p| p.name == name).cloned()))
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_profile_is_the_same_in_json_and_toml() {
    let written = profile(
        json!({"name": "trailer", "inherits": "editorial", "says": "few and strong", "team": "t",
        "exact": true, "plan": {"mode": "union", "weights": {"SCENE_SEARCH": 2.0}, "group_by": ["episode"], "top": 5}}),
    );
    let toml = written.to_toml().unwrap();
    assert_eq!(Profile::read_toml(&toml).unwrap(), written, "{toml}");
    assert_eq!(Profile::read(&written.to_json()).unwrap(), written);
    for built in built_in().unwrap() {
        assert_eq!(Profile::read_toml(&built.to_toml().unwrap()).unwrap(), built);
        assert!(of(&built.name, &built_in().unwrap()).is_ok());
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (bad, pointer) in [
        (json!({}), "/name"),
        (json!({"name": ""}), "/name"),
        (json!({"name": "a", "inherits": 3}), "/inherits"),
        (json!({"name": "a", "boost": 3}), "/boost"),
        (json!({"name": "a", "exact": "yes"}), "/exact"),
        (json!({"name": "a", "plan": []}), "/plan"),
        (json!({"name": "a", "plan": {"all": []}}), "/plan/all"),
        (json!({"name": "a", "plan": {"cursor": "x"}}), "/plan/cursor"),
        (json!({"name": "a", "plan": {"mode": "both"}}), "/plan/mode"),
        (json!({"name": "a", "plan": {"weights": {"SHOT": -1}}}), "/plan/weights/SHOT"),
        (json!({"name": "a", "plan": {"charm": 1}}), "/plan/charm"),
    ] {
        let error = Profile::read(&bad).unwrap_err();
        assert_eq!((error.kind(), error.pointer()), (ErrorKind::Invalid, Some(pointer)), "{bad}: {error}");
    }
    let error = Profile::read_toml("name = \"a\"\n[plan.weights]\nSHOT = nan").unwrap_err();
    assert_eq!(error.pointer(), Some("/plan/weights/SHOT"));
    assert!(Profile::read_toml("name = ").unwrap_err().message().contains("TOML"));
}

#[test]
fn the_nearest_counts_and_members_are_inherited_one_by_one() {
    let known = [
        profile(json!({"name": "base", "exact": true, "plan": {"mode": "union", "top": 3,
            "weights": {"SHOT": 2.0, "SCENE_SEARCH": 3.0}}})),
        profile(json!({"name": "mine", "inherits": "base", "plan": {"top": 5, "weights": {"SHOT": 4.0}}})),
    ];
    let mine = of("mine", &known).unwrap();
    assert_eq!(
        (mine.chain.join(" "), mine.team.as_str(), mine.exact),
        ("mine base".to_owned(), "mine", Some(true))
    );
    assert_eq!(
        Value::Object(mine.plan),
        json!({"mode": "union", "top": 5, "weights": {"SHOT": 4.0, "SCENE_SEARCH": 3.0}})
    );
}

#[test]
fn a_profile_that_inherits_itself_is_refused() {
    let known = [
        profile(json!({"name": "a", "inherits": "b"})),
        profile(json!({"name": "b", "inherits": "a"})),
        profile(json!({"name": "c", "inherits": "nowhere"})),
    ];
    let error = of("a", &known).unwrap_err();
    assert!(error.message().contains("a → b → a"), "{error}");
    assert_eq!(of("c", &known).unwrap_err().kind(), ErrorKind::NotFound);
    let long: Vec<Profile> = (0..=INHERITED_MAX + 1)
        .map(|n| profile(json!({"name": format!("p{n}"), "inherits": format!("p{}", n + 1)})))
        .collect();
    assert!(of("p0", &long).unwrap_err().message().contains("more than 8"));
}

#[test]
fn only_what_a_request_leaves_open_is_filled_in_and_all_of_it_is_told() {
    let known = [profile(json!({"name": "mine", "exact": true,
        "plan": {"mode": "union", "top": 3, "weights": {"SHOT": 2.0, "SCENE_SEARCH": 3.0}, "scope": {"seasons": [1]}}}))];
    let mine = of("mine", &known).unwrap();
    let mut request = fields(json!({"mode": "intersection", "weights": {"SHOT": 1.0}, "fold": null,
        "all": [{"vector": {"text": "a"}}, {"label": "x"}], "then": [{"all": [{"vector": {"text": "b", "exact": false}}]}]}));
    let filled = apply(&mine, &mut request);
    let places: Vec<&str> = filled.iter().map(|f| f.pointer.as_str()).collect();
    assert_eq!(places, ["/scope", "/top", "/weights/SCENE_SEARCH", "/all/0/vector/exact"]);
    assert_eq!(request["mode"], "intersection");
    assert_eq!(request["weights"], json!({"SHOT": 1.0, "SCENE_SEARCH": 3.0}));
    assert_eq!(request["then"][0]["all"][0]["vector"]["exact"], false);
    Plan::read(&Value::Object(request.clone())).unwrap();
    assert!(apply(&mine, &mut request).is_empty(), "a second time nothing is left to fill in");
    let mut left_out = fields(json!({"q": "x", "top": null, "weights": null, "scope": null, "mode": null}));
    assert!(apply(&mine, &mut left_out).is_empty());
}
