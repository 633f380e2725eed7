//! A server that speaks TLS and asks for a user, in front of one that does neither: Elasticsearch's own security is
//! published in no jar. Certificates are made for it; the handshake, and what it refuses, are real.

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use super::http::{Message, header};
use super::{Door, gone};

/// What a [`TlsFront`] asks of its clients.
#[derive(Clone, Default)]
pub struct Demands {
    /// The value of the header `authorization`.
    pub authorization: Option<String>,
    /// A certificate that the front's authority signed.
    pub certificate: bool,
}

/// The front, until it is dropped.
pub struct TlsFront {
    door: Door,
    dir: PathBuf,
}

impl TlsFront {
    /// In front of the server at that URL, such as `http://127.0.0.1:9200`. Its certificates are written to `dir`.
    ///
    /// # Errors
    /// If the URL is not plain HTTP, or no port is free.
    pub fn before(url: &str, dir: &Path, demands: Demands) -> io::Result<Self> {
        let server = url.trim_end_matches('/').strip_prefix("http://");
        let server = server.ok_or_else(|| io::Error::other(format!("`{url}` is not plain HTTP")))?.to_owned();
        let config = Arc::new(configured(dir, demands.certificate).map_err(io::Error::other)?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let door = Door::open(listener, move |client| {
            serve(&client, &server, &config, demands.authorization.as_deref())
        })?;
        Ok(Self { door, dir: dir.to_owned() })
    }

    /// The URL for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.door.address)
    }

    /// A file of its certificates: `ca.pem`, `client.pem`, `client.key`, `stranger.pem`.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn authority(name: &str) -> Result<(rcgen::Certificate, Issuer<'static, KeyPair>), Failed> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?, Issuer::new(params, key)))
}

fn configured(dir: &Path, wants_certificate: bool) -> Result<ServerConfig, Failed> {
    let (ca, issuer) = authority("Rushes tests")?;
    let (stranger, _) = authority("a stranger")?;
    let signed = |usage| -> Result<(rcgen::Certificate, KeyPair), Failed> {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &issuer)?, key))
    };
    let (server, server_key) = signed(ExtendedKeyUsagePurpose::ServerAuth)?;
    let (client, client_key) = signed(ExtendedKeyUsagePurpose::ClientAuth)?;
    std::fs::write(dir.join("ca.pem"), ca.pem())?;
    std::fs::write(dir.join("stranger.pem"), stranger.pem())?;
    std::fs::write(dir.join("client.pem"), client.pem())?;
    std::fs::write(dir.join("client.key"), client_key.serialize_pem())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = if wants_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone())?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
    Ok(builder.with_single_cert(vec![server.der().clone()], key)?)
}

/// One client's connection, request by request.
fn serve(
    client: &TcpStream,
    server: &str,
    config: &Arc<ServerConfig>,
    authorization: Option<&str>,
) -> io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut client = BufReader::new(StreamOwned::new(connection, client.try_clone()?));
    while let Some(request) = Message::read(&mut client, false)? {
        let is_head = request.first().starts_with("HEAD ");
        let shown = request.head.iter().find_map(|line| header(line, "authorization"));
        let answer = if authorization.is_some_and(|wanted| shown != Some(wanted)) {
            let error = json!({"type": "security_exception", "reason": "missing or wrong credentials"});
            Message::json("401 Unauthorized", &json!({"error": error, "status": 401}))
        } else {
            let server = TcpStream::connect(server)?;
            request.write(&server, false)?;
            Message::read(&mut BufReader::new(&server), is_head)?.ok_or_else(gone)?
        };
        let mut bytes = Vec::new();
        answer.bytes(&mut bytes, is_head);
        client.get_mut().write_all(&bytes)?;
        client.get_mut().flush()?;
    }
    let _ = client.get_mut().read(&mut []);
    Ok(())
}
