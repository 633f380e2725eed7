//! The commands that README and docs show: each is run as it stands there, or stands in a table with the reason why not.
//! A command that neither names fails the test, so that a page cannot come to show what does not work.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Place, finish, rushes};

/// What is done with a command of the documents.
#[derive(Clone, Copy)]
enum Treatment {
    /// Run as it stands, on the archive of the demo with what the commands before it did.
    Run,
    /// Run as it stands, on a new archive.
    RunInNew,
    /// Run in this form, for what its own words need is not on every machine.
    RunAs(&'static str),
    /// Not run, for this reason.
    Not(&'static str),
}
use Treatment::{Not, Run, RunAs, RunInNew};

const LONG: &str = "takes hours and tens of gigabytes; `bench` has tests of its own with a small archive";
const BUILDS: &str = "builds the project; continuous integration runs it";
const SERVES: &str = "serves until it is ended; tests of the server start it";
const ENGINES: &str = "needs Cassandra, Kafka and Elasticsearch; tests on engines run it";
const MEDIA: &str = "needs media files and ffmpeg; the tests of footage run it on films that they make";
const DAMAGED: &str = "needs a backup at that place; the tests of damage put one in place";
const MACHINE: &str = "changes the machine";

/// Every command of the documents, in any order; the same one may stand on several pages.
const COMMANDS: &[(&str, Treatment)] = &[
    ("cargo run --release -- demo", RunAs("rushes demo --no-open")),
    ("cargo test --workspace", Not(BUILDS)),
    ("rushes ingest --wait annotations.jsonl", Run),
    ("rushes ingest ep1.en.srt ep1.whisper.json shots.csv", Run),
    ("rushes ingest --wait --serve-media FOLDER", Not(MEDIA)),
    ("rushes ingest --mapping map.toml FOLDER", Run),
    ("rushes encode --wait", Run),
    ("rushes search Mara in the galley", Run),
    ("rushes search --plan plan.json", Run),
    ("rushes buckets night-ferry-s01e01 --from 10 --to 20", Run),
    (
        "rushes status | verify | rebuild | backup | restore | erase | purge | export",
        RunAs(
            "rushes status && rushes verify && rushes rebuild && rushes backup copy && rushes restore copy again && \
             rushes erase --asset ep1 --yes && rushes purge && rushes export night-ferry-s01e01",
        ),
    ),
    ("rushes search --export edl Mara in the galley", Run),
    ("rushes search --export edl Mara in the galley > mara.edl", Run),
    ("rushes bin new Mara", Run),
    ("rushes bin add Mara --search 'Mara in the galley'", Run),
    ("rushes bin add Mara night-ferry-s01e01 10 12.5 --note 'the look'", Run),
    ("rushes bin show Mara", Run),
    ("rushes bin change Mara 1 --note 'the good one' --colour red --rating 5 --circled true", Run),
    ("rushes bin order Mara 2 1", Run),
    ("rushes bin export Mara edl --handles 12f --notes > mara.edl", Run),
    ("rushes bin export Mara paper", Run),
    ("rushes bin history Mara", Run),
    ("rushes verify --quick", Run),
    ("rushes doctor", Run),
    ("rushes doctor --restore /mnt/backup/monday", Not(DAMAGED)),
    ("rushes doctor --take-over", Run),
    ("rushes --read-damaged search captain", Run),
    ("cargo xtask torture --damage", Not(BUILDS)),
    ("cargo xtask torture --times 1000 --jobs 2 --in /dev/shm", Not(BUILDS)),
    ("cargo xtask torture --matrix", Not(ENGINES)),
    ("cargo xtask torture --soak 60", Not(BUILDS)),
    ("cargo xtask fuzz", Not(BUILDS)),
    ("cargo xtask fuzz srt plan --minutes 5", Not(BUILDS)),
    ("cargo xtask fuzz --list", Not(BUILDS)),
    ("rushes chat 'Mara in the galley' 'only season 1' 'without Otto' 'longer ones' 'go back'", Run),
    (
        "cargo run -p rushes-converse --example score -- crates/converse/talks/names.toml crates/converse/talks/ours.toml",
        Not(BUILDS),
    ),
    ("rushes profile list", Run),
    ("rushes profile show trailer > trailer.toml", Run),
    ("rushes profile put trailer.toml", Run),
    ("rushes profile assign editorial", Run),
    ("rushes profile assign trailer --token trailers", Run),
    ("rushes profile preview trailer archive Mara in the galley", Run),
    ("rushes feedback export > feedback.jsonl", Run),
    ("rushes feedback erase --team trailer", Run),
    ("rushes ranking fit", RunAs("rushes ranking fit && rushes ranking fit")),
    ("rushes ranking show 1 --team trailer", RunAs("rushes ranking show 1")),
    (
        "rushes search --json --plan - <<'END'\n{\"all\": [{\"type\": \"CHARACTER_SEARCH\", \"label\": \"Mara\"}], \"explain\": true,\n \"ranking\": {\"mode\": \"learned\", \"team\": \"trailer\", \"features\": true}}\nEND",
        Run,
    ),
    ("rushes ranking compare 1 2 --team trailer", RunAs("rushes ranking compare 1 2")),
    ("rushes ranking use 1", Run),
    ("rushes ranking report", Run),
    ("rushes ranking simulate --picture learning.svg", RunAs("rushes ranking simulate --tastes 1")),
    ("rushes token create editors --right read", Run),
    ("rushes token create annotator --right ingest --movie night-ferry", Run),
    ("rushes token create trailers --right read --collection ferries --days 90", Run),
    ("rushes token create vendor --right read --movie day-boat --grant read,ingest:movie=night-ferry", Run),
    ("rushes token rotate editors --keep-hours 24", Run),
    ("rushes token revoke annotator", Run),
    ("rushes token rotate-links --keep-hours 24", Run),
    ("rushes audit --from 2026-11-01 --to 2026-12-01", Run),
    ("rushes audit --verify", Run),
    ("rushes backup copy", RunAs("rushes backup copy-of-it")),
    ("rushes backup --set backups --keep 14", Run),
    ("rushes backup --verify backups", Run),
    ("rushes restore backups restored", Run),
    ("rushes restore --at 55 backups earlier", Run),
    ("rushes serve", Not(SERVES)),
    ("cargo xtask ci", Not(BUILDS)),
    ("cargo xtask engines up", Not(ENGINES)),
    ("cargo xtask engines status", Not(ENGINES)),
    ("cargo xtask engines down", Not(ENGINES)),
    ("eval \"$(cargo xtask engines env)\"", Not(ENGINES)),
    ("cargo test -p rushes-engine-cassandra", Not(BUILDS)),
    ("cargo xtask with-engines cargo test -p rushes-engine-cassandra", Not(BUILDS)),
    ("cargo xtask coverage", Not(BUILDS)),
    ("cargo xtask page", Not(BUILDS)),
    ("apt-get install openjdk-17-jdk-headless maven", Not(MACHINE)),
    ("rushes search Mara in the galley without Otto", Run),
    ("rushes search 'top 3 per season where Mara says \"salt\"'", Run),
    (
        "rushes search --json 'Otto then Mara within 10 s' | jq '.plan, .understood'",
        RunAs("rushes search --json 'Otto then Mara within 10 s'"),
    ),
    ("rushes questions", Run),
    ("rushes questions --file mine.toml --lexicon names.toml", Run),
    ("cargo run --release -- bench", Not(LONG)),
    ("cargo run --release -- bench --quick", Not(LONG)),
    ("cargo run --release -p rushes-bench --example ask -- DIR HOURS", Not(LONG)),
    ("cargo run --release -- bench --hours 2000", Not(LONG)),
    ("cargo run --release -- bench --json", Not(LONG)),
    ("cargo run --release -- bench --under-load", Not(LONG)),
    ("cargo build --release --timings", Not(BUILDS)),
    ("cargo build --release --features engines", Not(BUILDS)),
    ("rushes bench --engines --hours 20", Not(ENGINES)),
    ("rushes rebuild --index --online", Not(ENGINES)),
    ("cargo run --release -p rushes-footage --example shot_quality", Not(MEDIA)),
    ("rushes annotate --model loudness@1 -- python3 examples/annotators/loudness.py {media}", Not(MEDIA)),
    (
        "rushes search --plan - <<'END'\n{\"all\": [{\"type\": \"CHARACTER_SEARCH\", \"label\": \"Mara\"},\n         \
         {\"type\": \"MEANING_SEARCH\", \"vector\": {\"text\": \"somebody is hungry\", \"k\": 20}}]}\nEND",
        Run,
    ),
    (
        "echo '{\"model\": \"frames@1\", \"types\": [\"SCENE_SEARCH\"], \"space\": {\"dimensions\": 512, \"metric\": \
         \"cosine\", \"encoder\": \"clip\"}}' |\n  rushes model import -",
        RunInNew,
    ),
    ("rushes migrate --to cluster.toml --to-archive /srv/rushes", Not(ENGINES)),
    ("rushes serve --archive /srv/rushes --config cluster.toml", Not(ENGINES)),
    ("rushes migrate --from cluster.toml --from-archive /srv/rushes --to-archive ./copy", Not(ENGINES)),
    ("rushes migrate --to-archive ./copy --verify-only", Not(ENGINES)),
    (
        "rushes --config rushes.toml --archive take-1 serve --role ingest --role relay --listen 127.0.0.1:7901",
        Not(ENGINES),
    ),
    ("rushes --config rushes.toml --archive fuse-1 serve --role fuse --listen 127.0.0.1:7902", Not(ENGINES)),
    ("rushes --config rushes.toml --archive fuse-2 serve --role fuse --listen 127.0.0.1:7903", Not(ENGINES)),
    (
        "rushes --config rushes.toml --archive index-1 serve --role index --listen 127.0.0.1:7904",
        Not(ENGINES),
    ),
    (
        "rushes --config rushes.toml --archive search-1 serve --role search --role maintain --listen 127.0.0.1:7890",
        Not(ENGINES),
    ),
];

/// Words that a line of a code block begins with where it is a command.
const PROGRAMS: [&str; 5] = ["rushes ", "cargo ", "eval ", "apt-get ", "echo "];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages that show commands.
fn pages() -> Vec<(String, String)> {
    let mut paths = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    paths.extend(std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    paths.sort();
    let markdown = paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "md"));
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    markdown.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

/// Lines of code blocks, indented or between fences, without their indentation; other lines are empty.
fn code(text: &str) -> Vec<&str> {
    let mut is_fenced = false;
    let of_line = |line| match line {
        line if str::starts_with(line, "```") => {
            is_fenced = !is_fenced;
            ""
        }
        line if is_fenced => line,
        line => line.strip_prefix("    ").unwrap_or_default(),
    };
    text.lines().map(of_line).collect()
}

/// Is a quote open at the end of a command?
fn is_open(command: &str) -> bool {
    let mut quote = None;
    for c in command.chars() {
        match quote {
            None if matches!(c, '\'' | '"') => quote = Some(c),
            Some(open) if open == c => quote = None,
            _ => {}
        }
    }
    quote.is_some()
}

/// A line without the remark at its end, and without spaces that only set things under each other.
fn plain(line: &str) -> String {
    let line = line.split("  # ").next().unwrap_or_default();
    let line = line.split(" # ").next().unwrap_or_default();
    if is_open(line) || line.contains('\'') {
        return line.trim_end().to_owned();
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The commands of a page: with the lines that a here-document, an open quote or a `|` at the end takes along.
fn commands(text: &str) -> Vec<String> {
    let mut lines = code(text).into_iter();
    let mut commands = Vec::new();
    while let Some(line) = lines.next() {
        if !PROGRAMS.iter().any(|program| format!("{line} ").starts_with(program)) {
            continue;
        }
        let mut command = plain(line);
        if command.contains("<<'END'") {
            for line in lines.by_ref() {
                command = format!("{command}\n{line}");
                if line == "END" {
                    break;
                }
            }
        }
        while is_open(&command) || command.ends_with('|') {
            let Some(line) = lines.next() else { break };
            command = format!("{command}\n{line}");
        }
        commands.push(command);
    }
    commands
}

/// What the commands name, as the pages describe it.
fn materials(place: &Place) {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let block = |page: &str, begins: &str| -> String {
        let page = read(page);
        let lines = code(&page).into_iter().skip_while(|line| !line.starts_with(begins));
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n") + "\n"
    };
    place.file("annotations.jsonl", block("README.md", "{\"asset_id\"").replace('\n', "") + "\n");
    place.file("plan.json", block("docs/plan.md", "{\"all\""));
    place.file("mine.toml", block("docs/asking.md", "[names]"));
    place.file("names.toml", read("crates/ask/questions/lexicon.toml"));
    place.file("ep1.en.srt", "1\n00:00:01,000 --> 00:00:02,500\nPass the salt\n");
    place.file(
        "ep1.whisper.json",
        r#"{"segments":[{"start":0.1,"end":1.2,"text":"Cast off."}],"language":"en"}"#,
    );
    place.file(
        "shots.csv",
        "Scene Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Timecode,End Time (seconds),\
         Length (frames)\n1,1,00:00:00.000,0.000,48,00:00:02.000,2.000,48\n",
    );
    // The first mapping of its page, and the table that it reads.
    let mapping = read("docs/mapping.md");
    let fenced = mapping.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    place.file("map.toml", fenced);
    std::fs::create_dir_all(place.path("FOLDER/boats")).unwrap();
    place.file("FOLDER/boats/harbour_reel3.csv", block("docs/mapping.md", "from,to,what,score"));
}

/// A shell that finds this `rushes`, on an archive.
fn shell(place: &Place, archive: &Path, command: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_rushes"));
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders = [binary.parent().unwrap().to_path_buf()].into_iter().chain(std::env::split_paths(&folders));
    let mut shell = Command::new("sh");
    // What a test asks of its machine must not come from the person who runs it.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RUSHES_")) {
        shell.env_remove(name);
    }
    shell
        .args(["-e", "-c", command])
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("RUSHES_ARCHIVE", archive)
        .env("TMPDIR", place.path(""))
        .current_dir(place.path(""))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    shell
}

fn treatment(command: &str) -> Option<Treatment> {
    COMMANDS.iter().find(|(known, _)| *known == command).map(|(_, treatment)| *treatment)
}

#[test]
fn every_command_of_the_documents_is_known_and_none_is_known_that_they_do_not_show() {
    let shown: Vec<(String, String)> = pages()
        .into_iter()
        .flat_map(|(page, text)| commands(&text).into_iter().map(move |command| (page.clone(), command)))
        .collect();
    let unknown: Vec<_> = shown.iter().filter(|(_, command)| treatment(command).is_none()).collect();
    assert!(unknown.is_empty(), "say in this file what is done with them: {unknown:#?}");
    let is_shown = |command: &str| shown.iter().any(|(_, of_page)| of_page == command);
    let gone: Vec<_> = COMMANDS.iter().map(|(command, _)| command).filter(|c| !is_shown(c)).collect();
    assert!(gone.is_empty(), "no page shows them: {gone:#?}");
    for (command, treatment) in COMMANDS {
        assert!(!matches!(treatment, Not("")), "say why `{command}` is not run");
    }
}

#[test]
fn the_commands_of_the_documents_run_as_they_stand() {
    let place = Place::new();
    materials(&place);
    let mut demo = rushes();
    demo.args(["demo", "--no-open", "--quiet", "--keep"]).arg(place.path("ferry"));
    finish(demo, b"").ok();
    let mut ran = 0;
    for (page, text) in pages() {
        for command in commands(&text) {
            let (archive, words) = match treatment(&command) {
                Some(Run) => ("ferry/archive", command.as_str()),
                Some(RunInNew) => ("new", command.as_str()),
                Some(RunAs(words)) => ("ferry/archive", words),
                Some(Not(_)) | None => continue,
            };
            let outcome = finish(shell(&place, &place.path(archive), words), b"");
            assert_eq!(outcome.code, 0, "{page}: {command}: {outcome:?}");
            assert!(
                !outcome.err.contains("refused") || outcome.err.contains("0 refused"),
                "{command}: {outcome:?}"
            );
            ran += 1;
        }
    }
    assert!(ran >= 15, "{ran} commands were run");
}

#[test]
fn commands_are_read_with_what_belongs_to_them() {
    let page = "Text.\n\n    rushes a   b    # why\n    rushes c <<'END'\n    # not a remark\n    END\n\n    echo 'x\n      y' |\n      \
                rushes d\n\n```\ncargo e\n```\nrushes f\n";
    assert_eq!(
        commands(page),
        ["rushes a b", "rushes c <<'END'\n# not a remark\nEND", "echo 'x\n  y' |\n  rushes d", "cargo e"]
    );
}
