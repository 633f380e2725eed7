use rushes_learn::{
    Centre, FEATURE_COUNT, Feature, Features, Fit, PositionCurve, RankingModel, SHIFT_MAX, contributions,
    ndcg, raw_shift, shift_of,
};

fn features(list: &[(Feature, f64)]) -> Features {
    let mut features = Features::default();
    list.iter().for_each(|(f, x)| features.set(*f, *x));
    features
}

#[test]
fn a_shift_is_bounded_and_keeps_the_order() {
    let mut last = -1.0;
    for step in -50..=50 {
        let mut weights = [0.0; FEATURE_COUNT];
        weights[Feature::CloseUp as usize] = f64::from(step) * 20.0;
        let moved = shift_of(raw_shift(&weights, &features(&[(Feature::CloseUp, 1.0)])), 0.0);
        assert!(moved.abs() <= SHIFT_MAX && moved > last, "{step} {moved}");
        last = moved;
    }
    let nothing = raw_shift(&[0.0; FEATURE_COUNT], &features(&[(Feature::CloseUp, -1.0)]));
    assert_eq!(shift_of(nothing, nothing).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn an_explanation_adds_up_to_the_shift() {
    let mut weights = [0.0; FEATURE_COUNT];
    weights[Feature::CloseUp as usize] = 2.0;
    weights[Feature::Length as usize] = -1.5;
    weights[Feature::Place as usize] = 0.25;
    let moment = features(&[(Feature::CloseUp, 1.0), (Feature::Length, 0.5), (Feature::People, 1.0)]);
    let centre = Centre::of([&moment, &features(&[(Feature::People, -1.0)])]);
    let all = contributions(&weights, &moment, &centre);
    let names: Vec<&str> = all.iter().map(|c| c.feature).collect();
    assert_eq!(names, ["close_up", "length"]);
    assert!(all[0].adds > 0.0 && all[1].adds < 0.0);
    assert_eq!(all[0].says, "a close-up, which you keep");
    assert_eq!(all[1].says, "longer than others, which you keep less often");
    let sum: f64 = all.iter().map(|c| c.adds).sum();
    let moved = shift_of(raw_shift(&weights, &moment), centre.raw(&weights));
    assert!((sum - moved).abs() < 4e-6 && moved != 0.0, "{sum} {moved}");
    assert!(
        contributions(&weights, &moment, &Centre::of([&moment])).is_empty(),
        "what all have alike moves none"
    );
}

#[test]
fn features_are_read_by_name_and_bad_ones_are_refused() {
    let moment = features(&[(Feature::CloseUp, 1.0), (Feature::Length, -0.25)]);
    let text = serde_json::to_string(&moment).unwrap();
    assert_eq!(text, r#"{"length":-0.25,"close_up":1.0}"#);
    assert_eq!(serde_json::from_str::<Features>(&text).unwrap(), moment);
    for (name, value) in [("charm", 0.5), ("length", 1.5), ("length", f64::NAN)] {
        let error = Features::read(&[(name.to_owned(), value)].into(), "/f").unwrap_err();
        assert_eq!(error.pointer(), Some(format!("/f/{name}").as_str()));
    }
}

#[test]
fn a_model_with_nonsense_is_refused() {
    let fit = Fit { weights: [0.5; FEATURE_COUNT], deviations: [0.1; FEATURE_COUNT] };
    let model = RankingModel::of(&fit, PositionCurve::default());
    assert_eq!(model.weights().unwrap(), [0.5; FEATURE_COUNT]);
    for (name, weight) in [("charm", 1.0), ("length", f64::NAN), ("length", 1e9)] {
        let mut other = model.clone();
        other.coefficients.insert(name.to_owned(), weight);
        assert!(other.weights().is_err(), "{name} {weight}");
    }
    assert!(!model.is_used(), "it has won no trial");
}

/// By hand: gains 7, 3, 0 at discounts 1, 1/log2 3, 1/2.
#[test]
fn ndcg_is_what_the_definition_says() {
    let discounts = [1.0, 1.0 / 3.0_f64.log2(), 0.5];
    let gained = 3.0 * discounts[0] + 7.0 * discounts[2];
    let best = 7.0 * discounts[0] + 3.0 * discounts[1];
    assert!((ndcg(&[2, 0, 3], 10) - gained / best).abs() < 1e-12);
    assert_eq!(ndcg(&[0, 0], 10), 1.0);
}
