//! The web page at `/`, as files in the program: nothing is built, fetched or written to show it.
//!
//! The page is hand-written: ES modules, one style sheet, one document. A browser runs them as they lie in `web/`.
//! All but the document are served under an address that names the content of *all* of them
//! (`/page/VERSION/app.js`): modules that import each other by relative names stay of one version, and may be kept by
//! a cache for ever. The document, at `/`, names that address and is asked for each time.
//!
//! This crate knows nothing else of ours, no HTTP library either: it says what to send, the server sends it.

use std::sync::LazyLock;

use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

/// Most script that the page may have, all modules together, in bytes: it must load on a train.
pub const SCRIPT_BYTES_MAX: usize = 150_000;
/// Where the files of the page lie; what follows is the version, then the file's name.
pub const PREFIX: &str = "/page/";
/// How long and by whom a file may be kept: its address changes with its content.
pub const CACHE_FOREVER: &str = "public, max-age=31536000, immutable";
/// How long the document may be kept: it is asked for again, and answered with "not modified" where it is the same.
pub const CACHE_ASK: &str = "no-cache";
/// What stands in the document for the version.
const VERSION_MARK: &str = "{version}";

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Its name, as in the address.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// The document at `/`.
#[derive(Debug)]
pub struct Document {
    /// Its content.
    pub html: String,
    /// Its strong entity tag, in quotes.
    pub etag: String,
}

macro_rules! files {
    ($($name:literal)+) => {
        &[$(File {
            name: $name,
            content_type: content_type($name),
            bytes: include_bytes!(concat!("../web/", $name)),
        }),+]
    };
}

/// Every file of the page but the document.
pub const FILES: &[File] = files! {
    "api.js"
    "app.js"
    "banner.js"
    "card.js"
    "clause-dialog.js"
    "clauses.js"
    "dialogs.js"
    "dom.js"
    "empty.js"
    "export.js"
    "icon.svg"
    "icons.js"
    "keys.js"
    "lanes.js"
    "marks.js"
    "page.css"
    "plan-bar.js"
    "player.js"
    "request.js"
    "results.js"
    "screen.js"
    "search-box.js"
    "suggest.js"
    "theme.js"
    "time.js"
    "timeline.js"
};

const DOCUMENT: &str = include_str!("../web/index.html");

/// The media type by the end of the name.
const fn content_type(name: &str) -> &'static str {
    match name.as_bytes() {
        [.., b'.', b'j', b's'] => "text/javascript; charset=utf-8",
        [.., b'.', b'c', b's', b's'] => "text/css; charset=utf-8",
        [.., b'.', b's', b'v', b'g'] => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Xxh3Default::new();
    for file in FILES {
        // The length keeps "ab" + "c" from being "a" + "bc".
        hash.update(file.name.as_bytes());
        hash.update(&file.bytes.len().to_le_bytes());
        hash.update(file.bytes);
    }
    format!("{:032x}", hash.digest128())
});

static PAGE: LazyLock<Document> = LazyLock::new(|| {
    let html = DOCUMENT.replace(VERSION_MARK, version());
    let etag = tag(html.as_bytes());
    Document { html, etag }
});

fn tag(bytes: &[u8]) -> String {
    format!("\"{:032x}\"", xxh3_128(bytes))
}

/// Names the content of all files together; 32 hexadecimal digits.
#[must_use]
pub fn version() -> &'static str {
    &VERSION
}

/// The document at `/`.
#[must_use]
pub fn document() -> &'static Document {
    &PAGE
}

/// The file of this name in this version. Another version's is not given: it would not fit the rest.
#[must_use]
pub fn find(version: &str, name: &str) -> Option<&'static File> {
    if version != self::version() {
        return None;
    }
    FILES.iter().find(|file| file.name == name)
}

impl File {
    /// Its strong entity tag, in quotes.
    #[must_use]
    pub fn etag(&self) -> String {
        tag(self.bytes)
    }
}
