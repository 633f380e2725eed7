use rushes_learn::{Features, Impression, PositionCurve, Shown, pairs};

fn shown(rank: usize, in_view: bool, by_coin: bool, gain: f64) -> Shown {
    let score = 1.0 - rank as f64 / 100.0;
    Shown { rank, score, propensity: 1.0, by_coin, side: None, in_view, gain, features: Features::default() }
}

/// The ranks of preferred and other moments, by the differences of their scores.
fn found(list: Vec<Shown>) -> Vec<i64> {
    let flat = PositionCurve::default();
    let pairs = pairs(&Impression { key: "k".into(), shown: list }, &flat);
    pairs.iter().map(|p| (p.score * -100.0).round() as i64).collect()
}

#[test]
fn what_was_in_view_is_compared_above_and_below() {
    let list = vec![
        shown(1, true, false, 0.0),
        shown(2, true, false, 2.0),
        shown(3, true, false, 0.0),
        shown(4, false, false, 0.0),
    ];
    assert_eq!(found(list), [1, -1]);
}

#[test]
fn below_the_last_choice_nothing_is_known_unless_it_was_in_view() {
    let list = vec![shown(1, false, false, 2.0), shown(2, false, false, 0.0)];
    assert!(found(list).is_empty());
}

/// A choice below what was skipped says nothing where it could never have stood above: else even random choices would teach
/// the reverse of today's order.
#[test]
fn without_a_view_only_coins_count() {
    let skipped = vec![shown(1, false, false, 0.0), shown(2, false, false, 2.0)];
    assert!(found(skipped).is_empty());
    let by_coin = vec![shown(1, false, true, 0.0), shown(2, false, true, 2.0)];
    assert_eq!(found(by_coin), [1]);
    let other_round = vec![shown(2, false, true, 0.0), shown(3, false, true, 2.0)];
    assert!(found(other_round).is_empty());
}

#[test]
fn judgements_are_compared_whatever_was_in_view() {
    let list = vec![shown(1, false, false, -1.0), shown(9, false, false, 3.0)];
    assert_eq!(found(list), [8]);
}

#[test]
fn nothing_done_says_nothing() {
    assert!(found(vec![shown(1, true, true, 0.0), shown(2, true, true, 0.0)]).is_empty());
}
