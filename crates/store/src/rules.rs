//! What may be registered, and which rows of a request are accepted: decisions without a store, shared by every
//! implementation so that all reject the same things with the same messages.

use std::collections::HashMap;

use rushes_types::{
    AnnotationHeader, AnnotationId, AssetId, BlockFormat, Error, ErrorKind, LabelAliases, Model, ModelRef,
    Result, Run, RunId, RunMode, RunState, Space, Visibility, limits::LABEL_BYTES_MAX,
};

use crate::block::{AppendMode, BlockInput, Receipt, Rejection};
use crate::history::RunSegment;
use crate::lines::line_count;
use crate::seam::RunSpec;

/// Segments of runs are numbered from here, so that they never meet a commit's number. Fits a positive `i64`.
pub const RUN_SEGMENT_BASE: u64 = 1 << 62;

/// Blanks rows of blocks in a binary format. The store does this for lines by itself; the crate that knows the format
/// supplies it for Arrow.
pub trait Redactor: Send + Sync {
    /// The block with every row not in `keep` (ascending) blanked and the positions of the others unchanged;
    /// `None` where `keep` holds all of its rows, so that nothing has to change.
    ///
    /// # Errors
    /// Where the bytes are not of the format.
    fn keep(&self, format: BlockFormat, bytes: &[u8], keep: &[u32]) -> Result<Option<Vec<u8>>>;
}

/// Checks that a model may be registered beside those already registered.
pub fn check_model<'a>(model: &Model, registered: impl Iterator<Item = &'a Model>) -> Result<()> {
    for other in registered {
        let same_model = other.model == model.model;
        match (&other.space, &model.space) {
            (Some(old), Some(new)) if same_model => check_same_space(&model.model, old, new)?,
            (Some(old), None) if same_model => {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!(
                        "model `{}` writes vectors of the space `{}`, which must stay",
                        model.model,
                        old.id.as_str()
                    ),
                )
                .mend("register another version of the model"));
            }
            (Some(old), Some(new)) if old.id == new.id => {
                check_shared_space(&model.model, &other.model, old, new)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_same_space(model: &ModelRef, old: &Space, new: &Space) -> Result<()> {
    // An encoder that was not known may be named later; a known one is never exchanged.
    let encoder_ok = old.encoder.is_none() || old.encoder == new.encoder;
    if old.id == new.id && old.dimensions == new.dimensions && old.metric == new.metric && encoder_ok {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        format!("space `{}` of model `{model}` is registered with {}", old.id.as_str(), describe(old)),
    )
    .mend("a space never changes: register another version of the model with a space of its own"))
}

fn check_shared_space(model: &ModelRef, owner: &ModelRef, old: &Space, new: &Space) -> Result<()> {
    let encoder_ok = old.encoder.is_none() || new.encoder.is_none() || old.encoder == new.encoder;
    if old.dimensions == new.dimensions && old.metric == new.metric && encoder_ok {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        format!(
            "model `{model}` names the space `{}`, which model `{owner}` registered with {}",
            old.id.as_str(),
            describe(old)
        ),
    )
    .mend("give the space another name"))
}

fn describe(space: &Space) -> String {
    let encoder = space.encoder.as_deref().unwrap_or("none");
    format!("{} dimensions, metric `{}`, encoder `{encoder}`", space.dimensions, space.metric.as_str())
}

/// Checks what a run is opened with.
pub fn check_run_id(spec: &RunSpec) -> Result<()> {
    if spec.id.as_ref().is_some_and(RunId::is_loose) {
        return Err(Error::invalid(format!("run `{}` is the name of all loose lines", RunId::LOOSE))
            .mend("choose another"));
    }
    Ok(())
}

/// The run that an id already names, if it was opened with the same words.
pub fn same_run(run: &Run, spec: &RunSpec) -> Result<Run> {
    if run.asset == spec.asset
        && run.model == spec.model
        && run.mode == spec.mode
        && run.coverage == spec.coverage
    {
        return Ok(run.clone());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        format!(
            "run `{}` is already the {} run of model `{}` on asset `{}`{}",
            run.id,
            run.mode.as_str(),
            run.model,
            run.asset,
            run.coverage.map(|c| format!(" over {} … {} ns", c.start_ns(), c.end_ns())).unwrap_or_default()
        ),
    )
    .mend("choose another id"))
}

/// An error unless the run is open.
pub fn check_open(run: &Run) -> Result<()> {
    if run.state == RunState::Open {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        format!("run `{}` is {} and takes nothing more", run.id, run.state.as_str()),
    )
    .mend("open another run"))
}

/// An error, naming `what` was asked, unless the run is committed.
pub fn check_committed(run: &Run, what: &str) -> Result<()> {
    if run.state == RunState::Committed {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        format!("run `{}` is {} and cannot be {what}", run.id, run.state.as_str()),
    )
    .mend("only a committed run can"))
}

/// No run has this id.
pub fn no_run(run: &RunId) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no run `{run}`")).mend("open it first")
}

/// No asset has this id.
pub fn no_asset(asset: &AssetId) -> Error {
    Error::new(ErrorKind::NotFound, format!("asset `{asset}` is not registered")).mend("register it first")
}

/// Blocks of an append must be of the run's asset and model.
pub fn check_blocks_of_run(run: &Run, blocks: &[BlockInput<'_>]) -> Result<()> {
    for block in blocks {
        if block.asset != run.asset || block.model != run.model {
            return Err(Error::invalid(format!(
                "annotations of model `{}` on asset `{}` cannot go into run `{}`, which is of model `{}` on asset `{}`",
                block.model, block.asset, run.id, run.model, run.asset
            )));
        }
    }
    Ok(())
}

/// Positions must be apart, ascending and inside the block.
pub fn check_rows(block: &BlockInput<'_>) -> Result<()> {
    let ascending = block.rows.windows(2).all(|w| matches!(w, [a, b] if a.position < b.position));
    if !ascending {
        return Err(Error::bug("rows of a block are not in the order of their positions"));
    }
    let inside = match (block.format, block.rows.last()) {
        (BlockFormat::Lines, Some(last)) => (last.position as usize) < line_count(&block.bytes),
        _ => true,
    };
    if inside { Ok(()) } else { Err(Error::bug("a row of a block lies beyond its last line")) }
}

/// The outcome for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept.
    Accept,
    /// It is there already.
    Duplicate,
    /// Its id belongs to another content.
    Reject(String),
}

/// Decides on a row by the digests already known for its id: stored ones, and those of earlier rows of the request.
pub fn judge(row: &AnnotationHeader, taken: &[u128]) -> Verdict {
    if taken.is_empty() {
        Verdict::Accept
    } else if taken.contains(&row.digest) {
        Verdict::Duplicate
    } else {
        Verdict::Reject(format!(
            "annotation_id `{}` is taken by an annotation that says something else; send it under another id, or \
             erase the first one",
            row.id
        ))
    }
}

/// Is the accepted part to be kept, given the mode? Where not, the receipt is changed to say so.
pub fn is_kept(mode: AppendMode, receipt: &mut Receipt) -> bool {
    match mode {
        AppendMode::Partial => return true,
        AppendMode::Atomic if receipt.rejected.is_empty() => return true,
        AppendMode::Atomic => receipt.accepted = 0,
        AppendMode::DryRun => {}
    }
    receipt.commit = None;
    false
}

/// The receipt that blocks would get in a new, empty run: only annotations of the same request, asset and model can
/// clash.
#[must_use]
pub fn receipt_for_new_run(blocks: &[BlockInput<'_>]) -> Receipt {
    let mut receipt = Receipt::default();
    let mut seen: HashMap<(&AssetId, &ModelRef, &AnnotationId), u128> = HashMap::new();
    for (number, block) in blocks.iter().enumerate() {
        for row in block.rows.iter() {
            let key = (&block.asset, &block.model, &row.id);
            match judge(row, seen.get(&key).map_or(&[], std::slice::from_ref)) {
                Verdict::Accept => {
                    seen.insert(key, row.digest);
                    receipt.accepted += 1;
                }
                Verdict::Duplicate => receipt.duplicates += 1,
                Verdict::Reject(reason) => receipt.rejected.push(Rejection {
                    block: number,
                    position: row.position,
                    source: row.source,
                    reason,
                }),
            }
        }
    }
    receipt
}

/// The id of the `number`-th run where the client names none.
pub fn run_id(number: u64) -> Result<RunId> {
    RunId::new(&format!("run-{number}")).map_err(|e| Error::bug(e.to_string()))
}

/// A newly opened run. A superseded run can be pinned until someone archives it: comparing two versions of a model
/// needs the older one, and only people know when they are done with it.
pub fn new_run(id: RunId, spec: &RunSpec) -> Run {
    Run {
        id,
        asset: spec.asset.clone(),
        model: spec.model.clone(),
        mode: spec.mode,
        coverage: spec.coverage,
        state: RunState::Open,
        visibility: Visibility::Kept,
        committed: None,
        annotations: 0,
    }
}

/// The segment that a request of loose lines makes.
pub fn loose_segment(commit: u64, model: ModelRef, annotations: u64) -> RunSegment {
    RunSegment { id: commit, model, run: RunId::loose(), mode: RunMode::Append, coverage: None, annotations }
}

/// What setting a visibility does, for messages.
pub const fn visibility_verb(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Kept => "kept",
        Visibility::Archived => "archived",
    }
}

/// Loose lines are not one run.
pub fn loose_is_no_run() -> Error {
    Error::invalid(format!("`{}` names all loose lines, not one run", RunId::LOOSE))
        .mend("erase an annotation, or all that a model wrote on an asset")
}

/// A row of a binary block is to be removed, and no redactor is set.
pub fn no_redactor() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "this store was opened without the means to remove a row from an Arrow block",
    )
    .mend("erase the run, or open the archive with it")
}

/// A label that is too long to be one.
pub fn check_label(label: &LabelAliases) -> Result<()> {
    if label.label.len() <= LABEL_BYTES_MAX {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("a label has {} bytes", label.label.len()))
        .mend(format!("at most {LABEL_BYTES_MAX} are accepted")))
}
