//! Closer and wider: sizes of shots, as far as the archive has labels for them.

use rushes_plan::{Ask, Knowledge, Names, Plan, PlanClause, Target};
use rushes_types::Result;

use crate::edit::{Coming, Edit};
use crate::facet::Family;
use crate::words::Words;

/// How close a close-up is among the sizes, counted from 0 at the widest: what "closer" asks for where nothing was said of
/// the size.
const CLOSE: usize = 5;
/// The same of a wide shot, for "wider".
const WIDE: usize = 1;

/// Asks for a size closer (`step` 1) or wider (-1) than the plan's, of those that the archive has.
///
/// # Errors
/// Where the names cannot be read.
pub(crate) fn shift(edit: &mut Edit<'_>, step: isize, knowledge: &dyn Knowledge) -> Result<()> {
    let known = known(&*knowledge.names()?, edit.words);
    let own = edit.of_family(&Family::Size).into_iter().find_map(|place| match &edit.at(place)?.ask {
        Some(Ask::Label { label, .. }) => edit.words.size_of(label),
        _ => None,
    });
    let wanted = match own {
        Some(own) if step > 0 => known.iter().find(|(size, _)| *size > own),
        Some(own) => known.iter().rev().find(|(size, _)| *size < own),
        None => {
            let usual = if step > 0 { CLOSE } else { WIDE };
            known.iter().min_by_key(|(size, _)| size.abs_diff(usual))
        }
    };
    match wanted {
        Some((_, clause)) => {
            edit.bring(&Plan { all: vec![clause.clone()], ..Plan::default() }, Coming::Beside);
        }
        None if known.is_empty() => edit.warn("not_understood", "no sizes of shots are labelled here"),
        None => edit.warn("not_understood", "no label is for a shot beyond the one that is asked for"),
    }
    Ok(())
}

/// The sizes that the archive has labels for, from the widest, each with its clause.
fn known(names: &Names, words: &Words) -> Vec<(usize, PlanClause)> {
    let clause_of = |row: &Vec<String>| {
        names.named(&row.join(" ")).iter().find_map(|name| match &name.target {
            Target::Label { kind, label } => {
                let clause = PlanClause::of_type(kind.clone());
                let clause = clause.asking(Ask::Label { label: label.clone(), labels: None });
                (Family::of(&clause, words) == Family::Size).then_some(clause)
            }
            _ => None,
        })
    };
    let sizes = words.sizes.iter().enumerate();
    sizes.filter_map(|(size, rows)| Some((size, rows.iter().find_map(clause_of)?))).collect()
}
