//! Servers that ask for a user and speak TLS (`--secure`): their certificates, made when they are configured, and the lines
//! of their configuration.

use std::path::Path;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use super::{Server, Settings};

/// By how much the port for TLS lies above the usual one, where a server has two.
const TLS_SHIFT: u16 = 10;

/// Cassandra takes plain connections too, so that programs without TLS reach it; both must name a user, the usual
/// `cassandra` with that as its password.
const CASSANDRA: &str = "\
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
role_manager: CassandraRoleManager
client_encryption_options:
  enabled: true
  optional: true
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: {{dir}}/config/node.pem
  truststore: {{dir}}/config/ca.pem
  require_client_auth: false
";

const KAFKA_PLAIN: &str = "\
listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{peer_port}}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
";

/// Both listeners ask for a user, `rushes` with `rushes-secret`; the second speaks TLS.
const KAFKA_SECURE: &str = "\
listeners=SASL_PLAINTEXT://127.0.0.1:{{port}},SASL_SSL://127.0.0.1:{{tls_port}},CONTROLLER://127.0.0.1:{{peer_port}}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{{port}},SASL_SSL://127.0.0.1:{{tls_port}}
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username=\"broker\" password=\"broker-secret\" user_broker=\"broker-secret\" user_rushes=\"rushes-secret\";
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username=\"broker\" password=\"broker-secret\" user_broker=\"broker-secret\" user_rushes=\"rushes-secret\";
ssl.keystore.type=PEM
ssl.keystore.location={{dir}}/config/node.pem
ssl.truststore.type=PEM
ssl.truststore.location={{dir}}/config/ca.pem
";

/// The lines of a server's configuration that say who is let in; they hold further places.
pub fn lines(server: Server, settings: &Settings) -> &'static str {
    match (server, settings.secure) {
        (Server::Cassandra, true) => CASSANDRA,
        (Server::Kafka, true) => KAFKA_SECURE,
        (Server::Kafka, false) => KAFKA_PLAIN,
        _ => "",
    }
}

/// The port for TLS, of a server that has two.
pub fn tls_port(settings: &Settings) -> u16 {
    settings.port.saturating_add(TLS_SHIFT)
}

/// Writes an authority's certificate (`ca.pem`), a server's with its key (`node.pem`), and a client's (`client.pem`,
/// `client.key`).
pub fn write_certificates(dir: &Path) -> anyhow::Result<()> {
    let write = |name: &str, text: String| {
        std::fs::write(dir.join(name), text).with_context(|| format!("writing `{name}`"))
    };
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(rcgen::DnType::CommonName, "Rushes tests");
    let key = KeyPair::generate()?;
    let ca = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);
    let signed = |name: &str, usage: ExtendedKeyUsagePurpose| -> anyhow::Result<(String, String)> {
        let mut params = CertificateParams::new(["127.0.0.1", "localhost"].map(str::to_owned).to_vec())?;
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &issuer)?.pem(), key.serialize_pem()))
    };
    let (node, node_key) = signed("node", ExtendedKeyUsagePurpose::ServerAuth)?;
    let (client, client_key) = signed("client", ExtendedKeyUsagePurpose::ClientAuth)?;
    write("ca.pem", ca.pem())?;
    write("node.pem", format!("{node_key}{node}{}", ca.pem()))?;
    write("client.pem", client)?;
    write("client.key", client_key)
}
