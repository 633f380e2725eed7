//! What people do with answers: kept, forgotten, learned from.

use rushes_archive::{
    Archive, Caller, FeedbackFilter, FeedbackOptions, NoProgress, OpenOptions, RankingAsk, RankingMode,
    Rebuild, Right, SearchRequest, TokenSpec, WhoIsKept,
};
use rushes_plan::Plan;
use rushes_query::{Answer, Moment};
use rushes_store::EraseTarget;
use rushes_types::{AssetId, ErrorKind};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::flow::{Open, line};

const ASSETS: usize = 24;

/// Mara is in every asset, the surer the later; each third shows her in close-up.
fn filled() -> Open {
    let open = Open::new();
    let mut lines = String::new();
    for n in 0..ASSETS {
        let asset = format!("a{n:02}");
        let sure = format!("\"confidence_score\":{},\"asset_id\"", 0.5 + 0.01 * n as f64);
        lines +=
            &line(&asset, "faces@1", "CHARACTER_SEARCH", "Mara", 2, 8).replacen("\"asset_id\"", &sure, 1);
        let size = if n % 3 == 0 { "Close-Up" } else { "medium" };
        lines += &line(&asset, "shots@1", "SHOT", size, 0, 10);
    }
    open.ingest(&lines);
    open
}

fn ask(mode: RankingMode) -> RankingAsk {
    RankingAsk { mode, team: Some("trailer".into()), seed: Some(7), tells_features: true }
}

fn search(open: &Open, ranking: RankingAsk) -> Answer {
    let plan = json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Mara"}], "explain": true, "limit": 100});
    let plan = Plan::parse(&plan.to_string()).unwrap();
    open.archive.search(&open.caller, &SearchRequest { plan, ranking, ..SearchRequest::default() }).unwrap()
}

fn order(answer: &Answer) -> Vec<&str> {
    answer.moments.iter().map(|m| m.asset_id.as_str()).collect()
}

fn event(impression: &str, action: &str, answer: &Answer, moment: &Moment, more: &Value) -> Value {
    let mut event = json!({"impression": impression, "event": action, "asset_id": moment.asset_id,
        "start_ns": moment.start_ns, "end_ns": moment.end_ns, "read_point": answer.read_point, "at_ms": 1_000,
        "team": "trailer"});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

/// Somebody looks at an answer whole and keeps the close-ups.
fn read(open: &Open, impression: &str, mode: RankingMode) {
    let answer = search(open, ask(mode));
    let mut events = Vec::new();
    for (i, moment) in answer.moments.iter().enumerate() {
        let ranking = moment.ranking.as_ref().unwrap();
        let shown = json!({"rank": i + 1, "score": moment.score, "features": ranking.features, "by_coin": ranking.by_coin,
                           "side": ranking.side, "propensity": ranking.propensity});
        events.push(event(impression, "shown", &answer, moment, &shown));
        events.push(event(impression, "viewed", &answer, moment, &json!({})));
        let number: usize = moment.asset_id[1..].parse().unwrap();
        if number.is_multiple_of(3) && (number + impression.len()).is_multiple_of(2) {
            events.push(event(impression, "kept", &answer, moment, &json!({})));
        }
    }
    let report = put(open, &events);
    assert_eq!((report.0, report.1, report.2), (events.len(), 0, 0));
}

/// Accepted, duplicates, refused.
fn put(open: &Open, events: &[Value]) -> (usize, usize, usize) {
    let raw: Vec<Box<RawValue>> =
        events.iter().map(|e| RawValue::from_string(e.to_string()).unwrap()).collect();
    let raw: Vec<&RawValue> = raw.iter().map(AsRef::as_ref).collect();
    let report = open.archive.put_feedback(&open.caller, &raw).unwrap();
    (report.accepted, report.duplicates, report.problems.len())
}

fn kept(archive: &Archive, filter: &FeedbackFilter) -> Vec<(Option<String>, String)> {
    let mut all = Vec::new();
    archive
        .each_feedback(&Caller::local(), filter, &mut |kept| {
            all.push((kept.who.clone(), kept.event.get().to_owned()));
            Ok(())
        })
        .unwrap();
    all
}

#[test]
fn choices_move_the_order_and_nothing_else() {
    let open = filled();
    let before = search(&open, ask(RankingMode::Learned));
    let by_hand = search(&open, ask(RankingMode::HandSet));
    assert_eq!(order(&before), order(&by_hand), "nothing was learned yet");
    assert_eq!(order(&before)[0], "a23");
    assert!(before.moments.iter().all(|m| m.ranking.as_ref().unwrap().shift == 0.0));
    for n in 0..24 {
        read(&open, &"i".repeat(n + 1), RankingMode::Interleaved);
    }
    let made = open.archive.fit_ranking(&open.caller).unwrap();
    let model = &made.teams["trailer"];
    assert!(model.is_used() && model.coefficients["close_up"] > 0.0, "{model:?}");
    let after = search(&open, ask(RankingMode::Learned));
    assert!(
        order(&after)[..6].iter().all(|a| a[1..].parse::<usize>().unwrap() % 3 == 0),
        "{:?}",
        order(&after)
    );
    assert_eq!(after.total, before.total);
    let mut scores: Vec<(&str, f64)> = after.moments.iter().map(|m| (m.asset_id.as_str(), m.score)).collect();
    scores.sort_by(|a, b| a.0.cmp(b.0));
    let mut scores_before: Vec<(&str, f64)> =
        before.moments.iter().map(|m| (m.asset_id.as_str(), m.score)).collect();
    scores_before.sort_by(|a, b| a.0.cmp(b.0));
    assert_eq!(scores, scores_before, "scores stay what they are");
    let why = after.moments[0].ranking.as_ref().unwrap();
    assert!(
        why.because
            .iter()
            .any(|b| b.feature == "close_up" && b.says == "a close-up, which you keep" && b.adds > 0.0)
    );
    let sum: f64 = why.because.iter().map(|b| b.adds).sum();
    assert!((sum - why.shift).abs() < 1e-4);
    assert_eq!(order(&search(&open, ask(RankingMode::HandSet))), order(&by_hand));
    // Another team has what all together have shown; the version is back where it was with 0.
    let other = RankingAsk { team: Some("archive".into()), ..ask(RankingMode::Learned) };
    assert_eq!(search(&open, other).ranking.unwrap().version, 1);
    open.archive.use_ranking(&open.caller, 0).unwrap();
    assert_eq!(order(&search(&open, ask(RankingMode::Learned))), order(&by_hand));
    open.archive.use_ranking(&open.caller, 1).unwrap();
    assert_eq!(order(&search(&open, ask(RankingMode::Learned))), order(&after));
    assert_eq!(open.archive.use_ranking(&open.caller, 9).unwrap_err().kind(), ErrorKind::NotFound);
    // The same events give the same model, bit for bit.
    let again = open.archive.fit_ranking(&open.caller).unwrap();
    assert_eq!((again.version, &again.events_digest, &again.teams), (2, &made.events_digest, &made.teams));
    let report = &open.archive.ranking_report(&open.caller).unwrap()["trailer"];
    assert_eq!(report.impressions, 24);
    assert!(report.is_used);
}

#[test]
fn an_interleaved_answer_says_its_coins_and_can_be_had_again() {
    let open = filled();
    let first = search(&open, ask(RankingMode::Interleaved));
    assert_eq!(first.ranking.unwrap().seed, Some(7));
    assert!(first.moments[0].ranking.as_ref().unwrap().by_coin);
    assert_eq!(first.moments[0].ranking.as_ref().unwrap().propensity, Some(0.5));
    assert_eq!(first.moments[23].ranking.as_ref().unwrap().propensity, None);
    assert_eq!(order(&search(&open, ask(RankingMode::Interleaved))), order(&first));
    let other = RankingAsk { seed: Some(8), ..ask(RankingMode::Interleaved) };
    assert_ne!(order(&search(&open, other)), order(&first));
}

#[test]
fn pages_of_one_answer_are_ranked_alike() {
    let open = filled();
    for n in 0..24 {
        read(&open, &"i".repeat(n + 1), RankingMode::HandSet);
    }
    let request = |limit: usize, cursor: Option<String>| {
        let plan =
            json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Mara"}], "limit": limit, "cursor": cursor});
        let ranking = RankingAsk { team: Some("trailer".into()), ..RankingAsk::default() };
        SearchRequest { plan: Plan::parse(&plan.to_string()).unwrap(), ranking, ..SearchRequest::default() }
    };
    open.archive.fit_ranking(&open.caller).unwrap();
    let whole = open.archive.search(&open.caller, &request(24, None)).unwrap();
    let first = open.archive.search(&open.caller, &request(10, None)).unwrap();
    let second = open.archive.search(&open.caller, &request(14, first.next_cursor.clone())).unwrap();
    let both: Vec<&str> = order(&first).into_iter().chain(order(&second)).collect();
    assert_eq!(both, order(&whole));
    open.archive.use_ranking(&open.caller, 0).unwrap();
    let error = open.archive.search(&open.caller, &request(14, first.next_cursor)).unwrap_err();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Invalid, Some("/cursor")));
}

#[test]
fn feedback_outlives_a_rebuild_and_a_restart_and_is_kept_once() {
    let open = filled();
    read(&open, "i", RankingMode::HandSet);
    let before = kept(&open.archive, &FeedbackFilter::default());
    let (_, text) = before[0].clone();
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(put(&open, &[event.clone(), event]), (0, 2, 0));
    open.archive.rebuild(&open.caller, Rebuild::All, &NoProgress).unwrap();
    open.catch_up();
    assert_eq!(kept(&open.archive, &FeedbackFilter::default()), before);
    let path = open.archive.dir().to_owned();
    let Open { archive, dir, .. } = open;
    archive.close();
    drop(archive);
    let archive = Archive::open(&path, OpenOptions::default()).unwrap();
    assert_eq!(kept(&archive, &FeedbackFilter::default()), before);
    drop(dir);
}

#[test]
fn events_on_what_is_not_there_are_refused_and_the_others_kept() {
    let open = filled();
    let answer = search(&open, ask(RankingMode::HandSet));
    let one = |more: &Value| event("i", "kept", &answer, &answer.moments[0], more);
    let far = u64::MAX / 2;
    let events =
        [one(&json!({})), one(&json!({"asset_id": "nowhere"})), one(&json!({"at_ms": far})), json!(7)];
    assert_eq!(put(&open, &events), (1, 0, 3));
    let spec = TokenSpec {
        name: "anna".into(),
        movies: Some(["other".to_owned()].into()),
        rights: [Right::Read].into(),
        ..TokenSpec::default()
    };
    let secret = open.archive.tokens().create(&spec).unwrap();
    let anna = open.archive.tokens().authenticate(&secret).unwrap();
    let raw = RawValue::from_string(one(&json!({})).to_string()).unwrap();
    let report = open.archive.put_feedback(&anna, &[&raw]).unwrap();
    assert_eq!(report.problems[0].error.kind(), ErrorKind::NotFound, "what she may not see is not there");
    for refused in [
        open.archive.fit_ranking(&anna).unwrap_err(),
        open.archive.ranking_report(&anna).unwrap_err(),
        open.archive.use_ranking(&anna, 0).unwrap_err(),
        open.archive.erase_feedback(&anna, &FeedbackFilter::default()).unwrap_err(),
        open.archive.each_feedback(&anna, &FeedbackFilter::default(), &mut |_| Ok(())).unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
    }
}

#[test]
fn feedback_is_erased_by_asset_team_and_person_and_with_its_asset() {
    let mut open = filled();
    let path = open.archive.dir().to_owned();
    open.archive.close();
    let feedback = FeedbackOptions { who: WhoIsKept::Person, ..FeedbackOptions::default() };
    drop(std::mem::replace(
        &mut open.archive,
        Archive::open(&open.dir.path().join("b"), OpenOptions::default()).unwrap(),
    ));
    open.archive = Archive::open(&path, OpenOptions { feedback, ..OpenOptions::default() }).unwrap();
    let answer = search(&open, ask(RankingMode::HandSet));
    let on = |n: usize, more: &Value| event("i", "kept", &answer, &answer.moments[n], more);
    let events: Vec<Value> = (0..4).map(|n| on(n, &json!({}))).collect();
    put(&open, &events);
    put(&open, &[on(4, &json!({"team": "marketing"}))]);
    let erase = |filter: FeedbackFilter| open.archive.erase_feedback(&open.caller, &filter).unwrap();
    let by = |asset: Option<&str>, team: Option<&str>, who: Option<&str>| FeedbackFilter {
        asset: asset.map(str::to_owned),
        team: team.map(str::to_owned),
        who: who.map(str::to_owned),
    };
    assert_eq!(kept(&open.archive, &by(None, None, None))[0].0.as_deref(), Some(open.caller.name()));
    assert_eq!(erase(by(Some(&answer.moments[0].asset_id), None, None)), 1);
    assert_eq!(erase(by(None, Some("marketing"), None)), 1);
    assert_eq!(erase(by(None, None, Some("nobody"))), 0);
    assert_eq!(
        open.archive.erase_feedback(&open.caller, &FeedbackFilter::default()).unwrap_err().kind(),
        ErrorKind::Invalid
    );
    let whole = AssetId::new(&answer.moments[1].asset_id).unwrap();
    open.archive.erase(&open.caller, &EraseTarget::Asset(whole)).unwrap();
    assert_eq!(kept(&open.archive, &FeedbackFilter::default()).len(), 2);
    assert_eq!(erase(by(None, None, Some(open.caller.name()))), 2);
    assert!(kept(&open.archive, &FeedbackFilter::default()).is_empty());
}

#[test]
fn feedback_that_is_switched_off_or_old_is_not_kept() {
    let open = filled();
    read(&open, "i", RankingMode::HandSet);
    let path = open.archive.dir().to_owned();
    let Open { archive, dir, caller } = open;
    archive.close();
    drop(archive);
    let with = |feedback: FeedbackOptions| {
        Archive::open(&path, OpenOptions { feedback, ..OpenOptions::default() }).unwrap()
    };
    let archive = with(FeedbackOptions { on: false, ..FeedbackOptions::default() });
    let raw = RawValue::from_string("{}".to_owned()).unwrap();
    assert_eq!(archive.put_feedback(&caller, &[&raw]).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(archive.expire_feedback(&caller).unwrap(), 0);
    archive.close();
    drop(archive);
    std::thread::sleep(std::time::Duration::from_millis(5));
    let archive = with(FeedbackOptions { keep_days: 0, ..FeedbackOptions::default() });
    assert!(archive.expire_feedback(&caller).unwrap() > 0);
    assert!(kept(&archive, &FeedbackFilter::default()).is_empty());
    drop(dir);
}
