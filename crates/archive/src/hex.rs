//! Bytes as hexadecimal text.

use rushes_types::{Error, ErrorKind, Result};

/// Two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
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
