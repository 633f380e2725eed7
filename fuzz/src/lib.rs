//! What every fuzz target does: bytes in, and what must hold of what comes out.

// Two files alone, without the server that they are of.
#[allow(dead_code, reason = "what is not read here is written")]
#[path = "../../crates/serve/src/discovery.rs"]
mod discovery;
mod files;
mod formats;
mod index;
mod journals;
// Alone, without the library that its crate speaks to a broker by.
#[allow(dead_code, reason = "what is not read here is written, or chooses a partition")]
#[path = "../../crates/engine-kafka/src/format.rs"]
mod kafka_format;
#[allow(dead_code, reason = "most are of requests")]
#[path = "../../crates/serve/src/limits.rs"]
mod limits;
mod requests;
mod rows;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// One kind of bytes that is read.
pub struct Target {
    /// Its name, as `cargo xtask fuzz` takes it.
    pub name: String,
    act: Box<dyn Fn(&[u8]) + Send + Sync>,
    seeds: Vec<Vec<u8>>,
}

impl Target {
    fn new(name: &str, act: impl Fn(&[u8]) + Send + Sync + 'static, seeds: Vec<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), act: Box::new(act), seeds }
    }

    /// Reads one input. A panic that nobody caught ends the program: libFuzzer keeps the input.
    pub fn run(&self, data: &[u8]) {
        if catch_unwind(AssertUnwindSafe(|| (self.act)(data))).is_err() {
            let said = LAST_PANIC.with(|last| last.borrow().clone());
            eprintln!("target `{}`: {said}", self.name);
            std::process::abort();
        }
    }
}

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Remembers what a panic says, in case that nobody catches it.
pub fn note_panic(said: String) {
    LAST_PANIC.with(|last| *last.borrow_mut() = said);
}

/// All targets.
#[must_use]
pub fn targets() -> Vec<Target> {
    let of_files = [files::targets(), journals::targets(), index::targets()];
    [requests::targets(), formats::targets(), rows::targets()].into_iter().chain(of_files).flatten().collect()
}

/// Writes the inputs that a target begins with, and beside the folder, as `FOLDER.dict`, the words that are in them.
///
/// # Errors
/// Where the disk refuses.
pub fn write_seeds(target: &Target, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut words = std::collections::BTreeSet::new();
    for (number, seed) in target.seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b'.');
        let pieces = seed.split(|byte| !is_word(byte));
        words.extend(pieces.filter(|piece| (2..=32).contains(&piece.len())).map(<[u8]>::to_vec));
    }
    let lines: String = words.iter().map(|word| format!("\"{}\"\n", String::from_utf8_lossy(word))).collect();
    std::fs::write(folder.with_extension("dict"), lines)
}
