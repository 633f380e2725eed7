//! Answers plans, limited to what the caller may see.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rushes_ask::ask;
use rushes_index::IndexReader;
use rushes_plan::Plan;
use rushes_query::{Access, Answer, Catalog, PlannedSearch, View, cursor_of, explain, search};
use rushes_text::{Analyzer, Language};
use rushes_types::Result;

pub use rushes_query::Explained;

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::knowledge::ArchiveKnowledge;
use crate::label_table::LabelTable;

/// How long labels are cached where other processes may change them.
const LABELS_HOLD: Duration = Duration::from_secs(5);

/// What to search for: free words, a plan, or words within a plan's scope and options.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// Free words; their clauses are added to the plan's.
    pub q: Option<String>,
    /// The structured query.
    pub plan: Plan,
}

impl Archive {
    /// Finds moments.
    ///
    /// # Errors
    /// What is wrong with the plan, with its field; [`rushes_types::ErrorKind::Gone`] for a cursor whose read
    /// point is over; what the index answers.
    pub fn search(&self, caller: &Caller, request: &SearchRequest) -> Result<Answer> {
        let begun = Instant::now();
        let reader = self.reader_of(&request.plan)?;
        let stopping = || self.shared.stopping_for_good();
        let view = self.view(reader.as_ref(), caller.access(Right::Read), Some(&stopping))?;
        let knowledge = ArchiveKnowledge::new(self, &view)?;
        let mut answer = search(asked(request, &knowledge)?, &view, &knowledge)?;
        answer.took_ms = begun.elapsed().as_secs_f64() * 1000.0;
        Ok(answer)
    }

    /// The plan that a search would execute, with what could not be resolved.
    ///
    /// # Errors
    /// What is wrong with the plan, with its field.
    pub fn explain_plan(&self, caller: &Caller, request: &SearchRequest) -> Result<Explained> {
        let reader = self.reader_of(&request.plan)?;
        let view = self.view(reader.as_ref(), caller.access(Right::Read), None)?;
        let knowledge = ArchiveKnowledge::new(self, &view)?;
        explain(asked(request, &knowledge)?, &view, &knowledge)
    }

    /// A reader at the read point of the plan's cursor, else at the newest.
    fn reader_of(&self, plan: &Plan) -> Result<Arc<dyn IndexReader>> {
        self.engines.index.reader(cursor_of(plan)?.as_ref().map(|c| &c.read_point))
    }

    fn view<'a>(
        &self,
        reader: &'a dyn IndexReader,
        access: Access,
        cancelled: Option<&'a (dyn Fn() -> bool + Sync)>,
    ) -> Result<View<'a>> {
        let catalog =
            self.search_caches.catalogs.get(reader.read_point(), &access, || Ok(Catalog::default()))?;
        let language = || Arc::new(Analyzer::new(Language::parse(&self.manifest().default_language)));
        let analyzer = Arc::clone(self.search_caches.analyzer.get_or_init(language));
        Ok(View { reader, access, catalog, analyzer, cancelled })
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

/// The plan of a request: the clauses of its words are added to what was set by hand.
fn asked(request: &SearchRequest, knowledge: &ArchiveKnowledge<'_>) -> Result<PlannedSearch> {
    let Some(words) = &request.q else { return Ok(request.plan.clone().into()) };
    let asked = ask(words, &request.plan, knowledge)?;
    Ok(PlannedSearch { plan: asked.plan, understood: Some(asked.reading), warnings: asked.warnings })
}
