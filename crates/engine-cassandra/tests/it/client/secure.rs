//! A Cassandra that asks for a user, and speaks TLS to who wants it.

use std::time::{Duration, Instant};

use rushes_engine_cassandra::client::{Cluster, Config};
use rushes_testkit::engines;
use rushes_types::{Error, ErrorKind, Result};

/// Cassandra makes its first user some seconds after it answers.
const USER_LIMIT: Duration = Duration::from_secs(60);

fn refused(config: &Config) -> Error {
    Cluster::connect(config).map(|_| ()).unwrap_err()
}

fn until_the_user_is_there(config: &Config) -> Result<Cluster> {
    let begun = Instant::now();
    loop {
        match Cluster::connect(config) {
            Err(_) if begun.elapsed() < USER_LIMIT => std::thread::sleep(Duration::from_secs(1)),
            connected => return connected,
        }
    }
}

#[test]
fn a_user_is_asked_for_and_tls_is_spoken() {
    let Some(own) = engines::secure_cassandra() else { return };
    let base = Config::of(&own.address(), "rushes_secure");
    let with = |user: &str, password: &str| Config {
        user: Some(user.to_owned()),
        password: Some(password.to_owned()),
        ..base.clone()
    };
    let right = with("cassandra", "cassandra");
    drop(until_the_user_is_there(&right).unwrap());
    let nobody = refused(&base);
    assert_eq!((nobody.kind(), nobody.pointer()), (ErrorKind::Misconfigured, Some("/user")));
    let wrong = refused(&with("cassandra", "wrong"));
    assert_eq!((wrong.kind(), wrong.pointer()), (ErrorKind::Misconfigured, Some("/password")));
    over_tls(&own, &right);
}

#[cfg(not(feature = "tls"))]
fn over_tls(_: &engines::TestServer, right: &Config) {
    let error = refused(&Config { tls: true, ..right.clone() });
    assert_eq!(error.pointer(), Some("/tls"), "{error}");
}

#[cfg(feature = "tls")]
fn over_tls(own: &engines::TestServer, right: &Config) {
    let tls = Config { tls: true, ca_file: Some(own.config("ca.pem")), ..right.clone() };
    let cluster = Cluster::connect(&tls).unwrap();
    assert!(cluster.setting("authenticator").is_ok());
    // Not trusted: the system knows nothing of this authority.
    let strange = refused(&Config { ca_file: None, ..tls.clone() });
    assert_eq!(
        (strange.kind(), strange.pointer()),
        (ErrorKind::Misconfigured, Some("/ca_file")),
        "{strange}"
    );
    let missing = refused(&Config { ca_file: Some(own.config("nowhere.pem")), ..tls.clone() });
    assert_eq!(missing.pointer(), Some("/ca_file"), "{missing}");
    let shown = Config {
        client_certificate_file: Some(own.config("client.pem")),
        client_key_file: Some(own.config("client.key")),
        ..tls
    };
    drop(Cluster::connect(&shown).unwrap());
}
