//! How the client proves who it is, and whom it trusts: from this crate's settings to librdkafka's.

use std::path::Path;

use rdkafka::ClientConfig;
use rushes_types::{Error, Result, both_or_none};

/// The mechanism that sends user and password as they are.
pub(crate) const PLAIN: &str = "PLAIN";
/// Those that prove the password without sending it; librdkafka has them only with TLS.
const SCRAM: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

/// What the configuration says of it.
pub(crate) struct Security<'c> {
    pub user: Option<&'c str>,
    pub password: Option<&'c str>,
    pub mechanism: &'c str,
    pub tls: bool,
    pub ca_file: Option<&'c Path>,
    pub client_certificate_file: Option<&'c Path>,
    pub client_key_file: Option<&'c Path>,
}

fn wrong(key: &str, what: &str, mend: &str) -> Result<()> {
    Err(Error::invalid(what).mend(mend).at(format!("/{key}")))
}

impl Security<'_> {
    /// The files, each with its key here and in librdkafka's settings.
    fn files(&self) -> [(&'static str, &'static str, Option<&Path>); 3] {
        [
            ("ca_file", "ssl.ca.location", self.ca_file),
            ("client_certificate_file", "ssl.certificate.location", self.client_certificate_file),
            ("client_key_file", "ssl.key.location", self.client_key_file),
        ]
    }

    /// # Errors
    /// Invalid, with the setting as a JSON pointer.
    pub fn check(&self) -> Result<()> {
        if self.tls && !cfg!(feature = "ssl") {
            let mend = "build one with `cargo build --release --features engines,tls`";
            return wrong("tls", "this program is built without TLS to Kafka", mend);
        }
        for (key, _, file) in self.files() {
            let Some(path) = file else { continue };
            if !self.tls {
                let what = "certificates are named, and connections are not over TLS";
                return wrong("tls", what, "set `tls = true`");
            }
            if let Err(e) = std::fs::File::open(path) {
                let what = format!("`{}` cannot be read: {e}", path.display());
                return wrong(key, &what, "mend the path or the rights");
            }
        }
        both_or_none(
            ("client_certificate_file", self.client_certificate_file.is_some()),
            ("client_key_file", self.client_key_file.is_some()),
        )?;
        both_or_none(("user", self.user.is_some()), ("password", self.password.is_some()))?;
        let scram = SCRAM.contains(&self.mechanism) && cfg!(feature = "ssl");
        if self.mechanism == PLAIN || scram {
            return Ok(());
        }
        let what = format!("`{}` is no mechanism of this program", self.mechanism);
        let mend = format!("give `{PLAIN}`, or in a build with the feature `tls` `{}`", SCRAM.join("` or `"));
        wrong("mechanism", &what, &mend)
    }

    /// Sets what librdkafka wants to know.
    pub fn set(&self, client: &mut ClientConfig) {
        let protocol = match (self.tls, self.user.is_some()) {
            (false, false) => return,
            (false, true) => "sasl_plaintext",
            (true, false) => "ssl",
            (true, true) => "sasl_ssl",
        };
        client.set("security.protocol", protocol);
        if let (Some(user), Some(password)) = (self.user, self.password) {
            client.set("sasl.mechanism", self.mechanism);
            client.set("sasl.username", user).set("sasl.password", password);
        }
        for (_, key, file) in self.files() {
            if let Some(path) = file {
                client.set(key, path.display().to_string());
            }
        }
    }
}
