//! How the client proves who it is, and whom it trusts: from this crate's settings to librdkafka's.

use rdkafka::ClientConfig;
use rushes_types::Result;

use crate::config::{KafkaConfig, wrong};

/// The mechanism that sends user and password as they are.
pub(crate) const PLAIN: &str = "PLAIN";
/// Those that prove the password without sending it; librdkafka has them only with TLS.
const SCRAM: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

impl KafkaConfig {
    pub(crate) fn check_security(&self) -> Result<()> {
        let wrong = |key: &str, what: &str, mend: &str| wrong(key, what.to_owned(), mend.to_owned());
        if self.tls && !cfg!(feature = "ssl") {
            let mend = "build one with `cargo build --release --features engines,tls`";
            return wrong("tls", "this program is built without TLS to Kafka", mend);
        }
        let files = [&self.ca_file, &self.client_certificate_file, &self.client_key_file];
        if !self.tls && files.iter().any(|file| file.is_some()) {
            return wrong(
                "tls",
                "certificates are named, and connections are not over TLS",
                "set `tls = true`",
            );
        }
        for (key, file) in [
            ("ca_file", &self.ca_file),
            ("client_certificate_file", &self.client_certificate_file),
            ("client_key_file", &self.client_key_file),
        ] {
            let Some(path) = file else { continue };
            if let Err(e) = std::fs::File::open(path) {
                return wrong(
                    key,
                    &format!("`{}` cannot be read: {e}", path.display()),
                    "mend the path or the rights",
                );
            }
        }
        if self.client_certificate_file.is_some() != self.client_key_file.is_some() {
            let key =
                if self.client_key_file.is_none() { "client_key_file" } else { "client_certificate_file" };
            return wrong(
                key,
                "a certificate needs its key, and a key its certificate",
                "give both, or none",
            );
        }
        match (&self.user, &self.password) {
            (Some(_), None) => return wrong("password", "`user` is given alone", "give `password` too"),
            (None, Some(_)) => return wrong("user", "`password` is given alone", "give `user` too"),
            _ => {}
        }
        let scram = SCRAM.contains(&self.mechanism.as_str());
        if self.mechanism != PLAIN && !(scram && cfg!(feature = "ssl")) {
            let what = format!("`{}` is no mechanism of this program", self.mechanism);
            let mend =
                format!("give `{PLAIN}`, or in a build with the feature `tls` `{}`", SCRAM.join("` or `"));
            return wrong("mechanism", &what, &mend);
        }
        Ok(())
    }

    /// Sets what librdkafka wants to know.
    pub(crate) fn set_security(&self, client: &mut ClientConfig) {
        let protocol = match (self.tls, self.user.is_some()) {
            (false, false) => return,
            (false, true) => "sasl_plaintext",
            (true, false) => "ssl",
            (true, true) => "sasl_ssl",
        };
        client.set("security.protocol", protocol);
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            client.set("sasl.mechanism", &self.mechanism);
            client.set("sasl.username", user).set("sasl.password", &password.0);
        }
        for (key, file) in [
            ("ssl.ca.location", &self.ca_file),
            ("ssl.certificate.location", &self.client_certificate_file),
            ("ssl.key.location", &self.client_key_file),
        ] {
            if let Some(path) = file {
                client.set(key, path.display().to_string());
            }
        }
    }
}
