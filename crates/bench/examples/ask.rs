//! Asks the questions of a benchmark of an archive that one kept, to compare two versions on the same bytes:
//! `cargo run --release -p rushes-bench --example ask -- FOLDER HOURS [QUERIES [KIND]]`.

#![allow(clippy::print_stdout)] // a command line prints

use rushes_archive::NoProgress;
use rushes_bench::report::searches_table;
use rushes_bench::{Spec, ask_kept};

fn main() -> rushes_types::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = args.first().map_or("bench-archive", String::as_str);
    let hours = args.get(1).and_then(|a| a.parse().ok()).unwrap_or(20);
    let queries = args.get(2).and_then(|a| a.parse().ok()).unwrap_or(200);
    let kind = args.get(3).map(String::as_str);
    let spec = Spec { hours, ..Spec::default() };
    println!("{}", searches_table(&ask_kept(folder.as_ref(), spec, queries, kind, &NoProgress)?));
    Ok(())
}
