//! Every target in one program: `RUSHES_FUZZ_TARGET` names the one that is fuzzed. With `RUSHES_FUZZ_SEEDS` it writes the inputs
//! to begin with into that folder, or prints the targets' names where there is no target, and ends.
#![no_main]
#![allow(clippy::print_stdout, reason = "the caller reads what is printed")]

use std::sync::OnceLock;

use rushes_fuzz::{Target, targets};

static CHOSEN: OnceLock<Target> = OnceLock::new();

fn start() {
    // That of libFuzzer ends the program at any panic; some of ours are caught where they are raised by a library.
    std::panic::set_hook(Box::new(|info| rushes_fuzz::note_panic(info.to_string())));
    let name = std::env::var("RUSHES_FUZZ_TARGET").unwrap_or_default();
    let seeds = std::env::var_os("RUSHES_FUZZ_SEEDS");
    let mut all = targets();
    if name.is_empty() {
        all.iter().for_each(|target| println!("{}", target.name));
        std::process::exit(0);
    }
    let Some(at) = all.iter().position(|target| target.name == name) else {
        println!("`{name}` is no target");
        std::process::exit(2);
    };
    let target = all.swap_remove(at);
    if let Some(folder) = seeds {
        match rushes_fuzz::write_seeds(&target, folder.as_ref()) {
            Ok(()) => std::process::exit(0),
            Err(error) => {
                println!("{error}");
                std::process::exit(2);
            }
        }
    }
    let _ = CHOSEN.set(target);
}

libfuzzer_sys::fuzz_target!(init: start(), |data: &[u8]| {
    if let Some(target) = CHOSEN.get() {
        target.run(data);
    }
});
