//! What is fixed when an archive is made.

use rushes_archive::{Archive, OpenOptions};
use rushes_types::ErrorKind;

#[test]
fn what_was_fixed_when_an_archive_was_made_is_not_changed_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let asking = |bucket_ns: Option<i64>, language: Option<&str>| OpenOptions {
        bucket_ns,
        default_language: language.map(str::to_owned),
        stages: Vec::new(),
        ..OpenOptions::default()
    };
    let half = Some(500_000_000);
    drop(Archive::open(dir.path(), asking(half, Some("de"))).unwrap());
    for (bucket_ns, language, key) in
        [(Some(1_000_000_000), None, "`bucket_ms` is 1000"), (half, Some("en"), "`default_language` is en")]
    {
        let error = Archive::open(dir.path(), asking(bucket_ns, language)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.message().contains(key), "{error}");
    }
    for (bucket_ns, language) in [(None, None), (half, None), (half, Some("de"))] {
        let archive = Archive::open(dir.path(), asking(bucket_ns, language)).unwrap();
        assert_eq!(archive.manifest().bucket_ns, 500_000_000);
    }
}
