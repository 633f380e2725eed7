//! How the client speaks TLS: whom it trusts, and what it shows of itself.

use std::path::Path;
use std::sync::Arc;

use rushes_types::{Error, Result};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::config::ElasticConfig;

/// Reads a file that a field of the configuration names.
fn read(field: &str, path: &Path) -> Result<Vec<u8>> {
    let read = std::fs::read(path);
    read.map_err(|e| Error::io(&format!("reading `{}`", path.display()), e).at(format!("/{field}")))
}

fn certificates(field: &str, path: &Path) -> Result<Vec<Certificate<'static>>> {
    let pem = read(field, path)?;
    let found: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return Err(Error::invalid(format!("`{}` holds no certificate", path.display()))
            .mend("name a file with certificates in PEM form")
            .at(format!("/{field}")));
    }
    Ok(found)
}

fn key(field: &str, path: &Path) -> Result<PrivateKey<'static>> {
    let pem = read(field, path)?;
    PrivateKey::from_pem(&pem).map_err(|_| {
        Error::invalid(format!("`{}` holds no private key", path.display()))
            .mend("name a file with a private key in PEM form, without a password")
            .at(format!("/{field}"))
    })
}

/// The settings of TLS of a configuration.
///
/// # Errors
/// A file that cannot be read or holds something else, at its field.
pub(crate) fn tls(config: &ElasticConfig) -> Result<TlsConfig> {
    let roots = match &config.ca_file {
        Some(path) => RootCerts::new_with_certs(&certificates("ca_file", path)?),
        None => RootCerts::PlatformVerifier,
    };
    let shown = match (&config.client_certificate_file, &config.client_key_file) {
        (Some(chain), Some(private)) => {
            let chain = certificates("client_certificate_file", chain)?;
            Some(ClientCert::new_with_certs(&chain, key("client_key_file", private)?))
        }
        _ => None,
    };
    Ok(TlsConfig::builder()
        .root_certs(roots)
        .client_cert(shown)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}
