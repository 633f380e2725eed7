//! The estimate of each kind of question beside what it took.

use rushes_archive::Progress;
use rushes_types::Result;
use serde_json::{Value, json};

use super::Estimate;
use crate::World;
use crate::queries::{Class, plan};
use crate::subject::Subject;
use crate::world::Writer;

/// Questions of each class.
const QUESTIONS: u64 = 3;

/// What takes longer is asked once: warming up makes no difference then.
const LONG_US: u64 = 500_000;

/// Asks each question twice, to warm up and then for the figure.
pub(super) fn measure(subject: &Subject, world: &World, progress: &dyn Progress) -> Result<Vec<Estimate>> {
    let classes = Class::ALL
        .into_iter()
        .flat_map(|class| (0..QUESTIONS).map(move |no| (class.name().to_owned(), plan(world, class, no))));
    let monsters = super::monsters::all(world).into_iter().filter(|monster| monster.path == "/v1/search");
    let monsters = monsters.filter_map(|m| Some((m.name.to_owned(), serde_json::from_str(&m.body).ok()?)));
    let plans: Vec<(String, Value)> = classes.chain(heavy()).chain(monsters).collect();
    let mut estimates: Vec<Estimate> = Vec::new();
    for (no, (what, plan)) in plans.iter().enumerate() {
        crate::run::check(progress)?;
        progress.set("estimating", no as u64, Some(plans.len() as u64));
        // What is refused has no figures.
        let Ok(estimated_us) = subject.estimated_us(plan) else { continue };
        let Some(first_us) = taken_us(subject, plan) else { continue };
        let again = if first_us < LONG_US { taken_us(subject, plan) } else { None };
        let measured_us = again.unwrap_or(first_us);
        match estimates.last_mut().filter(|last| last.what == *what) {
            Some(last) => {
                last.estimated_us += estimated_us;
                last.measured_us += measured_us;
            }
            None => estimates.push(Estimate { what: what.clone(), estimated_us, measured_us }),
        }
    }
    Ok(estimates)
}

/// CPU time of a search; `None` where it was refused.
fn taken_us(subject: &Subject, plan: &Value) -> Option<u64> {
    let before = subject.searches_cpu_us();
    subject.search(plan).ok()?;
    Some(subject.searches_cpu_us().saturating_sub(before))
}

/// Questions that read much, one for each thing that costs.
fn heavy() -> Vec<(String, Value)> {
    let (speech, faces, objects) = (Writer::Speech.kind(), Writer::Faces.kind(), Writer::Objects.kind());
    let begins = |letter: &str| json!({"type": speech, "text": letter, "prefix": true});
    let (every, some) = ("the you and that", "the you and that what is this for");
    let fuzzy = |words: &str| json!({"type": speech, "text": words, "fuzziness": 2, "operator": "or"});
    let letters = ["a", "e", "i", "o", "s", "t", "n", "r"].map(begins);
    let of = |what: &str, plan: Value| (what.to_owned(), plan);
    vec![
        of("all of a type", json!({"all": [{"type": faces}]})),
        of("all of a type, by confidence", json!({"all": [{"type": faces, "min_confidence": 0.9}]})),
        of(
            "all of a type, by an attribute",
            json!({"all": [{"type": objects, "attributes": {"track": {"gte": 3}}}]}),
        ),
        of("union of two types", json!({"any": [{"type": faces}, {"type": objects}], "mode": "union"})),
        of("two types at once", json!({"all": [{"type": faces}, {"type": objects}]})),
        of("frequent words, every one", json!({"all": [{"type": speech, "text": every, "operator": "and"}]})),
        of("frequent words, any", json!({"all": [{"type": speech, "text": some, "operator": "or"}]})),
        of("a frequent phrase", json!({"all": [{"type": speech, "phrase": "you and", "slop": 3}]})),
        of("a beginning of one letter", json!({"all": [begins("t")]})),
        of("eight beginnings of one letter", json!({"any": letters})),
        of("four fuzzy words", json!({"all": [fuzzy("kitchen harbour morning sister")]})),
        of("forty fuzzy words", json!({"any": vec![fuzzy("kitchen harbour morning sister"); 10]})),
        of(
            "a beginning, then another",
            json!({"all": [begins("t")], "then": [{"all": [begins("a")], "within": 60}]}),
        ),
        of(
            "all of a type, ranked by an attribute",
            json!({"all": [{"type": objects}], "rank_by": {"attribute": "track"}}),
        ),
        of("all of a type, folded", json!({"all": [{"type": faces}], "fold": {"overlap": 0.9}})),
        of(
            "all of a type, by rank fusion",
            json!({"any": [{"type": faces}, {"type": objects}], "fusion": "rrf"}),
        ),
    ]
}
