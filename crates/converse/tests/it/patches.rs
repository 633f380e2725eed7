//! Patches are JSON Patch, whatever plans they stand between.

use proptest::prelude::*;
use rushes_ask::questions::{LEXICON, WrittenLexicon};
use rushes_converse::{Operation, diff, patched};
use rushes_plan::Plan;
use serde_json::json;

fn plan_of(question: &str) -> Plan {
    let knowledge = WrittenLexicon::read(LEXICON).unwrap();
    rushes_ask::ask(question, &Plan::default(), &knowledge).unwrap().plan
}

#[test]
fn a_patch_makes_of_the_plan_before_the_plan_after() {
    let plans = [
        "Mara in the galley",
        "Mara, Otto and Ines on the bridge without soup in season 2",
        "lamp then lantern within 4 s, top 3 per season",
        "Otto or Ines at least 5 seconds long",
        "the longest scene in the harbour",
    ]
    .map(plan_of);
    for from in &plans {
        assert_eq!(patched(None, &diff(None, Some(from))).unwrap(), *from);
        assert!(diff(Some(from), Some(from)).is_empty());
        for to in &plans {
            assert_eq!(patched(Some(from), &diff(Some(from), Some(to))).unwrap(), *to);
        }
    }
}

#[test]
fn one_change_is_one_operation() {
    let (from, to) = (plan_of("Mara in the galley"), plan_of("Mara in the galley in season 2"));
    let patch = serde_json::to_value(diff(Some(&from), Some(&to))).unwrap();
    assert_eq!(patch, json!([{"op": "add", "path": "/scope", "value": {"seasons": [2]}}]));
}

#[test]
fn a_patch_that_does_not_fit_is_refused_with_its_place_and_the_plan_stays() {
    let plan = plan_of("Mara in the galley");
    let read = |patch: serde_json::Value| serde_json::from_value::<Vec<Operation>>(patch).unwrap();
    for (patch, pointer) in [
        (json!([{"op": "remove", "path": "/all/7"}]), "/patch/0"),
        (json!([{"op": "test", "path": "/mode", "value": "union"}]), "/patch/0"),
        (
            json!([{"op": "remove", "path": "/all/1"}, {"op": "replace", "path": "/none/0", "value": 1}]),
            "/patch/1",
        ),
        (json!([{"op": "add", "path": "/all/01", "value": {"type": "SHOT"}}]), "/patch/0"),
        (json!([{"op": "add", "path": "no place", "value": 1}]), "/patch/0"),
        (json!([{"op": "move", "from": "/all", "path": "/all/0"}]), "/patch/0"),
        (json!([{"op": "add", "path": "/limit", "value": -3}]), "/plan/limit"),
        (json!([{"op": "add", "path": "/unheard", "value": 1}]), "/plan/unheard"),
        (json!([{"op": "remove", "path": "/all/0"}, {"op": "remove", "path": "/all/0"}]), "/plan/all"),
    ] {
        let error = patched(Some(&plan), &read(patch.clone())).unwrap_err();
        assert_eq!(error.pointer(), Some(pointer), "{patch}: {error}");
    }
    let many = vec![Operation::Test { path: "/mode".into(), value: json!("intersection") }; 1_001];
    assert_eq!(patched(Some(&plan), &many).unwrap_err().pointer(), Some("/patch"));
    let moved = read(json!([{"op": "copy", "from": "/all/0", "path": "/none"},
                            {"op": "add", "path": "/none", "value": []},
                            {"op": "move", "from": "/all/0", "path": "/none/-"}]));
    assert_eq!(patched(Some(&plan), &moved).unwrap().none.len(), 1);
}

proptest! {
    #[test]
    fn no_patch_does_harm(path in "(/(all|any|none|then|scope|0|1|-|~1|x)){0,4}", from in "(/(all|scope|0|x)){0,3}", op in 0_u8..6) {
        let value = json!({"type": "SHOT"});
        let operation = match op {
            0 => Operation::Add { path, value },
            1 => Operation::Remove { path },
            2 => Operation::Replace { path, value },
            3 => Operation::Move { from, path },
            4 => Operation::Copy { from, path },
            _ => Operation::Test { path, value },
        };
        let plan = Plan::read(&json!({"all": [{"type": "SHOT"}], "scope": {"seasons": [1]}})).unwrap();
        let _ = patched(Some(&plan), &[operation]);
    }
}
