//! Files of an archive's folder and of a backup, that are read as wholes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rushes_archive::{BackupList, Links, Manifest, SignedLink, Tokens};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::Target;
use crate::discovery::{DISCOVERY_FILE, Discovery};

pub fn targets() -> Vec<Target> {
    vec![
        Target::new("chain", chain, vec![chain_of(0), chain_of(1), chain_of(5)]),
        Target::new("archive-manifest", manifest, texts(&MANIFESTS)),
        Target::new(
            "backup-list",
            |data| in_file("backup.json", data, |dir| drop(BackupList::read(dir))),
            texts(&LISTS),
        ),
        Target::new("tokens", tokens, texts(&TOKENS)),
        Target::new("links", links, texts(&LINKS)),
        Target::new(
            "rebuild-marker",
            |data| in_file("rebuild.json", data, rushes_archive::fuzzing::rebuild_marker),
            texts(&[r#"{"what":"all"}"#, r#"{"what":"index"}"#]),
        ),
        Target::new(
            "erasure-marker",
            |data| in_file("erased.json", data, rushes_archive::fuzzing::erasures),
            texts(&[r#"{"since_s":1700000000}"#]),
        ),
        Target::new(
            "verify-result",
            |data| in_file("verify.json", data, rushes_archive::fuzzing::verifications),
            texts(&VERIFIED),
        ),
        Target::new("discovery", discovery, texts(&SERVERS)),
    ]
}

const MANIFESTS: [&str; 2] = [
    r#"{"format":1,"id":"00112233445566778899aabbccddeeff","bucket_ns":1000000000,"default_language":"und","analyser":"1"}"#,
    r#"{"format":1,"id":"x","bucket_ns":500000000,"default_language":"en","analyser":"1","sum":"0123456789abcdef0123456789abcdef"}"#,
];
const LISTS: [&str; 2] = [
    r#"{"archive":"x","commit":7,"files":[{"path":"archive.json","bytes":5,"sha256":"ab"},{"path":"store/0.jnl","bytes":9,"sha256":"cd"}]}"#,
    r#"{"version":2,"archive":"x","made_s":1,"commit":7,"assets":1,"annotations":2,"files":[{"path":"archive.json","bytes":5,"sha256":"ab"}],"list_sha256":"00"}"#,
];
const TOKENS: [&str; 2] = [
    r#"[{"name":"all","movies":null,"rights":["read","admin"],"sha256":"ab"}]"#,
    r#"[{"name":"one","movies":["m"],"collections":["c"],"rights":["ingest"],"grants":[{"movies":["n"],"collections":[],"rights":["read"]}],"expires_s":9,"sha256":"cd","before":{"sha256":"ef","until_s":5}}]"#,
];

const LINKS: [&str; 2] = [
    r#"{"secret":"00112233"}"#,
    r#"{"secret":"00112233445566778899aabbccddeeff","before":{"secret":"ff","until_s":9}}"#,
];
const VERIFIED: [&str; 1] = [
    r#"{"ended_s":9,"took_s":2,"commit":7,"assets":1,"annotations":2,"problem_count":1,"problems":["p"],"catching_up":false}"#,
];
const SERVERS: [&str; 2] = [
    r#"{"url":"http://127.0.0.1:7890","pid":1,"secret":"00ff","version":"0.1.0"}"#,
    r#"{"url":"http://[::1]:1","pid":4294967295,"secret":"","version":""}"#,
];

fn texts(list: &[&str]) -> Vec<Vec<u8>> {
    list.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A folder in memory, where there is one, of this process.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let above = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = above.join(format!("rushes-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    })
}

fn in_file(name: &str, data: &[u8], read: impl Fn(&Path)) {
    let dir = folder();
    std::fs::write(dir.join(name), data).expect("a small file");
    read(dir);
}

fn manifest(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Manifest::from_text(text);
    }
}

fn tokens(data: &[u8]) {
    in_file("tokens.json", data, |dir| {
        let Ok(tokens) = Tokens::open(dir) else { return };
        let _ = tokens.list();
        for secret in ["", "a"] {
            assert!(tokens.authenticate(secret).is_none(), "a secret opens that nobody was given");
        }
    });
}

/// A secret that nobody here knows signs nothing that is made up.
fn links(data: &[u8]) {
    in_file("links.json", data, |dir| {
        let Ok(links) = Links::open(dir) else { return };
        for signature in [String::new(), "00".repeat(32), "zz".to_owned()] {
            let link = SignedLink { holder: "a".to_owned(), expires_s: u64::MAX, signature };
            assert!(!links.holds(&link, "/v1/assets/a/media", 5), "a made-up signature counts");
        }
    });
}

/// Where a command looks for the server that has its archive open.
fn discovery(data: &[u8]) {
    in_file(DISCOVERY_FILE, data, |dir| {
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(dir.join(DISCOVERY_FILE), owner_only).expect("a file of ours");
        let Ok(Some(server)) = Discovery::read(dir) else { return };
        let shown = format!("{server:?}");
        assert!(server.secret.len() < 8 || !shown.contains(&server.secret), "a secret is shown: {shown}");
    });
}

/// Bytes around a record's body, and of a file's header.
const AROUND: usize = 12;
const HEADER: usize = 32;

/// As they are, and with all checksums made right, so that what they guard is read too.
fn chain(data: &[u8]) {
    let path = folder().join("store.chain");
    for bytes in [data.to_vec(), summed(data)] {
        std::fs::write(&path, bytes).expect("a small file");
        rushes_kv::fuzzing::chain(&path);
    }
}

fn summed(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    let Some(head) = bytes.get_mut(..HEADER) else { return bytes };
    head[..8].copy_from_slice(b"RUSHCHN1");
    let sum = xxh3_64(&head[..24]).to_le_bytes();
    head[24..].copy_from_slice(&sum);
    let mut at = HEADER;
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>().copied()) {
        let body = u32::from_le_bytes(length) as usize;
        let Some(record) = bytes.get_mut(at..).and_then(|rest| rest.get_mut(..body.saturating_add(AROUND)))
        else {
            break;
        };
        let sum = crc32fast::hash(&record[8..8 + body]).to_le_bytes();
        record[4..8].copy_from_slice(&sum);
        record[8 + body..].copy_from_slice(&length);
        at += body + AROUND;
    }
    bytes
}

/// A chain of so many changes, each linked to the one before.
fn chain_of(changes: u64) -> Vec<u8> {
    let mut bytes = summed(&[0; HEADER]);
    let mut link = 0_u128;
    for number in 1..=changes {
        let mut head = vec![0];
        [number, 1_700_000_000_000, number].iter().for_each(|n: &u64| head.extend(n.to_le_bytes()));
        head.extend(7_u128.to_le_bytes());
        let note = [9, 5, 0, 1, 1, b'a'];
        let mut hash = Xxh3::new();
        [&link.to_le_bytes()[..], &head, &note].iter().for_each(|part| hash.update(part));
        link = hash.digest128();
        let body = [&head[..], &link.to_le_bytes(), &note].concat();
        let length = u32::try_from(body.len()).unwrap_or_default().to_le_bytes();
        bytes.extend([&length[..], &crc32fast::hash(&body).to_le_bytes(), &body, &length].concat());
    }
    bytes
}
