//! An archive in a temporary folder, and commands on it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// It ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// It ended with this exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Standard output holds this.
    #[track_caller]
    pub fn says(self, part: &str) -> Self {
        assert!(self.out.contains(part), "`{part}` not in {self:?}");
        self
    }

    /// Standard error holds this.
    #[track_caller]
    pub fn warns(self, part: &str) -> Self {
        assert!(self.err.contains(part), "`{part}` not in {self:?}");
        self
    }
}

/// A folder with an archive in it, or none yet.
pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// One with [`lines`] in it, searchable.
    pub fn filled() -> Self {
        let place = Self::new();
        let file = place.file("a.jsonl", lines());
        place.run(&["ingest", "--wait", file.to_str().unwrap()]).ok();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn archive(&self) -> PathBuf {
        self.path("archive")
    }

    /// A place with the same files.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        let all = format!("{}/.", self.dir.path().display());
        let copied = Command::new("cp").args(["-a", "--sparse=always", &all]).arg(copy.dir.path()).status();
        assert!(copied.unwrap().success());
        copy
    }

    /// Writes a file beside the archive.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// `rushes` on this archive.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = rushes();
        command.arg("--archive").arg(self.archive()).args(args).current_dir(self.dir.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args), b"")
    }

    pub fn run_with(&self, args: &[&str], input: impl AsRef<[u8]>) -> Ran {
        finish(self.command(args), input.as_ref())
    }

    /// Moments of a plan, as (asset, start in seconds, end in seconds).
    #[track_caller]
    pub fn moments(&self, plan: &Value) -> Vec<(String, f64, f64)> {
        let answer = self.run_with(&["search", "--json", "--plan", "-"], plan.to_string()).ok().json();
        spans(&answer)
    }
}

/// The moments of an answer, as (asset, start in seconds, end in seconds).
pub fn spans(answer: &Value) -> Vec<(String, f64, f64)> {
    let seconds = |v: &Value| v.as_i64().unwrap() as f64 / 1e9;
    let span = |m: &Value| {
        (m["asset_id"].as_str().unwrap().to_owned(), seconds(&m["start_ns"]), seconds(&m["end_ns"]))
    };
    answer["moments"].as_array().unwrap().iter().map(span).collect()
}

/// `rushes`, with nothing of the tester's own environment.
pub fn rushes() -> Command {
    program(Path::new(env!("CARGO_BIN_EXE_rushes")))
}

/// A program that is `rushes`, with nothing of the tester's own environment.
pub fn program(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RUSHES_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub fn finish(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A command that takes no input closes it: that is no failure.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// An annotation line; times in seconds.
#[allow(clippy::needless_pass_by_value)] // `json!` is written in place
pub fn line(asset: &str, model: &str, kind: &str, start: f64, end: f64, more: Value) -> String {
    let ns = |s: f64| (s * 1e9).round() as i64;
    let mut line = json!({
        "asset_id": asset, "movie_id": "film", "model": model, "type": kind,
        "time_range": {"start_time_ns": ns(start), "end_time_ns": ns(end)},
    });
    for (name, value) in more.as_object().unwrap() {
        line[name] = value.clone();
    }
    line.to_string()
}

/// Joey from 2 s to 8 s, the kitchen from 4 s to 9 s, a line of dialogue, in two assets.
pub fn lines() -> String {
    let mut lines = Vec::new();
    for asset in ["one", "two"] {
        lines.push(line(
            asset,
            "faces@3",
            "CHARACTER_SEARCH",
            2.0,
            8.0,
            json!({"label": "Joey", "confidence_score": 0.97}),
        ));
        lines.push(line(asset, "places@1", "SCENE_SEARCH", 4.0, 9.0, json!({"label": "kitchen"})));
    }
    lines.push(line(
        "one",
        "speech@2",
        "DIALOGUE_SEARCH",
        5.0,
        6.5,
        json!({"text": "I'm starving over here", "language": "en"}),
    ));
    lines.push(line(
        "two",
        "speech@2",
        "DIALOGUE_SEARCH",
        20.0,
        22.0,
        json!({"text": "We ran all the way", "language": "en"}),
    ));
    lines.join("\n") + "\n"
}

/// The folder of real data beside the repository, where there is one.
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let path = root.parent()?.join("shared").join("data").join(name);
    path.is_dir().then_some(path)
}
