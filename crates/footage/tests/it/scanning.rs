//! Folders as people keep them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use rushes_footage::{Kind, holds_media, scan};

#[test]
fn what_a_folder_holds_is_found_and_what_is_left_out_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("in");
    let make = |name: &str, content: &str| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    make("b/ep 1\n.mov", "x");
    make("b/ep 1\n.en.srt", "x");
    make("a.MP4", "x");
    make("notes.pdf", "x");
    make("lines.jsonl", "x");
    make(".hidden.mov", "x");
    make("@eaDir/a.mp4", "x");
    make("zero.mkv", "");
    std::fs::write(root.join(OsStr::from_bytes(b"\xff.mp4")), "x").unwrap();
    std::fs::File::create(root.join("log.srt")).unwrap().set_len(2 << 30).unwrap();
    let outside = dir.path().join("secret.mp4");
    std::fs::write(&outside, "x").unwrap();
    symlink(&outside, root.join("out.mp4")).unwrap();
    symlink(root.join("a.MP4"), root.join("again.mp4")).unwrap();
    symlink(dir.path(), root.join("up")).unwrap();
    symlink(&root, root.join("loop")).unwrap();
    assert!(holds_media(&root));
    let found = scan(&root, &|| false).unwrap();
    let names: Vec<(&str, Kind)> = found.files.iter().map(|f| (f.below.as_str(), f.kind)).collect();
    let wanted = [
        ("a.MP4", Kind::Media),
        ("b/ep 1\n.en.srt", Kind::Subtitles),
        ("b/ep 1\n.mov", Kind::Media),
        ("lines.jsonl", Kind::Lines),
    ];
    assert_eq!(names, wanted);
    let why = |name: &str| {
        let one =
            found.skipped.iter().find(|s| s.what == name).unwrap_or_else(|| panic!("{name}: {found:?}"));
        (one.is_usual, one.why.clone())
    };
    assert_eq!(why(".hidden.mov"), (true, "it is hidden".to_owned()));
    assert_eq!(why("zero.mkv"), (false, "it is empty".to_owned()));
    assert!(why("log.srt").1.contains("2147483648 bytes"));
    assert!(why("\u{fffd}.mp4").1.contains("UTF-8"));
    for name in ["out.mp4", "up"] {
        assert!(why(name).1.contains("leads out"), "{name}");
    }
    for name in ["again.mp4", "loop"] {
        assert!(why(name).1.contains("in the folder itself"), "{name}");
    }
    assert!(scan(&root.join("nowhere"), &|| false).is_err());
    assert!(scan(&root, &|| true).is_err());
}

#[test]
fn one_media_file_comes_with_what_lies_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["ep1.mov", "ep1.de.srt", "ep2.mov", "other.srt"] {
        std::fs::write(dir.path().join(name), "x").unwrap();
    }
    let found = scan(&dir.path().join("ep1.mov"), &|| false).unwrap();
    let names: Vec<&str> = found.files.iter().map(|f| f.below.as_str()).collect();
    assert_eq!(names, ["ep1.de.srt", "ep1.mov"]);
}
