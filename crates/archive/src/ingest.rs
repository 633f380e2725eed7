//! Ingests annotations: from a request body to the store.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rushes_store::{AnnotationStore, AppendMode, BlockInput, Receipt, RunSpec, receipt_for_new_run};
use rushes_types::limits::Limits;
use rushes_types::{
    Asset, AssetId, Commit, Error, ErrorKind, Metric, Model, ModelRef, MovieId, Result, RunId, RunMode,
    Space, SpaceId,
};
use rushes_wire::batch::{NamedMovie, SplitOptions};
use rushes_wire::{GroupedBlock, Request};

use crate::access::{Caller, Right};

/// Problems that a report names; the others are only counted.
pub const PROBLEMS_MAX: usize = 1_000;
/// Threads that read the lines of one request.
const READ_THREADS: usize = 2;

/// A request body.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// JSON, one annotation a line.
    Lines(&'a [u8]),
    /// An Arrow IPC stream.
    Arrow(&'a [u8]),
}

/// What happens to annotations that exist already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IngestMode {
    /// Nothing: the lines are added, those already there are skipped.
    #[default]
    Loose,
    /// For each asset and model of the request, the lines replace all earlier annotations of the model on the asset.
    Replace,
}

/// How a request is ingested.
#[derive(Debug, Clone, Copy, Default)]
pub struct IngestOptions {
    /// Add or replace.
    pub mode: IngestMode,
    /// Take all or nothing.
    pub strict: bool,
    /// Check only; write nothing.
    pub dry_run: bool,
}

/// A line that was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// Line (or row) of the request, from 1.
    pub line: u64,
    /// The field, as a JSON pointer; empty for the whole line.
    pub pointer: String,
    /// Why, and how to mend it.
    pub detail: String,
}

/// The outcome of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Annotations newly kept.
    pub accepted: u64,
    /// Annotations that were there already.
    pub duplicates: u64,
    /// Annotations rejected.
    pub rejected: u64,
    /// The first rejected ones, ascending by line.
    pub errors: Vec<LineProblem>,
    /// Assets that the request registered by naming them.
    pub registered_assets: Vec<AssetId>,
    /// Models that the request registered by naming them.
    pub registered_models: Vec<ModelRef>,
    /// The last commit made.
    pub commit: Option<Commit>,
}

/// Parses a request; writes nothing. `models` are the registered ones.
fn split(models: &[Model], limits: &Limits, body: Body<'_>) -> Result<Request> {
    let space_of = |model: &ModelRef| find(models, model).and_then(|m| m.space.clone());
    let options = SplitOptions { limits, space_of: &space_of, threads: READ_THREADS };
    match body {
        Body::Lines(bytes) => rushes_wire::split_request(bytes, &options),
        Body::Arrow(bytes) => rushes_wire::arrow::split_arrow(bytes, &options),
    }
}

/// Ingests a request.
pub(crate) fn ingest(
    store: &dyn AnnotationStore,
    limits: &Limits,
    caller: &Caller,
    body: Body<'_>,
    options: &IngestOptions,
) -> Result<IngestReport> {
    // Read once, since each call to a remote store means waiting.
    let models = store.models()?;
    let request = split(&models, limits, body)?;
    let mut report = report_of(&request);
    let registrations = Registrations::plan(store, &models, caller, &request.blocks)?;
    if options.dry_run || options.strict {
        // Before anything is registered: lines rejected by the store count like unreadable ones.
        let inputs = inputs(&request.blocks);
        let would = match options.mode {
            IngestMode::Loose => store.append_loose(&inputs, AppendMode::DryRun)?,
            IngestMode::Replace => receipt_for_new_run(&inputs),
        };
        if options.dry_run || report.rejected > 0 || !would.rejected.is_empty() {
            add(&mut report, would);
            if options.strict && report.rejected > 0 {
                report.accepted = 0;
            }
            return Ok(report);
        }
    }
    registrations.carry_out(store, &mut report)?;
    match options.mode {
        IngestMode::Loose => {
            let receipt = store.append_loose(&inputs(&request.blocks), append_mode(options.strict))?;
            add(&mut report, receipt);
        }
        IngestMode::Replace => replace(store, &request.blocks, options.strict, &mut report)?,
    }
    Ok(report)
}

/// The append mode for `strict`.
const fn append_mode(strict: bool) -> AppendMode {
    if strict { AppendMode::Atomic } else { AppendMode::Partial }
}

/// Adds a request to an open run.
pub(crate) fn append_run(
    store: &dyn AnnotationStore,
    limits: &Limits,
    run: &rushes_types::Run,
    body: Body<'_>,
    strict: bool,
) -> Result<IngestReport> {
    let models = store.models()?;
    let mut request = split(&models, limits, body)?;
    let mut report = report_of(&request);
    request.blocks.retain(|block| {
        let fits = block.asset == run.asset && block.model == run.model;
        if !fits {
            reject_block(&mut report, block, run);
        }
        fits
    });
    if strict {
        let would = store.append(&run.id, &inputs(&request.blocks), AppendMode::DryRun)?;
        if report.rejected > 0 || !would.rejected.is_empty() {
            add(&mut report, would);
            report.accepted = 0;
            return Ok(report);
        }
    }
    register_space(store, &models, &request.blocks)?;
    let receipt = store.append(&run.id, &inputs(&request.blocks), append_mode(strict))?;
    add(&mut report, receipt);
    Ok(report)
}

fn reject_block(report: &mut IngestReport, block: &GroupedBlock, run: &rushes_types::Run) {
    let (pointer, detail) = if block.asset == run.asset {
        ("/model", format!("the run is of model `{}`, the line of `{}`", run.model, block.model))
    } else {
        ("/asset_id", format!("the run is of asset `{}`, the line of `{}`", run.asset, block.asset))
    };
    for row in &block.rows {
        reject(report, row.source, pointer, &detail);
    }
}

fn reject(report: &mut IngestReport, line: u64, pointer: &str, detail: &str) {
    report.rejected += 1;
    if report.errors.len() < PROBLEMS_MAX {
        report.errors.push(LineProblem { line, pointer: pointer.to_owned(), detail: detail.to_owned() });
    }
}

fn report_of(request: &Request) -> IngestReport {
    let mut report = IngestReport::default();
    for error in &request.errors {
        reject(&mut report, error.line, &error.pointer, &error.detail);
    }
    report
}

/// The blocks as the store takes them; their bytes stay where they are.
fn inputs<'a>(blocks: impl IntoIterator<Item = &'a GroupedBlock>) -> Vec<BlockInput<'a>> {
    blocks
        .into_iter()
        .map(|block| BlockInput {
            asset: block.asset.clone(),
            model: block.model.clone(),
            format: block.format,
            rows: Cow::Borrowed(&block.rows),
            bytes: Cow::Borrowed(&block.bytes),
        })
        .collect()
}

fn add(report: &mut IngestReport, receipt: Receipt) {
    report.accepted += receipt.accepted;
    report.duplicates += receipt.duplicates;
    report.commit = report.commit.max(receipt.commit);
    for rejection in receipt.rejected {
        reject(report, rejection.source, "/annotation_id", &rejection.reason);
    }
    report.errors.sort_by_key(|e| e.line);
}

/// Replaces the models' annotations on the assets. Every run is filled before the first is committed, so that a failure
/// on the way replaces nothing.
fn replace(
    store: &dyn AnnotationStore,
    blocks: &[GroupedBlock],
    strict: bool,
    report: &mut IngestReport,
) -> Result<()> {
    // Arrow requests may hold several blocks of one asset and model: they are one run.
    let mut runs: BTreeMap<(AssetId, ModelRef), Vec<&GroupedBlock>> = BTreeMap::new();
    for block in blocks {
        runs.entry((block.asset.clone(), block.model.clone())).or_default().push(block);
    }
    let mut filled = Vec::new();
    let outcome = fill(store, runs, strict, &mut filled, report);
    if outcome.is_err() || (strict && report.rejected > 0) {
        filled.iter().for_each(|run| abandon(store, run));
        report.accepted = 0;
        return outcome;
    }
    for (done, run) in filled.iter().enumerate() {
        match store.commit_run(run) {
            Ok(commit) => report.commit = report.commit.max(Some(commit)),
            Err(error) => {
                filled.iter().skip(done).for_each(|run| abandon(store, run));
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Opens a run for each asset and model and fills it.
fn fill(
    store: &dyn AnnotationStore,
    runs: BTreeMap<(AssetId, ModelRef), Vec<&GroupedBlock>>,
    strict: bool,
    filled: &mut Vec<RunId>,
    report: &mut IngestReport,
) -> Result<()> {
    for ((asset, model), blocks) in runs {
        let spec = RunSpec { id: None, asset, model, mode: RunMode::Replace, coverage: None };
        let run = store.open_run(&spec)?;
        filled.push(run.id.clone());
        let receipt = store.append(&run.id, &inputs(blocks.iter().copied()), append_mode(strict))?;
        add(report, receipt);
    }
    Ok(())
}

fn abandon(store: &dyn AnnotationStore, run: &RunId) {
    if let Err(error) = store.abort_run(run) {
        tracing::warn!(%run, %error, "the run could not be aborted; it stays open");
    }
}

/// The assets and models that a request registers by naming them.
struct Registrations {
    assets: Vec<Asset>,
    models: Vec<Model>,
}

impl Registrations {
    /// Finds what is not registered yet, and whether the caller may write to all of it.
    fn plan(
        store: &dyn AnnotationStore,
        known: &[Model],
        caller: &Caller,
        blocks: &[GroupedBlock],
    ) -> Result<Self> {
        let mut models: BTreeMap<ModelRef, Model> = BTreeMap::new();
        // Look in all blocks of the asset: each model has its own, and the first may not name a movie.
        let mut movies: BTreeMap<&AssetId, Option<&NamedMovie>> = BTreeMap::new();
        for block in blocks {
            if let Some(model) = unregistered(known, block)? {
                let entry = models.entry(block.model.clone()).or_insert(model.clone());
                entry.space = entry.space.take().or(model.space);
            }
            let first = movies.entry(&block.asset).or_default();
            *first = first.iter().copied().chain(&block.movie).min();
        }
        let mut assets = Vec::new();
        for (id, named) in movies {
            let known = store.asset(id)?;
            if known.as_ref().is_some_and(|known| caller.may(Right::Ingest, known)) {
                continue;
            }
            let movie = match named {
                Some(named) => named.id.clone(),
                None => MovieId::new(id.as_str()).map_err(|e| Error::from(e).at("/asset_id"))?,
            };
            // What the caller may not write to is to him as if it was not there, until he claims its id.
            let asset = Asset::new(id.clone(), movie);
            caller.require(Right::Ingest, &asset)?;
            if known.is_some() {
                return Err(id_taken(id));
            }
            assets.push(asset);
        }
        Ok(Self { assets, models: models.into_values().collect() })
    }

    fn carry_out(self, store: &dyn AnnotationStore, report: &mut IngestReport) -> Result<()> {
        for model in &self.models {
            store.put_model(model)?;
        }
        if !self.assets.is_empty() {
            report.commit = report.commit.max(store.put_assets(&self.assets)?);
        }
        report.registered_models = self.models.into_iter().map(|m| m.model).collect();
        report.registered_assets = self.assets.into_iter().map(|a| a.id).collect();
        Ok(())
    }
}

fn find<'m>(models: &'m [Model], model: &ModelRef) -> Option<&'m Model> {
    models.iter().find(|known| known.model == *model)
}

/// The model as a block's first line registers it, where it is new or has no space yet.
fn unregistered(known: &[Model], block: &GroupedBlock) -> Result<Option<Model>> {
    let known = find(known, &block.model);
    let has_space = known.is_some_and(|m| m.space.is_some());
    if known.is_some() && (has_space || block.dimensions.is_none()) {
        return Ok(None);
    }
    let space = match block.dimensions {
        Some(dimensions) => Some(Space {
            id: SpaceId::new(block.model.as_str()).map_err(|e| Error::from(e).at("/model"))?,
            dimensions,
            metric: Metric::Cosine,
            encoder: None,
        }),
        None => None,
    };
    let model = known.cloned().unwrap_or_else(|| Model {
        model: block.model.clone(),
        types: Vec::new(),
        language: None,
        space: None,
    });
    Ok(Some(Model { space, ..model }))
}

fn register_space(store: &dyn AnnotationStore, known: &[Model], blocks: &[GroupedBlock]) -> Result<()> {
    for block in blocks {
        if let Some(model) = unregistered(known, block)? {
            store.put_model(&model)?;
        }
    }
    Ok(())
}

/// An error where a run is not there.
pub(crate) fn no_run(run: &RunId) -> Error {
    Error::new(ErrorKind::NotFound, format!("run `{run}` is not there")).mend("open it first").at("/run")
}

/// The id names an asset that the caller may not write to: all that he learns is that he needs another id.
pub(crate) fn id_taken(id: &AssetId) -> Error {
    Error::new(ErrorKind::Conflict, format!("the id `{id}` of an asset is taken"))
        .mend("choose another id, or ask for a token that may write to it")
}
