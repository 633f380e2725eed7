//! Digests of an archive's content: equal for two stores with the same content, however each stores it.

use rushes_store::documents::KeptDocument;
use rushes_store::{
    AnnotationStore, AssetImport, Block, BlockFormat, CommitRecord, Effect, Erased, LabelAliases, RunSegment,
};
use rushes_types::{Asset, Error, ErrorKind, Model, Result, Run, TimeRange};
use rushes_wire::codec;
use xxhash_rust::xxh3::Xxh3;

/// Hashes parts, each with its length, so that different lists of parts never hash the same bytes.
pub(crate) struct ContentHasher(Xxh3);

impl ContentHasher {
    pub(crate) fn new() -> Self {
        Self(Xxh3::new())
    }

    pub(crate) fn number(&mut self, n: u64) {
        self.0.update(&n.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn sum(&mut self, other: u128) {
        self.0.update(&other.to_le_bytes());
    }

    pub(crate) fn done(&self) -> u128 {
        self.0.digest128()
    }

    fn range(&mut self, range: Option<TimeRange>) {
        self.number(u64::from(range.is_some()));
        if let Some(range) = range {
            self.number(range.start_ns().cast_unsigned());
            self.number(range.end_ns().cast_unsigned());
        }
    }

    fn asset(&mut self, asset: Option<&Asset>) {
        let mut bytes = Vec::new();
        if let Some(asset) = asset {
            codec::encode_asset(asset, &mut bytes);
        }
        self.bytes(&bytes);
    }

    fn run(&mut self, run: &Run) {
        self.text(run.id.as_str());
        self.text(run.model.as_str());
        self.text(run.mode.as_str());
        self.range(run.coverage);
        self.text(run.state.as_str());
        self.number(u64::from(run.visibility == rushes_types::Visibility::Kept));
        self.number(run.committed.map_or(0, |commit| commit.0));
        self.number(run.annotations);
    }

    /// Segment numbers differ between stores and are left out.
    fn segment(&mut self, segment: &RunSegment) {
        self.text(segment.model.as_str());
        self.text(segment.run.as_str());
        self.text(segment.mode.as_str());
        self.range(segment.coverage);
        self.number(segment.annotations);
    }

    fn record(&mut self, record: &CommitRecord) {
        self.number(record.commit.0);
        match &record.effect {
            Effect::Registered => self.text("registered"),
            Effect::Segment(segment) => {
                self.text("segment");
                self.segment(segment);
            }
            Effect::Restored(segment) => {
                self.text("restored");
                self.segment(segment);
            }
            Effect::Visibility(run, visibility) => {
                self.text("visibility");
                self.text(run.as_str());
                self.number(u64::from(*visibility == rushes_types::Visibility::Kept));
            }
            Effect::Erased(erased) => {
                self.text("erased");
                self.erased(erased);
            }
        }
    }

    fn erased(&mut self, erased: &Erased) {
        match erased {
            Erased::Asset => self.text("asset"),
            Erased::Model(model) => {
                self.text("model");
                self.text(model.as_str());
            }
            Erased::Run(run) => {
                self.text("run");
                self.text(run.as_str());
            }
            Erased::Annotation { model, run, id, start_ns } => {
                self.text("annotation");
                self.text(model.as_str());
                self.text(run.as_str());
                self.text(id.as_str());
                self.number(start_ns.cast_unsigned());
            }
        }
    }

    /// Lines are hashed one by one, because stores cut them into blocks differently; a record batch is one piece.
    fn block(&mut self, block: &Block) -> Result<()> {
        match block.format {
            BlockFormat::Arrow => {
                self.text("arrow");
                block.positions.iter().for_each(|position| self.number(u64::from(*position)));
                self.bytes(&block.bytes);
            }
            BlockFormat::Lines => {
                let mut lines = (0u32..).zip(block.bytes.split(|b| *b == b'\n'));
                for position in &block.positions {
                    let line = lines.find(|(n, _)| n == position).map(|(_, line)| line);
                    self.bytes(line.ok_or_else(|| {
                        Error::new(ErrorKind::Corrupt, format!("a block has no line {position}"))
                            .mend("run `rushes verify` on its archive")
                    })?);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn model(&mut self, model: &Model) {
        self.text(model.model.as_str());
        self.number(model.types.len() as u64);
        model.types.iter().for_each(|kind| self.text(kind.as_str()));
        self.text(model.language.as_deref().unwrap_or_default());
        self.number(u64::from(model.space.is_some()));
        if let Some(space) = &model.space {
            self.text(space.id.as_str());
            self.number(space.dimensions as u64);
            self.text(space.metric.as_str());
            self.text(space.encoder.as_deref().unwrap_or_default());
        }
    }

    pub(crate) fn label(&mut self, label: &LabelAliases) {
        self.text(label.kind.as_str());
        self.text(&label.label);
        self.number(label.aliases.len() as u64);
        label.aliases.iter().for_each(|alias| self.text(alias));
    }

    pub(crate) fn document(&mut self, document: &KeptDocument) {
        self.text(&document.kind);
        self.text(&document.id);
        self.number(document.version);
        self.bytes(&document.bytes);
    }
}

/// An asset, counted and hashed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AssetDigest {
    pub commits: u64,
    pub annotations: u64,
    pub bytes: u64,
    pub sum: u128,
}

/// Reads and hashes all of an asset's content.
pub(crate) fn asset_sum(
    store: &dyn AnnotationStore,
    import: &AssetImport,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<AssetDigest> {
    let mut sum = ContentHasher::new();
    let mut out = AssetDigest { commits: import.history.len() as u64, ..AssetDigest::default() };
    sum.text(import.asset.as_str());
    sum.asset(import.document.as_ref());
    sum.number(import.runs.len() as u64);
    import.runs.iter().for_each(|run| sum.run(run));
    for record in &import.history {
        sum.record(record);
        let Effect::Segment(segment) = &record.effect else { continue };
        store.blocks(&import.asset, segment.id, &mut |block| {
            go_on()?;
            out.annotations = out.annotations.saturating_add(block.positions.len() as u64);
            out.bytes = out.bytes.saturating_add(block.bytes.len() as u64);
            sum.block(&block)
        })?;
    }
    sum.number(out.annotations);
    out.sum = sum.done();
    Ok(out)
}
