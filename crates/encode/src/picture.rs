//! Pictures in a query: base64, bare or as a `data:` URL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rushes_types::{Error, ErrorKind, Result};

use crate::encoder::PICTURE_BYTES_MAX;

/// What a PNG file begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What a JPEG file begins with.
const JPEG: &[u8] = b"\xff\xd8\xff";

/// The bytes of a PNG or JPEG file that stand in a query as base64 or as a `data:` URL.
///
/// # Errors
/// [`ErrorKind::Invalid`] for another form or format; [`ErrorKind::TooLarge`] above [`PICTURE_BYTES_MAX`].
pub fn picture_bytes(text: &str) -> Result<Vec<u8>> {
    let text = text.trim();
    let encoded = match text.get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("data:") => {
            let (head, data) = text.split_once(',').ok_or_else(no_picture)?;
            if !head.to_ascii_lowercase().ends_with(";base64") {
                return Err(no_picture());
            }
            data
        }
        _ => text,
    };
    if encoded.len() / 4 > PICTURE_BYTES_MAX / 3 {
        let message = format!("the picture is larger than {} MiB", PICTURE_BYTES_MAX >> 20);
        return Err(Error::new(ErrorKind::TooLarge, message).mend("send a smaller one"));
    }
    let bytes = STANDARD.decode(encoded).map_err(|e| no_picture().because(e))?;
    if bytes.starts_with(PNG) || bytes.starts_with(JPEG) { Ok(bytes) } else { Err(no_picture()) }
}

fn no_picture() -> Error {
    Error::invalid("`image` is no picture")
        .mend("give a PNG or JPEG file as base64, or as `data:image/png;base64,…`")
}
