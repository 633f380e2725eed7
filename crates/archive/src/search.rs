//! Answers plans, limited to what the caller may see.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rushes_ask::{Asking, ask_as};
use rushes_converse::{Conversation, Turned, converse};
use rushes_index::{Budget, IndexReader};
use rushes_plan::{Plan, Warning};
use rushes_query::{
    Access, Answer, AppliedProfile, Catalog, Evidence, Moment, PlannedSearch, View, cursor_of, explain,
    search,
};
use rushes_text::{Analyzer, Language};
use rushes_types::{Commit, Error, Result};

pub use rushes_query::Explained;

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::knowledge::ArchiveKnowledge;
use crate::label_table::LabelTable;
use crate::ranking::RankingAsk;
use crate::rebuild_marker::Rebuild;
use crate::search_places::Searches;

/// How long labels are cached where other processes may change them.
const LABELS_HOLD: Duration = Duration::from_secs(5);

/// Text of a piece of evidence, in bytes, as it mostly is.
const EVIDENCE_TEXT_BYTES: usize = 256;

/// What to search for: free words, a plan, or words within a plan's scope and options.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// Free words; their clauses are added to the plan's.
    pub q: Option<String>,
    /// The structured query.
    pub plan: Plan,
    /// Are the words still being typed? Then the last one may be the beginning of a name, else of a word that is said.
    pub typing: bool,
    /// How moments are ranked.
    pub ranking: RankingAsk,
    /// The profile that filled the plan in.
    pub profile: Option<AppliedProfile>,
}

impl Archive {
    /// Finds moments.
    ///
    /// # Errors
    /// What is wrong with the plan, with its field; [`rushes_types::ErrorKind::Gone`] for a cursor whose read
    /// point is over; what the index answers.
    pub fn search(&self, caller: &Caller, request: &SearchRequest) -> Result<Answer> {
        self.search_until(caller, request, &Arc::default())
    }

    /// [`Archive::search`] that ends soon after `gone` is set: nobody waits for it any more.
    ///
    /// # Errors
    /// As [`Archive::search`]; [`rushes_types::ErrorKind::TooLarge`] where it costs more than a search may,
    /// [`rushes_types::ErrorKind::Busy`] where too many run, [`rushes_types::ErrorKind::Cancelled`] once `gone` is set.
    pub fn search_until(
        &self,
        caller: &Caller,
        request: &SearchRequest,
        gone: &Arc<AtomicBool>,
    ) -> Result<Answer> {
        let begun = Instant::now();
        let answer = self.within_budget(caller, gone, |budget| self.searched(caller, request, budget));
        Ok(Answer { took_ms: begun.elapsed().as_secs_f64() * 1000.0, ..answer? })
    }

    /// The first moments of an answer, at most `most`, over as many pages of `page` as they take, and how many there are
    /// in all. All pages together cost what one search may.
    ///
    /// # Errors
    /// As [`Archive::search_until`].
    pub fn moments_until(
        &self,
        caller: &Caller,
        mut request: SearchRequest,
        (page, most): (usize, usize),
        gone: &Arc<AtomicBool>,
    ) -> Result<(Vec<Moment>, usize)> {
        request.plan.limit = Some(page.min(most).max(1));
        request.plan.explain = false;
        self.within_budget(caller, gone, move |budget| {
            let mut moments = Vec::new();
            loop {
                let answer = budget.passing(|budget| self.searched(caller, &request, budget))?;
                budget.keep(answer.moments.iter().map(held_bytes).sum())?;
                moments.extend(answer.moments);
                match answer.next_cursor {
                    Some(cursor) if moments.len() < most => request.plan.cursor = Some(cursor),
                    next => {
                        // With `top` fewer moments are shown than exist; those that `top` removes do not count as left out.
                        let total =
                            if next.is_some() { answer.total } else { moments.len().min(answer.total) };
                        moments.truncate(most);
                        return Ok((moments, total));
                    }
                }
            }
        })
    }

    fn searched(&self, caller: &Caller, request: &SearchRequest, budget: &Budget) -> Result<Answer> {
        let reader = self.reader_of(&request.plan)?;
        let ranking = self.ranking_of(&request.ranking)?;
        let view = View { ranking, ..self.view(reader.as_ref(), caller.access(Right::Read), budget)? };
        let knowledge = ArchiveKnowledge::new(self, &view)?;
        let asked = self.within_limits(asked(request, &knowledge)?)?;
        let mut answer = self.healer.after(Rebuild::Index, search(asked, &view, &knowledge))?;
        answer.profile.clone_from(&request.profile);
        answer.warnings.extend(self.is_being_made(reader.as_ref())?);
        Ok(answer)
    }

    /// The searches that run now, and how many ended without an answer.
    #[must_use]
    pub fn searches(&self) -> Searches {
        self.search_places.searches()
    }

    /// Refuses a plan with more clauses, or a larger page, than this archive takes.
    fn within_limits(&self, asked: PlannedSearch) -> Result<PlannedSearch> {
        let (limits, plan) = (&self.options.limits, &asked.plan);
        let clauses = plan.clause_count();
        if clauses > limits.clauses_max {
            return Err(Error::invalid(format!("the plan has {clauses} clauses"))
                .mend(format!("at most {} are accepted", limits.clauses_max)));
        }
        if let Some(page) = plan.limit.filter(|page| *page > limits.page_max) {
            return Err(Error::invalid(format!("a page of {page} moments is asked for"))
                .mend(format!("at most {} are given at once", limits.page_max))
                .at("/limit"));
        }
        Ok(asked)
    }

    /// The plan that a search would execute, with what could not be resolved.
    ///
    /// # Errors
    /// What is wrong with the plan, with its field.
    pub fn explain_plan(&self, caller: &Caller, request: &SearchRequest) -> Result<Explained> {
        self.explain_plan_until(caller, request, &Arc::default())
    }

    /// [`Archive::explain_plan`] that ends soon after `gone` is set.
    ///
    /// # Errors
    /// As [`Archive::explain_plan`]; those of a budget, as [`Archive::search_until`].
    pub fn explain_plan_until(
        &self,
        caller: &Caller,
        request: &SearchRequest,
        gone: &Arc<AtomicBool>,
    ) -> Result<Explained> {
        self.within_budget(caller, gone, |budget| {
            let reader = self.reader_of(&request.plan)?;
            let view = self.view(reader.as_ref(), caller.access(Right::Read), budget)?;
            let knowledge = ArchiveKnowledge::new(self, &view)?;
            explain(self.within_limits(asked(request, &knowledge)?)?, &view, &knowledge)
        })
    }

    /// What becomes of the plan when somebody says something more; ends soon after `gone` is set.
    ///
    /// # Errors
    /// As [`converse`]; those of a budget, as [`Archive::search_until`].
    pub fn converse_until(
        &self,
        caller: &Caller,
        talk: &Conversation<'_>,
        say: &str,
        gone: &Arc<AtomicBool>,
    ) -> Result<Turned> {
        self.within_budget(caller, gone, |budget| {
            let reader = self.reader_of(&Plan::default())?;
            let view = self.view(reader.as_ref(), caller.access(Right::Read), budget)?;
            converse(talk, say, &ArchiveKnowledge::new(self, &view)?)
        })
    }

    /// What to say where nothing can be found yet, so that an empty answer does not look like the truth.
    fn is_being_made(&self, reader: &dyn IndexReader) -> Result<Option<Warning>> {
        if reader.read_point().upto != Commit::NONE {
            return Ok(None);
        }
        let last = self.engines.store.last_commit()?;
        let message = "the index is being built: nothing can be found before that is done; `rushes status` shows how far it is";
        Ok((last != Commit::NONE).then(|| Warning::new("index_incomplete", "", message)))
    }

    /// A reader at the read point of the plan's cursor, else at the newest.
    fn reader_of(&self, plan: &Plan) -> Result<Arc<dyn IndexReader>> {
        self.engines.index.reader(cursor_of(plan)?.as_ref().map(|c| &c.read_point))
    }

    fn view<'a>(&self, reader: &'a dyn IndexReader, access: Access, budget: &'a Budget) -> Result<View<'a>> {
        let catalog = self
            .search_caches
            .catalogs
            .get(reader.read_point(), &access, budget, || Ok(Catalog::default()))?;
        let language = || Arc::new(Analyzer::new(Language::parse(&self.manifest().default_language)));
        let analyzer = Arc::clone(self.search_caches.analyzer.get_or_init(language));
        Ok(View { reader, access, catalog, analyzer, budget, ranking: None })
    }

    /// The labels with aliases, cached until they change.
    pub(crate) fn label_table(&self) -> Result<Arc<LabelTable>> {
        let known = self.labels.read().unwrap_or_else(PoisonError::into_inner).clone();
        let holds = |at: &Instant| !self.engines.shared() || at.elapsed() < LABELS_HOLD;
        if let Some((_, table)) = known.as_ref().filter(|(at, _)| holds(at)) {
            return Ok(Arc::clone(table));
        }
        let current = LabelTable::new(self.engines.store.labels()?);
        let table = match known {
            Some((_, table)) if *table == current => table,
            _ => {
                // Another process changed the aliases.
                self.search_caches.names.forget();
                Arc::new(current)
            }
        };
        *self.labels.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), Arc::clone(&table)));
        Ok(table)
    }

    pub(crate) fn forget_labels(&self) {
        *self.labels.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.search_caches.names.forget();
    }
}

/// About the memory of a moment while others are gathered, in bytes.
fn held_bytes(moment: &Moment) -> u64 {
    let evidence = moment.evidence.len() * (size_of::<Evidence>() + EVIDENCE_TEXT_BYTES);
    (size_of::<Moment>() + evidence) as u64
}

/// The plan of a request: the clauses of its words are added to what was set by hand.
fn asked(request: &SearchRequest, knowledge: &ArchiveKnowledge<'_>) -> Result<PlannedSearch> {
    let Some(words) = &request.q else { return Ok(request.plan.clone().into()) };
    let asking = Asking { typing: request.typing, ..Asking::default() };
    let asked = ask_as(asking, words, &request.plan, knowledge)?;
    Ok(PlannedSearch { plan: asked.plan, understood: Some(asked.reading), warnings: asked.warnings })
}
