//! TLS to the nodes: whom the client trusts, and what it shows of itself.
//!
//! By the system's OpenSSL, as for Kafka: the driver's other way would compile a second cryptographic library. A node's
//! certificate must name its address, since the driver finds nodes by address.

use std::path::Path;

use openssl::ssl::{SslConnector, SslConnectorBuilder, SslFiletype, SslMethod};
use rushes_types::{Error, Result};
use scylla::client::session::OpenSsl010Config;

use crate::client::config::Config;

/// The context of the driver's connections.
///
/// # Errors
/// A file that cannot be read or holds something else, at its field.
pub(crate) fn context(config: &Config) -> Result<OpenSsl010Config> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())
        .map_err(|e| Error::bug(format!("OpenSSL cannot be set up: {e}")))?;
    load(&mut builder, "ca_file", config.ca_file.as_deref(), |b, path| b.set_ca_file(path))?;
    let (chain, key) = (config.client_certificate_file.as_deref(), config.client_key_file.as_deref());
    load(&mut builder, "client_certificate_file", chain, |b, path| b.set_certificate_chain_file(path))?;
    load(&mut builder, "client_key_file", key, |b, path| b.set_private_key_file(path, SslFiletype::PEM))?;
    Ok(OpenSsl010Config::new(builder))
}

fn load(
    builder: &mut SslConnectorBuilder,
    field: &str,
    path: Option<&Path>,
    take: impl FnOnce(&mut SslConnectorBuilder, &Path) -> std::result::Result<(), openssl::error::ErrorStack>,
) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let at = format!("/{field}");
    let shown = path.display();
    // OpenSSL's words for a missing file are none for people.
    std::fs::metadata(path).map_err(|e| Error::io(&format!("reading `{shown}`"), e).at(at.clone()))?;
    take(builder, path).map_err(|e| {
        Error::invalid(format!("`{shown}` cannot be used: {e}")).mend("name a file in PEM form").at(at)
    })
}
