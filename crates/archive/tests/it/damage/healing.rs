//! What is derived is damaged while an archive is open.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rushes_types::ErrorKind;

use crate::flow::Open;

use super::{PATIENCE, answers, lines};

/// Changes what the index keeps of lines of dialogue, in place: each has a checksum, which every read of it tries.
fn change_payloads(open: &Open) -> usize {
    let said = b"in the kitchen, take";
    let mut changed = 0;
    for entry in fs::read_dir(open.archive.dir().join("index")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let places = bytes.windows(said.len()).enumerate().filter(|(_, found)| *found == said);
        for (at, _) in places {
            fs::File::options().write(true).open(&path).unwrap().write_all_at(b"?", at as u64).unwrap();
            changed += 1;
        }
    }
    changed
}

#[test]
fn an_index_that_is_damaged_again_and_again_while_it_is_open_is_mended_each_time() {
    let open = Open::new();
    open.ingest(&lines(0));
    let before = answers(&open.archive).unwrap();
    for time in 0..3 {
        assert!(change_payloads(&open) > 0);
        let until = Instant::now() + PATIENCE;
        let mut was_mending = false;
        loop {
            match answers(&open.archive) {
                Ok(found) if was_mending && found == before => break,
                // It is empty until what was lost is indexed again, and says so; damage that was not read yet is none.
                Ok(_) => {}
                Err(error) => {
                    was_mending |= error.kind() == ErrorKind::Unavailable;
                    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Corrupt), "{error}");
                }
            }
            assert!(
                Instant::now() < until,
                "it is not mended the {time}th time; was it noticed: {was_mending}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        open.catch_up();
        open.verify_clean();
    }
}
