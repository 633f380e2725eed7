//! What is wrong when a process starts is said in one sentence with the mend, soon, and it ends with 1.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::world::{Engines, NAME};
use crate::support::{finish, line, rushes};
use crate::torture::http::send;

/// How long a process may look for what is not there.
const START_MAX: Duration = Duration::from_secs(60);

/// The configuration of an archive with one part elsewhere.
fn elsewhere(part: &str, engine: &str, at: &str) -> String {
    let (key, at) = match engine {
        "cassandra" => ("nodes", at.to_owned()),
        "kafka" => ("servers", at.to_owned()),
        _ => ("urls", format!("http://{at}")),
    };
    format!("[engines]\n{part} = '{engine}'\n[{engine}]\n{key} = ['{at}']\n")
}

/// A command on an archive in this folder, with this configuration beside it.
fn command(folder: &Path, configuration: &str) -> Command {
    std::fs::create_dir_all(folder).unwrap();
    let config = folder.join("its.toml");
    std::fs::write(&config, configuration).unwrap();
    let mut command = rushes();
    command.arg("--config").arg(config).arg("--archive").arg(folder.join("archive"));
    command
}

/// What a server says that does not start: one line, and soon.
#[track_caller]
fn refused(folder: &Path, configuration: &str) -> (String, Duration) {
    let mut command = command(folder, configuration);
    command.args(["serve", "--listen", "127.0.0.1:0", "--no-open", "--quiet"]);
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > START_MAX {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it neither starts nor ends: {configuration}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{configuration}: {said}");
    let said = said.trim_end();
    assert!(said.starts_with("rushes: ") && !said.contains('\n'), "not one sentence: {said}");
    (said.to_owned(), began.elapsed())
}

/// A listener that lets everybody in and says this; its port.
fn listener(says: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let _ = stream.write_all(says);
                // Until the other end has enough of it.
                while let Ok(1..) = stream.read(&mut [0; 1024]) {
                    if !says.is_empty() {
                        break;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn an_engine_that_is_not_where_it_should_be_is_said_in_one_sentence() {
    let (silent, other) = (listener(b""), listener(b"220 mail.example ESMTP\r\n"));
    let places = [
        ("a host that is none", "no-such-host.invalid:9".to_owned()),
        ("a port where nothing listens", "127.0.0.1:1".to_owned()),
        ("one who says nothing", format!("127.0.0.1:{silent}")),
        ("something else", format!("127.0.0.1:{other}")),
    ];
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for (part, engine) in [("store", "cassandra"), ("events", "kafka"), ("index", "elasticsearch")] {
            let (places, folder) = (&places, folder.path().join(engine));
            scope.spawn(move || {
                for (no, (what, at)) in places.iter().enumerate() {
                    let folder = folder.join(no.to_string());
                    let (said, took) = refused(&folder, &elsewhere(part, engine, at));
                    eprintln!("{took:.1?}, {what}: {said}");
                    assert!(said.contains(&format!("section `[{engine}]`")), "{said}");
                    assert!(said.contains(at), "it does not say where: {said}");
                }
            });
        }
    });
}

/// Sends something to Elasticsearch, past the proxy.
#[track_caller]
pub fn elastic(engines: &Engines, method: &str, path: &str, body: &Value) -> Value {
    let address = engines.elastic.address();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let address = address.trim_start_matches("http://");
    let reply = send(address, method, path, "application/json", body.as_bytes()).unwrap();
    assert_eq!(reply.status, 200, "{method} {path}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

/// What somebody has done to the engines is said too. `folder` belongs to no archive.
pub fn on_engines(engines: &Engines, folder: &Path) {
    another_archive(engines, &folder.join("another"));
    changed_indices(engines, &folder.join("changed"));
}

/// A folder that holds an archive is not taken for that of the keyspace.
fn another_archive(engines: &Engines, folder: &Path) {
    let one = line("one", "faces@3", "CHARACTER_SEARCH", 1.0, 2.0, json!({"label": "Joey"}));
    let mut own = command(folder, "");
    own.args(["ingest", "--wait", "-"]);
    finish(own, one.as_bytes()).ok();
    let (said, took) = refused(folder, &engines.configuration(false));
    eprintln!("{took:.1?}, the keyspace of another archive: {said}");
    assert!(said.contains("another keyspace"), "{said}");
    assert!(said.contains(&folder.join("archive").display().to_string()), "{said}");
}

fn changed_indices(engines: &Engines, folder: &Path) {
    let prefix = format!("{NAME}_changed");
    let url = engines.elastic.address();
    let configuration = format!(
        "[engines]\nindex = 'elasticsearch'\n[elasticsearch]\nurls = ['{url}']\nprefix = '{prefix}'\n"
    );
    let run = |words: &[&str], input: &str| {
        let mut command = command(folder, &configuration);
        command.args(words);
        finish(command, input.as_bytes())
    };
    let one = line("one", "faces@3", "CHARACTER_SEARCH", 1.0, 2.0, json!({"label": "Joey"}));
    run(&["ingest", "--wait", "-"], &one).ok();
    let searched = |what: &str| {
        run(&["search", "Joey"], "").ok().says("1 moment");
        run(&["verify"], "").ok().says("all is well");
        eprintln!("{what}: mended");
    };

    for block in ["index.blocks.read_only", "index.blocks.read_only_allow_delete"] {
        let settings = format!("/{prefix}-annotations/_settings");
        elastic(engines, "PUT", &settings, &json!({block: true}));
        let (said, took) = refused(folder, &configuration);
        eprintln!("{took:.1?}, a read-only index: {said}");
        assert!(said.contains(block), "{said}");
        elastic(engines, "PUT", &settings, &json!({block: null}));
        searched(block);
    }

    let genre = json!({"properties": {"genre": {"type": "keyword"}}});
    elastic(engines, "PUT", &format!("/{prefix}-annotations/_mapping"), &genre);
    let (said, took) = refused(folder, &configuration);
    eprintln!("{took:.1?}, a changed mapping: {said}");
    assert!(said.contains("genre") && said.contains("rushes rebuild"), "{said}");
    run(&["rebuild", "--index"], "").ok();
    searched("a changed mapping");

    elastic(engines, "DELETE", &format!("/{prefix}-annotations-v1"), &Value::Null);
    let (said, took) = refused(folder, &configuration);
    eprintln!("{took:.1?}, a missing index: {said}");
    assert!(said.contains(&format!("{prefix}-annotations")) && said.contains("rushes rebuild"), "{said}");
    run(&["rebuild", "--index"], "").ok();
    searched("a missing index");

    for index in ["annotations", "buckets", "assets", "meta"] {
        elastic(engines, "DELETE", &format!("/{prefix}-{index}-v1"), &Value::Null);
    }
    let (said, took) = refused(folder, &configuration);
    eprintln!("{took:.1?}, all indices missing: {said}");
    assert!(said.contains("prefix") && said.contains("rushes rebuild"), "{said}");
    run(&["rebuild", "--index"], "").ok();
    searched("all indices missing");
}
