use rushes_learn::simulate::{Reader, impressions};
use rushes_learn::{
    Features, Impression, Interval, PositionCurve, Shown, Side, neighbours_swapped, preference, team_draft,
};

#[test]
fn equal_orders_need_no_coin() {
    let order: Vec<usize> = (0..30).collect();
    let placed = team_draft(&order, &order, 5);
    assert_eq!(placed.iter().map(|p| p.item).collect::<Vec<_>>(), order);
    assert!(placed.iter().all(|p| p.side.is_none() && p.propensity == 1.0 && !p.by_coin));
}

#[test]
fn every_moment_is_shown_once_whatever_the_coins() {
    let a: Vec<usize> = (0..33).collect();
    let b: Vec<usize> = a.iter().rev().copied().collect();
    for seed in 0..50 {
        let mut items: Vec<usize> = team_draft(&a, &b, seed).iter().map(|p| p.item).collect();
        items.sort_unstable();
        assert_eq!(items, a);
    }
    for n in 0..6 {
        let some: Vec<usize> = (0..n).collect();
        assert_eq!(team_draft(&some, &neighbours_swapped(&some), 1).len(), n);
    }
}

/// The recorded chances are the shares of many seeds.
#[test]
fn propensities_are_what_happens() {
    let a = [0, 1, 2, 3, 4, 5];
    let b = [2, 0, 1, 5, 3, 4];
    let seeds = 4_000_u64;
    let mut counts = std::collections::BTreeMap::<(usize, usize), (u32, f64)>::new();
    for seed in 0..seeds {
        for (rank, placed) in team_draft(&a, &b, seed).iter().enumerate() {
            let count = counts.entry((rank, placed.item)).or_default();
            count.0 += 1;
            count.1 = placed.propensity;
        }
    }
    assert!(counts.len() > a.len());
    for (place, (count, propensity)) in counts {
        let share = f64::from(count) / seeds as f64;
        assert!((share - propensity).abs() < 0.04, "{place:?} {share} {propensity}");
    }
}

#[test]
fn a_coin_decides_between_neighbours() {
    let order: Vec<usize> = (0..20).collect();
    let placed = team_draft(&order, &neighbours_swapped(&order), 11);
    assert!(placed.iter().all(|p| p.by_coin && p.propensity == 0.5));
    for (rank, placed) in placed.iter().enumerate() {
        assert!(placed.item / 2 == rank / 2, "{rank}");
    }
    let above = placed.iter().step_by(2).filter(|p| p.item % 2 == 0).count();
    assert!((1..10).contains(&above), "coins fall to both sides: {above}");
}

fn credited(a: f64, b: f64) -> Impression {
    let shown = |rank, side, gain| Shown {
        rank,
        score: 0.5,
        propensity: 0.5,
        by_coin: true,
        side: Some(side),
        in_view: true,
        gain,
        features: Features::default(),
    };
    Impression { key: String::new(), shown: vec![shown(1, Side::A, a), shown(2, Side::B, b)] }
}

#[test]
fn the_preferred_order_is_the_one_that_more_is_chosen_from() {
    let mut list: Vec<Impression> = (0..30).map(|_| credited(0.0, 2.0)).collect();
    list.extend((0..10).map(|_| credited(2.0, 0.0)));
    list.extend((0..5).map(|_| credited(2.0, 2.0)));
    list.extend((0..5).map(|_| credited(0.0, -1.0)));
    let said = preference(&list);
    assert_eq!((said.impressions, said.wins, said.losses, said.ties), (45, 30, 10, 5));
    assert!(said.is_better());
    assert!(!preference(&[]).is_better());
}

/// Wilson's interval of 30 of 40, by a calculator: .598 … .858.
#[test]
fn intervals_are_those_of_the_books() {
    let share = Interval::of_share(30, 40);
    assert!((share.low - 0.598).abs() < 1e-3 && (share.high - 0.858).abs() < 1e-3, "{share:?}");
    let mean = Interval::of_mean(&[1.0, 2.0, 3.0, 4.0]);
    // Standard error .6455.
    assert!((mean.mean - 2.5).abs() < 1e-12 && (mean.high - 2.5 - 1.96 * 0.6455).abs() < 1e-3, "{mean:?}");
}

/// Readers who consider the first place far more: the curve falls; those who choose at random at all places alike: less so.
#[test]
fn the_curve_of_places_comes_from_coins() {
    let top = PositionCurve::estimated(&impressions(3, Reader::RandomOnTop, 6_000));
    let truth = PositionCurve { steepness: 1.0, floor: 0.05 };
    for rank in [2, 5, 10] {
        assert!((top.at(rank) - truth.at(rank)).abs() < 0.2, "{rank}: {top:?}");
    }
    assert_eq!(PositionCurve::estimated(&[]), PositionCurve::default());
}
