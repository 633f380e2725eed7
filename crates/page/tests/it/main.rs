//! The page as it is embedded.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeSet;
use std::path::Path;

use rushes_page::{FILES, SCRIPT_BYTES_MAX, SCRIPT_GZIP_BYTES_MAX, document, find, version};

fn web() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn text(name: &str) -> &'static str {
    FILES.iter().find(|file| file.name == name).unwrap().source
}

fn scripts() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|f| f.name).filter(|n| n.ends_with(".js"))
}

#[test]
fn every_file_of_the_folder_is_embedded_and_no_other() {
    let mut embedded: BTreeSet<String> = FILES.iter().map(|f| f.name.to_owned()).collect();
    embedded.insert("index.html".to_owned());
    assert_eq!(embedded, web());
}

#[test]
fn all_script_together_stays_within_its_budget() {
    let bytes = |gzip: bool| -> usize {
        ["app.js", "theme.js"].iter().map(|name| find(version(), name).unwrap().1.bytes(gzip).len()).sum()
    };
    assert!(bytes(false) < SCRIPT_BYTES_MAX, "{} bytes of script; at most {SCRIPT_BYTES_MAX}", bytes(false));
    assert!(
        bytes(true) < SCRIPT_GZIP_BYTES_MAX,
        "{} compressed; at most {SCRIPT_GZIP_BYTES_MAX}",
        bytes(true)
    );
}

/// What is sent has lost what looks like comments: in a text it would be none.
#[test]
fn no_text_of_a_script_runs_over_lines_or_looks_like_a_comment() {
    for name in scripts() {
        for line in text(name).lines().filter(|line| !line.trim_start().starts_with(['*', '/'])) {
            let in_text = line.split(['\'', '`']).skip(1).step_by(2);
            assert!(in_text.clone().all(|part| !part.contains("/** ")), "{name}: {line}");
            assert!(!line.starts_with("export ") || !line.contains("export let "), "{name}: {line}");
        }
        for line in text(name).lines().filter(|line| !line.trim_start().starts_with(['*', '/'])) {
            assert_eq!(line.matches('`').count() % 2, 0, "{name}: {line}");
        }
    }
}

#[test]
fn what_is_sent_is_every_module_once_without_imports_and_comments() {
    let sent = std::str::from_utf8(find(version(), "app.js").unwrap().1.bytes(false)).unwrap();
    for name in scripts().filter(|name| *name != "theme.js") {
        let head = format!("const ${} = (() => {{\n", name.trim_end_matches(".js").replace('-', "_"));
        assert_eq!(sent.matches(&head).count(), 1, "{name}");
        assert!(find(version(), name).is_none() || name == "app.js", "{name}");
    }
    for line in sent.lines() {
        let is_odd = ["import ", "export ", "//", "/*", "*"].iter().any(|start| line.starts_with(start));
        assert!(!is_odd && !line.contains("@type"), "{line}");
    }
}

#[test]
fn modules_import_only_what_is_embedded() {
    for name in scripts() {
        for line in text(name).lines().filter(|l| l.starts_with("import ") || l.starts_with("} from ")) {
            let Some((_, rest)) = line.split_once(" from '") else { continue };
            let wanted = rest.trim_end_matches("';");
            let wanted = wanted.strip_prefix("./").unwrap_or_else(|| panic!("{name}: {line}"));
            assert!(
                line.starts_with("import { ") && line.ends_with("';"),
                "{name}: an import is one line: {line}"
            );
            assert!(scripts().any(|other| other == wanted), "{name} imports `{wanted}`");
        }
    }
}

#[test]
fn the_document_names_only_files_of_this_version_and_holds_no_script_or_style() {
    let html = std::str::from_utf8(document().bytes(false)).unwrap();
    assert!(!html.contains("{version}") && !html.contains("<style") && !html.contains(" style="));
    let mut named = 0;
    for part in html.split("=\"/page/").skip(1) {
        let (address, _) = part.split_once('"').unwrap();
        let (at, name) = address.split_once('/').unwrap();
        assert!(find(at, name).is_some(), "{address}");
        named += 1;
    }
    assert!(named >= 4, "{named}");
    for part in html.split("<script").skip(1) {
        assert!(part.split_once('>').unwrap().1.starts_with("</script>"), "a script in the document: {part}");
    }
    for handler in [" onclick=", " onload=", " oninput=", "javascript:"] {
        assert!(!html.contains(handler), "{handler}");
    }
}

/// A strict content policy refuses these; a test says so sooner than a browser.
#[test]
fn scripts_make_no_code_of_text_and_write_no_markup() {
    for name in scripts() {
        for refused in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "createContextualFragment",
            "DOMParser",
            "setHTML",
            "srcdoc",
            "eval(",
            "new Function",
        ] {
            assert!(!text(name).contains(refused), "{name}: {refused}");
        }
        assert!(!text(name).contains("http://") || name == "icons.js" || name == "dom.js", "{name}");
        assert!(!text(name).contains("https://"), "{name} names another server");
    }
}

#[test]
fn another_version_and_another_name_are_not_there() {
    assert!(find("0", "app.js").is_none());
    assert!(find(version(), "index.html").is_none());
    assert!(find(version(), "../Cargo.toml").is_none());
    assert_eq!(version().len(), 32);
    let etag = find(version(), "app.js").unwrap().1.etag(false);
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() == 34);
    assert_ne!(etag, document().etag(false));
}
