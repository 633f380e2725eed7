//! Where media lie, as addresses: `file:` with each segment of the path percent-encoded (RFC 3986, RFC 8089).

use rushes_types::Asset;

/// How a program writes the address of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `file:///Volumes/a%20b.mov`, `file:///C:/a.mov`.
    Plain,
    /// `file://localhost/Volumes/a%20b.mov`, `file://localhost/C%3a/a.mov`: Final Cut Pro 7, and Premiere Pro after it.
    Localhost,
}

/// The address of an asset's media; `None` where its path is not known.
pub(crate) fn media_url(asset: &Asset, style: Style) -> Option<String> {
    let path = asset.path.as_deref().filter(|path| !path.is_empty())?;
    let host = if style == Style::Localhost { "localhost" } else { "" };
    if path.contains("://") {
        return Some(path.split('/').map(kept).collect::<Vec<_>>().join("/"));
    }
    if let Some(share) = path.strip_prefix(r"\\") {
        return Some(format!("file://{}", segments(share, &['\\', '/'])));
    }
    let mut letters = path.chars();
    let drive = (letters.next(), letters.next(), letters.next());
    if let (Some(letter), Some(':'), Some('\\' | '/')) = drive
        && letter.is_ascii_alphabetic()
    {
        let colon = if style == Style::Localhost { "%3a" } else { ":" };
        let rest = path.get(3..).unwrap_or_default();
        return Some(format!("file://{host}/{letter}{colon}/{}", segments(rest, &['\\', '/'])));
    }
    match path.strip_prefix('/') {
        Some(rest) => Some(format!("file://{host}/{}", segments(rest, &['/']))),
        // What is not absolute is taken from where the file lies. A colon in its first segment is no scheme.
        None => Some(segments(path, &['/'])),
    }
}

fn segments(path: &str, between: &[char]) -> String {
    path.split(between).map(percent_encoded).collect::<Vec<_>>().join("/")
}

/// A text as one segment of an address: all but letters, digits and `-._~` percent-encoded.
#[must_use]
pub fn percent_encoded(segment: &str) -> String {
    escape(segment, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

/// A segment of what is an address already: only what no address may hold is encoded.
fn kept(segment: &str) -> String {
    escape(segment, |byte| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    })
}

fn escape(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
