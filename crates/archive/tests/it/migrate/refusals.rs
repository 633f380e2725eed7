//! What must not be moved, or not be taken for moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rushes_archive::migrate::{Options, compare, migrate_archive};
use rushes_archive::{
    ArchiveFolder, ArchiveStore, EmbeddedEngines, Engines, Manifest, NoProgress, OpenEngines,
};
use rushes_store::documents::{Documents, KeptDocument};
use rushes_store::{
    AnnotationStore, Append, AppendMode, Block, BlockInput, Erasure, History, Import, Outbox, Receipt,
    Registry, Runs,
};
use rushes_types::{AssetId, ErrorKind, Result};

use crate::migrate::support::{Folders, embedded, fill, ingest, line, open};

#[test]
fn a_target_that_holds_something_else_is_refused() {
    let folders = Folders::new();
    let (first, other) = (folders.path("first"), folders.path("other"));
    fill(&first);
    let archive = open(&other);
    ingest(&archive, &[line("own", "faces@1", 1, "Joey")], false);
    archive.close();
    drop(archive);
    let before = std::fs::read(other.join("archive.json")).unwrap();
    let refused = embedded(&first, &other).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.message().contains("name an empty folder"), "{refused}");
    assert_eq!(std::fs::read(other.join("archive.json")).unwrap(), before);
    assert_eq!(embedded(&first, &first).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(
        embedded(&folders.path("nowhere"), &folders.path("x")).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let held = open(&first);
    let busy = embedded(&first, &folders.path("x")).unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert!(busy.message().contains("stop its server"), "{busy}");
    held.close();
}

#[test]
fn a_target_that_went_on_by_itself_is_refused() {
    let folders = Folders::new();
    let (first, second) = (folders.path("first"), folders.path("second"));
    fill(&first);
    embedded(&first, &second).unwrap();
    let archive = open(&second);
    ingest(&archive, &[line("a", "faces@1", 70, "mine")], false);
    archive.close();
    drop(archive);
    assert_eq!(embedded(&first, &second).unwrap_err().kind(), ErrorKind::Conflict);
    let archive = open(&second);
    ingest(&archive, &[line("own", "faces@1", 70, "mine")], false);
    archive.close();
    drop(archive);
    let refused = embedded(&first, &second).unwrap_err();
    assert!(refused.message().contains("`own`"), "{refused}");
}

#[test]
fn another_content_under_the_same_numbers_is_found() {
    let folders = Folders::new();
    let (first, second) = (folders.path("first"), folders.path("second"));
    fill(&first);
    embedded(&first, &second).unwrap();
    for (dir, label) in [(&first, "one"), (&second, "two")] {
        let archive = open(dir);
        ingest(&archive, &[line("a", "faces@1", 70, label)], false);
        archive.close();
    }
    let report = embedded(&first, &second).unwrap();
    assert!(!report.compared.is_same());
    assert_ne!(report.compared.source, report.compared.target);
    assert_eq!(report.compared.problem_count, 1);
    assert!(report.compared.problems[0].contains("asset `a`"), "{report:?}");
}

/// An embedded store whose blocks read back wrong once they shall.
#[derive(Debug, Default)]
struct Damaged {
    wrong: Arc<AtomicBool>,
}

impl OpenEngines for Damaged {
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        Ok(own.clone())
    }

    fn open(&self, folder: &ArchiveFolder<'_>) -> Result<Engines> {
        EmbeddedEngines.open(folder)
    }

    fn store(&self, folder: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        Ok(Arc::new(Wrong { inner: folder.store()?, wrong: Arc::clone(&self.wrong) }))
    }
}

struct Wrong {
    inner: Arc<dyn AnnotationStore>,
    wrong: Arc<AtomicBool>,
}

/// Hands a call on as it is.
macro_rules! hand_on {
    ($(fn $name:ident(&self $(, $arg:ident: $kind:ty)*) -> $out:ty;)*) => {
        $(fn $name(&self $(, $arg: $kind)*) -> $out { self.inner.$name($($arg),*) })*
    };
}

impl History for Wrong {
    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let wrong = self.wrong.load(Ordering::SeqCst) && asset.as_str() == "b";
        self.inner.blocks(asset, segment, &mut |mut block| {
            if wrong && let Some(at) = block.bytes.iter().position(|b| *b == b'{') {
                block.bytes[at] = b'#';
            }
            each(block)
        })
    }

    hand_on! {
        fn asset(&self, id: &AssetId) -> Result<Option<rushes_types::Asset>>;
        fn models(&self) -> Result<Vec<rushes_types::Model>>;
        fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>>;
        fn history(&self, asset: &AssetId, after: rushes_types::Commit, limit: usize) -> Result<Vec<rushes_store::CommitRecord>>;
    }
}

impl Registry for Wrong {
    hand_on! {
        fn put_assets(&self, assets: &[rushes_types::Asset]) -> Result<Option<rushes_types::Commit>>;
        fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<rushes_types::Asset>>;
        fn put_model(&self, model: &rushes_types::Model) -> Result<()>;
        fn put_labels(&self, labels: &[rushes_store::LabelAliases]) -> Result<()>;
        fn labels(&self) -> Result<Vec<rushes_store::LabelAliases>>;
    }
}

impl Documents for Wrong {
    hand_on! {
        fn each_document(&self, kind: &str, each: &mut dyn FnMut(KeptDocument) -> Result<()>) -> Result<()>;
        fn document(&self, kind: &str, id: &str) -> Result<Option<KeptDocument>>;
        fn put_document(&self, document: &KeptDocument) -> Result<()>;
        fn import_document(&self, document: &KeptDocument) -> Result<()>;
    }
}

impl Runs for Wrong {
    hand_on! {
        fn open_run(&self, spec: &rushes_store::RunSpec) -> Result<rushes_types::Run>;
        fn commit_run(&self, run: &rushes_types::RunId) -> Result<rushes_types::Commit>;
        fn abort_run(&self, run: &rushes_types::RunId) -> Result<()>;
        fn restore_run(&self, run: &rushes_types::RunId) -> Result<rushes_types::Commit>;
        fn set_visibility(&self, run: &rushes_types::RunId, visibility: rushes_types::Visibility) -> Result<Option<rushes_types::Commit>>;
        fn run(&self, run: &rushes_types::RunId) -> Result<Option<rushes_types::Run>>;
        fn runs(&self, asset: Option<&AssetId>, after: Option<&rushes_types::RunId>, limit: usize) -> Result<Vec<rushes_types::Run>>;
    }
}

impl Append for Wrong {
    hand_on! {
        fn append(&self, run: &rushes_types::RunId, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt>;
        fn append_loose(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt>;
    }
}

impl Erasure for Wrong {
    hand_on! {
        fn erase(&self, target: &rushes_store::EraseTarget) -> Result<Option<rushes_types::Commit>>;
        fn purge(&self) -> Result<()>;
    }
}

impl Outbox for Wrong {
    hand_on! {
        fn outbox(&self, after: u64, limit: usize) -> Result<rushes_store::OutboxPage>;
        fn trim_outbox(&self, upto: u64) -> Result<()>;
        fn last_commit(&self) -> Result<rushes_types::Commit>;
        fn settled(&self) -> Result<rushes_types::Commit>;
    }
}

impl Import for Wrong {
    hand_on! {
        fn import(&self, import: &rushes_store::AssetImport, content: &mut rushes_store::SegmentReader<'_>) -> Result<rushes_store::Imported>;
        fn import_models(&self, models: &[rushes_types::Model]) -> Result<()>;
    }
}

impl AnnotationStore for Wrong {
    hand_on! {
        fn capabilities(&self) -> rushes_store::StoreCapabilities;
        fn counts(&self) -> Result<rushes_store::StoreCounts>;
    }
}

#[test]
fn a_damaged_block_is_named_and_not_copied() {
    let folders = Folders::new();
    let (first, second) = (folders.path("first"), folders.path("second"));
    fill(&first);
    let damaged = Damaged::default();
    damaged.wrong.store(true, Ordering::SeqCst);
    let source = ArchiveStore::open(&first, &damaged).unwrap();
    let target = ArchiveStore::open_target(&second, &source, &EmbeddedEngines).unwrap();
    let error = migrate_archive(&source, &target, Options::default(), &NoProgress).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    for part in ["asset `b`", "model `faces@1`", "line 0"] {
        assert!(error.message().contains(part), "{part} in {error}");
    }
    assert!(target.store().asset(&crate::migrate::support::id("b")).unwrap().is_none());
    damaged.wrong.store(false, Ordering::SeqCst);
    assert!(migrate_archive(&source, &target, Options::default(), &NoProgress).unwrap().compared.is_same());
    damaged.wrong.store(true, Ordering::SeqCst);
    let found = compare(source.store(), target.store(), 2, &NoProgress).unwrap();
    assert!(!found.is_same() && found.problems[0].contains("asset `b`"), "{found:?}");
}
