//! Agents, by the official client of another language: over standard input and output, and over HTTP.
//!
//! `RUSHES_PYTHON` names a Python that has `mcp` from version 2 on (else `python3`); without it this is skipped.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{Place, finish, rushes};
use rushes_testkit::skips::skipped;

/// Is told how to reach a server and in which manner to agree on a revision; prints what it saw.
const SCRIPT: &str = r#"
import asyncio, json, sys
from mcp import Client, StdioServerParameters
how, mode = json.loads(sys.argv[1]), sys.argv[2]
async def main():
    server = how if isinstance(how, str) else StdioServerParameters(command=how[0], args=how[1:])
    async with Client(server, mode=mode) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        found = await client.call_tool("search", {"q": "Joey"})
        told = found.structured_content
        refined = await client.call_tool("refine", {"plan": told["plan"], "say": "in the kitchen", "shown": told["moments"]})
        wrong = await client.call_tool("search", {"limit": 0})
        print(json.dumps({"tools": tools, "total": told["total"], "coverage": told["coverage"]["says"],
                          "step": refined.structured_content["step"], "wrong": wrong.is_error}))
asyncio.run(main())
"#;

fn python() -> Option<String> {
    let python = std::env::var("RUSHES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "from mcp import Client"]).stderr(Stdio::null()).status();
    if has.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    skipped("mcp", "agents by Python's official client: it is not installed");
    None
}

#[test]
fn the_official_client_finds_moments_in_both_manners_and_ways() {
    let Some(python) = python() else { return };
    let place = Place::filled();
    let program = rushes().get_program().to_str().unwrap().to_owned();
    let stdio = json!([program, "mcp", "--archive", place.archive()]);
    let ask = |how: &Value, mode: &str| {
        let mut command = Command::new(&python);
        command.args(["-c", SCRIPT, &how.to_string(), mode]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let told = finish(command, b"").ok().json();
        assert_eq!(
            (told["total"].as_u64(), told["step"].as_str(), told["wrong"].as_bool()),
            (Some(2), Some("refines"), Some(true)),
            "{how} {mode}"
        );
        assert!(told["tools"].as_array().unwrap().contains(&json!("look")), "{told}");
    };
    for mode in ["2026-07-28", "legacy", "auto"] {
        ask(&stdio, mode);
    }
    let server = Server::start(&place);
    for mode in ["2026-07-28", "legacy", "auto"] {
        ask(&json!(format!("{}/mcp", server.url)), mode);
    }
}

#[test]
fn lines_that_are_no_messages_are_answered_as_such_and_the_next_is_heard() {
    let place = Place::filled();
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                       "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let ran = place.run_with(&["mcp"], format!("no json\n\n{hello}\n{ready}\n{{\"id\": 9}}\n{list}\n")).ok();
    let answers: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (answers[0]["error"]["code"].as_i64(), &answers[1]["result"]["protocolVersion"]),
        (Some(-32_700), &json!("2025-11-25")),
        "{ran:?}"
    );
    let last = answers.last().unwrap();
    assert_eq!(
        (last["id"].as_i64(), last["result"]["tools"].as_array().map(Vec::len)),
        (Some(2), Some(7)),
        "{ran:?}"
    );
}
