//! The torturer's own record: what was sent, and what of it was acknowledged.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, MutexGuard};

use serde_json::json;

use crate::support::line;

/// The asset whose annotations are exchanged again and again.
pub const SWITCH: &str = "switch";
/// Assets that take loose lines.
pub const LOOSE: [&str; 3] = ["loose-0", "loose-1", "loose-2"];
/// Numbers that tell the takes of the exchanged asset apart, by the milliseconds of their starts.
pub const TAKES: u32 = 900;

/// Numbers that look random, the same for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n.max(1)
    }
}

/// A request of loose lines.
#[derive(Debug, Clone)]
pub struct Request {
    pub lines: Vec<String>,
    pub acknowledged: bool,
}

/// The takes of the asset that is exchanged: runs that each replace all of it.
#[derive(Debug, Clone, Default)]
pub struct Switch {
    /// The last take whose commit was acknowledged; 0: none.
    pub committed: u32,
    /// The take that is under way.
    pub trying: Option<u32>,
    /// Takes whose erasure was acknowledged.
    pub erased: Vec<u32>,
    /// A take whose erasure was sent and not answered.
    pub erasing: Option<u32>,
}

/// What is known of an asset that is made to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sending,
    There,
    Erasing,
    Erased,
}

/// A backup that was asked for.
#[derive(Debug, Clone)]
pub struct Backup {
    pub path: PathBuf,
    pub acknowledged: bool,
    /// Requests of loose lines that were acknowledged before it was asked for.
    pub holds: usize,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Ledger {
    pub loose: Mutex<Vec<Request>>,
    pub switch: Mutex<Switch>,
    pub doomed: Mutex<Vec<Fate>>,
    pub backups: Mutex<Vec<Backup>>,
    /// Has a rebuild been asked for since the server started? Then a reader may see nothing for a while.
    pub rebuilding: AtomicBool,
    /// The newest take that a reader has seen.
    pub seen: AtomicU32,
}

/// Locks; a torturer that panicked has said why.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Lines that were never sent before, of two assets and two models, one of which writes vectors.
pub fn loose_lines(number: usize, random: &mut Random) -> Vec<String> {
    let first = number % LOOSE.len();
    let count = 5 + random.below(60);
    (0..count)
        .map(|n| {
            let asset = LOOSE[(first + usize::from(n % 3 == 0)) % LOOSE.len()];
            let start = (random.below(40_000) as f64) / 10.0;
            let more =
                json!({"label": format!("loose {number} {n}"), "annotation_id": format!("{number}-{n}")});
            if n % 4 != 0 {
                return line(asset, "loose@1", "LOOSE", start, start + 1.5, more);
            }
            let vector: Vec<f64> = (0..8).map(|_| random.below(1000) as f64 / 500.0 - 0.999).collect();
            let mut more = more;
            more["embedding_vector"] = json!(vector);
            line(asset, "vectors@1", "VECTOR", start, start + 0.5, more)
        })
        .collect()
}

/// How many annotations a take has.
pub const fn size_of(take: u32) -> usize {
    if take.is_multiple_of(2) { 120 } else { 150 }
}

/// The run of a take.
pub fn run_of(take: u32) -> String {
    format!("take-{take}")
}

/// Three versions of one model take turns.
pub fn model_of(take: u32) -> String {
    format!("cut@{}", take % 3)
}

/// What a take says: one annotation every two seconds, whose milliseconds tell the take.
pub fn take_lines(take: u32) -> Vec<String> {
    let offset = f64::from(take % TAKES) / 1000.0;
    let say = |n: usize| {
        let start = 2.0 * n as f64 + offset;
        line(SWITCH, &model_of(take), "SWITCH", start, start + 1.0, json!({"label": run_of(take)}))
    };
    (0..size_of(take)).map(say).collect()
}

/// The asset that is made to be erased.
pub fn doomed_asset(number: usize) -> String {
    format!("doomed-{number}")
}

/// A word that only this asset says, which compression leaves as it is.
pub fn doomed_word(number: usize) -> String {
    let mut random = Random::new(number as u64 + 77);
    (0..4).fold(format!("d{number}"), |word, _| format!("{word}{:x}", random.below(1 << 20)))
}

/// What is said of the asset that is made to be erased.
pub fn doomed_lines(number: usize) -> Vec<String> {
    let asset = doomed_asset(number);
    let label = |n: i32| if n == 0 { doomed_word(number) } else { format!("plain {n}") };
    (0..30)
        .map(|n| {
            let start = f64::from(n);
            line(&asset, "doom@1", "DOOMED", start, start + 0.5, json!({"label": label(n)}))
        })
        .collect()
}

/// Lines as a body.
pub fn body(lines: &[String]) -> Vec<u8> {
    let mut body = lines.join("\n").into_bytes();
    body.push(b'\n');
    body
}
