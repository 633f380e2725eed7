//! What an operator says of the provider: the section `[oidc]`.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use rushes_archive::Right;
use rushes_types::{Error, Result};
use serde::Deserialize;

/// Longest session, in hours: a month.
const SESSION_HOURS_MAX: u64 = 744;
/// The scope that asks for an identity token.
const OPENID: &str = "openid";

/// An OpenID provider, and what its groups may do here.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Its issuer, exactly as its tokens name it; `/.well-known/openid-configuration` lies below.
    pub issuer: String,
    /// This server's id at the provider.
    pub client_id: String,
    /// Its secret there, where it has one.
    pub client_secret: Option<String>,
    /// A file with the secret, in place of `client_secret`.
    pub client_secret_file: Option<PathBuf>,
    /// This server's address as browsers call it. The provider sends them back to `/v1/login/oidc/callback` there.
    pub server_url: String,
    /// What is asked for.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that people are shown by, and named by in the audit log.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// The claim with a person's groups: a list of texts, or one text; `a.b` lies within `a`.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// A file with the certificates that are trusted, in place of those of the system.
    pub ca_file: Option<PathBuf>,
    /// After how many hours people must log in again. Groups that they lose count until then.
    #[serde(default = "session_hours")]
    pub session_hours: u64,
    /// What groups may do.
    #[serde(default, rename = "grant")]
    pub grants: Vec<GroupGrant>,
}

/// What a group may do: on some titles, or, where none is named, on all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupGrant {
    /// Its name as the provider writes it; `*` is everybody who can log in.
    pub group: String,
    /// What it may do.
    pub rights: Vec<Right>,
    /// Movies, by id.
    #[serde(default)]
    pub movies: Vec<String>,
    /// Collections.
    #[serde(default)]
    pub collections: Vec<String>,
}

fn scopes() -> Vec<String> {
    [OPENID, "profile", "email"].map(str::to_owned).to_vec()
}

fn name_claim() -> String {
    "email".to_owned()
}

fn groups_claim() -> String {
    "groups".to_owned()
}

const fn session_hours() -> u64 {
    8
}

impl std::fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcConfig")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.as_ref().map(|_| "…"))
            .field("server_url", &self.server_url)
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}

/// Is the address safe to send secrets to: over TLS, or within this machine?
pub(super) fn is_safe_url(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => is_local,
        _ => false,
    }
}

impl OidcConfig {
    /// Checks what can be checked without the provider.
    ///
    /// # Errors
    /// What is wrong, at its key.
    pub fn check(&self) -> Result<()> {
        let wrong =
            |key: &str, what: String, mend: &str| Err(Error::invalid(what).mend(mend).at(format!("/{key}")));
        for (key, url) in [("issuer", &self.issuer), ("server_url", &self.server_url)] {
            if !is_safe_url(url) || url.contains(['?', '#']) {
                let mend = "write it as https://host; http is taken for this machine only";
                return wrong(key, format!("`{url}` is no address that a login may use"), mend);
            }
        }
        let path = self.server_url.parse::<Uri>().map(|uri| uri.path().to_owned()).unwrap_or_default();
        if !matches!(path.as_str(), "" | "/") {
            return wrong("server_url", format!("`{}` has a path", self.server_url), "leave the path out");
        }
        if self.client_id.is_empty() {
            return wrong(
                "client_id",
                "it is empty".into(),
                "write the id that the provider gave to this server",
            );
        }
        if self.client_secret.is_some() && self.client_secret_file.is_some() {
            let what = "`client_secret` and `client_secret_file` are both given".into();
            return wrong("client_secret_file", what, "give one of them");
        }
        if !self.scopes.iter().any(|scope| scope == OPENID) {
            return wrong("scopes", "`openid` is not among them".into(), "add it");
        }
        if !(1..=SESSION_HOURS_MAX).contains(&self.session_hours) {
            let mend = format!("give 1 to {SESSION_HOURS_MAX}");
            return wrong("session_hours", format!("`{}` cannot be used", self.session_hours), &mend);
        }
        if self.grants.is_empty() {
            let mend = "add `[[oidc.grant]]` with `group` and `rights`";
            return wrong("grant", "no group may do anything".into(), mend);
        }
        match self.grants.iter().find(|grant| grant.rights.is_empty() || grant.group.is_empty()) {
            Some(grant) => {
                let what = format!("the grant of the group `{}` names no group or no right", grant.group);
                wrong("grant", what, "give `group` and `rights`")
            }
            None => Ok(()),
        }
    }

    /// The secret at the provider, where there is one.
    ///
    /// # Errors
    /// Where its file cannot be read, at the key.
    pub(super) fn secret(&self) -> Result<Option<String>> {
        let Some(path) = &self.client_secret_file else { return Ok(self.client_secret.clone()) };
        let read = std::fs::read_to_string(path);
        let read = read
            .map_err(|e| Error::io(&format!("reading `{}`", path.display()), e).at("/client_secret_file"))?;
        Ok(Some(read.trim().to_owned()))
    }

    /// How long a login counts.
    pub(super) const fn session(&self) -> Duration {
        Duration::from_secs(self.session_hours * 3_600)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl FnOnce(&mut serde_json::Value)) -> OidcConfig {
        let mut json = serde_json::json!({
            "issuer": "https://id.example", "client_id": "rushes", "server_url": "https://rushes.example",
            "client_secret": "hush", "grant": [{"group": "editors", "rights": ["read"]}],
        });
        change(&mut json);
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_cannot_be_right_is_named_by_its_key() {
        assert!(config(|_| {}).check().is_ok());
        for (key, value) in [
            ("issuer", serde_json::json!("http://id.example")),
            ("issuer", serde_json::json!("https://id.example?x=1")),
            ("server_url", serde_json::json!("https://rushes.example/sub")),
            ("server_url", serde_json::json!("rushes.example")),
            ("client_id", serde_json::json!("")),
            ("client_secret_file", serde_json::json!("/secret")),
            ("scopes", serde_json::json!(["email"])),
            ("session_hours", serde_json::json!(0)),
            ("grant", serde_json::json!([])),
            ("grant", serde_json::json!([{"group": "x", "rights": []}])),
        ] {
            let error = config(|c| c[key] = value.clone()).check().unwrap_err();
            assert_eq!(error.pointer(), Some(format!("/{key}").as_str()), "{value}");
        }
        assert!(config(|c| c["issuer"] = serde_json::json!("http://127.0.0.1:9/realm")).check().is_ok());
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert!(!format!("{:?}", config(|_| {})).contains("hush"));
    }
}
