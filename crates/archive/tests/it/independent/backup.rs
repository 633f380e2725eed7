//! Small files and backups, read by the page.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rushes_archive::{
    Archive, BackupRequest, Caller, NoProgress, OpenOptions, RestoreRequest, Right, TokenSpec, restore,
};
use rushes_store::EraseTarget;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::fused;
use super::made::{self, asset_id};
use super::store::{self, Store};
use crate::flow::{Open, line};

fn parsed(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// An archive with a token and something erased; the token's secret.
fn small() -> (Open, String) {
    let open = Open::new();
    for asset in ["e1", "кино"] {
        open.ingest(&line(asset, "faces@1", "CHARACTER_SEARCH", "Joey", 2, 8));
    }
    let spec = TokenSpec {
        name: "редактор".to_owned(),
        movies: Some(["show".to_owned()].into()),
        rights: [Right::Read, Right::Ingest].into(),
        ..TokenSpec::default()
    };
    let secret = open.archive.tokens().create(&spec).unwrap();
    let all = TokenSpec { name: "all".to_owned(), rights: [Right::Admin].into(), ..TokenSpec::default() };
    open.archive.tokens().create(&all).unwrap();
    open.archive.erase(&open.caller, &EraseTarget::Asset(asset_id("e1"))).unwrap();
    open.catch_up();
    (open, secret)
}

/// The checksum of the other fields of a manifest.
fn sum(manifest: &Json) -> String {
    let fields = ["format", "id", "bucket_ns", "default_language", "analyser"];
    let text = fields.map(|field| manifest[field].to_string().trim_matches('"').to_owned()).join("\n");
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// The checksum of a list, as the page says.
fn checksum(list: &Json) -> String {
    let mut text = "rushes backup 2\n".to_owned();
    for name in ["archive", "made_s", "commit", "assets", "annotations"] {
        let value = list[name].as_str().map_or_else(|| list[name].to_string(), str::to_owned);
        text += &format!("{name} {value}\n");
    }
    for file in list["files"].as_array().unwrap() {
        let field = |name: &str| file[name].as_str().unwrap();
        text += &format!("{} {} {}\n", field("sha256"), file["bytes"], field("path"));
    }
    sha256(text.as_bytes())
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[test]
fn small_files_and_their_modes_are_as_the_page_says() {
    let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (open, secret) = small();
    let dir = open.archive.dir();
    let manifest = parsed(&dir.join("archive.json"));
    assert!(is_hex(manifest["id"].as_str().unwrap(), 32));
    let expected = json!({
        "format": 1, "id": manifest["id"], "bucket_ns": 1_000_000_000, "default_language": "en",
        "analyser": rushes_text::ANALYSER_VERSION,
        "sum": sum(&manifest),
    });
    assert_eq!(manifest, expected);
    let tokens = parsed(&dir.join("tokens.json"));
    let (first, second) = (&tokens[0], &tokens[1]);
    let expected = json!({
        "name": "редактор", "movies": ["show"], "rights": ["read", "ingest"], "sha256": sha256(secret.as_bytes()),
    });
    assert_eq!(*first, expected);
    assert_eq!((&second["movies"], &second["rights"]), (&Json::Null, &json!(["admin"])));
    let since = parsed(&dir.join("erased.json"))["since_s"].as_u64().unwrap();
    assert!(since >= before && since < before + 3600);
    assert_eq!(std::fs::read(dir.join("archive.lock")).unwrap(), b"");
    for file in ["archive.json", "archive.lock", "tokens.json", "erased.json"] {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
    for folder in ["store", "events", "fused", "index"] {
        assert_eq!(mode(&dir.join(folder)), 0o700, "{folder}");
    }
    let names =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    let expected = [
        "archive.json",
        "archive.lock",
        "erased.json",
        "events",
        "events.chain",
        "fused",
        "index",
        "store",
        "store.chain",
        "tokens.json",
    ];
    assert_eq!(names, expected);
}

fn files(dir: &Path, within: &str, found: &mut BTreeMap<String, PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{within}{}", entry.file_name().to_str().unwrap());
        match entry.path().is_dir() {
            true => files(&entry.path(), &format!("{name}/"), found),
            false => drop(found.insert(name, entry.path())),
        }
    }
}

/// A backup holds what the archive holds; erased rows may be there still, where their prefix is noted.
fn check_truth(backup: &Store, now: &Store) {
    let records = |s: &Store| (s.counters.clone(), s.assets.clone(), s.models.clone(), s.history.clone());
    assert_eq!(records(backup), records(now));
    let removed = |table: char, prefix: u64| backup.removals.contains(&(table, prefix));
    let ids = backup.ids.iter().filter(|((scope, _), _)| !removed('i', *scope));
    assert_eq!(ids.collect::<Vec<_>>(), now.ids.iter().collect::<Vec<_>>());
    let blocks = backup.blocks.iter().filter(|((segment, _), _)| !removed('b', *segment));
    assert_eq!(blocks.collect::<Vec<_>>(), now.blocks.iter().collect::<Vec<_>>());
}

#[test]
fn a_backup_is_read_back_by_the_page() {
    let (open, _) = small();
    let backup = open.dir.path().join("backup");
    let request = BackupRequest { with_tokens: true, ..BackupRequest::folder(&backup) };
    open.archive.backup(&open.caller, &request, &NoProgress).unwrap();
    let list = parsed(&backup.join("backup.json"));
    let counts = open.archive.status().unwrap().store;
    assert_eq!(list["version"], 2);
    assert_eq!((&list["assets"], &list["annotations"]), (&json!(counts.assets), &json!(counts.annotations)));
    assert_eq!(list["list_sha256"], checksum(&list));
    assert_eq!(list["archive"], parsed(&open.archive.dir().join("archive.json"))["id"]);
    assert_eq!(list["commit"], open.archive.status().unwrap().last_commit.0);
    let mut found = BTreeMap::new();
    files(&backup, "", &mut found);
    found.remove("backup.json");
    let listed = list["files"].as_array().unwrap();
    assert_eq!(listed.len(), found.len());
    for file in listed {
        let bytes = std::fs::read(&found[file["path"].as_str().unwrap()]).unwrap();
        assert_eq!(
            (&file["bytes"], &file["sha256"]),
            (&json!(bytes.len()), &json!(sha256(&bytes))),
            "{file}"
        );
    }
    for file in ["archive.json", "tokens.json", "erased.json", "store.chain"] {
        assert!(found.contains_key(file));
        assert_eq!(
            std::fs::read(backup.join(file)).unwrap(),
            std::fs::read(open.archive.dir().join(file)).unwrap()
        );
    }
    let others = found.keys().filter(|path| !path.starts_with("store/")).count();
    assert_eq!(others, 4);
    let restored = open.dir.path().join("restored");
    let request = RestoreRequest { with_tokens: true, ..RestoreRequest::new(&backup, &restored) };
    restore(&request, &NoProgress).unwrap();
    assert_eq!(parsed(&restored.join("tokens.json")), parsed(&backup.join("tokens.json")));
    assert_eq!(parsed(&restored.join("rebuild.json")), json!({"what": "all"}));
    let in_backup = store::read(&backup.join("store"));
    let (open, copy) = made::copied(open, OpenOptions::default());
    check_truth(&in_backup, &store::read(&copy.join("store")));
    let before = fused::read(&copy.join("fused"));
    // The next opening carries out what `rebuild.json` says.
    let archive = Archive::open(&restored, OpenOptions::default()).unwrap();
    let again = Open { archive, caller: Caller::local(), dir: TempDir::new_in(open.dir.path()).unwrap() };
    again.catch_up();
    assert!(!restored.join("rebuild.json").exists());
    let (_again, copy) = made::copied(again, OpenOptions::default());
    let after = fused::read(&copy.join("fused"));
    assert_eq!((after.annotations, after.digests), (before.annotations, before.digests));
}
