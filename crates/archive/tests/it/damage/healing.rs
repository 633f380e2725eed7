//! What is derived is damaged while an archive is open.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rushes_types::ErrorKind;

use crate::flow::Open;

use super::{PATIENCE, answers, lines};

/// Zeros all segments of the index in place: they are mapped.
fn zero_segments(open: &Open) -> usize {
    let mut zeroed = 0;
    for entry in fs::read_dir(open.archive.dir().join("index")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("segment-") {
            let file = fs::File::options().write(true).open(&path).unwrap();
            let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
            file.write_all_at(&vec![0; length], 0).unwrap();
            zeroed += 1;
        }
    }
    zeroed
}

#[test]
fn an_index_that_is_damaged_again_and_again_while_it_is_open_is_mended_each_time() {
    let open = Open::new();
    open.ingest(&lines(0));
    let before = answers(&open.archive).unwrap();
    for time in 0..3 {
        assert!(zero_segments(&open) > 0);
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
