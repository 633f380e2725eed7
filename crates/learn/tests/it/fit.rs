use rushes_learn::simulate::{Reader, impressions};
use rushes_learn::{FEATURE_COUNT, Feature, Pair, Prior, RankingModel, fit, learn, learn_teams};

fn pair(score: f64, feature: Feature, difference: f64, weight: f64) -> Pair {
    let mut features = [0.0; FEATURE_COUNT];
    features[feature as usize] = difference;
    Pair { score, features, weight }
}

#[test]
fn without_pairs_the_prior_stays_as_it_is() {
    let fitted = fit(Vec::new(), &Prior::hand_set());
    assert_eq!(fitted.weights, [0.0; FEATURE_COUNT]);
    let mut mean = [0.0; FEATURE_COUNT];
    mean[Feature::CloseUp as usize] = 1.25;
    assert_eq!(fit(Vec::new(), &Prior { mean, precision: 2.0 }).weights, mean);
}

/// The optimum of one coefficient `w`, from its own equation: precision · w = Σ weight · x · (1 - σ(10 s + w x)).
#[test]
fn the_fit_is_the_optimum_of_its_equation() {
    let list = [(0.01, 1.0, 2.0), (-0.05, 0.5, 1.0), (0.1, -1.0, 0.5), (0.0, 1.0, 1.0)];
    let pairs = list.map(|(s, x, weight)| pair(s, Feature::Length, x, weight)).to_vec();
    let slope = |w: f64| {
        let of = |(s, x, weight): &(f64, f64, f64)| weight * x / (1.0 + (10.0 * s + w * x).exp());
        list.iter().map(of).sum::<f64>() - 0.5 * w
    };
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    let fitted = fit(pairs, &Prior::hand_set()).weights[Feature::Length as usize];
    assert!((fitted - low).abs() < 2e-6, "{fitted} {low}");
    assert!(fitted > 0.5);
}

#[test]
fn the_order_of_events_changes_no_bit() {
    let seen = impressions(7, Reader::Steady, 300);
    let model = learn(seen.clone(), &Prior::hand_set());
    let text = serde_json::to_string(&model).unwrap();
    for step in [3_usize, 7, 11] {
        let mut other: Vec<_> = (0..step).flat_map(|k| seen.iter().skip(k).step_by(step).cloned()).collect();
        other.reverse();
        assert_eq!(serde_json::to_string(&learn(other, &Prior::hand_set())).unwrap(), text);
    }
    let again: RankingModel = serde_json::from_str(&text).unwrap();
    assert_eq!(again, model);
}

#[test]
fn a_team_without_choices_has_what_all_have_shown() {
    let mut teams = std::collections::BTreeMap::new();
    teams.insert("trailer".to_owned(), impressions(3, Reader::Steady, 400));
    teams.insert("archive".to_owned(), Vec::new());
    let (pooled, models) = learn_teams(teams);
    assert!(pooled.is_used());
    assert_eq!(models["archive"].coefficients, pooled.coefficients);
    assert_ne!(models["trailer"].coefficients, pooled.coefficients);
    assert!(!models["archive"].is_used(), "nothing of its own shows that it helps");
}

/// Two teams with the same taste: what one has shown helps the other before it has shown anything, and does not drown what it shows.
#[test]
fn the_loudest_team_does_not_outweigh_the_others() {
    let quiet = impressions(5, Reader::Steady, 60);
    let loud = impressions(6, Reader::Steady, 2_000);
    let of = |teams: Vec<(&str, Vec<_>)>| {
        learn_teams(teams.into_iter().map(|(n, i)| (n.to_owned(), i)).collect()).0
    };
    let alone = of(vec![("loud", loud.clone())]);
    let together = of(vec![("loud", loud), ("quiet", quiet)]);
    let sum = |m: &RankingModel| m.coefficients.values().map(|c| c.abs()).sum::<f64>();
    assert!(sum(&together) < sum(&alone));
}
