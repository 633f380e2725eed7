//! The benchmark on real engines, small: it does the same work on both, and leaves nothing behind.

use rushes_archive::Unwatched;
use rushes_bench::{BesideOptions, Spec, run_beside};
use rushes_engines::Configured;

use crate::place::{Mixture, Place};

fn measured(mixture: Mixture) {
    let Some(place) = Place::new(mixture) else { return };
    let configured = Configured::read(&place.table, &[]).unwrap();
    let options = BesideOptions {
        spec: Spec { seed: 5, hours: 1, dimensions: 16 },
        queries: 2,
        events: 5_000,
        ..BesideOptions::new(place.dir.path().join("bench"))
    };
    let beside = run_beside(&options, &configured, &Unwatched).unwrap();
    assert!(beside.same_answers && beside.searches.iter().all(|s| s.same != Some(false)), "{beside}");
    for step in &beside.steps {
        assert!(step.engines.per_second > 0.0 && step.share.is_none_or(|share| share > 0.0), "{beside}");
        assert!(step.ceiling.as_ref().is_none_or(|c| c.rows > 0 && c.bytes > 0), "{beside}");
    }
    let with_ceiling = beside.steps.iter().filter(|step| step.ceiling.is_some()).count();
    let elsewhere = [mixture.store, mixture.events, mixture.fused, mixture.index];
    let steps = elsewhere.iter().zip([2, 2, 1, 1]).filter(|(is, _)| **is).map(|(_, n)| n).sum::<usize>();
    assert_eq!(with_ceiling, steps, "{beside}");
}

#[test]
fn a_small_benchmark_finds_the_same_answers_on_real_engines() {
    measured(Mixture { store: true, events: true, fused: true, index: true });
}
