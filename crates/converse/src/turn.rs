//! One turn: from the conversation so far and a sentence to the next plan.

use rushes_ask::{Reading, ask};
use rushes_plan::{Knowledge, Plan, PlanClause, Stretch, Warning};
use rushes_types::limits::QUERY_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result};
use serde::Serialize;

use crate::apply::{Around, apply};
use crate::check::contradictions;
use crate::choose::{Choice, choose};
use crate::cue::{Cue, Said, said};
use crate::delta::Delta;
use crate::edit::{Coming, Edit};
use crate::facet::{Family, same};
use crate::history::Turn;
use crate::limits::TURNS_LOOKED_BACK_MAX;
use crate::patch::{Operation, diff};
use crate::pointers::relocated;
use crate::sentence::Sentence;
use crate::words::{Act, Words};

/// What a turn did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It changed the plan before it.
    Refines,
    /// It asked something new.
    Anew,
    /// It went back to an earlier plan.
    Back,
    /// It took up a plan that was gone back from.
    Forward,
    /// It left everything.
    Clears,
    /// Nothing changed; the warnings say why.
    Stays,
}

/// A conversation so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conversation<'a> {
    /// Its turns, the oldest first, those that were undone at the end.
    pub turns: &'a [Turn],
    /// How many of the turns count.
    pub at: usize,
    /// The moments that were shown for the last of them, best first.
    pub shown: &'a [Stretch],
}

impl<'a> Conversation<'a> {
    fn last(&self) -> Option<&'a Turn> {
        self.turns.get(self.at.checked_sub(1)?)
    }

    fn plan(&self) -> Option<&'a Plan> {
        self.last()?.plan.as_ref()
    }

    /// What the last turn asked that the one before it did not.
    fn latest(&self) -> Vec<PlanClause> {
        let clauses = |plan: Option<&'a Plan>| -> Vec<&'a PlanClause> {
            plan.map(|plan| plan.clauses().into_iter().map(|(_, clause)| clause).collect())
                .unwrap_or_default()
        };
        let before =
            self.at.checked_sub(2).and_then(|at| self.turns.get(at)).and_then(|turn| turn.plan.as_ref());
        let before = clauses(before);
        let new = |clause: &&PlanClause| !before.iter().any(|own| same(own, clause));
        clauses(self.plan()).into_iter().filter(new).cloned().collect()
    }

    /// The people that earlier plans asked for and the last one does not, who was named last first.
    fn earlier_people(&self, words: &Words) -> Vec<PlanClause> {
        let own: Vec<&PlanClause> = self.plan().map(positive).unwrap_or_default();
        let mut people: Vec<PlanClause> = Vec::new();
        let turns = self.turns.get(..self.at).unwrap_or_default();
        for plan in turns.iter().rev().take(TURNS_LOOKED_BACK_MAX).filter_map(|turn| turn.plan.as_ref()) {
            for clause in positive(plan) {
                let known = || own.iter().copied().chain(&people).any(|known| same(known, clause));
                if Family::of(clause, words).is_person() && !known() {
                    people.push(clause.clone());
                }
            }
        }
        people
    }

    fn edit(&self, last: &Plan) -> Edit<'static> {
        let words = Words::built_in();
        let earlier = self.earlier_people(words);
        Edit { plan: last.clone(), words, latest: self.latest(), earlier, warnings: Vec::new() }
    }

    /// The moment that was last spoken of.
    fn spoken_of(&self) -> Option<&'a Stretch> {
        let turns = self.turns.get(..self.at)?;
        turns.iter().rev().find_map(|turn| turn.spoken_of.as_ref())
    }
}

/// The clauses of a plan, without those that must not be there.
fn positive(plan: &Plan) -> Vec<&PlanClause> {
    let clauses = plan.clauses().into_iter();
    clauses.filter(|(pointer, _)| !pointer.contains("/none/")).map(|(_, clause)| clause).collect()
}

/// What became of what was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Turned {
    /// What it did.
    pub step: Step,
    /// Why it was read so.
    pub why: String,
    /// What changed in the plan.
    pub patch: Vec<Operation>,
    /// The plan that counts now; none where nothing is asked.
    pub plan: Option<Plan>,
    /// After going back or forward: how many turns count.
    pub at: Option<usize>,
    /// The moment that was spoken of.
    pub spoken_of: Option<Stretch>,
    /// What the words that came in became, with pointers into the new plan.
    pub understood: Option<Reading>,
    /// What was not understood, was corrected, or cannot be.
    pub warnings: Vec<Warning>,
    /// The other way to read it: as a refinement where it was read as something new, and the other way round.
    pub alternative: Option<Box<OtherWay>>,
}

/// The other way to read what was said.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherWay {
    /// What it would do.
    pub step: Step,
    /// What would change in the plan.
    pub patch: Vec<Operation>,
    /// The plan that it would be.
    pub plan: Plan,
}

/// Reads what is said next.
///
/// # Errors
/// [`ErrorKind::TooLarge`] for more than [`QUERY_BYTES_MAX`] bytes; [`ErrorKind::Invalid`] where nothing was asked before and
/// the words ask for nothing; where the names cannot be read.
pub fn converse(talk: &Conversation<'_>, say: &str, knowledge: &dyn Knowledge) -> Result<Turned> {
    if say.len() > QUERY_BYTES_MAX {
        let message = format!("what is said has {} bytes", say.len());
        let mend = format!("at most {QUERY_BYTES_MAX} are accepted");
        return Err(Error::new(ErrorKind::TooLarge, message).mend(mend).at("/say"));
    }
    let words = Words::built_in();
    let sentence = Sentence::new(say);
    let said = said(&sentence, words);
    if let Said::Cues(cues) = &said {
        if let [cue] = cues.as_slice()
            && let Some(moved) = of_conversation(talk, cue, knowledge)?
        {
            return Ok(moved);
        }
        if let Some(plan) = talk.plan() {
            return refine(talk, plan, say, cues, knowledge);
        }
    }
    let Some(plan) = talk.plan() else { return anew(None, say, "nothing was asked before", knowledge) };
    let (text, goes_on) = match said {
        Said::Plain { text, goes_on } => (text, goes_on),
        Said::Cues(_) => (say, None),
    };
    plain(talk, plan, &sentence, (text, goes_on), knowledge)
}

/// What speaks of the conversation itself.
fn of_conversation(
    talk: &Conversation<'_>,
    cue: &Cue<'_>,
    knowledge: &dyn Knowledge,
) -> Result<Option<Turned>> {
    let to = |step: Step, at: usize| {
        let plan = at.checked_sub(1).and_then(|at| talk.turns.get(at)).and_then(|turn| turn.plan.clone());
        let why = format!("“{}” speaks of the conversation", cue.says);
        let patch = diff(talk.plan(), plan.as_ref());
        Turned { step, why, patch, plan, at: Some(at), ..Turned::nothing() }
    };
    let stays = |why: &str| Turned {
        plan: talk.plan().cloned(),
        why: format!("“{}” speaks of the conversation", cue.says),
        warnings: vec![Warning::new("not_understood", "/say", why)],
        ..Turned::nothing()
    };
    Ok(Some(match cue.act {
        Act::Back => match talk.at.checked_sub(1) {
            Some(one) => {
                let more = cue.number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1).saturating_sub(1);
                to(Step::Back, one.saturating_sub(more))
            }
            None => stays("there is nothing to go back to"),
        },
        Act::Forward if talk.at < talk.turns.len() => to(Step::Forward, talk.at + 1),
        Act::Forward => stays("nothing was gone back from"),
        Act::Clear => Turned { at: None, ..to(Step::Clears, 0) },
        Act::Anew => {
            let text = cue.new.unwrap_or_default();
            anew(talk.plan(), text, "it says that it is something new", knowledge)?
        }
        _ => return Ok(None),
    }))
}

/// Begins anew.
fn anew(last: Option<&Plan>, text: &str, why: &str, knowledge: &dyn Knowledge) -> Result<Turned> {
    let asked = ask(text, &Plan::default(), knowledge).map_err(|error| match error.pointer() {
        Some("/q") => error.at("/say"),
        _ => error,
    })?;
    let mut warnings = asked.warnings;
    warnings.extend(contradictions(&asked.plan));
    Ok(Turned {
        step: Step::Anew,
        why: why.to_owned(),
        patch: diff(last, Some(&asked.plan)),
        plan: Some(asked.plan),
        understood: Some(asked.reading),
        warnings,
        ..Turned::nothing()
    })
}

/// Changes the plan as commands say.
fn refine(
    talk: &Conversation<'_>,
    last: &Plan,
    say: &str,
    cues: &[Cue<'_>],
    knowledge: &dyn Knowledge,
) -> Result<Turned> {
    let mut edit = talk.edit(last);
    let mut around = Around { knowledge, shown: talk.shown, spoken_of: talk.spoken_of().cloned() };
    let (mut why, mut spoken_of, mut read) = (Vec::new(), None, Vec::new());
    for cue in cues {
        let done = apply(&mut edit, cue, &around)?;
        why.push(done.why);
        if let Some(moment) = done.spoken_of {
            around.spoken_of = Some(moment.clone());
            spoken_of = Some(moment);
        }
        read.extend(done.read);
    }
    let turned = finish(last, edit, why.join("; "), &read);
    let has_content = cues.iter().any(|cue| cue.new.is_some());
    let alternative = if has_content { anew(Some(last), say, "", knowledge).ok() } else { None };
    let alternative = alternative.and_then(|other| OtherWay::of(other, &turned));
    Ok(Turned { spoken_of, alternative, ..turned })
}

/// Words that command nothing.
fn plain(
    talk: &Conversation<'_>,
    last: &Plan,
    sentence: &Sentence<'_>,
    (text, goes_on): (&str, Option<&str>),
    knowledge: &dyn Knowledge,
) -> Result<Turned> {
    let words = Words::built_in();
    let delta = Delta::beside(last, text, knowledge)?;
    let said = Sentence::new(text);
    let idle = said.longest(0, said.len(), &words.leading) == Some(said.len());
    let choice = if idle { Choice::Neither } else { choose(sentence, &delta, last, goes_on, words) };
    let refined = |why: String, coming: Coming| {
        let mut edit = talk.edit(last);
        edit.bring(&delta.plan, coming);
        finish(last, edit, why, std::slice::from_ref(&delta))
    };
    match choice {
        Choice::Neither => {
            let error = Error::invalid("nothing of it says what to look for, or how to go on")
                .mend("name a person, a place or words that are said; or say what is to change");
            let turned = Turned::stays(last, &error);
            let other = anew(Some(last), sentence.text, "", knowledge).ok();
            let alternative = other.and_then(|other| OtherWay::of(other, &turned));
            Ok(Turned { alternative, ..turned })
        }
        Choice::Refine(why, coming) => {
            let turned = refined(why, coming);
            let other = anew(Some(last), sentence.text, "", knowledge).ok();
            let alternative = other.and_then(|other| OtherWay::of(other, &turned));
            Ok(Turned { alternative, ..turned })
        }
        Choice::Anew(why) => {
            // What cannot be read leaves what is there: nothing is lost by a slip of the tongue.
            let turned = match anew(Some(last), sentence.text, &why, knowledge) {
                Ok(turned) => turned,
                Err(error) if error.kind() == ErrorKind::Invalid => return Ok(Turned::stays(last, &error)),
                Err(error) => return Err(error),
            };
            let alternative = OtherWay::of(refined(String::new(), Coming::Beside), &turned);
            Ok(Turned { alternative, ..turned })
        }
    }
}

/// Checks what a plan became. What cannot be is not done.
fn finish(last: &Plan, mut edit: Edit<'_>, why: String, read: &[Delta]) -> Turned {
    let emptied = edit.is_empty() && edit.plan.none.len() > last.none.len();
    if emptied {
        let denied = edit.plan.none.last().map(crate::facet::named).unwrap_or_default();
        let message =
            format!("only {denied} was looked for: without it nothing is left; say what to look for instead");
        let warnings = vec![Warning::new("contradiction", "/say", message)];
        return Turned { plan: Some(last.clone()), why, warnings, ..Turned::nothing() };
    }
    edit.settle();
    let mut warnings = edit.warnings;
    for delta in read {
        warnings.extend(
            delta.warnings.iter().map(|warning| Warning { pointer: "/say".to_owned(), ..warning.clone() }),
        );
    }
    warnings.extend(contradictions(&edit.plan));
    if let Err(error) = edit.plan.check()
        && edit.plan != Plan::default()
    {
        let turned = Turned::stays(last, &error);
        return Turned { why, ..turned };
    }
    let plan = (edit.plan != Plan::default()).then_some(edit.plan);
    let understood = read.last().map(|delta| relocated(delta, plan.as_ref()));
    let step = match &plan {
        Some(plan) if plan == last => Step::Stays,
        Some(_) => Step::Refines,
        None => Step::Clears,
    };
    Turned {
        step,
        why,
        patch: diff(Some(last), plan.as_ref()),
        plan,
        understood,
        warnings,
        ..Turned::nothing()
    }
}

impl Turned {
    fn nothing() -> Self {
        Self {
            step: Step::Stays,
            why: String::new(),
            patch: Vec::new(),
            plan: None,
            at: None,
            spoken_of: None,
            understood: None,
            warnings: Vec::new(),
            alternative: None,
        }
    }

    fn stays(last: &Plan, error: &Error) -> Self {
        let warning = Warning::new("not_understood", "/say", error.to_string());
        Self { plan: Some(last.clone()), warnings: vec![warning], ..Self::nothing() }
    }
}

impl OtherWay {
    fn of(other: Turned, than: &Turned) -> Option<Box<Self>> {
        let plan = other.plan.filter(|plan| than.plan.as_ref() != Some(plan))?;
        Some(Box::new(Self { step: other.step, patch: other.patch, plan }))
    }
}
