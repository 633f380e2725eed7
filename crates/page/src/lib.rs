//! The web page at `/`, as files compiled into the program: there is no build step, and nothing is fetched or written.
//!
//! The page is hand-written: ES modules, two style sheets, one document. A browser can run the files of `web/` as they are.
//! All but the document are served under a URL with a hash of *all* of their contents (`/page/VERSION/app.js`): they stay at
//! one version, and may be cached for ever. The document, at `/`, contains that URL and is revalidated each time. What is
//! sent is made when it is first asked for: the modules as one script, without comments and indentation, and compressed for
//! those who take that.
//!
//! This crate depends on no other crate of the workspace and on no HTTP library: it provides what to send, and the
//! server sends it.

mod bundle;
mod sent;

use std::sync::LazyLock;

use xxhash_rust::xxh3::Xxh3Default;

pub use sent::{Sent, takes_gzip};

/// Most bytes of script of the page as it is sent, all modules together, so that it loads on a slow connection.
pub const SCRIPT_BYTES_MAX: usize = 150_000;
/// Most bytes of script when it is compressed.
pub const SCRIPT_GZIP_BYTES_MAX: usize = 50_000;
/// URL prefix of the page's files; the version and the file's name follow.
pub const PREFIX: &str = "/page/";
/// Cache header of a file: its URL changes with its content.
pub const CACHE_FOREVER: &str = "public, max-age=31536000, immutable";
/// Cache header of the document: it is revalidated, and answered with "not modified" if it is the same.
pub const CACHE_ASK: &str = "no-cache";
/// The placeholder for the version in the document.
const VERSION_MARK: &str = "{version}";
/// The module that imports the others.
const ENTRY: &str = "app.js";

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Its name, as in the address.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content, as it was written.
    pub source: &'static str,
}

macro_rules! files {
    ($($name:literal)+) => {
        &[$(File {
            name: $name,
            content_type: content_type($name),
            source: include_str!(concat!("../web/", $name)),
        }),+]
    };
}

/// Every file of the page but the document, as it was written.
pub const FILES: &[File] = files! {
    "api.js"
    "app.js"
    "asking.js"
    "banner.js"
    "bin-view.js"
    "bins.js"
    "card.js"
    "clause-dialog.js"
    "clauses.js"
    "dialogs.js"
    "dom.js"
    "empty.js"
    "export.js"
    "feedback.js"
    "groups.js"
    "icon.svg"
    "icons.js"
    "keyboard.js"
    "keys.js"
    "lanes.js"
    "marks.js"
    "page.css"
    "plan-bar.js"
    "player.css"
    "player.js"
    "reading.js"
    "request.js"
    "results.js"
    "screen.js"
    "search-box.js"
    "shuttle.js"
    "store.js"
    "suggest.js"
    "tabs.js"
    "theme.js"
    "time.js"
    "timeline.js"
    "toast.js"
    "tools.js"
    "transcript.js"
    "warnings.js"
    "welcome.js"
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
        hash.update(&file.source.len().to_le_bytes());
        hash.update(file.source.as_bytes());
    }
    format!("{:032x}", hash.digest128())
});

static PAGE: LazyLock<Sent> =
    LazyLock::new(|| Sent::new(DOCUMENT.replace(VERSION_MARK, version()).into_bytes()));

static SENT: LazyLock<Vec<(&'static File, Sent)>> = LazyLock::new(|| {
    let is_own = |file: &&File| !file.name.ends_with(".js") || [ENTRY, "theme.js"].contains(&file.name);
    FILES.iter().filter(is_own).map(|file| (file, sent::of(file))).collect()
});

/// A hash of the content of all files; 32 hexadecimal digits.
#[must_use]
pub fn version() -> &'static str {
    &VERSION
}

/// The document at `/`, as it is sent.
#[must_use]
pub fn document() -> &'static Sent {
    &PAGE
}

/// What is sent by this name in this version, and the file that it was made of. `None` for another version, which would not
/// match the other files, and for modules, which are in `app.js`.
#[must_use]
pub fn find(version: &str, name: &str) -> Option<(&'static File, &'static Sent)> {
    if version != self::version() {
        return None;
    }
    SENT.iter().find(|(file, _)| file.name == name).map(|(file, sent)| (*file, sent))
}
