//! The benchmark without the rest of the command line:
//! `cargo run --release -p rushes-bench --example bench -- FOLDER [HOURS] [QUERIES]`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line prints

use rushes_archive::Progress;
use rushes_bench::{BenchOptions, Spec, run};

/// Progress on stderr, one line a step.
struct StderrProgress;

impl Progress for StderrProgress {
    fn set(&self, what: &str, done: u64, total: Option<u64>) {
        eprintln!("{what}: {done}{}", total.map(|t| format!(" of {t}")).unwrap_or_default());
    }

    fn cancelled(&self) -> bool {
        false
    }
}

fn main() -> rushes_types::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = args.first().map_or("bench-archive", String::as_str);
    let hours = args.get(1).and_then(|a| a.parse().ok()).unwrap_or(20);
    let queries = args.get(2).and_then(|a| a.parse().ok()).unwrap_or(100);
    let spec = Spec { hours, ..Spec::default() };
    let report = run(&BenchOptions { spec, queries, ..BenchOptions::new(folder) }, &StderrProgress)?;
    println!("{report}");
    Ok(())
}
