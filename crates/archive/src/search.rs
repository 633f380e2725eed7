//! Answering plans: what resolution must be told, and the search itself, within what the caller may see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rushes_index::{EngineRequest, IndexReader};
use rushes_plan::{Counted, Plan, Query, Reading, Resolved, resolve};
use rushes_query::scope::filter;
use rushes_query::{
    Access, Answer, Cursor, Encoders, Labels, Options, ReaderResolver, Runs, WordTable, execute, mark,
};
use rushes_store::LabelAliases;
use rushes_text::{Analyzer, Language, normalise_label};
use rushes_types::{MovieId, Result, RunId, RunState, Space, Visibility};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::ask::plan_of;

/// How long labels are taken as known where other processes may change them.
const LABELS_HOLD: Duration = Duration::from_secs(5);

/// What to search for: free words, a plan, or words within a plan's scope and options.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// Free words; their clauses are added to the plan's.
    pub q: Option<String>,
    /// The structured query.
    pub plan: Plan,
}

/// What a search would execute, and how its question was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explained {
    /// The resolved plan, with what could not be resolved.
    pub resolved: Resolved,
    /// Of a question in words: what each part of it became.
    pub understood: Option<Reading>,
    /// What an outside engine is asked, where one is.
    pub requests: Vec<EngineRequest>,
}

impl Archive {
    /// Finds moments.
    ///
    /// # Errors
    /// What is wrong with the plan, with its field; [`rushes_types::ErrorKind::Gone`] for a cursor whose read
    /// point is over; what the index answers.
    pub fn search(&self, caller: &Caller, request: &SearchRequest) -> Result<Answer> {
        let begun = Instant::now();
        let (Explained { resolved, understood, .. }, reader, cursor, access) =
            self.resolve(caller, request)?;
        let query = Query::compile(&resolved.plan)?;
        let stopping = || self.shared.stopping_for_good();
        let options = Options {
            access,
            cursor,
            warnings: resolved.warnings,
            word_weights: resolved.word_weights,
            cancelled: Some(&stopping),
        };
        let mut answer = execute(&query, reader.as_ref(), options)?;
        answer.understood = understood;
        mark(&mut answer, &query, &Analyzer::new(Language::parse(&self.manifest().default_language)));
        answer.took_ms = begun.elapsed().as_secs_f64() * 1000.0;
        Ok(answer)
    }

    /// The plan that a search would execute, with what could not be resolved.
    ///
    /// # Errors
    /// What is wrong with the plan, with its field.
    pub fn explain_plan(&self, caller: &Caller, request: &SearchRequest) -> Result<Explained> {
        let (mut explained, reader, _, access) = self.resolve(caller, request)?;
        let query = Query::compile(&explained.resolved.plan)?;
        explained.requests = reader.requests(&query, &filter(&query, reader.as_ref(), &access));
        Ok(explained)
    }

    #[allow(clippy::type_complexity)] // one caller each, and the parts belong together only here
    fn resolve(
        &self,
        caller: &Caller,
        request: &SearchRequest,
    ) -> Result<(Explained, Arc<dyn IndexReader>, Option<Cursor>, Access)> {
        let cursor = request.plan.cursor.as_deref().map(Cursor::read).transpose()?;
        let reader = self.engines.index.reader(cursor.as_ref().map(|c| &c.read_point))?;
        let access = access(caller);
        let labels = self.label_table()?;
        let encoders = LateEncoders { encoders: self.options.encoders.as_ref(), archive: self };
        let resolver = ReaderResolver {
            reader: reader.as_ref(),
            access: &access,
            labels: labels.as_ref(),
            words: self,
            encoders: &encoders,
            runs: self,
        };
        let (plan, understood, warnings) = match &request.q {
            Some(words) => {
                let names = self.names.names(reader.as_ref(), labels.as_ref(), &access)?;
                let asked = plan_of(words, &request.plan, &names, &resolver)?;
                (asked.plan, Some(asked.reading), asked.warnings)
            }
            None => (request.plan.clone(), None, Vec::new()),
        };
        plan.check()?;
        let mut resolved = resolve(&plan, &resolver, cursor.as_ref().map(|c| c.word_weights.as_slice()))?;
        resolved.warnings.extend(warnings);
        Ok((Explained { resolved, understood, requests: Vec::new() }, reader, cursor, access))
    }

    /// The labels with aliases, read once and again after they changed.
    pub(crate) fn label_table(&self) -> Result<Arc<LabelTable>> {
        let known = self.labels.read().unwrap_or_else(PoisonError::into_inner).clone();
        let holds = |at: &Instant| !self.engines.shared() || at.elapsed() < LABELS_HOLD;
        if let Some((_, table)) = known.as_ref().filter(|(at, _)| holds(at)) {
            return Ok(Arc::clone(table));
        }
        let anew = LabelTable::new(self.engines.store.labels()?);
        let table = match known {
            Some((_, table)) if *table == anew => table,
            _ => {
                // Another process gave labels other aliases.
                self.names.forget();
                Arc::new(anew)
            }
        };
        *self.labels.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), Arc::clone(&table)));
        Ok(table)
    }

    pub(crate) fn forget_labels(&self) {
        *self.labels.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.names.forget();
    }
}

/// What a caller may see, as the query knows it.
pub(crate) fn access(caller: &Caller) -> Access {
    match caller.movies(Right::Read) {
        None => Access::All,
        Some(movies) => {
            let known: BTreeSet<MovieId> = movies.iter().filter_map(|m| MovieId::new(m).ok()).collect();
            Access::Movies(known)
        }
    }
}

/// The registered labels with their aliases.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct LabelTable {
    entries: Vec<LabelAliases>,
    /// By each normalised name the entries that have it.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl LabelTable {
    fn new(entries: Vec<LabelAliases>) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (no, entry) in entries.iter().enumerate() {
            for name in std::iter::once(&entry.label).chain(&entry.aliases) {
                let numbers = by_name.entry(normalise_label(name)).or_default();
                if numbers.last() != Some(&no) {
                    numbers.push(no);
                }
            }
        }
        Self { entries, by_name }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &LabelAliases> {
        self.entries.iter()
    }

    /// Labels that `name` is the label or an alias of, with their types.
    pub(crate) fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a LabelAliases> {
        let numbers = self.by_name.get(&normalise_label(name)).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|no| self.entries.get(*no))
    }
}

impl Labels for LabelTable {
    fn aliases(&self, kind: Option<&str>, label: &str) -> Result<Vec<String>> {
        let of_kind = |entry: &&LabelAliases| kind.is_none_or(|kind| entry.kind.as_str() == kind);
        let named = self.named(label).filter(of_kind);
        Ok(named.flat_map(|entry| std::iter::once(&entry.label).chain(&entry.aliases)).cloned().collect())
    }
}

impl WordTable for Archive {
    fn word_counts(&self, words: &[String]) -> Result<Counted> {
        let counted = self.engines.timeline.word_counts(words)?;
        Ok(Counted { version: counted.version, annotations: counted.annotations, counts: counted.counts })
    }
}

impl Runs for Archive {
    fn run(&self, run: &str) -> Result<Option<(String, String)>> {
        let Ok(id) = RunId::new(run) else { return Ok(None) };
        let found = self.engines.store.run(&id)?;
        let pinnable = found.filter(|r| r.state == RunState::Committed && r.visibility == Visibility::Kept);
        Ok(pinnable.map(|r| (r.asset.to_string(), r.model.name().to_owned())))
    }
}

/// The encoders, told of spaces whose encoder was named only after their annotations were fused.
struct LateEncoders<'a> {
    encoders: &'a dyn Encoders,
    archive: &'a Archive,
}

impl std::fmt::Debug for LateEncoders<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.encoders.fmt(f)
    }
}

impl LateEncoders<'_> {
    fn named(&self, space: &Space) -> Result<Space> {
        if space.encoder.is_some() {
            return Ok(space.clone());
        }
        let registered = self.archive.engines.store.models()?.into_iter().filter_map(|m| m.space);
        let late = registered.filter(|s| s.id == space.id).find(|s| s.encoder.is_some());
        Ok(late.unwrap_or_else(|| space.clone()))
    }
}

impl Encoders for LateEncoders<'_> {
    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>> {
        self.encoders.encode_text(&self.named(space)?, text)
    }

    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>> {
        self.encoders.encode_image(&self.named(space)?, image)
    }
}
