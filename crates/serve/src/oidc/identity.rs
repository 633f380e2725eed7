//! Whether an identity token is what it must be: signed by the provider, for this server, now, and for this login.

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::config::OidcConfig;
use super::signatures::ACCEPTED;
use crate::who::same_secret;

/// By how much clocks may differ, in seconds.
const LEEWAY_S: u64 = 60;

/// The claims of an identity token.
#[derive(Deserialize)]
struct Claims {
    nonce: Option<String>,
    azp: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Why a token is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No known key signed it: the provider may have new ones.
    UnknownKey,
    /// In words, for the log and for people.
    Because(String),
}

/// The key that a token says it is signed with. One without a name can only be the only one.
fn key_of<'k>(keys: &'k JwkSet, header: &Header) -> Option<&'k Jwk> {
    let signs = |key: &&Jwk| {
        let used = key.common.public_key_use.as_ref();
        used.is_none_or(|used| *used == PublicKeyUse::Signature)
            && DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == header.alg.family())
    };
    let mut fitting = keys.keys.iter().filter(signs);
    match &header.kid {
        Some(kid) => fitting.find(|key| key.common.key_id.as_ref() == Some(kid)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}

/// The claims of a token that is all it must be.
pub(super) fn checked(
    token: &str,
    keys: &JwkSet,
    config: &OidcConfig,
    nonce: &str,
) -> Result<Map<String, Value>, Refusal> {
    let because = |what: String| Refusal::Because(what);
    let header = decode_header(token).map_err(|e| because(format!("its token cannot be read: {e}")))?;
    if !ACCEPTED.contains(&header.alg) {
        return Err(because(format!("its token is signed with {:?}, which proves nothing here", header.alg)));
    }
    let key = key_of(keys, &header).ok_or(Refusal::UnknownKey)?;
    let key = DecodingKey::from_jwk(key).map_err(|e| because(format!("its key cannot be used: {e}")))?;
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[&config.issuer]);
    validation.set_audience(&[&config.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY_S;
    let claims = decode::<Claims>(token, &key, &validation)
        .map_err(|e| because(format!("its token does not hold: {e}")))?
        .claims;
    if !claims.nonce.is_some_and(|given| same_secret(&given, nonce)) {
        return Err(because("its token was made for another login".to_owned()));
    }
    if claims.azp.is_some_and(|azp| azp != config.client_id) {
        return Err(because("its token was made for another client".to_owned()));
    }
    Ok(claims.others)
}
