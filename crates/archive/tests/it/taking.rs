//! Taking in: all or nothing, and saying what would be.

use rushes_archive::{Body, IngestMode, IngestOptions, IngestReport, Right, TokenSpec};
use rushes_store::RunSpec;
use rushes_types::{AssetId, ErrorKind, ModelRef, RunMode};

use crate::flow::{Open, line};

/// A line under an id of its own.
fn named(asset: &str, model: &str, id: &str, label: &str) -> String {
    line(asset, model, "CHARACTER_SEARCH", label, 1, 2)
        .replace("{\"asset_id\"", &format!("{{\"annotation_id\":\"{id}\",\"asset_id\""))
}

fn take(open: &Open, lines: &str, mode: IngestMode, strict: bool, dry_run: bool) -> IngestReport {
    let options = IngestOptions { mode, strict, dry_run };
    open.archive.ingest(&open.caller, Body::Lines(lines.as_bytes()), &options).unwrap()
}

/// Everything that a request could have left behind: commits, assets, models, committed runs.
fn left(open: &Open) -> (u64, usize, usize, usize) {
    let archive = &open.archive;
    let runs = archive.runs(&open.caller, None, None, 100).unwrap();
    (
        archive.status().unwrap().last_commit.0,
        archive.assets(&open.caller, None, 100).unwrap().len(),
        archive.models(&open.caller).unwrap().len(),
        runs.iter().filter(|r| r.committed.is_some()).count(),
    )
}

#[test]
fn strict_leaves_nothing_where_only_the_store_refuses() {
    let open = Open::new();
    open.ingest(&named("e1", "faces@1", "1", "Joey"));
    let before = left(&open);
    let clash = named("e1", "faces@1", "2", "Ross")
        + &named("new", "other@1", "3", "Monica")
        + &named("e1", "faces@1", "1", "Chandler");
    let report = take(&open, &clash, IngestMode::Loose, true, false);
    assert_eq!((report.accepted, report.rejected, report.commit), (0, 1, None));
    assert_eq!((report.errors[0].line, report.errors[0].pointer.as_str()), (3, "/annotation_id"));
    assert!(report.registered_assets.is_empty() && report.registered_models.is_empty());
    assert_eq!(left(&open), before);
    // Without it, the others go in.
    let report = take(&open, &clash, IngestMode::Loose, false, false);
    assert_eq!((report.accepted, report.rejected), (2, 1));
    assert_eq!(report.registered_assets, [AssetId::new("new").unwrap()]);
}

#[test]
fn strict_replaces_nothing_where_two_lines_of_one_run_clash() {
    let open = Open::new();
    open.ingest_as(&named("e1", "faces@1", "1", "Joey"), IngestMode::Replace);
    let before = left(&open);
    let clash = named("e1", "faces@1", "1", "Ross")
        + &named("e2", "faces@1", "1", "Ross")
        + &named("e2", "faces@1", "1", "Monica");
    let report = take(&open, &clash, IngestMode::Replace, true, false);
    assert_eq!((report.accepted, report.rejected, report.errors[0].line), (0, 1, 3));
    assert_eq!(left(&open), before);
    let report = take(&open, &clash, IngestMode::Replace, false, false);
    assert_eq!((report.accepted, report.rejected), (2, 1));
    assert_eq!(left(&open).3, before.3 + 2);
}

#[test]
fn strict_adds_nothing_to_a_run_where_only_the_store_refuses() {
    let open = Open::new();
    open.ingest(&named("e1", "faces@1", "0", "Joey"));
    let spec = RunSpec {
        id: None,
        asset: AssetId::new("e1").unwrap(),
        model: ModelRef::parse("faces@2").unwrap(),
        mode: RunMode::Replace,
        coverage: None,
    };
    let run = open.archive.open_run(&open.caller, &spec).unwrap().id;
    let append = |lines: &str| {
        open.archive.append_run(&open.caller, &run, Body::Lines(lines.as_bytes()), true).unwrap()
    };
    assert_eq!(append(&named("e1", "faces@2", "1", "Joey")).accepted, 1);
    let vector =
        named("e1", "faces@2", "2", "Ross").replace("\"label\"", "\"embedding_vector\":[1,2],\"label\"");
    let report = append(&(vector + &named("e1", "faces@2", "1", "Ross")));
    assert_eq!((report.accepted, report.rejected, report.errors[0].line), (0, 1, 2));
    assert_eq!(open.archive.run(&open.caller, &run).unwrap().unwrap().annotations, 1);
    let models = open.archive.models(&open.caller).unwrap();
    assert!(models.iter().all(|m| m.space.is_none()), "no space was registered");
}

/// A line of `e1` without a movie, or with another than `show`.
fn of_movie(model: &str, id: &str, movie: Option<&str>) -> String {
    let field = movie.map_or_else(String::new, |movie| format!("\"movie_id\":\"{movie}\","));
    named("e1", model, id, "Joey").replace("\"movie_id\":\"show\",", &field)
}

#[test]
fn an_asset_gets_the_movie_that_the_first_line_names_whatever_its_model() {
    let lines_and_movies = [
        (of_movie("faces@1", "1", None) + &of_movie("places@1", "2", Some("show")), "show"),
        (of_movie("faces@1", "1", Some("show")) + &of_movie("places@1", "2", None), "show"),
        (of_movie("faces@1", "1", Some("show")) + &of_movie("faces@1", "2", Some("other")), "show"),
        (of_movie("faces@1", "1", Some("show")) + &of_movie("places@1", "2", Some("other")), "show"),
        (
            of_movie("faces@1", "1", None)
                + &of_movie("places@1", "2", Some("show"))
                + &of_movie("faces@1", "3", Some("other")),
            "show",
        ),
        (of_movie("faces@1", "1", None) + &of_movie("places@1", "2", None), "e1"),
    ];
    for (lines, movie) in lines_and_movies {
        for mode in [IngestMode::Loose, IngestMode::Replace] {
            let open = Open::new();
            let report = take(&open, &lines, mode, true, false);
            assert_eq!(report.rejected, 0, "{:?}", report.errors);
            let assets = open.archive.assets(&open.caller, None, 100).unwrap();
            let movies: Vec<&str> = assets.iter().map(|asset| asset.movie.as_str()).collect();
            assert_eq!(movies, [movie], "{mode:?}: {lines}");
        }
    }
}

#[test]
fn a_caller_needs_the_right_to_the_movie_that_a_later_model_names() {
    let open = Open::new();
    let spec = |movie: &str| TokenSpec {
        name: movie.to_owned(),
        movies: Some([movie.to_owned()].into()),
        rights: [Right::Ingest].into(),
        ..TokenSpec::default()
    };
    let lines = of_movie("faces@1", "1", None) + &of_movie("places@1", "2", Some("show"));
    let ingest = |spec: &TokenSpec| {
        let secret = open.archive.tokens().create(spec).unwrap();
        let caller = open.archive.tokens().authenticate(&secret).unwrap();
        open.archive.ingest(&caller, Body::Lines(lines.as_bytes()), &IngestOptions::default())
    };
    assert_eq!(ingest(&spec("e1")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ingest(&spec("show")).unwrap().accepted, 2);
}

#[test]
fn a_dry_run_says_what_would_become_of_every_line() {
    let open = Open::new();
    open.ingest(&named("e1", "faces@1", "1", "Joey"));
    let before = left(&open);
    let lines = named("e1", "faces@1", "1", "Joey")
        + &named("e1", "faces@1", "1", "Ross")
        + &named("new", "faces@1", "1", "Ross")
        + "{}\n";
    for (mode, duplicates) in [(IngestMode::Loose, 1), (IngestMode::Replace, 0)] {
        let would = take(&open, &lines, mode, false, true);
        assert_eq!(would.accepted + would.duplicates, 2, "{mode:?}");
        assert_eq!((would.duplicates, would.rejected, would.commit), (duplicates, 2, None), "{mode:?}");
        assert_eq!(left(&open), before);
    }
}
