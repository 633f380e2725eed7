//! Moments that were shown: like one of them, or without it.

use rushes_plan::{Ask, Like, Plan, PlanClause, Predicate, Stretch, VectorAsk, VectorSource};
use rushes_types::Result;

use crate::apply::{Around, Done};
use crate::cue::Cue;
use crate::edit::{Coming, Edit};

/// The moment that a sentence means: by its place, else that which was last spoken of, else the first.
fn moment<'a>(cue: &Cue<'_>, around: &'a Around<'_>) -> std::result::Result<&'a Stretch, String> {
    let shown = around.shown;
    match cue.number {
        Some(-1) => shown.last().ok_or_else(|| "no moments were shown".to_owned()),
        Some(n) => {
            let at = usize::try_from(n).ok().and_then(|n| n.checked_sub(1));
            at.and_then(|at| shown.get(at)).ok_or_else(|| match shown.len() {
                0 => "no moments were shown".to_owned(),
                count => format!("{count} moments were shown, so there is no number {n}"),
            })
        }
        None => around
            .spoken_of
            .as_ref()
            .or_else(|| shown.first())
            .ok_or_else(|| "no moments were shown".to_owned()),
    }
}

/// What is like it.
pub(crate) fn like(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let mut done = Done {
        why: format!("“{}” asks for what is like a moment that was shown", cue.says),
        ..Done::default()
    };
    match moment(cue, around) {
        Ok(moment) => {
            let like = Like {
                asset_id: moment.asset_id.clone(),
                annotation_id: None,
                start_ns: Some(moment.start_ns),
                end_ns: Some(moment.end_ns),
            };
            let vector = VectorAsk::near(VectorSource::Like(like));
            let clause = PlanClause::default().asking(Ask::Vector { vector });
            edit.bring(&Plan { all: vec![clause], ..Plan::default() }, Coming::Beside);
            done.spoken_of = Some(moment.clone());
        }
        Err(why) => edit.warn("not_understood", why),
    }
    Ok(done)
}

/// All but it.
pub(crate) fn unlike(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let mut done =
        Done { why: format!("“{}” leaves out a moment that was shown", cue.says), ..Done::default() };
    match moment(cue, around) {
        Ok(moment) => {
            let predicate = Predicate::OtherThan(moment.clone());
            if !edit.plan.predicates.contains(&predicate) {
                edit.plan.predicates.push(predicate);
            }
            done.spoken_of = Some(moment.clone());
        }
        Err(why) => edit.warn("not_understood", why),
    }
    Ok(done)
}
