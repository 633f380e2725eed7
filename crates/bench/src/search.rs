//! How fast questions are answered, warm, and whether the answers stay the same.

use rushes_archive::Progress;
use rushes_types::{Error, Result};

use crate::World;
use crate::answers::AnswerHash;
use crate::percentiles::Samples;
use crate::queries::{Class, plan};
use crate::report::Search;
use crate::subject::Subject;

/// Asks `count` questions of each class, twice: first to bring into memory what they need, then with the clock.
///
/// # Errors
/// Where a question fails, or an answer that must be the same is another one the second time.
pub fn measure(
    subject: &Subject,
    world: &World,
    count: usize,
    progress: &dyn Progress,
) -> Result<Vec<Search>> {
    let mut searches = Vec::new();
    for (no, class) in Class::ALL.into_iter().enumerate() {
        crate::run::check(progress)?;
        progress.set("searching", no as u64, Some(Class::ALL.len() as u64));
        let plans: Vec<_> = (0..count as u64).map(|no| plan(world, class, no)).collect();
        let (first, _) = ask(subject, &plans)?;
        let (second, samples) = ask(subject, &plans)?;
        if class.is_exact() && first.hex() != second.hex() {
            let name = class.name();
            return Err(Error::bug(format!(
                "`{name}`: the same questions had other answers the second time"
            )));
        }
        #[allow(clippy::cast_precision_loss)] // a figure for people
        let moments = second.moments() as f64 / count.max(1) as f64;
        searches.push(Search {
            what: class.name().to_owned(),
            count,
            ms: samples.percentiles_ms(),
            moments,
            answers: second.hex(),
            exact: class.is_exact(),
        });
    }
    Ok(searches)
}

fn ask(subject: &Subject, plans: &[serde_json::Value]) -> Result<(AnswerHash, Samples)> {
    let mut hash = AnswerHash::default();
    let mut samples = Samples::default();
    for plan in plans {
        let (answer, took) = subject.search(plan)?;
        samples.add(took);
        hash.add(&answer);
    }
    Ok((hash, samples))
}
