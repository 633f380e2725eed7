//! Finding files in a folder, and reading them all.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use rushes_import::{Item, Mapping, RunMode};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const TWO: &str = r#"
    run = "replace"
    [asset]
    asset_id = "quay-s{season:02}e{episode:02}"
    season = "{season}"
    [[source]]
    files = ["b/**/*.csv", "c/*.tsv"]
    captures = 's(?<season>\d+)e(?<episode>\d+)'
    model = "m@1"
    type = "T"
    start = "{s}"
    [[source]]
    files = "**/*.{json,jsonl}"
    captures = 's(?<season>\d+)e(?<episode>\d+)'
    run = "append"
    model = "n@1"
    type = "U"
    start = "{s}"
"#;

#[test]
fn files_come_in_a_fixed_order_with_their_captures() {
    let folder = folder(&[
        ("b/z/s1e02.csv", "s\n1\n"),
        ("b/s01e01.csv", "s\n1\nx\n"),
        ("b/notes.csv", "s\n"),
        ("a/s01e01.jsonl", "{\"s\":1}\n"),
        ("s2e1.json", "[]"),
        ("ignored.txt", ""),
    ]);
    let mapping = Mapping::parse(TWO).unwrap();
    assert_eq!(mapping.source_count(), 2);
    let found = mapping.sources_in(folder.path());
    let names: Vec<_> = found.files.iter().map(|file| (file.source, file.name.as_str(), file.run)).collect();
    let (replace, append) = (Some(RunMode::Replace), Some(RunMode::Append));
    assert_eq!(
        names,
        [
            (0, "b/s01e01.csv", replace),
            (0, "b/z/s1e02.csv", replace),
            (1, "a/s01e01.jsonl", append),
            (1, "s2e1.json", append)
        ]
    );
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "c/*.tsv: field `files`: no file matches this pattern; mend the pattern, or give the folder that it is \
             meant for",
            "b/notes.csv: field `captures`: the file name does not match; mend the expression, or `files`, so that \
             they agree"
        ]
    );

    let mut items = Vec::new();
    let mut import = mapping.import();
    let _ = import.folder(folder.path(), &mut |item| {
        items.push(item);
        ControlFlow::Continue(())
    });
    let counts = import.counts();
    assert_eq!(
        (counts.files, counts.rows, counts.assets),
        (4, 4, 3),
        "s02e01 is an asset though it has no rows"
    );
    assert_eq!((counts.annotations, counts.problems, counts.points), (3, 3, 3));
    assert_eq!(items.iter().filter(|item| matches!(item, Item::Asset(_))).count(), 3);
    assert!(items.contains(&Item::Asset(r#"{"asset_id":"quay-s02e01","season":2}"#.into())));
}

#[test]
fn one_file_may_be_given_in_place_of_a_folder() {
    let folder = folder(&[("s01e01.json", "[{\"s\":1}]")]);
    let mapping = Mapping::parse(TWO).unwrap();
    let found = mapping.sources_in(&folder.path().join("s01e01.json"));
    assert_eq!(found.files.len(), 1);
    assert!(found.files[0].path.is_file());
}

#[test]
fn a_sink_can_end_an_import() {
    let folder = folder(&[("b/s1e1.csv", "s\n1\n2\n3\n"), ("s1e2.json", "[]")]);
    let mapping = Mapping::parse(TWO).unwrap();
    let mut import = mapping.import();
    let flow = import.folder(folder.path(), &mut |item| match item {
        Item::Annotation(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(flow.is_break());
    assert_eq!(import.counts().annotations, 1);
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_in_circles() {
    let folder = folder(&[("s1e1.json", "[]")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    assert_eq!(Mapping::parse(TWO).unwrap().sources_in(folder.path()).files.len(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_a_problem() {
    let found = Mapping::parse(TWO).unwrap().sources_in(Path::new("/no/such/folder"));
    assert!(found.problems[0].to_string().contains("the folder cannot be read"), "{:?}", found.problems);
}
