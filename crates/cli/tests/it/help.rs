//! What the help says.

use crate::support::{finish, rushes};

fn help(args: &[&str]) -> String {
    let mut command = rushes();
    command.args(args);
    finish(command, b"").ok().out
}

#[test]
fn every_command_explains_itself() {
    let top = help(&["--help"]);
    let commands = [
        "demo",
        "serve",
        "ingest",
        "annotate",
        "search",
        "chat",
        "mcp",
        "suggest",
        "buckets",
        "status",
        "verify",
        "rebuild",
        "backup",
        "restore",
        "migrate",
        "erase",
        "purge",
        "export",
        "asset",
        "model",
        "label",
        "bin",
        "run",
        "token",
        "events",
        "config",
        "schema",
        "bench",
        "questions",
    ];
    for command in commands {
        assert!(top.lines().any(|l| l.trim_start().starts_with(command)), "{command} in {top}");
        let text = help(&["help", command]);
        assert!(text.contains("--json"), "{command}");
    }
    for with_examples in [
        &["demo"][..],
        &["serve"],
        &["ingest"],
        &["annotate"],
        &["search"],
        &["chat"],
        &["mcp"],
        &["suggest"],
        &["buckets"],
        &["status"],
        &["verify"],
        &["rebuild"],
        &["backup"],
        &["restore"],
        &["migrate"],
        &["erase"],
        &["purge"],
        &["export"],
        &["schema"],
        &["questions"],
        &["bench"],
        &["asset", "import"],
        &["model", "import"],
        &["label", "import"],
        &["bin", "add"],
        &["run", "open"],
        &["token", "create"],
        &["config", "check"],
    ] {
        let mut args = with_examples.to_vec();
        args.push("--help");
        assert!(help(&args).contains("Examples:"), "{with_examples:?}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for args in [&["frobnicate"][..], &["ingest"], &["search", "--limit", "many", "x"], &["run"], &[]] {
        let mut command = rushes();
        command.args(args);
        finish(command, b"").code(2);
    }
    assert!(help(&["--version"]).starts_with("rushes "));
}
