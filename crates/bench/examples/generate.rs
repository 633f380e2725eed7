//! How fast the made-up archive is made: `cargo run --release -p rushes-bench --example generate -- [HOURS]`.

#![allow(clippy::print_stdout)] // a command line prints

use std::time::Instant;

use rushes_bench::arrow::write_vectors;
use rushes_bench::lines::{Volume, write_lines, write_vector_lines};
use rushes_bench::{Spec, World};

fn main() {
    let hours = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(50);
    let started = Instant::now();
    let world = World::new(Spec { hours, ..Spec::default() });
    println!("world: {} episodes, {:?}", world.episodes.len(), started.elapsed());
    time(&world, "lines", &mut |episode, out| write_lines(&world, episode, out));
    time(&world, "vectors as lines", &mut |episode, out| write_vector_lines(&world, episode, out));
    time(&world, "vectors as Arrow", &mut |episode, out| {
        write_vectors(&world, episode, out).expect("writing to memory")
    });
}

fn time(
    world: &World,
    what: &str,
    write: &mut dyn FnMut(&rushes_bench::world::Episode, &mut Vec<u8>) -> Volume,
) {
    let mut out = Vec::new();
    let mut total = Volume::default();
    let started = Instant::now();
    for episode in &world.episodes {
        out.clear();
        total += write(episode, &mut out);
    }
    let seconds = started.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let (rate, mb) = (total.annotations as f64 / seconds, total.bytes as f64 / seconds / 1e6);
    println!("{what}: {total:?}, {seconds:.2} s, {rate:.0} /s, {mb:.0} MB/s");
}
