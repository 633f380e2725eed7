//! Who asks other servers: those that an operator configured, and no others.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// A client that follows nothing, uses no proxy, and gives up after a time.
pub(crate) fn agent(roots: RootCerts, time_max: Duration) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(roots)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let agent = Agent::config_builder()
        .timeout_global(Some(time_max))
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .tls_config(tls)
        .user_agent("rushes");
    agent.build().into()
}
