use std::net::TcpListener;

use rushes_engine_cassandra::client::{Cluster, Config, Replication};
use rushes_types::{Error, ErrorKind};

use crate::client::support;

fn refused(config: &Config) -> Error {
    Cluster::connect(config).err().unwrap()
}

#[test]
fn a_port_where_nothing_listens_is_named_with_the_mend() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refused(&Config::of(&free.to_string(), "k"));
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains(&free.to_string()) && error.message().contains("9042"), "{error}");
}

#[test]
fn a_host_without_an_address_is_named_with_the_mend() {
    let error = refused(&Config::of("no-such-host.invalid", "k"));
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("no-such-host.invalid"), "{error}");
}

#[test]
fn what_is_not_cassandra_is_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let config = Config { connect_timeout_ms: 1_000, ..Config::of(&port, "k") };
    let error = refused(&config);
    assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Unavailable), "{error}");
    assert!(error.message().contains("Cassandra") && error.message().contains(&port), "{error}");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().to_string();
    let error = refused(&Config { connect_timeout_ms: 500, ..Config::of(&port, "k") });
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    drop(listener);
}

#[test]
fn a_keyspace_with_too_few_copies_is_refused_by_name() {
    let Some(own) = support::own() else { return };
    let config = Config { replication: Replication::Factor(3), ..own.config().clone() };
    let error = refused(&config);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("ALTER KEYSPACE"), "{error}");
    let named = Replication::PerDataCentre([("nowhere".to_owned(), 1)].into());
    let error = refused(&Config { replication: named, ..own.config().clone() });
    assert!(error.message().contains("nowhere"), "{error}");
}

#[test]
fn settings_of_the_server_are_read_where_it_shows_them() {
    let Some(own) = support::own() else { return };
    assert!(own.setting("commitlog_sync").unwrap().is_some());
    assert_eq!(own.setting("no_such_setting").unwrap(), None);
}
