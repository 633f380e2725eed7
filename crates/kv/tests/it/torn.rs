//! Writes that a power cut tore: a later page is on the disk, and an earlier one is not.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rushes_kv::OnDamage;
use rushes_types::ErrorKind;

use crate::place::{Place, keys, sync, write};

const PAGE: usize = 4096;
const SECTOR: usize = 512;

/// A folder of which the last changes are in the journal.
struct Written {
    place: Place,
    /// The journal before them; what the file was made long with counts as zeros.
    before: Vec<u8>,
    after: Vec<u8>,
}

/// One change that was acknowledged, and two that were written after it; `acknowledged`: those too.
fn written(acknowledged: bool) -> Written {
    let place = Place::new();
    let folder = place.open().unwrap();
    write(&folder, "first", 3_000);
    sync(&folder);
    let before = place.journals().pop().unwrap().1;
    let chain = fs::read(place.chain()).unwrap();
    write(&folder, "second", 30_000);
    write(&folder, "third", 9_000);
    sync(&folder);
    drop(folder);
    if !acknowledged {
        fs::write(place.chain(), chain).unwrap();
    }
    let after = place.journals().pop().unwrap().1;
    assert!(after.len() > before.len() + 39_000 && after[..before.len()] == before);
    Written { place, before, after }
}

fn journal(place: &Place) -> std::path::PathBuf {
    place.journals().pop().unwrap().0
}

/// Does the system down below a page of the journal: it is what it was, as a whole or from a sector on.
fn tear(place: &Place, written: &Written, page: usize, from: usize) {
    let begin = page * PAGE + from;
    let end = ((page + 1) * PAGE).min(written.after.len());
    let mut old = written.before.get(begin..).unwrap_or_default().to_vec();
    old.resize(end - begin, 0);
    open_to_write(&journal(place)).write_all_at(&old, begin as u64).unwrap();
}

fn open_to_write(path: &Path) -> fs::File {
    fs::File::options().write(true).open(path).unwrap()
}

/// Every page that the last changes touched, and where it is torn.
fn pages(written: &Written) -> Vec<(usize, usize)> {
    let pages = written.before.len() / PAGE..=(written.after.len() - 1) / PAGE;
    pages
        .flat_map(|page| [0, SECTOR * 3].into_iter().map(move |from| (page, from)))
        .filter(|(page, from)| page * PAGE + from < written.after.len())
        .collect()
}

#[test]
fn a_torn_write_that_nobody_was_told_of_is_left_out_and_kept_aside() {
    let written = written(false);
    let pages = pages(&written);
    assert!(pages.len() > 15);
    for (page, from) in pages {
        let place = written.place.copy();
        tear(&place, &written, page, from);
        let torn = place.journals().pop().unwrap().1;
        let folder = place.open().unwrap_or_else(|error| panic!("page {page} from {from}: {error}"));
        let found = keys(&folder);
        let lost_only = [vec!["first"], vec!["first", "second"]];
        assert!(lost_only.iter().any(|wanted| found == *wanted), "page {page} from {from}: {found:?}");
        // What was cut off is kept, as it was found. (Where the page tore at the end of a change, nothing may be left of it.)
        let end = place.journals().pop().unwrap().1.len();
        let kept = fs::read(place.beside("store.torn")).unwrap_or_default();
        assert_eq!(kept, torn.get(end..).unwrap_or_default(), "page {page} from {from}");
        // It goes on from there, and the next opening finds nothing wrong.
        write(&folder, "again", 100);
        sync(&folder);
        drop(folder);
        let folder = place.open().unwrap();
        assert_eq!(keys(&folder)[0], "again");
        assert_eq!(folder.examine(&mut |_| Ok(())).unwrap(), [""; 0]);
        // Bytes that must go are in no file.
        folder.purge().unwrap();
        assert!(!place.beside("store.torn").exists());
    }
}

#[test]
fn the_same_page_of_a_write_that_was_acknowledged_is_damage_and_all_before_it_can_be_taken_over() {
    let written = written(true);
    for (page, from) in pages(&written) {
        let place = written.place.copy();
        tear(&place, &written, page, from);
        let files = place.journals();
        if files.last().unwrap().1 == written.after {
            continue;
        }
        let error = place.open().err().unwrap_or_else(|| panic!("page {page} from {from} opens"));
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.message().contains("of 3 changes that were acknowledged are missing"), "{error}");
        assert!(place.journals() == files, "files have changed");
        assert!(!place.beside("store.torn").exists());
        let read = place.open_as(OnDamage::ReadOnly).unwrap();
        let whole = keys(&read);
        assert!(read.damage().is_some() && whole.contains(&"first".to_owned()), "{whole:?}");
        drop(read);
        let taken = place.open_as(OnDamage::Accept).unwrap();
        assert_eq!(keys(&taken), whole, "page {page} from {from}");
        drop(taken);
        assert_eq!(keys(&place.open().unwrap()), whole);
    }
}

/// Items of a batch as [`write`] makes it, with the stamps and the link.
const ITEMS: u8 = 6;

#[test]
fn bytes_lost_in_the_middle_of_the_journals_are_damage_and_what_comes_before_can_be_taken_over() {
    let place = Place::new();
    let folder = place.open().unwrap();
    for n in 0..70 {
        write(&folder, &format!("early {n:02}"), 1 << 20);
    }
    sync(&folder);
    // A flush of the table with all the bytes has exchanged the journal; the other table still needs the old one.
    folder.table(0).rotate_memtable_and_wait().unwrap();
    write(&folder, "late", 100);
    sync(&folder);
    drop(folder);
    let journals = place.journals();
    assert!(journals.len() > 1, "the journal was not exchanged: {} bytes", journals[0].1.len());
    let (path, bytes) = journals[0].clone();
    let at = bytes.len() / 2;
    // A tag that is none: the store below would go on with the next journal.
    let starts = bytes.windows(5).enumerate().filter(|(_, w)| **w == [1, ITEMS, 0, 0, 0]).map(|(at, _)| at);
    let start = starts.filter(|start| *start > at).min().unwrap();
    open_to_write(&path).write_all_at(&[9], start as u64).unwrap();
    let error = place.open().err().expect("bytes are missing in the middle, and it opens");
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(error.message().contains("full and ends within a batch"), "{error}");
    // Cut between two batches, only the numbers of the changes tell.
    open_to_write(&path).set_len(start as u64).unwrap();
    let error = place.open().err().expect("changes are missing in the middle, and it opens");
    assert!(error.message().contains(" follows change "), "{error}");
    let taken = place.open_as(OnDamage::Accept).unwrap();
    assert!(keys(&taken).contains(&"early 10".to_owned()));
    drop(taken);
    place.open().unwrap();
}
