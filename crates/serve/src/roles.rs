//! The roles of a server. One process can do everything; several can share the work.

use axum::http::Method;

use crate::problem::Problem;

/// Which requests a server takes. Health, metrics, status and the care for the archive are answered by every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Annotations, runs, registrations, erasures.
    pub ingest: bool,
    /// Searches and all other reading, media, the page.
    pub search: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self { ingest: true, search: true }
    }
}

/// Routes that every server answers.
const EVERYWHERE: [&str; 18] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/v1/status",
    "/v1/verify",
    "/v1/rebuild",
    "/v1/backup",
    "/v1/purge",
    "/v1/events",
    "/v1/events/replay",
    "/v1/tokens",
    "/v1/links",
    "/v1/audit",
    "/v1/ranking",
    "/v1/bins",
    "/v1/profiles",
    "/v1/profile-assignments",
];
/// Routes of those who look for something: they read, though they are called with `POST`.
const READING: [&str; 8] = [
    "/v1/search",
    "/v1/suggest",
    "/v1/plan",
    "/v1/converse",
    "/v1/export",
    "/v1/login",
    "/v1/media",
    "/v1/feedback",
];

/// Routes that writing clients read, too.
const REGISTRY: [&str; 4] = ["/v1/assets", "/v1/models", "/v1/labels", "/v1/runs"];

impl Roles {
    /// May a server with these roles answer the request?
    pub(crate) fn check(self, method: &Method, path: &str) -> Result<(), Problem> {
        let begins = |with: &&str| {
            path.strip_prefix(*with).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if EVERYWHERE.iter().any(begins) {
            return Ok(());
        }
        let gets = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if gets && self.ingest && REGISTRY.iter().any(begins) {
            return Ok(());
        }
        let reads = gets || READING.iter().any(begins) || !path.starts_with("/v1/");
        let (has, role) = if reads { (self.search, "search") } else { (self.ingest, "ingest") };
        if has { Ok(()) } else { Err(Problem::without_role(role)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_takes_its_requests() {
        let ingest = Roles { ingest: true, search: false };
        let search = Roles { ingest: false, search: true };
        let worker = Roles { ingest: false, search: false };
        for (method, path, takers) in [
            (Method::POST, "/v1/annotations", [true, false, false]),
            (Method::POST, "/v1/runs/r1/commit", [true, false, false]),
            (Method::DELETE, "/v1/assets/a", [true, false, false]),
            (Method::POST, "/v1/search", [false, true, false]),
            (Method::POST, "/v1/converse", [false, true, false]),
            (Method::POST, "/mcp", [false, true, false]),
            (Method::GET, "/v1/assets", [true, true, false]),
            (Method::GET, "/v1/media/a", [false, true, false]),
            (Method::POST, "/v1/feedback", [false, true, false]),
            (Method::POST, "/v1/ranking/fit", [true, true, true]),
            (Method::GET, "/", [false, true, false]),
            (Method::GET, "/healthz", [true, true, true]),
            (Method::GET, "/v1/status", [true, true, true]),
            (Method::POST, "/v1/verify", [true, true, true]),
            (Method::POST, "/v1/events/replay", [true, true, true]),
        ] {
            let taken = [ingest, search, worker].map(|roles| roles.check(&method, path).is_ok());
            assert_eq!(taken, takers, "{method} {path}");
            assert!(Roles::default().check(&method, path).is_ok());
        }
    }
}
