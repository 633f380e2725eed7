//! A backup proves itself: what was shortened, changed, planted or linked is refused and named, and nothing is left.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};

use rushes_archive::{
    Archive, BackupCheck, BackupRequest, Caller, NoProgress, OpenOptions, Progress, RestoreRequest, Right,
    TokenSpec, restore, verify_backups,
};
use rushes_types::ErrorKind;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::backups::{found, joey, opened};
use crate::flow::Open;

/// An archive with table files, a token and a configuration, and a backup with all that.
fn backed_up() -> (Open, PathBuf) {
    let open = Open::new();
    for asset in ["e1", "e2"] {
        open.ingest(&joey(asset, 1));
    }
    open.archive.engines().store.purge().unwrap();
    open.ingest(&joey("e3", 1));
    let all = TokenSpec { name: "all".to_owned(), rights: [Right::Admin].into(), ..TokenSpec::default() };
    open.archive.tokens().create(&all).unwrap();
    fs::write(open.archive.dir().join("rushes.toml"), "hosts = []\n").unwrap();
    let backup = open.dir.path().join("backup");
    let request = BackupRequest { with_tokens: true, with_config: true, ..BackupRequest::folder(&backup) };
    open.archive.backup(&open.caller, &request, &NoProgress).unwrap();
    (open, backup)
}

fn check(backup: &Path) -> BackupCheck {
    verify_backups(backup, &NoProgress).unwrap().remove(0)
}

fn list(backup: &Path) -> Json {
    serde_json::from_slice(&fs::read(backup.join("backup.json")).unwrap()).unwrap()
}

fn write_list(backup: &Path, list: &Json) {
    fs::write(backup.join("backup.json"), list.to_string()).unwrap();
}

fn listed(backup: &Path, part: &str) -> PathBuf {
    let list = list(backup);
    let files = list["files"].as_array().unwrap();
    let path = files.iter().map(|file| file["path"].as_str().unwrap()).find(|path| path.contains(part));
    backup.join(path.unwrap())
}

/// Neither checked as whole nor restored; both name `part`, and no folder is left.
fn refused(backup: &Path, part: &str) {
    let to = backup.with_extension("restored");
    let problems = check(backup).problems.join("\n");
    assert!(problems.contains(part), "`{part}` not in `{problems}`");
    let error = restore(&RestoreRequest::new(backup, &to), &NoProgress).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported), "{error}");
    assert!(error.message().contains(part), "`{part}` not in `{error}`");
    assert!(error.mend_text().is_some(), "{error}");
    assert!(!to.exists() && !backup.with_extension("restored.partial").exists());
}

#[test]
fn a_whole_backup_is_whole_and_says_what_it_holds() {
    let (open, backup) = backed_up();
    let found = check(&backup);
    assert_eq!((found.problems, found.warnings), (Vec::new(), Vec::new()));
    assert_eq!(found.commit, Some(open.archive.status().unwrap().last_commit.0));
    let list = list(&backup);
    assert_eq!((&list["assets"], &list["annotations"]), (&json!(3), &json!(3)));
}

#[test]
fn a_list_that_was_shortened_or_changed_is_refused() {
    let (_open, backup) = backed_up();
    let whole = list(&backup);
    let mut shorter = whole.clone();
    shorter["files"].as_array_mut().unwrap().pop();
    let mut other_commit = whole.clone();
    other_commit["commit"] = json!(1);
    let mut without = whole.clone();
    without.as_object_mut().unwrap().remove("list_sha256");
    let mut planted = whole.clone();
    planted["endpoint"] = json!("http://elsewhere");
    for (changed, part) in [
        (&shorter, "shortened or changed"),
        (&other_commit, "shortened or changed"),
        (&without, "no checksum"),
        (&planted, "endpoint"),
        (&json!({"version": 3, "colour": "blue"}), "version 3"),
        (&json!([]), "backup.json"),
    ] {
        write_list(&backup, changed);
        refused(&backup, part);
    }
    for bytes in [&b""[..], b"{", &[0; 64]] {
        fs::write(backup.join("backup.json"), bytes).unwrap();
        refused(&backup, "backup.json");
    }
    write_list(&backup, &whole);
    assert_eq!(check(&backup).problem_count, 0);
}

/// A list of the first version has no checksum: what it lacks is seen when the store is opened.
#[test]
fn a_list_of_the_first_version_that_was_shortened_restores_no_empty_archive() {
    let (_open, backup) = backed_up();
    let whole = list(&backup);
    let first = |files: Json| json!({"archive": whole["archive"], "commit": whole["commit"], "files": files});
    write_list(&backup, &first(whole["files"].clone()));
    let checked = check(&backup);
    assert_eq!(checked.problem_count, 0);
    assert!(checked.warnings[0].contains("earlier version"), "{checked:?}");
    let to = backup.with_extension("whole");
    let report = restore(&RestoreRequest::new(&backup, &to), &NoProgress).unwrap();
    assert!(report.warnings[0].contains("earlier version"), "{report:?}");

    let files = whole["files"].as_array().unwrap();
    let short: Vec<&Json> = files.iter().filter(|file| file["path"] == "archive.json").collect();
    write_list(&backup, &first(json!(short)));
    fs::remove_dir_all(backup.join("store")).unwrap();
    for file in ["tokens.json", "rushes.toml", "store.chain"] {
        fs::remove_file(backup.join(file)).unwrap();
    }
    let to = backup.with_extension("empty");
    let error = restore(&RestoreRequest::new(&backup, &to), &NoProgress).unwrap_err();
    assert!(error.message().contains("the last commit is 0 instead of"), "{error}");
    assert!(!to.exists());
}

#[test]
fn every_damage_to_a_file_is_named() {
    let (_open, backup) = backed_up();
    for part in ["/tables/", ".jnl", "archive.json", "tokens.json", "/current"] {
        let path = listed(&backup, part);
        let name = path.strip_prefix(&backup).unwrap().to_str().unwrap().to_owned();
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        for bytes in [&flipped[..], &whole[..whole.len() - 1], b""] {
            fs::write(&path, bytes).unwrap();
            // What is not asked for is not read by a restore, but its length is looked at.
            if part == "tokens.json" && bytes.len() == whole.len() {
                assert!(check(&backup).problems[0].contains(&name));
                continue;
            }
            refused(&backup, &name);
        }
        fs::remove_file(&path).unwrap();
        refused(&backup, &name);
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(check(&backup).problem_count, 0);
}

#[test]
fn links_devices_planted_files_and_odd_names_are_refused_and_named() {
    let (open, backup) = backed_up();
    let outside = open.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let table = listed(&backup, "/tables/");
    let whole = fs::read(&table).unwrap();
    fs::write(outside.join("table"), &whole).unwrap();

    fs::remove_file(&table).unwrap();
    symlink(outside.join("table"), &table).unwrap();
    refused(&backup, "is a link");
    fs::remove_file(&table).unwrap();
    fs::write(&table, &whole).unwrap();

    let plant = |name: &[u8], part: &str, make: &dyn Fn(&Path)| {
        use std::os::unix::ffi::OsStrExt;
        let path = backup.join(std::ffi::OsStr::from_bytes(name));
        make(&path);
        refused(&backup, part);
        if path.is_dir() && !path.is_symlink() { fs::remove_dir(&path) } else { fs::remove_file(&path) }
            .unwrap();
    };
    let file = |path: &Path| fs::write(path, "x").unwrap();
    plant(b"rebuild.json", "`rebuild.json` is not in the list", &file);
    plant(b"store/9.jnl", "`store/9.jnl` is not in the list", &file);
    plant(b"store/a\x1b]0;x", "\\u{1b}", &file);
    plant(b"store/\xff\xfe", "no text", &file);
    plant(b"extra", "the folder `extra` is not in the list", &|path| fs::create_dir(path).unwrap());
    plant(b"store/away", "`store/away` is a link", &|path| symlink(&outside, path).unwrap());
    plant(b"store/pipe", "`store/pipe` is a device", &|path| {
        let socket = std::os::unix::net::UnixListener::bind(path).unwrap();
        drop(socket);
        assert!(fs::symlink_metadata(path).unwrap().file_type().is_socket());
    });
    assert_eq!(check(&backup).problem_count, 0);
}

#[test]
fn paths_in_a_list_that_lead_elsewhere_are_refused_though_the_checksum_fits() {
    let (open, backup) = backed_up();
    let whole = list(&backup);
    let content = fs::read(backup.join("archive.json")).unwrap();
    fs::write(open.dir.path().join("outside.json"), &content).unwrap();
    for path in ["../outside.json", "/etc/hostname", "rebuild.json", "serve.json", "store/../../outside.json"]
    {
        let mut list = whole.clone();
        let file = json!({"path": path, "bytes": content.len(), "sha256": hex(&content)});
        list["files"].as_array_mut().unwrap().insert(0, file);
        list["list_sha256"] = json!(checksum(&list));
        write_list(&backup, &list);
        refused(&backup, path);
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn checksum(list: &Json) -> String {
    let mut text = "rushes backup 2\n".to_owned();
    for name in ["archive", "made_s", "commit", "assets", "annotations"] {
        text += &format!("{name} {}\n", list[name].to_string().trim_matches('"'));
    }
    for file in list["files"].as_array().unwrap() {
        let field = |name: &str| file[name].as_str().unwrap();
        text += &format!("{} {} {}\n", field("sha256"), file["bytes"], field("path"));
    }
    hex(text.as_bytes())
}

#[test]
fn tokens_and_configuration_come_along_and_are_restored_only_where_asked_for() {
    let (open, backup) = backed_up();
    let plain = open.dir.path().join("plain");
    open.archive.backup(&open.caller, &BackupRequest::folder(&plain), &NoProgress).unwrap();
    assert!(!plain.join("tokens.json").exists() && !plain.join("rushes.toml").exists());

    let to = open.dir.path().join("without");
    let report = restore(&RestoreRequest::new(&backup, &to), &NoProgress).unwrap();
    assert!(!to.join("tokens.json").exists() && !to.join("rushes.toml").exists());
    let said = report.warnings.join("\n");
    assert!(said.contains("--with-tokens") && said.contains("--with-config"), "{said}");

    let to = open.dir.path().join("with");
    let request =
        RestoreRequest { with_tokens: true, with_config: true, ..RestoreRequest::new(&backup, &to) };
    assert_eq!(restore(&request, &NoProgress).unwrap().warnings, Vec::<String>::new());
    assert_eq!(fs::read_to_string(to.join("rushes.toml")).unwrap(), "hosts = []\n");
    assert_eq!(opened(&to).archive.tokens().list().len(), 1);

    fs::remove_file(open.archive.dir().join("rushes.toml")).unwrap();
    let request = BackupRequest { with_config: true, ..BackupRequest::folder(&open.dir.path().join("x")) };
    let refused = open.archive.backup(&open.caller, &request, &NoProgress).unwrap_err();
    assert!(refused.message().contains("rushes.toml"), "{refused}");
}

/// Asks to stop after so many questions.
struct Impatient(std::sync::atomic::AtomicUsize);

impl Progress for Impatient {
    fn set(&self, _: &str, _: u64, _: Option<u64>) {}
    fn cancelled(&self) -> bool {
        let left = &self.0;
        left.fetch_update(SEQ, SEQ, |n| Some(n.saturating_sub(1))) == Ok(0)
    }
}

const SEQ: std::sync::atomic::Ordering = std::sync::atomic::Ordering::SeqCst;

#[test]
fn what_is_interrupted_leaves_nothing_half() {
    let (open, backup) = backed_up();
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let (before, within) = (names(open.dir.path()), names(open.archive.dir()));
    let mut whole = 0;
    for patience in [0, 1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 60, 80, 100, 1_000, 1_000] {
        let (other, to) = (open.dir.path().join("other"), open.dir.path().join("to"));
        let watch = || Impatient(patience.into());
        for done in [
            open.archive.backup(&open.caller, &BackupRequest::folder(&other), &watch()).map(drop),
            restore(&RestoreRequest::new(&backup, &to), &watch()).map(drop),
        ] {
            match done {
                Ok(()) => whole += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}"),
            }
        }
        for made in [&other, &to] {
            if made.exists() {
                fs::remove_dir_all(made).unwrap();
            }
        }
        assert_eq!(names(open.dir.path()), before, "after {patience}");
        assert_eq!(names(open.archive.dir()), within, "after {patience}");
        if whole >= 4 {
            break;
        }
    }
    assert!(whole >= 4, "nothing was ever finished");
}

#[test]
fn a_folder_of_somebody_else_in_the_way_is_left_alone() {
    let (open, backup) = backed_up();
    let foreign = open.dir.path().join("to.partial");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.odt"), "three years").unwrap();
    let to = open.dir.path().join("to");
    let error = restore(&RestoreRequest::new(&backup, &to), &NoProgress).unwrap_err();
    assert!(error.message().contains("thesis.odt"), "{error}");
    let error = open.archive.backup(&open.caller, &BackupRequest::folder(&to), &NoProgress).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(fs::read_to_string(foreign.join("thesis.odt")).unwrap(), "three years");
    let inside = BackupRequest::folder(&open.archive.dir().join("store/backup"));
    assert_eq!(
        open.archive.backup(&open.caller, &inside, &NoProgress).unwrap_err().kind(),
        ErrorKind::Invalid
    );
}

#[test]
fn a_link_in_the_store_is_refused_and_named() {
    let (open, _) = backed_up();
    symlink("/etc/hostname", open.archive.dir().join("store/away")).unwrap();
    let to = BackupRequest::folder(&open.dir.path().join("to"));
    let error = open.archive.backup(&open.caller, &to, &NoProgress).unwrap_err();
    assert!(error.message().contains("store/away"), "{error}");
    // Writers go on.
    open.ingest(&joey("e4", 1));
    assert_eq!(found(&open).len(), 4);
    fs::remove_file(open.archive.dir().join("store/away")).unwrap();
}

#[test]
fn the_backup_of_another_archive_in_its_clothes_is_refused() {
    let (open, backup) = backed_up();
    let other = TempDir::new().unwrap();
    drop(Archive::open(&other.path().join("a"), OpenOptions::default()).unwrap());
    let mut list = list(&backup);
    let manifest = fs::read(other.path().join("a/archive.json")).unwrap();
    fs::write(backup.join("archive.json"), &manifest).unwrap();
    let files = list["files"].as_array_mut().unwrap();
    let file = files.iter_mut().find(|file| file["path"] == "archive.json").unwrap();
    (file["bytes"], file["sha256"]) = (json!(manifest.len()), json!(hex(&manifest)));
    list["list_sha256"] = json!(checksum(&list));
    write_list(&backup, &list);
    let to = open.dir.path().join("to");
    let error = restore(&RestoreRequest::new(&backup, &to), &NoProgress).unwrap_err();
    assert!(error.message().contains("another archive"), "{error}");
    assert!(!to.exists());
    let stranger = Caller::local();
    assert!(open.archive.backup(&stranger, &BackupRequest::folder(&to), &NoProgress).is_ok());
}
