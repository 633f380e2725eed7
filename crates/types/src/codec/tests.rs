use super::*;
use crate::error::{ErrorKind, Result};

/// A format with tags of its own.
struct Odd;

impl Format for Odd {
    const FLOATS: ByteOrder = ByteOrder::Little;
    const VALUES: ValueTags =
        ValueTags { null: 9, bool: BoolTags::ByByte(8), int: 7, float: 6, text: 5, list: 4, map: 3 };
    const DEPTH_MAX: usize = 2;

    fn corrupt(what: &str) -> Error {
        Error::new(ErrorKind::Corrupt, what)
    }
}

fn varint(n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, n);
    out
}

#[test]
fn numbers_are_written_as_they_always_were() {
    assert_eq!(varint(0), [0]);
    assert_eq!(varint(127), [0x7f]);
    assert_eq!(varint(128), [0x80, 1]);
    assert_eq!(varint(300), [0xac, 2]);
    assert_eq!(varint(u64::MAX), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
    let mut w = Writer::<Odd>::default();
    [0, -1, 1, i64::MIN, 63, 64].into_iter().for_each(|n| w.int(n));
    let min = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    assert_eq!(w.done(), [&[0, 1, 2][..], &min, &[126, 0x80, 1]].concat());
    let mut out = Vec::new();
    put_bytes(&mut out, b"ab");
    assert_eq!(out, b"\x02ab");
}

#[test]
fn every_number_is_read_back_and_none_that_is_too_large() {
    for n in (0..64).flat_map(|bit| [1u64 << bit, (1 << bit) - 1, u64::MAX >> bit]) {
        let bytes = varint(n);
        assert_eq!(Bytes(&bytes).varint(), Some(n));
        for end in 0..bytes.len() {
            assert_eq!(Bytes(&bytes[..end]).varint(), None, "{n} cut short");
        }
    }
    let tenth = |last: u8| [&[0xff; 9][..], &[last]].concat();
    assert_eq!(Bytes(&tenth(1)).varint(), Some(u64::MAX));
    for last in [2, 0x7f, 0x80, 0x81, 0xff] {
        assert_eq!(Bytes(&[tenth(last), vec![0; 3]].concat()).varint(), None, "a tenth byte of {last}");
    }
    assert_eq!(Bytes(&varint(1 << 32)).varint_u32(), None);
}

#[test]
fn a_count_is_never_larger_than_what_is_there() {
    let bytes = [&varint(3)[..], &[0; 6]].concat();
    assert_eq!(Reader::<Odd>::new(&bytes).count(2).unwrap(), 3);
    assert_eq!(Reader::<Odd>::new(&bytes).count(3).unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(Reader::<Odd>::new(&varint(u64::MAX)).count(16).is_err());
    assert!(Reader::<Odd>::new(&varint(u64::MAX)).text().is_err());
}

#[test]
fn values_have_the_tags_of_their_format_and_nest_as_deep_as_it_says() {
    let flat = Attributes::from([
        ("a".to_owned(), Value::Null),
        ("b".to_owned(), Value::Bool(true)),
        ("c".to_owned(), Value::Int(-2)),
        ("d".to_owned(), Value::Text("t".to_owned())),
        ("e".to_owned(), Value::List(vec![Value::Bool(false)])),
        ("f".to_owned(), Value::Map(Attributes::new())),
    ]);
    let read = |attributes: &Attributes| -> Result<Attributes> {
        let mut w = Writer::<Odd>::default();
        w.attributes(attributes);
        let bytes = w.done();
        let mut r = Reader::<Odd>::new(&bytes);
        let read = r.attributes()?;
        r.end()?;
        Ok(read)
    };
    let mut w = Writer::<Odd>::default();
    w.attributes(&flat);
    assert_eq!(
        w.done(),
        b"\x06\x01a\x09\x01b\x08\x01\x01c\x07\x03\x01d\x05\x01t\x01e\x04\x01\x08\x00\x01f\x03\x00"
    );
    assert_eq!((depth(&flat), read(&flat).unwrap()), (2, flat.clone()));
    assert_eq!(depth(&Attributes::new()), 0);
    let deep = Attributes::from([("x".to_owned(), Value::List(vec![Value::Map(flat)]))]);
    assert_eq!(depth(&deep), 4);
    assert_eq!(read(&deep).unwrap_err().message(), "attributes are nested too deep");
}
