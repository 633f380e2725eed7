//! The same rows in every encoding, plain and packed.

use std::io::Write;

use rushes_import::Limits;

use crate::{BASE, import_bytes, lines};

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked
        .encode_utf16()
        .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect()
}

#[test]
fn every_encoding_gives_the_same_lines() {
    let mapping = format!("{BASE}start='{{s}}'\nlabel='{{l}}'");
    // Long enough that characters of two units lie across the pieces in which UTF-16 is decoded.
    let rows: String = (0..5_000).map(|row| format!("{row},é𝄞{}\n", "x".repeat(row % 3))).collect();
    let table = format!("s,l\n{rows}");
    let json = r#"[{"s":1,"l":"é𝄞"}]"#;
    for (name, text) in [("t.csv", table.as_str()), ("t.json", json), ("t.jsonl", "{\"s\":1,\"l\":\"é𝄞\"}\n")]
    {
        let plain = lines(import_bytes(&mapping, name, text.as_bytes(), Limits::default()).0);
        assert!(plain[0].contains("é𝄞"), "{plain:?}");
        for bytes in [format!("\u{feff}{text}").into_bytes(), utf16(text, true), utf16(text, false)] {
            assert_eq!(lines(import_bytes(&mapping, name, &bytes, Limits::default()).0), plain, "{name}");
            let gz = format!("{name}.gz");
            let got = lines(import_bytes(&mapping, &gz, &packed(&bytes), Limits::default()).0);
            assert_eq!(got, plain, "{gz}");
            assert_eq!(lines(import_bytes(&mapping, name, &packed(&bytes), Limits::default()).0), plain);
        }
    }
}

#[test]
fn what_is_not_text_is_refused() {
    let mapping = format!("{BASE}start='{{s}}'\ntime='ns'");
    let got = |name: &str, bytes: &[u8]| lines(import_bytes(&mapping, name, bytes, Limits::default()).0);
    let lines = got("t.csv", b"s,l\n1,\xff\n2,b\n");
    assert!(
        lines[0].contains("t.csv:2: row 1: the row is not valid UTF-8; save the file as UTF-8"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
    let lines = got("t.jsonl", b"{\"s\":1,\"l\":\"\xff\"}\n{\"s\":2}\n");
    assert!(lines[0].contains("t.jsonl:1: row 1: not valid UTF-8 at byte 12 of the row"), "{lines:?}");
    assert_eq!(lines.len(), 2);
    for odd in [&[0xff, 0xfe, 0x41][..], &[0xff, 0xfe, 0x00, 0xdc], &[0xff, 0xfe, 0x00, 0xd8]] {
        assert!(got("t.csv", odd)[0].contains("not valid UTF-16"));
    }
    let mut broken = packed(b"s,l\n1,a\n");
    broken.truncate(14);
    assert!(got("t.csv.gz", &broken)[0].contains("reading stopped after row 0"));
    let cut = packed("s,l\n1,a\n".repeat(100).as_bytes());
    assert!(got("t.csv.gz", &cut[..cut.len() - 8]).last().unwrap().starts_with("! "));
}

#[test]
fn a_small_file_that_unpacks_without_end_is_stopped() {
    let bomb = packed(&vec![b' '; 20 << 20]);
    let limits = Limits { row_bytes: 1 << 20, file_bytes: 1 << 20 };
    for name in ["t.json.gz", "t.csv.gz", "t.jsonl.gz"] {
        let (items, _) = import_bytes(&format!("{BASE}start='{{s}}'"), name, &bomb, limits);
        let got = lines(items);
        assert!(got.iter().any(|line| line.contains("longer than")), "{name}: {got:?}");
        assert!(got.len() < 5, "{name}");
    }
}
