//! Under which names, and from which pages, the server may be called: pure decisions on `Host` and `Origin`.
//!
//! A web page that was loaded from elsewhere can make a browser call `http://127.0.0.1:7890`, and DNS rebinding can
//! even make it the same origin in the browser's eyes. `Host` reveals rebinding: a rebound name is never a loopback
//! name. `Origin` reveals the other case: a foreign page's `POST`.

use std::net::IpAddr;

/// The names by which the server may be called.
#[derive(Debug, Clone)]
pub struct HostPolicy {
    names: Vec<String>,
    any_ip: bool,
}

/// Splits `host:port`, `[v6]:port`, `host`. The port is checked to be digits and left out.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        (host, after.strip_prefix(':').unwrap_or(after))
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, port),
            None => (authority, ""),
        }
    };
    let digits = port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    (digits && !host.is_empty()).then_some(host)
}

impl HostPolicy {
    /// Loopback names, the configured ones, and, where the server listens beyond loopback, addresses: a
    /// number cannot be rebound.
    #[must_use]
    pub fn new(hosts: &[String], listens_beyond_loopback: bool) -> Self {
        let names = hosts.iter().filter_map(|h| host_of(h)).map(str::to_ascii_lowercase).collect();
        Self { names, any_ip: listens_beyond_loopback }
    }

    /// May the server be called by this authority (`name`, `name:port`)?
    #[must_use]
    pub fn allows(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else { return false };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if host == "localhost" || self.names.iter().any(|n| n.trim_end_matches('.') == host) {
            return true;
        }
        host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || self.any_ip)
    }
}

/// Is the origin the one that the server is called by? A page of another port of this machine is foreign,
/// too.
#[must_use]
pub fn is_same_origin(origin: &str, authority: &str) -> bool {
    let (rest, port) = if let Some(rest) = origin.strip_prefix("http://") {
        (rest, ":80")
    } else if let Some(rest) = origin.strip_prefix("https://") {
        (rest, ":443")
    } else {
        return false;
    };
    let with_port = |a: &str| {
        let a = a.to_ascii_lowercase();
        if a.rsplit_once(':').is_some_and(|(_, p)| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit())) {
            a
        } else {
            format!("{a}{port}")
        }
    };
    !rest.is_empty() && with_port(rest) == with_port(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_configured_names_are_taken() {
        let local = HostPolicy::new(&[], false);
        for host in
            ["localhost", "localhost:7890", "LOCALHOST:1", "127.0.0.1:7890", "127.1.2.3", "[::1]:7890"]
        {
            assert!(local.allows(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evil.example:7890",
            "192.168.1.4",
            "",
            ":7890",
            "localhost:port",
            "localhost@evil.example",
            "[::1",
            "127.0.0.1.evil.example",
            "localhost:7890:1",
        ] {
            assert!(!local.allows(host), "{host}");
        }
        let named = HostPolicy::new(&["rushes.example:443".into()], true);
        assert!(named.allows("rushes.example") && named.allows("Rushes.Example:8443"));
        assert!(named.allows("192.168.1.4:7890") && !named.allows("evil.example"));
    }

    #[test]
    fn another_port_is_another_origin() {
        for (origin, authority, same) in [
            ("http://localhost:7890", "localhost:7890", true),
            ("https://rushes.example", "rushes.example", true),
            ("https://rushes.example", "rushes.example:443", true),
            ("http://[::1]:7890", "[::1]:7890", true),
            ("http://[::1]", "[::1]", true),
            ("http://localhost:3000", "localhost:7890", false),
            ("http://127.0.0.1:7890", "localhost:7890", false),
            ("https://evil.example", "rushes.example", false),
            ("null", "localhost:7890", false),
            ("", "localhost:7890", false),
            ("http://", "", false),
            ("file://", "localhost", false),
        ] {
            assert_eq!(is_same_origin(origin, authority), same, "{origin} {authority}");
        }
    }
}
