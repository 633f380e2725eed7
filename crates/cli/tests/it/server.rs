//! Commands beside a running server.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{Place, finish, rushes};

/// A server that ends when this is dropped.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    pub fn start(place: &Place) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--no-open", "--quiet"]);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { child, url: url.trim().to_owned() }
    }

    /// Ctrl-C, as from a terminal.
    fn interrupt(mut self) -> Option<i32> {
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn while_a_server_runs_commands_go_through_it() {
    let place = Place::filled();
    let before = place.run(&["search", "--json", "Joey"]).ok().json();
    let server = Server::start(&place);
    let during = place.run(&["search", "--json", "Joey"]).ok().json();
    assert_eq!(before["moments"], during["moments"]);
    place.run(&["status"]).ok().says(&server.url);
    let more =
        crate::support::line("three", "faces@3", "CHARACTER_SEARCH", 1.0, 2.0, json!({"label": "Joey"}));
    place.run_with(&["ingest", "--wait", "-"], more).ok().says("1 accepted");
    place.run(&["search", "Joey"]).ok().says("3 moments");
    place.run(&["verify"]).ok().says("all is well");
    let mut by_address = rushes();
    by_address.args(["--server", &server.url, "search", "Joey"]);
    finish(by_address, b"").ok().says("3 moments");
    // Only a second server is refused, and told where the first one is.
    let second = place.run(&["serve", "--no-open", "--listen", "127.0.0.1:0"]).code(1);
    second.warns(&server.url);
    assert_eq!(server.interrupt(), Some(0));
    place.run(&["search", "Joey"]).ok().says("3 moments");
}

#[test]
fn tokens_keep_others_out_and_let_the_owner_in() {
    let place = Place::filled();
    let secret = place
        .run(&["token", "create", "team", "--right", "read", "--movie", "other"])
        .ok()
        .out
        .trim()
        .to_owned();
    place.run(&["token", "list"]).ok().says("team");
    let server = Server::start(&place);
    place.run(&["search", "Joey"]).ok().says("2 moments");
    let other = |token: Option<&str>| {
        let mut command = rushes();
        command.args(["--server", &server.url, "search", "Joey"]);
        if let Some(token) = token {
            command.env("RUSHES_TOKEN", token);
        }
        finish(command, b"")
    };
    other(None).code(1).warns("token");
    other(Some("wrong")).code(1).warns("token");
    other(Some(&secret)).ok().says("no moments");
    let mut status = rushes();
    status.args(["--server", &server.url, "status"]).env("RUSHES_TOKEN", &secret);
    finish(status, b"").ok().says("0 annotations of 0 assets");
    // An exchanged secret counts as long as it was told to.
    let next = place.run(&["token", "rotate", "team", "--keep-hours", "1"]).ok().out.trim().to_owned();
    other(Some(&secret)).ok().says("no moments");
    other(Some(&next)).ok().says("no moments");
    place.run(&["token", "rotate", "team"]).ok();
    other(Some(&secret)).code(1).warns("token");
    other(Some(&next)).code(1).warns("token");
    let wrong = place.run(&["token", "create", "x", "--grant", "read:title=other"]);
    wrong.code(2).warns("RIGHT,…:movie=NAME");
    place.run(&["token", "revoke", "team"]).ok();
    assert_eq!(place.run(&["token", "list", "--json"]).ok().json(), json!([]));
    place.run(&["token", "revoke", "team"]).code(1);
}

#[test]
fn a_server_away_from_loopback_needs_tokens() {
    let place = Place::filled();
    place.run(&["serve", "--no-open", "--listen", "0.0.0.0:0"]).code(1).warns("no access tokens");
}

#[test]
fn a_server_that_is_not_there_is_one_clear_line() {
    let mut command = rushes();
    command.args(["--server", "http://127.0.0.1:1", "status"]);
    let ran = finish(command, b"").code(1);
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    let mut command = rushes();
    command.args(["--server", "ftp://x", "status"]);
    finish(command, b"").code(2).warns("no server address");
}
