//! From what a provider says of somebody to what he may do here: pure decisions.

use std::collections::BTreeSet;

use rushes_archive::{Grant, TokenSpec};
use rushes_types::check_id;
use serde_json::{Map, Value};

use super::config::OidcConfig;

/// What names of people begin with, so that none is taken for a token's.
const PREFIX: &str = "oidc:";
/// The group of everybody.
const EVERYBODY: &str = "*";

/// A claim by its name, or, where the name has dots, within others.
fn claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    claim(claims.get(first)?.as_object()?, rest)
}

fn groups(claims: &Map<String, Value>, name: &str) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match claim(claims, name) {
        Some(Value::Array(all)) => all.iter().filter_map(text).collect(),
        Some(one) => text(one).into_iter().collect(),
        None => BTreeSet::new(),
    }
}

/// What somebody of these claims may do, under his name.
///
/// # Errors
/// Why nothing is open to him.
pub(super) fn spec_of(config: &OidcConfig, claims: &Map<String, Value>) -> Result<TokenSpec, String> {
    let named = claim(claims, &config.name_claim).and_then(Value::as_str);
    let shown = named.or_else(|| claims.get("sub").and_then(Value::as_str)).unwrap_or_default();
    let name = format!("{PREFIX}{shown}");
    if shown.is_empty() || check_id("the name", &name).is_err() {
        return Err(format!("the provider gives no usable `{}`", config.name_claim));
    }
    let groups = groups(claims, &config.groups_claim);
    let mut spec = TokenSpec { name, ..TokenSpec::default() };
    let his = |group: &String| group == EVERYBODY || groups.contains(group);
    for granted in config.grants.iter().filter(|granted| his(&granted.group)) {
        let rights = granted.rights.iter().copied();
        if granted.movies.is_empty() && granted.collections.is_empty() {
            spec.rights.extend(rights);
        } else {
            let movies = granted.movies.iter().cloned().collect();
            let collections = granted.collections.iter().cloned().collect();
            spec.grants.push(Grant { movies, collections, rights: rights.collect() });
        }
    }
    if spec.rights.is_empty() && spec.grants.is_empty() {
        return Err(format!("`{shown}` is known, and none of his groups may do anything here"));
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use rushes_archive::Right;
    use serde_json::json;

    use super::*;

    fn config() -> OidcConfig {
        let json = json!({
            "issuer": "https://id.example", "client_id": "rushes", "server_url": "https://rushes.example",
            "groups_claim": "realm.roles",
            "grant": [
                {"group": "admins", "rights": ["admin"]},
                {"group": "editors", "rights": ["read"], "collections": ["ferries"]},
                {"group": "editors", "rights": ["read", "ingest"], "movies": ["night-ferry"]},
            ],
        });
        serde_json::from_value(json).unwrap()
    }

    fn spec(claims: &Value) -> Result<TokenSpec, String> {
        spec_of(&config(), claims.as_object().unwrap())
    }

    #[test]
    fn groups_become_rights() {
        let editor = spec(&json!({"email": "anna@x", "realm": {"roles": ["editors", "others"]}})).unwrap();
        assert_eq!((editor.name.as_str(), editor.rights.len(), editor.grants.len()), ("oidc:anna@x", 0, 2));
        assert_eq!(editor.grants[0].collections, ["ferries".to_owned()].into());
        let both = spec(&json!({"sub": "7", "realm": {"roles": ["admins", "editors"]}})).unwrap();
        assert_eq!((both.name.as_str(), both.rights), ("oidc:7", [Right::Admin].into()));
        let alone = spec(&json!({"email": "b", "realm": {"roles": "admins"}})).unwrap();
        assert_eq!(alone.rights, [Right::Admin].into());
    }

    #[test]
    fn who_is_in_no_group_gets_nothing() {
        for claims in [
            json!({"email": "a"}),
            json!({"email": "a", "realm": {"roles": []}}),
            json!({"email": "a", "realm": {"roles": [7, {"editors": 1}]}}),
            json!({"email": "a", "realm": "editors", "roles": ["admins"]}),
            json!({"realm": {"roles": ["admins"]}}),
            json!({"email": "a\nb", "realm": {"roles": ["admins"]}}),
        ] {
            assert!(spec(&claims).is_err(), "{claims}");
        }
    }

    #[test]
    fn a_grant_for_everybody_needs_no_group() {
        let mut config = config();
        config.grants[1].group = EVERYBODY.to_owned();
        let spec = spec_of(&config, json!({"email": "a"}).as_object().unwrap()).unwrap();
        assert_eq!(spec.grants.len(), 1);
    }
}
