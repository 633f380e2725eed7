//! A small OpenID provider on this machine: it describes itself, publishes keys, and exchanges codes for tokens, right ones
//! or such as a test wants.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub const CLIENT: &str = "rushes";
pub const SECRET: &str = "hush: 100%";

/// Keys of 2,048 bits, made for these tests: `ring` makes none.
const RSA: [&str; 2] = [include_str!("one.pk8.b64"), include_str!("two.pk8.b64")];

/// A key that signs.
pub enum Key {
    Rsa(&'static str, RsaKeyPair),
    Ec(&'static str, EcdsaKeyPair),
}

impl Key {
    pub fn rsa(name: &'static str, no: usize) -> Self {
        let der = STANDARD.decode(RSA[no].replace('\n', "")).unwrap();
        Self::Rsa(name, RsaKeyPair::from_pkcs8(&der).unwrap())
    }

    pub fn ec(name: &'static str) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap();
        Self::Ec(name, pair)
    }

    fn header(&self) -> Value {
        match self {
            Self::Rsa(kid, _) => json!({"alg": "RS256", "kid": kid}),
            Self::Ec(kid, _) => json!({"alg": "ES256", "kid": kid}),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(_, pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Ec(_, pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
        }
    }

    fn published(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(kid, pair) => {
                let RsaPublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                json!({"kty": "RSA", "use": "sig", "kid": kid, "alg": "RS256", "n": text(&n), "e": text(&e)})
            }
            Self::Ec(kid, pair) => {
                let point = &pair.public_key().as_ref()[1..];
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": kid,
                       "x": text(&point[..32]), "y": text(&point[32..])})
            }
        }
    }
}

/// What the provider does.
pub struct Plan {
    pub keys: Vec<Key>,
    /// Which of the keys signs; one beyond them: none, with the algorithm `none`.
    pub signs: usize,
    /// Which of the keys are published.
    pub published: Vec<usize>,
    /// Claims that differ from the right ones; null takes one out.
    pub claims: Map<String, Value>,
    /// Does it answer 500?
    pub down: bool,
    /// The issuer that it says it is, where another than its own.
    pub issuer: Option<String>,
    /// Codes, with the nonce and the challenge of who asked for them.
    codes: BTreeMap<String, (String, String)>,
}

pub struct Provider {
    pub issuer: String,
    pub plan: Arc<Mutex<Plan>>,
}

/// The fields of a form or of an address.
pub fn fields(query: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| {
        let mut out = Vec::new();
        let mut bytes = text.bytes();
        while let Some(b) = bytes.next() {
            let digits =
                (b == b'%').then(|| String::from_utf8(vec![bytes.next().unwrap(), bytes.next().unwrap()]));
            out.push(digits.map_or(b, |d| u8::from_str_radix(&d.unwrap(), 16).unwrap()));
        }
        String::from_utf8(out).unwrap()
    };
    query.split('&').filter_map(|f| f.split_once('=')).map(|(n, v)| (decoded(n), decoded(v))).collect()
}

impl Provider {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}/realm", listener.local_addr().unwrap());
        let plan = Plan {
            keys: vec![Key::rsa("one", 0), Key::rsa("two", 1), Key::ec("three")],
            signs: 0,
            published: vec![0],
            claims: Map::new(),
            down: false,
            issuer: None,
            codes: BTreeMap::new(),
        };
        let plan = Arc::new(Mutex::new(plan));
        let (shared, own) = (Arc::clone(&plan), issuer.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Ok(connection) = connection else { return };
                answer(connection, &own, &mut shared.lock().unwrap());
            }
        });
        Self { issuer, plan }
    }

    /// Changes what it does.
    pub fn now(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan.lock().unwrap());
    }

    /// Somebody consents on the provider's page: the code that the browser goes back with, and the state.
    pub fn consent(&self, location: &str) -> (String, String) {
        let (page, query) = location.split_once('?').unwrap();
        assert_eq!(page, format!("{}/authorize", self.issuer));
        let asked = fields(query);
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let code = format!("code-{}", &asked["state"][..8]);
        let kept = (asked["nonce"].clone(), asked["code_challenge"].clone());
        self.plan.lock().unwrap().codes.insert(code.clone(), kept);
        (code, asked["state"].clone())
    }
}

fn answer(mut connection: TcpStream, issuer: &str, plan: &mut Plan) {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let (head, body) = loop {
        let n = connection.read(&mut piece).unwrap();
        bytes.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let path = head.split(' ').nth(1).unwrap().strip_prefix("/realm").unwrap_or_default();
    let (status, json) = match path {
        _ if plan.down => (500, json!({})),
        "/.well-known/openid-configuration" => (
            200,
            json!({
                "issuer": plan.issuer.as_deref().unwrap_or(issuer),
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/keys"),
            }),
        ),
        "/keys" => (
            200,
            json!({"keys": plan.published.iter().map(|no| plan.keys[*no].published()).collect::<Vec<_>>()}),
        ),
        "/token" => token(plan, issuer, &head, &fields(&body)),
        _ => (404, json!({})),
    };
    let body = json.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = connection.write_all(format!("{head}{body}").as_bytes());
}

/// Exchanges a code, where all that belongs to it is right.
fn token(plan: &mut Plan, issuer: &str, head: &str, form: &BTreeMap<String, String>) -> (u16, Value) {
    let basic = STANDARD.encode(format!("{CLIENT}:hush%3A%20100%25"));
    let is_client = head.lines().any(|line| line == format!("authorization: Basic {basic}"));
    let Some((nonce, challenge)) = plan.codes.remove(&form["code"]) else {
        return (400, json!({"error": "invalid_grant"}));
    };
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    let redirect = "http://localhost:7890/v1/login/oidc/callback";
    if !is_client || proof != challenge || form["redirect_uri"] != redirect {
        return (400, json!({"error": "invalid_client"}));
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"iss": issuer, "aud": CLIENT, "sub": "17", "email": "anna@example", "nonce": nonce,
                            "groups": ["editors"], "iat": now, "exp": now + 300});
    for (name, value) in &plan.claims {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let key = plan.keys.get(plan.signs);
    let header = key.map_or(json!({"alg": "none"}), Key::header);
    let message = format!("{}.{}", part(&header), part(&claims));
    let signature = key.map_or(Vec::new(), |key| key.sign(message.as_bytes()));
    let id_token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    (200, json!({"access_token": "x", "token_type": "Bearer", "id_token": id_token}))
}
