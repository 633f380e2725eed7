//! Events: what is taken, what is refused, and what learning is given.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rushes_feedback::{Action, EVENT_BYTES_MAX, EVERYONE, Event, Gathered, KeptEvent, key_of};
use rushes_learn::{Feature, Side};
use rushes_types::ErrorKind;
use serde_json::{Value, json};

const NOW_MS: u64 = 1_800_000_000_000;

fn event(action: &str, more: &Value) -> Value {
    let mut event = json!({"impression": "i1", "event": action, "asset_id": "a", "start_ns": 1_000, "end_ns": 9_000,
                           "read_point": "12", "at_ms": NOW_MS});
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn shown(asset: &str, rank: u64, more: &Value) -> Value {
    let mut event = event("shown", &json!({"asset_id": asset, "rank": rank, "score": 0.5}));
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn read(event: &Value) -> Event {
    Event::read(&event.to_string(), NOW_MS, "").unwrap()
}

#[test]
fn every_field_is_read() {
    let sent = read(&shown(
        "a",
        3,
        &json!({"propensity": 0.5, "by_coin": true, "side": "b", "team": "trailer",
                                            "features": {"close_up": 1.0, "length": -0.25}}),
    ));
    let how = sent.sent.unwrap();
    assert_eq!(
        (how.rank, how.score, how.propensity, how.by_coin, how.side),
        (3, 0.5, 0.5, true, Some(Side::B))
    );
    assert_eq!((how.features.get(Feature::CloseUp), how.features.get(Feature::Length)), (1.0, -0.25));
    assert_eq!(sent.team.as_deref(), Some("trailer"));
    assert_eq!(read(&event("played", &json!({"played_ms": 4_000}))).played_ms, 4_000);
    for (name, action) in Action::ALL.into_iter().filter(|(name, _)| !["shown", "played"].contains(name)) {
        assert_eq!(read(&event(name, &json!({"team": null}))).action, action);
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (bad, pointer) in [
        (event("liked", &json!({})), "/e/event"),
        (event("kept", &json!({"impression": ""})), "/e/impression"),
        (event("kept", &json!({"impression": "x".repeat(200)})), "/e/impression"),
        (event("kept", &json!({"asset_id": 7})), "/e/asset_id"),
        (event("kept", &json!({"start_ns": -1})), "/e/start_ns"),
        (event("kept", &json!({"start_ns": 9_001})), "/e/end_ns"),
        (event("kept", &json!({"end_ns": 1.5})), "/e/end_ns"),
        (event("kept", &json!({"at_ms": NOW_MS + 600_000})), "/e/at_ms"),
        (event("kept", &json!({"rank": 1})), "/e/rank"),
        (event("kept", &json!({"q": "what was asked"})), "/e/q"),
        (event("kept", &json!({"team": "a\nb"})), "/e/team"),
        (event("played", &json!({})), "/e/played_ms"),
        (event("shown", &json!({})), "/e/rank"),
        (shown("a", 0, &json!({})), "/e/rank"),
        (shown("a", 1, &json!({"score": 1.5})), "/e/score"),
        (shown("a", 1, &json!({"side": "c"})), "/e/side"),
        (shown("a", 1, &json!({"by_coin": "yes"})), "/e/by_coin"),
        (shown("a", 1, &json!({"features": {"charm": 1.0}})), "/e/features/charm"),
        (shown("a", 1, &json!({"features": {"length": 2.0}})), "/e/features/length"),
        (shown("a", 1, &json!({"features": ["length"]})), "/e/features"),
        (json!(["kept"]), "/e"),
    ] {
        let error = Event::read(&bad.to_string(), NOW_MS, "/e").unwrap_err();
        assert_eq!((error.kind(), error.pointer()), (ErrorKind::Invalid, Some(pointer)), "{bad} {error}");
        assert!(error.mend_text().is_some(), "{error}");
    }
    let long = event("kept", &json!({"read_point": "1".repeat(EVENT_BYTES_MAX)})).to_string();
    assert_eq!(Event::read(&long, NOW_MS, "").unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(Event::read("{", NOW_MS, "").is_err());
}

#[test]
fn events_are_kept_to_the_byte_and_named_by_it() {
    let text = event("kept", &json!({})).to_string().replace(',', " , ");
    let sent = Event::read(&text, NOW_MS, "").unwrap();
    let kept = KeptEvent {
        received_ms: NOW_MS,
        who: Some("ana".into()),
        event: serde_json::value::RawValue::from_string(text.clone()).unwrap(),
    };
    let back = KeptEvent::from_bytes(&kept.to_bytes().unwrap()).unwrap();
    assert_eq!((back.event.get(), back.who.as_deref()), (text.as_str(), Some("ana")));
    assert_eq!(back.read().unwrap(), sent);
    assert_eq!(key_of(&sent.asset, &text), key_of(&sent.asset, &text));
    assert_ne!(key_of(&sent.asset, &text), key_of(&sent.asset, &text.replace("kept", "exported")));
    assert!(KeptEvent::from_bytes(b"{}").is_err());
}

#[test]
fn impressions_come_out_the_same_in_any_order() {
    let on = |action: &str, asset: &str, at: u64| event(action, &json!({"asset_id": asset, "at_ms": at}));
    let mut events = vec![
        shown("a", 1, &json!({"side": "a"})),
        shown("b", 2, &json!({"side": "b"})),
        shown("c", 3, &json!({})),
        shown("d", 4, &json!({})),
        on("viewed", "a", 5),
        on("kept", "b", 10),
        on("rejected", "b", 20),
        on("kept", "c", 20),
        on("rejected", "c", 10),
        event("played", &json!({"asset_id": "d", "played_ms": 3_500})),
        event("kept", &json!({"asset_id": "never-shown"})),
        event("kept", &json!({"impression": "i2"})),
        shown("a", 1, &json!({"impression": "i3", "team": "trailer"})),
    ];
    let mut first = None;
    for turn in 0..events.len() {
        events.rotate_left(1);
        let mut gathered = Gathered::default();
        events.iter().for_each(|e| gathered.add(&read(e)));
        gathered.add(&read(&events[turn]));
        let teams = gathered.teams();
        let all = &teams[EVERYONE];
        assert_eq!((all.len(), teams["trailer"].len()), (1, 1));
        let gains: Vec<f64> = all[0].shown.iter().map(|s| s.gain).collect();
        assert_eq!(gains, [0.0, -1.0, 2.0, 1.0]);
        assert_eq!(all[0].shown.iter().map(|s| s.in_view).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(first.get_or_insert_with(|| teams.clone()), &teams);
        let kept = gathered.kept_before();
        assert!(kept.of("b", 0, 2_000).0 > 0.0 && kept.of("a", 0, 5_000).0 > 0.0);
        assert_eq!(kept.of("a", 9_000, 10_000).0, 0.0);
        assert_eq!(kept.of("d", 0, 9_000), (0.0, 0.0));
    }
}
