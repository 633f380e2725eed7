//! What is sent: without what only people read, and compressed once.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::xxh3_128;

use crate::bundle::{Module, bundle};
use crate::{ENTRY, FILES, File};

/// What is sent, plain and compressed, each with its entity tag.
#[derive(Debug)]
pub struct Sent {
    plain: Vec<u8>,
    gzip: Vec<u8>,
    tag: String,
    gzip_tag: String,
}

impl Sent {
    pub(crate) fn new(plain: Vec<u8>) -> Self {
        let gzip = compressed(&plain);
        let (tag, gzip_tag) = (tag_of(&plain), tag_of(&gzip));
        Self { plain, gzip, tag, gzip_tag }
    }

    /// The bytes, compressed by gzip or not.
    #[must_use]
    pub fn bytes(&self, gzip: bool) -> &[u8] {
        if gzip { &self.gzip } else { &self.plain }
    }

    /// The strong entity tag of these bytes, in quotes.
    #[must_use]
    pub fn etag(&self, gzip: bool) -> &str {
        if gzip { &self.gzip_tag } else { &self.tag }
    }
}

/// Does a browser that sends this `accept-encoding` take gzip?
#[must_use]
pub fn takes_gzip(accept_encoding: &str) -> bool {
    accept_encoding.split(',').any(|part| {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let quality = parameters.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && quality.is_none_or(|q| q > 0.0)
    })
}

/// What is sent of a file: of the entry, all modules.
pub(crate) fn of(file: &File) -> Sent {
    let text = match file.name {
        ENTRY => script(),
        name if name.ends_with(".js") || name.ends_with(".css") => bare(file.source),
        _ => file.source.to_owned(),
    };
    Sent::new(text.into_bytes())
}

fn script() -> String {
    let is_module = |file: &&File| file.name.ends_with(".js");
    let bare: Vec<(&str, String)> =
        FILES.iter().filter(is_module).map(|f| (f.name, bare(f.source))).collect();
    let modules: Vec<Module<'_>> = bare.iter().map(|(name, code)| Module { name, code }).collect();
    bundle(ENTRY, &modules)
}

/// Code without lines of comment, empty lines, indentation and types. Lines stay lines, so that a mistake is found where it
/// is. Text that runs over several lines or has what begins a comment of types is not known here: the modules have none,
/// which a test sees to.
fn bare(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut in_comment = false;
    for line in source.lines().map(str::trim) {
        if in_comment {
            in_comment = !line.ends_with("*/");
            continue;
        }
        if line.starts_with("/*") && !line.contains("*/") {
            in_comment = true;
        } else if !line.starts_with("//") {
            push(&mut out, &without_types(line));
        }
    }
    out
}

/// A line without the comments in it that begin as those of types do, and without one that is all of it.
fn without_types(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((before, (_, after))) =
        rest.split_once("/** ").and_then(|(before, comment)| Some((before, comment.split_once("*/")?)))
    {
        out.push_str(before);
        rest = after.trim_start();
    }
    out.push_str(rest);
    let whole = out.trim();
    if whole.starts_with("/*") && whole.ends_with("*/") { String::new() } else { out }
}

fn push(out: &mut String, line: &str) {
    if !line.is_empty() {
        out.push_str(line);
        out.push('\n');
    }
}

/// In memory nothing can fail; should it, a stream without content is sent to nobody: browsers ask for it plainly, too.
fn compressed(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn tag_of(bytes: &[u8]) -> String {
    format!("\"{:032x}\"", xxh3_128(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_people_read_is_not_sent() {
        let source = "// A module.\n\n/** One. */\n/**\n * Two.\n * @type {X}\n */\nconst a = 1;\n  /** @type {Y} */ (b).c = '// no';\n    d(); // kept\n";
        assert_eq!(bare(source), "const a = 1;\n(b).c = '// no';\nd(); // kept\n");
        assert_eq!(
            bare("/* One. */\n:root {\n  color: red; /* why */\n}\n"),
            ":root {\ncolor: red; /* why */\n}\n"
        );
    }

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        for taken in ["gzip", "br, gzip;q=0.5", "GZIP", "deflate,gzip ; q=1"] {
            assert!(takes_gzip(taken), "{taken}");
        }
        for refused in ["", "br", "gzip;q=0", "gzipped", "identity, gzip; q=0.0"] {
            assert!(!takes_gzip(refused), "{refused}");
        }
    }

    #[test]
    fn compressed_bytes_are_the_same_when_they_are_read() {
        let sent = Sent::new(b"moments, moments, moments, moments".to_vec());
        let mut read = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(sent.bytes(true)), &mut read).unwrap();
        assert_eq!(read, sent.bytes(false));
        assert_ne!(sent.etag(true), sent.etag(false));
    }
}
