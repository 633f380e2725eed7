//! Commands that are killed in their midst, where no server has the archive open, and done again: what they made then is whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::check::verify_alone;
use super::ledger::{LOOSE, Ledger, Random, lock};
use super::phases::Phase;
use crate::support::{Ran, finish, program};

/// How long the commands took when they were not killed, in milliseconds: the kill comes somewhere in that time.
static TAKES_MS: [AtomicU64; 3] = [AtomicU64::new(250), AtomicU64::new(400), AtomicU64::new(250)];

/// How long a command may take that is done again; what it prints fits into a pipe.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kills the command of this phase, and looks after it. Was it in its midst?
pub fn killed(phase: Phase, binary: &Path, archive: &Path, ledger: &Ledger, random: &mut Random) -> bool {
    let beside = archive.with_extension("commands");
    std::fs::create_dir_all(&beside).unwrap();
    let world = World { binary, archive, beside: &beside };
    let was_midst = match phase {
        Phase::Restore => world.restore(ledger, random),
        Phase::Migrate => world.migrate(ledger, random),
        Phase::Doctor => world.doctor(ledger, random),
        other => panic!("{other:?} is no command"),
    };
    std::fs::remove_dir_all(&beside).unwrap();
    was_midst
}

/// Runs a command that must end within [`PATIENCE`].
#[track_caller]
pub fn ends(mut command: Command) -> Ran {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    let is_over = child.try_wait().unwrap().is_some();
    if !is_over {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    let ran = Ran { code, out: text(&output.stdout), err: text(&output.stderr) };
    assert!(is_over, "{command:?} does not end: {ran:?}");
    ran
}

struct World<'a> {
    binary: &'a Path,
    archive: &'a Path,
    beside: &'a Path,
}

impl World<'_> {
    fn command(&self, archive: &Path, words: &[&str]) -> Command {
        let mut command = program(self.binary);
        command.arg("--archive").arg(archive).args(words);
        command
    }

    fn run(&self, archive: &Path, words: &[&str]) -> Ran {
        finish(self.command(archive, words), b"")
    }

    /// Starts it, and kills it somewhere in the time that it takes.
    fn kill(&self, place: usize, archive: &Path, words: &[&str], random: &mut Random) -> bool {
        let mut command = self.command(archive, words);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let takes = TAKES_MS[place].load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(random.below(takes)));
        let was_midst = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        was_midst
    }

    /// Does it to its end, and remembers how long that takes.
    #[track_caller]
    fn again(&self, place: usize, archive: &Path, words: &[&str]) -> Ran {
        let began = Instant::now();
        let ran = ends(self.command(archive, words)).ok();
        TAKES_MS[place].store(began.elapsed().as_millis().clamp(20, 10_000) as u64, Ordering::SeqCst);
        ran
    }

    /// All that was acknowledged is there, and nothing that was never sent.
    #[track_caller]
    fn holds(&self, archive: &Path, ledger: &Ledger, lacks: bool) {
        let exported = self.run(archive, &["export", "--all"]).ok().out;
        let there: BTreeSet<&str> = exported.lines().collect();
        assert_eq!(there.len(), exported.lines().count(), "a line is there twice");
        let requests = lock(&ledger.loose);
        let sent: BTreeSet<&str> = requests.iter().flat_map(|r| &r.lines).map(String::as_str).collect();
        for (number, request) in requests.iter().enumerate() {
            let count = request.lines.iter().filter(|line| there.contains(line.as_str())).count();
            assert!(count == 0 || count == request.lines.len(), "half of request {number}");
            assert!(
                count > 0 || lacks || !request.acknowledged,
                "request {number} was acknowledged and is lost"
            );
        }
        let of_loose =
            |line: &&&str| LOOSE.iter().any(|asset| line.contains(&format!("\"asset_id\":\"{asset}\"")));
        assert!(there.iter().filter(of_loose).all(|line| sent.contains(line)), "a line that was never sent");
    }

    /// The archive once more: what the command changes in it is no matter of the server's.
    fn copy(&self, name: &str) -> PathBuf {
        let copy = self.beside.join(name);
        let copied = Command::new("cp").arg("-a").arg(self.archive).arg(&copy).status().unwrap();
        assert!(copied.success());
        copy
    }

    /// Half a restore leaves no archive.
    fn restore(&self, ledger: &Ledger, random: &mut Random) -> bool {
        let (backup, target) = (self.beside.join("backup"), self.beside.join("restored"));
        let (from, to) = (backup.display().to_string(), target.display().to_string());
        self.run(self.archive, &["backup", &from]).ok();
        let words = ["restore", from.as_str(), to.as_str()];
        let was_midst = self.kill(0, self.archive, &words, random);
        if target.exists() {
            // It was named already: then it is whole.
            verify_alone(self.binary, &target);
            self.holds(&target, ledger, false);
            std::fs::remove_dir_all(&target).unwrap();
        }
        self.again(0, self.archive, &words);
        verify_alone(self.binary, &target);
        self.holds(&target, ledger, false);
        was_midst
    }

    /// A move that was cut off goes on where it was, and ends with the same archive.
    fn migrate(&self, ledger: &Ledger, random: &mut Random) -> bool {
        let (source, target) = (self.copy("source"), self.beside.join("moved"));
        let to = target.display().to_string();
        let words = ["migrate", "--abort-open", "--json", "--to-archive", to.as_str()];
        let was_midst = self.kill(1, &source, &words, random);
        let done = self.again(1, &source, &words).json();
        assert_eq!((&done["same"], &done["problem_count"]), (&true.into(), &0.into()), "{done}");
        assert_eq!(done["source_digest"], done["target_digest"]);
        self.holds(&target, ledger, false);
        was_midst
    }

    /// What is left of a damaged store is taken over, whenever that is cut off; what is missing is sent again.
    fn doctor(&self, ledger: &Ledger, random: &mut Random) -> bool {
        let copy = self.copy("damaged");
        harm(&copy, random);
        let words = ["doctor", "--take-over"];
        let was_midst = self.kill(2, &copy, &words, random);
        self.again(2, &copy, &words);
        verify_alone(self.binary, &copy);
        self.holds(&copy, ledger, true);
        let lines: String = lock(&ledger.loose)
            .iter()
            .filter(|request| request.acknowledged)
            .flat_map(|request| request.lines.iter().map(|line| format!("{line}\n")))
            .collect();
        if !lines.is_empty() {
            finish(self.command(&copy, &["ingest", "-"]), lines.as_bytes()).ok();
        }
        self.holds(&copy, ledger, false);
        was_midst
    }
}

/// Cuts the newest journal of the store short, somewhere.
fn harm(archive: &Path, random: &mut Random) {
    let files = std::fs::read_dir(archive.join("store")).unwrap().map(|entry| entry.unwrap().path());
    let journals: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "jnl")).collect();
    let Some(journal) = journals.iter().max() else { return };
    let file = std::fs::File::options().write(true).open(journal).unwrap();
    let length = file.metadata().unwrap().len();
    // A journal is made longer than what is in it: most of what is in it lies near its beginning.
    file.set_len(random.below(length.min(64 << 10) + 1)).unwrap();
}
