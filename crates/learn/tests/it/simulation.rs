use rushes_learn::simulate::{Curve, Reader, SimulationOptions, simulate};

fn gain(curve: &Curve, choices: usize) -> (f64, f64) {
    let point = curve.points.iter().find(|p| p.choices == choices).unwrap();
    (point.gain, point.lowest)
}

/// What is promised of learning, on a few tastes; `rushes ranking simulate` shows it on many.
#[test]
fn tastes_are_learned_and_chance_is_not() {
    let report = simulate(SimulationOptions { seed: 1, tastes: 3 });
    let of = |reader: Reader| report.curves.iter().find(|c| c.reader == reader).unwrap();
    println!("{report}");
    for reader in Reader::ALL {
        assert_eq!(gain(of(reader), 0), (0.0, 0.0), "without choices it is today's order: {reader:?}");
    }
    for reader in [Reader::Steady, Reader::Noisy, Reader::TopHeavy] {
        assert!(gain(of(reader), 200).0 > 0.15, "{reader:?}");
        assert!(of(reader).regret < of(reader).hand_set_regret);
        assert!(gain(of(reader), 800).0 > 0.2);
    }
    assert!(gain(of(Reader::Unseen), 800).0 > 0.1);
    for reader in [Reader::Random, Reader::RandomOnTop] {
        for point in &of(reader).points {
            assert!(point.gain > -0.01, "{reader:?} {point:?}");
        }
    }
    let estimated = of(Reader::Steady);
    assert!(estimated.truth > 0.0 && estimated.estimated > 0.0);
}

#[test]
fn a_picture_has_every_curve() {
    let report = simulate(SimulationOptions { seed: 2, tastes: 1 });
    let svg = report.picture();
    assert_eq!(svg.matches("<polyline").count(), Reader::ALL.len());
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
}
