//! Bytes as hexadecimal text.

use rushes_types::{Error, ErrorKind, Result};

/// Two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes that two digits each stand for; `None` where that is no such text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

/// Random bytes, as hexadecimal text of twice the length.
///
/// # Errors
/// Where the system gives none.
pub fn random_hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer)
        .map_err(|e| Error::new(ErrorKind::Unavailable, format!("the system gives no random bytes: {e}")))?;
    Ok(hex(&buffer))
}
