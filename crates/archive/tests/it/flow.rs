//! In at one end, out at the other.

use std::sync::Arc;
use std::time::Duration;

use rushes_archive::{
    Archive, BackupRequest, Body, Caller, IngestMode, IngestOptions, NoProgress, OpenOptions, Rebuild,
    RestoreRequest, Right, SearchRequest, Stage, TokenSpec, restore,
};
use rushes_plan::Plan;
use rushes_store::EraseTarget;
use rushes_types::{AssetId, ErrorKind};
use tempfile::TempDir;

pub struct Open {
    pub archive: Arc<Archive>,
    pub caller: Caller,
    pub dir: TempDir,
}

impl Open {
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let archive = Archive::open(&dir.path().join("a"), OpenOptions::default()).unwrap();
        Self { archive, caller: Caller::local(), dir }
    }

    pub fn ingest(&self, lines: &str) -> rushes_archive::IngestReport {
        self.ingest_as(lines, IngestMode::Loose)
    }

    pub fn ingest_as(&self, lines: &str, mode: IngestMode) -> rushes_archive::IngestReport {
        let options = IngestOptions { mode, ..IngestOptions::default() };
        let report = self.archive.ingest(&self.caller, Body::Lines(lines.as_bytes()), &options).unwrap();
        self.catch_up();
        report
    }

    pub fn catch_up(&self) {
        let upto = self.archive.status().unwrap().last_commit;
        assert!(self.archive.wait_caught_up(upto, Duration::from_secs(60)).unwrap());
    }

    /// Moments as `(asset, start in ms, end in ms)`.
    pub fn search(&self, plan: &serde_json::Value) -> Vec<(String, i64, i64)> {
        let plan = Plan::parse(&plan.to_string()).unwrap();
        let answer = self
            .archive
            .search(&self.caller, &SearchRequest { q: None, plan, ..SearchRequest::default() })
            .unwrap();
        let ms = 1_000_000;
        answer.moments.into_iter().map(|m| (m.asset_id, m.start_ns / ms, m.end_ns / ms)).collect()
    }

    pub fn verify_clean(&self) {
        let report = self.archive.verify(&self.caller, &NoProgress).unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
        assert!(!report.catching_up);
    }
}

pub fn line(asset: &str, model: &str, kind: &str, label: &str, start_s: i64, end_s: i64) -> String {
    format!(
        "{{\"asset_id\":\"{asset}\",\"movie_id\":\"show\",\"model\":\"{model}\",\"type\":\"{kind}\",\"label\":\"{label}\",\
         \"time_range\":{{\"start_time_ns\":{},\"end_time_ns\":{}}}}}\n",
        start_s * 1_000_000_000,
        end_s * 1_000_000_000
    )
}

fn joey_in_the_kitchen() -> String {
    line("e1", "faces@1", "CHARACTER_SEARCH", "Joey", 2, 8)
        + &line("e1", "places@1", "SCENE_SEARCH", "kitchen", 4, 9)
}

fn plan(mode: &str) -> serde_json::Value {
    serde_json::json!({"mode": mode, "all": [
        {"type": "CHARACTER_SEARCH", "label": "joey"}, {"type": "SCENE_SEARCH", "label": "kitchen"}]})
}

#[test]
fn joey_and_kitchen_intersect_in_exactly_four_to_eight_and_unite_in_two_to_nine() {
    let open = Open::new();
    let report = open.ingest(&joey_in_the_kitchen());
    assert_eq!((report.accepted, report.rejected), (2, 0));
    assert_eq!(open.search(&plan("intersection")), [("e1".to_owned(), 4000, 8000)]);
    assert_eq!(open.search(&plan("union")), [("e1".to_owned(), 2000, 9000)]);
    let request = SearchRequest { q: Some("Joey in the kitchen".to_owned()), ..SearchRequest::default() };
    assert_eq!(open.archive.search(&open.caller, &request).unwrap().total, 1);
    open.verify_clean();
}

#[test]
fn sending_again_changes_nothing() {
    let open = Open::new();
    open.ingest(&joey_in_the_kitchen());
    let before = open.archive.status().unwrap().last_commit;
    let report = open.ingest(&joey_in_the_kitchen());
    assert_eq!((report.accepted, report.duplicates), (0, 2));
    assert_eq!(open.archive.status().unwrap().last_commit, before);
}

#[test]
fn a_replace_run_supersedes_and_can_be_undone_by_restoring() {
    let open = Open::new();
    open.ingest_as(&joey_in_the_kitchen(), IngestMode::Replace);
    open.ingest_as(&line("e1", "faces@2", "CHARACTER_SEARCH", "Joey", 5, 6), IngestMode::Replace);
    assert_eq!(open.search(&plan("intersection")), [("e1".to_owned(), 5000, 6000)]);
    let runs = open.archive.runs(&open.caller, None, None, 10).unwrap();
    let first = runs.iter().find(|r| r.model.as_str() == "faces@1").unwrap();
    let mut pinned = plan("intersection");
    pinned["runs"] = serde_json::json!([first.id.as_str()]);
    assert_eq!(open.search(&pinned), [("e1".to_owned(), 4000, 8000)]);
    open.archive.restore_run(&open.caller, &first.id).unwrap();
    open.catch_up();
    assert_eq!(open.search(&plan("intersection")), [("e1".to_owned(), 4000, 8000)]);
    open.verify_clean();
}

#[test]
fn stages_that_were_stopped_catch_up() {
    let open = Open::new();
    open.archive.pause(Stage::Fuse);
    open.archive.pause(Stage::Index);
    let options = IngestOptions::default();
    open.archive.ingest(&open.caller, Body::Lines(joey_in_the_kitchen().as_bytes()), &options).unwrap();
    assert!(open.archive.status().unwrap().catching_up);
    assert_eq!(open.search(&plan("intersection")), []);
    open.archive.resume(Stage::Fuse);
    open.archive.resume(Stage::Index);
    open.catch_up();
    assert_eq!(open.search(&plan("intersection")).len(), 1);
}

#[test]
fn a_rebuild_changes_no_answer_and_no_digest() {
    let open = Open::new();
    open.ingest(&joey_in_the_kitchen());
    let e1 = AssetId::new("e1").unwrap();
    let before = open.archive.engines().timeline.content_digest(&e1).unwrap();
    for what in [Rebuild::All, Rebuild::Index] {
        open.archive.rebuild(&open.caller, what, &NoProgress).unwrap();
        open.catch_up();
        assert_eq!(open.archive.engines().timeline.content_digest(&e1).unwrap(), before);
        assert_eq!(open.search(&plan("intersection")), [("e1".to_owned(), 4000, 8000)]);
        open.verify_clean();
    }
}

#[test]
fn a_backup_restores_to_an_archive_with_the_same_answers() {
    let open = Open::new();
    open.ingest(&joey_in_the_kitchen());
    let (backup, copy) = (open.dir.path().join("backup"), open.dir.path().join("copy"));
    open.archive.backup(&open.caller, &BackupRequest::folder(&backup), &NoProgress).unwrap();
    open.ingest(&line("e2", "faces@1", "CHARACTER_SEARCH", "Monica", 0, 1));
    restore(&RestoreRequest::new(&backup, &copy), &NoProgress).unwrap();
    let archive = Archive::open(&copy, OpenOptions::default()).unwrap();
    let copy = Open { archive, caller: Caller::local(), dir: TempDir::new().unwrap() };
    copy.catch_up();
    assert_eq!(copy.search(&plan("intersection")), [("e1".to_owned(), 4000, 8000)]);
    copy.verify_clean();
}

#[test]
fn what_is_erased_is_gone_and_stays_gone() {
    let open = Open::new();
    open.ingest(&joey_in_the_kitchen());
    open.ingest(&line("e2", "faces@1", "CHARACTER_SEARCH", "Monica", 0, 1));
    open.archive.erase(&open.caller, &EraseTarget::Asset(AssetId::new("e1").unwrap())).unwrap();
    open.catch_up();
    assert_eq!(open.search(&plan("intersection")), []);
    open.archive.purge(&open.caller, &NoProgress).unwrap();
    open.archive.rebuild(&open.caller, Rebuild::All, &NoProgress).unwrap();
    open.catch_up();
    assert_eq!(open.search(&plan("intersection")), []);
    open.verify_clean();
    open.archive.close();
    let mut files = Vec::new();
    walk(open.archive.dir(), &mut files);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(7).any(|w| w == b"kitchen"), "{} still says kitchen", file.display());
    }
}

fn walk(dir: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

#[test]
fn a_second_process_is_refused_and_a_token_sees_only_its_movies() {
    let open = Open::new();
    open.ingest(&joey_in_the_kitchen());
    let again = Archive::open(open.archive.dir(), OpenOptions::default());
    assert_eq!(again.err().unwrap().kind(), ErrorKind::Busy);
    let spec = |name: &str, movie: &str| TokenSpec {
        name: name.to_owned(),
        movies: Some([movie.to_owned()].into()),
        rights: [Right::Read].into(),
        ..TokenSpec::default()
    };
    for (name, movie, total) in [("a", "show", 1), ("b", "other", 0)] {
        let secret = open.archive.tokens().create(&spec(name, movie)).unwrap();
        let caller = open.archive.tokens().authenticate(&secret).unwrap();
        let request = SearchRequest {
            plan: Plan::parse(&plan("intersection").to_string()).unwrap(),
            ..SearchRequest::default()
        };
        assert_eq!(open.archive.search(&caller, &request).unwrap().total, total, "{name}");
    }
}

#[test]
fn the_bytes_of_what_was_erased_go_by_themselves() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a");
    let open_with = |purge_after: Duration| {
        let options = OpenOptions { purge_after, ..OpenOptions::default() };
        let archive = Archive::open(&path, options).unwrap();
        let dir = TempDir::new().unwrap();
        Open { archive, caller: Caller::local(), dir }
    };
    let unpurged = |open: &Open| open.archive.verify(&open.caller, &NoProgress).unwrap().unpurged_for_s;
    let open = open_with(Duration::from_secs(3600));
    open.ingest(&joey_in_the_kitchen());
    assert_eq!(unpurged(&open), None);
    open.archive.erase(&open.caller, &EraseTarget::Asset(AssetId::new("e1").unwrap())).unwrap();
    open.catch_up();
    assert!(unpurged(&open).is_some());
    open.archive.close();
    drop(open);
    // It was not time yet; who opens the archive later does it.
    assert!(says_kitchen(&path));
    let open = open_with(Duration::ZERO);
    let patience = std::time::Instant::now() + Duration::from_secs(120);
    while unpurged(&open).is_some() {
        assert!(std::time::Instant::now() < patience, "no purge ran");
        std::thread::sleep(Duration::from_millis(100));
    }
    open.verify_clean();
    open.archive.close();
    drop(open);
    assert!(!says_kitchen(&path));
}

fn says_kitchen(dir: &std::path::Path) -> bool {
    let mut files = Vec::new();
    walk(dir, &mut files);
    files.iter().any(|file| std::fs::read(file).unwrap().windows(7).any(|w| w == b"kitchen"))
}

#[test]
fn a_marker_that_cannot_be_read_is_a_purge_that_is_due() {
    let open = Open::new();
    open.ingest(&joey_in_the_kitchen());
    let path = open.archive.dir().to_owned();
    open.archive.close();
    let Open { archive, caller, dir } = open;
    drop(archive);
    std::fs::write(path.join("erased.json"), "{").unwrap();
    let options = OpenOptions { stages: Vec::new(), ..OpenOptions::default() };
    let open = Open { archive: Archive::open(&path, options).unwrap(), caller, dir };
    let report = open.archive.verify(&open.caller, &NoProgress).unwrap();
    assert!(report.problems[0].contains("`rushes purge`"), "{report:?}");
    open.archive.purge(&open.caller, &NoProgress).unwrap();
    open.verify_clean();
}
