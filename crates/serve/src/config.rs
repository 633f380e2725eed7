//! How the server is set up, and whether that is safe to listen with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rushes_footage::Tools;
use rushes_types::{Error, Result};

use crate::limits;
use crate::oidc::OidcConfig;
use crate::roles::Roles;

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Names besides the loopback ones by which it may be called: the value of `Host` when a proxy or a DNS name leads
    /// to it.
    pub hosts: Vec<String>,
    /// Folders that media may be served from. Links are resolved before this is decided.
    pub media_roots: Vec<PathBuf>,
    /// Which requests it takes.
    pub roles: Roles,
    /// What makes pictures and proxies from media.
    pub tools: Tools,
    /// The OpenID provider that people may log in by.
    pub oidc: Option<Arc<OidcConfig>>,
    /// Its limits.
    pub limits: ServeLimits,
}

/// The limits that an operator may set; see [`crate::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeLimits {
    /// See [`limits::CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// See [`limits::REQUESTS_MAX`].
    pub requests_max: usize,
    /// See [`limits::INGESTS_MAX`].
    pub ingests_max: usize,
    /// See [`limits::MEDIA_STREAMS_MAX`].
    pub media_streams_max: usize,
    /// See [`limits::TOKEN_RATE_MAX`].
    pub token_rate_max: u32,
    /// See [`limits::TOKEN_BURST_MAX`].
    pub token_burst_max: u32,
    /// See [`limits::ADDRESS_RATE_MAX`].
    pub address_rate_max: u32,
    /// See [`limits::ADDRESS_BURST_MAX`].
    pub address_burst_max: u32,
    /// See [`limits::FAILED_LOGINS_MAX`].
    pub failed_logins_max: u32,
    /// See [`limits::AUDIT_FILE_BYTES_MAX`].
    pub audit_file_bytes_max: u64,
    /// See [`rushes_footage::limits::FRAME_CACHE_BYTES_MAX`].
    pub frame_cache_bytes_max: u64,
    /// See [`rushes_footage::limits::PROXY_CACHE_BYTES_MAX`].
    pub proxy_cache_bytes_max: u64,
    /// See [`limits::JSON_BYTES_MAX`].
    pub json_bytes_max: usize,
    /// See [`limits::HEADER_TIME_MAX`].
    pub header_time_max: Duration,
    /// See [`limits::BODY_PAUSE_MAX`].
    pub body_pause_max: Duration,
    /// See [`limits::STREAM_PAUSE_MAX`].
    pub stream_pause_max: Duration,
    /// See [`limits::WAIT_TIME_MAX`].
    pub wait_time_max: Duration,
    /// See [`limits::DRAIN_TIME_MAX`].
    pub drain_time_max: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections_max: limits::CONNECTIONS_MAX,
            requests_max: limits::REQUESTS_MAX,
            ingests_max: limits::INGESTS_MAX,
            media_streams_max: limits::MEDIA_STREAMS_MAX,
            token_rate_max: limits::TOKEN_RATE_MAX,
            token_burst_max: limits::TOKEN_BURST_MAX,
            address_rate_max: limits::ADDRESS_RATE_MAX,
            address_burst_max: limits::ADDRESS_BURST_MAX,
            failed_logins_max: limits::FAILED_LOGINS_MAX,
            audit_file_bytes_max: limits::AUDIT_FILE_BYTES_MAX,
            frame_cache_bytes_max: rushes_footage::limits::FRAME_CACHE_BYTES_MAX,
            proxy_cache_bytes_max: rushes_footage::limits::PROXY_CACHE_BYTES_MAX,
            json_bytes_max: limits::JSON_BYTES_MAX,
            header_time_max: limits::HEADER_TIME_MAX,
            body_pause_max: limits::BODY_PAUSE_MAX,
            stream_pause_max: limits::STREAM_PAUSE_MAX,
            wait_time_max: limits::WAIT_TIME_MAX,
            drain_time_max: limits::DRAIN_TIME_MAX,
        }
    }
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7890)),
            hosts: Vec::new(),
            media_roots: Vec::new(),
            roles: Roles::default(),
            tools: Tools::find(),
            oidc: None,
            limits: ServeLimits::default(),
        }
    }
}

impl ServeConfig {
    /// Can others than this machine's own programs reach it: over the network, or over a proxy that calls
    /// it by a configured name?
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        !self.listen.ip().is_loopback() || !self.hosts.is_empty()
    }
}

/// May the server listen like this? Away from loopback it needs access tokens, or a login provider.
///
/// # Errors
/// Where it is exposed and nobody needs to say who he is; what is wrong with the provider's configuration.
pub fn check_listen(config: &ServeConfig, has_tokens: bool) -> Result<()> {
    if let Some(oidc) = &config.oidc {
        return oidc.check();
    }
    if has_tokens || !config.is_exposed() {
        return Ok(());
    }
    let how = if config.listen.ip().is_loopback() {
        format!("it would answer to the host `{}`", config.hosts.join("`, `"))
    } else {
        format!("it would listen on `{}`", config.listen)
    };
    Err(Error::invalid(format!("{how}, where others can reach it, and this archive has no access tokens"))
        .mend("make one with `rushes token create`, or listen on 127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposure_without_tokens_is_refused() {
        let with = |listen: &str, hosts: &[&str]| ServeConfig {
            listen: listen.parse().unwrap(),
            hosts: hosts.iter().map(ToString::to_string).collect(),
            ..ServeConfig::default()
        };
        for (listen, hosts, ok) in [
            ("127.0.0.1:7890", &[][..], true),
            ("127.9.9.9:0", &[], true),
            ("[::1]:7890", &[], true),
            ("0.0.0.0:7890", &[], false),
            ("[::]:7890", &[], false),
            ("192.168.1.4:7890", &[], false),
            ("127.0.0.1:7890", &["rushes.example"], false),
        ] {
            let config = with(listen, hosts);
            assert_eq!(check_listen(&config, false).is_ok(), ok, "{listen} {hosts:?}");
            assert!(check_listen(&config, true).is_ok());
        }
    }
}
