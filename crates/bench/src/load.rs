//! What others feel while monstrous searches run: a server of its own, a mix of questions alone and then beside eight
//! clients that ask for as much as a plan can say, and how soon a search ends whose client has gone.
//!
//! The server is another process, as it is for everybody, and all clients speak HTTP. Before that, in this process, the
//! estimate of each kind of question is set beside the CPU time that it took.

mod client;
mod estimates;
mod monsters;
mod report;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rushes_archive::{Progress, Stage};
use rushes_types::{Error, ErrorKind, Result};
use serde_json::Value;

use self::client::HttpClient;
use self::monsters::Monster;
pub use self::report::{Estimate, GoneClient, LoadReport, Monstrous, Tried};
use crate::bodies::Content;
use crate::ingest::{self, IngestSetup};
use crate::percentiles::Samples;
use crate::queries::{Class, plan};
use crate::run::{ARCHIVE, check, clean, hours, prepare};
use crate::subject::Subject;
use crate::{Spec, World};

/// Clients that ask monstrously.
pub const MONSTROUS_CLIENTS: usize = 8;
/// How long a server may take to begin.
const START_MAX: Duration = Duration::from_secs(60);
/// Between two looks at the server's health.
const HEALTH_EVERY: Duration = Duration::from_millis(20);
/// How long a search runs before its client goes.
const GONE_AFTER: Duration = Duration::from_millis(250);
/// How long a search whose client has gone is watched, at most.
const GONE_MAX: Duration = Duration::from_secs(20);
/// Different questions of each class.
const QUESTIONS: u64 = 20;

/// What is measured.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Where; empty or absent.
    pub folder: PathBuf,
    /// Keep the archive?
    pub keep: bool,
    /// The made-up archive.
    pub spec: Spec,
    /// How long each of the two mixes is asked.
    pub lasts: Duration,
    /// The program whose `serve` is measured.
    pub program: PathBuf,
}

/// Runs the benchmark; reports to `progress`, which may stop it.
///
/// # Errors
/// If the folder is not empty, the server does not start, or an ordinary question is refused.
pub fn run_under_load(options: &LoadOptions, progress: &dyn Progress) -> Result<LoadReport> {
    prepare(&options.folder)?;
    let measured = measure(options, progress);
    let cleaned = clean(&options.folder, options.keep);
    let report = measured?;
    cleaned?;
    Ok(report)
}

fn measure(options: &LoadOptions, progress: &dyn Progress) -> Result<LoadReport> {
    let world = World::new(options.spec);
    let folder = options.folder.join(ARCHIVE);
    let estimates = filled(&folder, &world, progress)?;
    let server = Server::start(&options.program, &folder)?;
    let monsters = monsters::all(&world);
    let plans: Vec<Value> =
        (0..QUESTIONS).flat_map(|no| Class::ALL.map(|class| plan(&world, class, no))).collect();
    progress.set("asking alone", 0, None);
    // Once without a clock, to warm up.
    server.asked(&plans, Duration::ZERO, progress)?;
    let alone = server.tried(&plans, options.lasts, &[], progress)?;
    progress.set("asking beside monstrous searches", 0, None);
    let beside = server.tried(&plans, options.lasts, &monsters, progress)?;
    progress.set("leaving", 0, None);
    let gone = monsters.iter().map(|monster| server.left(monster, progress)).collect::<Result<_>>()?;
    Ok(LoadReport {
        seed: options.spec.seed,
        hours: hours(&world.episodes),
        cores: thread::available_parallelism().map_or(1, usize::from),
        estimates,
        alone,
        beside,
        gone,
    })
}

/// Fills the archive, and sets estimates beside measured costs.
fn filled(folder: &Path, world: &World, progress: &dyn Progress) -> Result<Vec<Estimate>> {
    let subject = Subject::open(folder, &Stage::ALL)?;
    subject.register(world)?;
    let clients = thread::available_parallelism().map_or(1, usize::from);
    for content in [Content::Lines, Content::VectorArrow] {
        let setup = IngestSetup { content, running: true, clients };
        ingest::send(&subject, world, &world.episodes, setup, progress)?;
    }
    subject.wait_searchable(progress)?;
    let estimates = estimates::measure(&subject, world, progress);
    subject.close();
    estimates
}

/// A server of its own, ended when dropped.
struct Server {
    process: Child,
    address: String,
    secret: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(program: &Path, archive: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("--archive").arg(archive).args(["serve", "--listen", "127.0.0.1:0", "--no-open"]);
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().map_err(|e| Error::io("starting the server to measure", e))?;
        let mut server = Self { process, address: String::new(), secret: String::new() };
        let until = Instant::now() + START_MAX;
        while !server.is_found(archive) || server.client().get("/readyz").is_ok_and(|a| a.status != 200) {
            if Instant::now() > until || server.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err(Error::new(ErrorKind::Unavailable, "the server to measure did not start"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Reads where the server is, from the file that commands read.
    fn is_found(&mut self, archive: &Path) -> bool {
        let read = std::fs::read(archive.join("serve.json")).ok();
        let file = read.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let text = |name: &str| file.as_ref()?.get(name)?.as_str().map(str::to_owned);
        let (Some(url), Some(secret)) = (text("url"), text("secret")) else { return false };
        self.address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        self.secret = secret;
        true
    }

    fn client(&self) -> HttpClient {
        HttpClient::new(&self.address, &self.secret)
    }

    /// Asks the questions one after the other, again and again as long as it lasts, and at least once.
    fn asked(&self, plans: &[Value], lasts: Duration, progress: &dyn Progress) -> Result<Samples> {
        let bodies: Vec<String> = plans.iter().map(Value::to_string).collect();
        let (mut samples, until, mut client) = (Samples::default(), Instant::now() + lasts, self.client());
        loop {
            for body in &bodies {
                check(progress)?;
                let begun = Instant::now();
                let answer = client.post("/v1/search", body)?;
                samples.add(begun.elapsed());
                if answer.status != 200 {
                    let message = format!("an ordinary question was answered with {}", answer.status);
                    return Err(Error::new(ErrorKind::Unavailable, message));
                }
                if Instant::now() > until && samples.len() >= bodies.len() {
                    return Ok(samples);
                }
            }
        }
    }

    /// The questions and the server's health, beside monstrous clients, if there are any.
    fn tried(
        &self,
        plans: &[Value],
        lasts: Duration,
        monsters: &[Monster],
        progress: &dyn Progress,
    ) -> Result<Tried> {
        let stop = AtomicBool::new(false);
        let tallies: Vec<MonsterTally> = monsters.iter().map(|_| MonsterTally::default()).collect();
        let clients = if monsters.is_empty() { 0 } else { MONSTROUS_CLIENTS };
        let (asked, health) = thread::scope(|scope| {
            for no in 0..clients {
                let (stop, tallies) = (&stop, &tallies);
                scope.spawn(move || self.storms(monsters, tallies, no, stop));
            }
            let health = scope.spawn(|| self.health(&stop));
            // Let them come.
            thread::sleep(Duration::from_millis(if clients == 0 { 0 } else { 500 }));
            let asked = self.asked(plans, lasts, progress);
            stop.store(true, Ordering::Relaxed);
            (asked, health.join())
        });
        let health = health.map_err(|_| Error::bug("the look at the server's health panicked"))??;
        let asked = asked?;
        let of = |(monster, tally): (&Monster, &MonsterTally)| tally.read(monster.name);
        Ok(Tried {
            questions: asked.len(),
            ms: asked.percentiles_ms(),
            health_ms: health.percentiles_ms(),
            monstrous: monsters.iter().zip(&tallies).map(of).collect(),
        })
    }

    fn health(&self, stop: &AtomicBool) -> Result<Samples> {
        let (mut samples, mut client) = (Samples::default(), self.client());
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            client.get("/healthz")?;
            samples.add(begun.elapsed());
            thread::sleep(HEALTH_EVERY);
        }
        Ok(samples)
    }

    /// One monstrous client: each monster in turn, in a loop.
    fn storms(&self, monsters: &[Monster], tallies: &[MonsterTally], no: usize, stop: &AtomicBool) {
        let mut client = self.client();
        for at in (0..monsters.len()).cycle().skip(no) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let (Some(monster), Some(tally)) = (monsters.get(at), tallies.get(at)) else { return };
            // It leaves when the measuring is over.
            match client.post_until(monster.path, &monster.body, stop) {
                Ok(Some(answer)) => tally.add(answer.status),
                Ok(None) => return,
                Err(_) => client = self.client(),
            }
        }
    }

    /// Asks a monster, leaves, and looks how long its search goes on.
    fn left(&self, monster: &Monster, progress: &dyn Progress) -> Result<GoneClient> {
        self.idle()?;
        let before = self.metric("rushes_searches_ended_total{why=\"client_gone\"}")?;
        let left_at = Instant::now() + GONE_AFTER;
        let answered = self.client().post_before(monster.path, &monster.body, left_at)?.is_some();
        let left = Instant::now();
        let name = monster.name.to_owned();
        if answered {
            return Ok(GoneClient { what: name, stopped_ms: None });
        }
        while self.metric("rushes_searches{state=\"all\"}")? > 0 {
            check(progress)?;
            if left.elapsed() > GONE_MAX {
                return Err(Error::new(ErrorKind::Unavailable, format!("`{name}` did not stop")));
            }
            thread::sleep(Duration::from_millis(1));
        }
        let took = left.elapsed().as_secs_f64() * 1e3;
        let stopped = self.metric("rushes_searches_ended_total{why=\"client_gone\"}")? > before;
        Ok(GoneClient { what: name, stopped_ms: stopped.then_some(took) })
    }

    /// Waits until no search runs.
    fn idle(&self) -> Result<()> {
        let until = Instant::now() + GONE_MAX;
        while self.metric("rushes_searches{state=\"all\"}")? > 0 {
            if Instant::now() > until {
                return Err(Error::new(ErrorKind::Unavailable, "searches go on that nobody waits for"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// A sample of the server's metrics.
    fn metric(&self, name: &str) -> Result<u64> {
        let page = self.client().get("/metrics")?;
        let text = String::from_utf8_lossy(&page.body);
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        line.map(crate::report::whole)
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, format!("the server has no metric `{name}`")))
    }
}

/// How a monster was answered.
#[derive(Debug, Default)]
struct MonsterTally {
    answered: AtomicU64,
    too_large: AtomicU64,
    busy: AtomicU64,
    other: AtomicU64,
}

impl MonsterTally {
    fn add(&self, status: u16) {
        let of = match status {
            200 => &self.answered,
            413 => &self.too_large,
            429 => &self.busy,
            _ => &self.other,
        };
        of.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self, what: &str) -> Monstrous {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Monstrous {
            what: what.to_owned(),
            answered: of(&self.answered),
            too_large: of(&self.too_large),
            busy: of(&self.busy),
            other: of(&self.other),
        }
    }
}
