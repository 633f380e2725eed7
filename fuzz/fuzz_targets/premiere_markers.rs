#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rushes_fuzz::format("premiere-markers", data));
