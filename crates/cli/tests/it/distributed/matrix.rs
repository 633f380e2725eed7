//! Every engine, every way in which it fails, in the midst of everything that is done with it: while clients write and read, fusion and
//! indexing have work to do, the index is rebuilt online and an archive moves in. One failure meets all of these at once; which
//! of them were under way when it began is counted, and printed at the end.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rushes_testkit::engines::TestServer;
use rushes_testkit::proxy::Proxy;
use rushes_testkit::proxy::cql::{CqlError, CqlRequest};
use serde_json::{Value, json};

use super::client::send_loose;
use super::fleet::ANSWERING;
use super::world::{NAME, World};
use super::{bare_kafka, check, start_up};
use crate::support::{finish, line};
use crate::torture::ledger::{Random, lock};

/// How long a failure lasts that ends by itself.
const LASTS: Duration = Duration::from_secs(3);
/// By how much a slow network delays each piece, each way.
const SLOW: Duration = Duration::from_millis(150);
/// What comes all at once, so that the later stages are behind: lines, in requests of so many.
const BURST: (usize, usize) = (240, 40);
/// How long stages may take to fall behind.
const BEHIND_MAX: Duration = Duration::from_secs(4);
/// How long a command may take to do again what a failure broke off.
const AGAIN_MAX: Duration = Duration::from_secs(60);
/// All is compared after so many failures; after the others, only whether the stages catch up.
const COMPARED_EVERY: u64 = 4;
/// Names the archive that moves in.
const MOVED: &str = "rushes_moved";
/// Assets that the moving archive gets before each move.
const NEW_ASSETS: u64 = 3;
/// Overloaded, as Cassandra says it.
const OVERLOADED: i32 = 0x1001;

/// What may be under way.
const PHASES: [&str; 6] = ["ingest", "fuse", "index", "search", "migrate", "rebuild"];
const ENGINES: [&str; 3] = ["cassandra", "kafka", "elasticsearch"];
const FAILURES: [&str; 5] = ["stopped", "cut off", "slowed", "full", "killed"];

/// Rounds, and in how many of them each phase was under way.
#[derive(Debug, Default)]
struct Row {
    rounds: u64,
    met: [u64; PHASES.len()],
    /// Moves and rebuilds that the failure broke off, with an error that said so.
    broken_off: u64,
    slowest: Duration,
}

/// Printed when it goes, whatever comes.
#[derive(Default)]
struct Table(BTreeMap<(usize, usize), Row>);

impl Drop for Table {
    fn drop(&mut self) {
        let names: String = PHASES.iter().map(|phase| format!("{phase:>9}")).collect();
        eprintln!("{:<24} {:>7}{names} {:>11} {:>9}", "engine, failure", "rounds", "broken off", "slowest");
        for ((engine, failure), row) in &self.0 {
            let met: String = row.met.iter().map(|met| format!("{met:>9}")).collect();
            let name = format!("{} {}", ENGINES[*engine], FAILURES[*failure]);
            eprintln!("{name:<24} {:>7}{met} {:>11} {:>8.1?}", row.rounds, row.broken_off, row.slowest);
        }
    }
}

/// Each engine fails in each way so many times; `only` keeps those whose name holds it.
pub fn run(world: &World, random: &mut Random, times: u64, only: &str) {
    let mut table = Table::default();
    let moving = Moving::new(world);
    let cells =
        (0..ENGINES.len()).flat_map(|engine| (0..FAILURES.len()).map(move |failure| (engine, failure)));
    let chosen: Vec<(usize, usize)> = cells
        .filter(|(engine, failure)| format!("{} {}", ENGINES[*engine], FAILURES[*failure]).contains(only))
        .collect();
    let mut done = 0;
    for round in 0..times {
        for (engine, failure) in chosen.iter().copied() {
            let began = Instant::now();
            let (met, broken_off) = one(world, &moving, (engine, failure), done, random);
            done += 1;
            let row = table.0.entry((engine, failure)).or_default();
            row.rounds += 1;
            row.broken_off += broken_off;
            row.slowest = row.slowest.max(began.elapsed());
            met.iter().zip(&mut row.met).for_each(|(met, sum)| *sum += u64::from(*met));
            if done.is_multiple_of(COMPARED_EVERY) || FAILURES[failure] == "killed" {
                check::all(&world.fleet, &world.ledger);
            }
            eprintln!(
                "round {} of {times}: {} {}, {:.1?}",
                round + 1,
                ENGINES[engine],
                FAILURES[failure],
                began.elapsed()
            );
        }
    }
    check::all(&world.fleet, &world.ledger);
    judge(world);
}

/// Whoever was refused was told when to ask again; nobody was answered that the server is at fault.
fn judge(world: &World) {
    let refused = lock(&world.ledger.refused).clone();
    eprintln!("refused (status, says when to ask again): {refused:?}");
    for (status, says_when) in refused.keys() {
        assert!(matches!(status, 0 | 409 | 429 | 503), "answered {status}");
        assert!(*says_when || !matches!(status, 429 | 503), "{status} does not say when to ask again");
    }
}

/// One failure. What was under way when it began, and how much of that it broke off.
fn one(
    world: &World,
    moving: &Moving,
    (engine, failure): (usize, usize),
    number: u64,
    random: &mut Random,
) -> ([bool; PHASES.len()], u64) {
    let is_rebuilding = AtomicBool::new(true);
    std::thread::scope(|scope| {
        moving.grow(number);
        let rebuild = scope.spawn(|| {
            let said = rebuild(world);
            is_rebuilding.store(false, Ordering::SeqCst);
            said
        });
        let [fuse, index] = behind(world, number);
        // The shortest of all that is under way: it begins last.
        let mut moves = moving.begin();
        let under_way = |number: &std::sync::atomic::AtomicU64| {
            let until = Instant::now() + BEHIND_MAX / 4;
            while number.load(Ordering::SeqCst) == 0 && Instant::now() < until {
                std::thread::sleep(Duration::from_micros(500));
            }
            number.load(Ordering::SeqCst) > 0
        };
        let met = [
            under_way(&world.ledger.sending),
            fuse,
            index,
            under_way(&world.ledger.searching),
            moves.try_wait().unwrap().is_none(),
            is_rebuilding.load(Ordering::SeqCst),
        ];
        fail(world, engine, failure, random);
        let moved = moving.ended(moves);
        let rebuilt = rebuild.join().unwrap();
        {
            // Else there is always something that is not searchable yet.
            let _quiet = world.ledger.quiet.write().unwrap_or_else(PoisonError::into_inner);
            check::catch_up(&world.fleet);
        }
        let broken_off = u64::from(!moved) + u64::from(rebuilt.is_err());
        moving.again();
        if let Err(why) = rebuilt {
            eprintln!("    the rebuild broke off: {why}");
            again("the rebuild", || rebuild_again(world));
        }
        (met, broken_off)
    })
}

/// Many lines at once, until fusion and the index were seen behind them.
fn behind(world: &World, number: u64) -> [bool; 2] {
    let until = Instant::now() + BEHIND_MAX;
    let mut seen = [false; 2];
    for part in 0.. {
        for request in 0..BURST.0 / BURST.1 {
            let name = 2_000_000 + (number as usize * 100 + part) * 10 + request;
            send_loose(&world.fleet, &world.ledger, name, BURST.1);
        }
        let reply = world.fleet.ask(ANSWERING, "GET", "/v1/status", "application/json", b"");
        let status = reply.filter(|reply| reply.status == 200).map(|reply| reply.json());
        let lags = status.iter().flat_map(|status| status["lag"].as_array().into_iter().flatten());
        for lag in lags.filter(|lag| lag["behind"] != 0) {
            seen[0] |= lag["consumer"] == "fuse";
            seen[1] |= lag["consumer"] == "index";
        }
        if seen == [true; 2] || Instant::now() > until || part == 5 {
            break;
        }
    }
    seen
}

/// The engine fails, and is as before at the end.
fn fail(world: &World, engine: usize, failure: usize, random: &mut Random) {
    let engines = &world.engines;
    let servers: [&TestServer; 3] = [&engines.cassandra, &engines.kafka, &engines.elastic];
    let networks: [&Proxy; 3] =
        [&engines.cassandra_proxy, &engines.kafka_proxy, engines.elastic_proxy.network()];
    let lasts = LASTS / 2 + LASTS.mul_f64(random.below(1_000) as f64 / 1_000.0);
    match FAILURES[failure] {
        "stopped" => {
            servers[engine].freeze();
            std::thread::sleep(lasts);
            servers[engine].thaw();
        }
        "cut off" => {
            networks[engine].cut();
            std::thread::sleep(lasts);
            networks[engine].heal();
        }
        "slowed" => {
            networks[engine].delay(SLOW);
            std::thread::sleep(lasts);
            networks[engine].heal();
        }
        "full" => full(world, engine, lasts),
        _ => {
            servers[engine].kill();
            servers[engine].start_again();
        }
    }
}

/// The engine takes no more: Cassandra says that it is overloaded, Kafka's topics take no message of any length, and
/// Elasticsearch lets nothing but deletions through, as it does where its disk is nearly full.
fn full(world: &World, engine: usize, lasts: Duration) {
    let engines = &world.engines;
    match ENGINES[engine] {
        "cassandra" => {
            let until = Instant::now() + lasts;
            while Instant::now() < until {
                for request in [CqlRequest::Execute, CqlRequest::Batch] {
                    engines.cassandra_node.fail(
                        request,
                        usize::MAX,
                        CqlError::new(OVERLOADED, "a fault of a test"),
                    );
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
            engines.cassandra_node.heal();
        }
        "kafka" => {
            let limit = |bytes| {
                for topic in ["committed", "fused"] {
                    bare_kafka::limit(&engines.kafka.address(), &format!("{NAME}.{topic}"), bytes).unwrap();
                }
            };
            limit(Some(1));
            std::thread::sleep(lasts);
            limit(None);
        }
        _ => {
            let block = |how: Value| {
                let settings = format!("/{NAME}-*/_settings");
                start_up::elastic(
                    engines,
                    "PUT",
                    &settings,
                    &json!({"index.blocks.read_only_allow_delete": how}),
                );
            };
            block(json!(true));
            std::thread::sleep(lasts);
            block(Value::Null);
        }
    }
}

/// Rebuilds the index while it is searched and written to; what went wrong, in the server's words.
fn rebuild(world: &World) -> Result<(), String> {
    let body = json!({"what": "index", "online": true}).to_string();
    let reply = world.fleet.ask(ANSWERING, "POST", "/v1/rebuild", "application/json", body.as_bytes());
    let Some(reply) = reply else { return Err("the answer was cut short".to_owned()) };
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let last: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_default();
    if reply.status == 200 && last.get("result").is_some() {
        return Ok(());
    }
    // A stream that has begun says at its end what a problem document says.
    let problem = if last.get("problem").is_some() { &last["problem"] } else { &last };
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(!detail.is_empty() && problem["status"] != 500, "{} {text}", reply.status);
    Err(detail.to_owned())
}

fn rebuild_again(world: &World) -> bool {
    match rebuild(world) {
        Ok(()) => true,
        Err(why) => {
            eprintln!("    and again: {why}");
            false
        }
    }
}

/// Tries until it is done.
#[track_caller]
fn again(what: &str, act: impl Fn() -> bool) {
    let until = Instant::now() + AGAIN_MAX;
    while !act() {
        assert!(Instant::now() < until, "{what} cannot be done, though nothing fails any more");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// An archive in a folder that moves to the engines, again and again, with more in it each time.
struct Moving<'a> {
    world: &'a World,
}

impl<'a> Moving<'a> {
    fn new(world: &'a World) -> Self {
        let configuration = world.engines.configuration_of(MOVED, true);
        std::fs::write(world.folder.path().join("moved.toml"), configuration).unwrap();
        let moving = Self { world };
        moving.grow(u64::MAX / 2);
        // Makes the keyspace: no failure meets that.
        moving.again();
        moving
    }

    fn command(&self, words: &[&str]) -> std::process::Command {
        let folder = self.world.folder.path();
        let mut command = crate::support::rushes();
        command.arg("--archive").arg(folder.join("moving")).args(words).current_dir(folder);
        command
    }

    fn grow(&self, number: u64) {
        let lines: String = (0..NEW_ASSETS * 40)
            .map(|n| {
                let asset = format!("moving-{number}-{}", n % NEW_ASSETS);
                let start = (n / NEW_ASSETS) as f64;
                line(&asset, "faces@1", "MOVED", start, start + 1.0, json!({"label": "Mara"})) + "\n"
            })
            .collect();
        finish(self.command(&["ingest", "-"]), lines.as_bytes()).ok();
    }

    fn moving(&self) -> std::process::Command {
        self.command(&["migrate", "--json", "--to", "moved.toml", "--to-archive", "moved"])
    }

    fn begin(&self) -> Child {
        self.moving().stdin(Stdio::null()).spawn().unwrap()
    }

    /// A move that a failure met is done, or says in a sentence why not.
    #[track_caller]
    fn ended(&self, moves: Child) -> bool {
        let output = moves.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            return true;
        }
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("rushes: "), "it does not say why: {said}");
        eprintln!("    the move broke off: {}", said.trim_end().lines().last().unwrap_or_default());
        false
    }

    /// Done again, both sides are the same.
    #[track_caller]
    fn again(&self) {
        again("the move", || {
            let ran = finish(self.moving(), b"");
            if ran.code != 0 {
                eprintln!("    and again: {}", ran.err.trim_end());
                return false;
            }
            let done = ran.json();
            assert_eq!((&done["same"], &done["problem_count"]), (&json!(true), &json!(0)), "{done}");
            assert_eq!(done["source_digest"], done["target_digest"]);
            true
        });
    }
}
