//! What holds for any input.

use proptest::prelude::*;
use rushes_import::{Limits, Mapping};

use crate::{BASE, import_bytes, times};

const ALL: &str = "start='{a.b|s}'\nend='{e}'\neach='x'\nrows='r[].q'\nconfidence='{c}'\nembedding='v'\n\
                   attributes={j='{j:json}',n='{n:number}'}\n[source.words]\nlist='w'\ntext='{t}'";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Seconds as text become the nanoseconds that whole-number arithmetic gives.
    #[test]
    fn decimals_become_exact_nanoseconds(whole in 0_i128..9_000_000_000, fraction in "[0-9]{0,30}", zeros in 0_usize..4) {
        let text = format!("{}{whole}{}{fraction}", "0".repeat(zeros), if fraction.is_empty() { "" } else { "." });
        let mut ns = whole * 1_000_000_000;
        let padded = format!("{fraction:0<10}");
        ns += padded[..9].parse::<i128>().unwrap();
        ns += i128::from(padded.as_bytes()[9] >= b'5');
        let got = times("start='{s}'", "t.csv", &format!("s\n{text}\n"));
        prop_assert_eq!(&got[0], &format!("{ns}-{ns}"));
        if zeros == 0 {
            let got = times("start='{s}'", "t.json", &format!("[{{\"s\":{text}}}]"));
            prop_assert_eq!(&got[0], &format!("{ns}-{ns}"));
        }
        let got = times("time='ms'\nstart='{s}'", "t.csv", &format!("s\n{whole}\n"));
        prop_assert_eq!(&got[0], &format!("{0}-{0}", whole * 1_000_000));
    }

    /// A duration is added without a rounding of its own, up to the last digit of a nanosecond.
    #[test]
    fn ends_are_starts_and_durations_added(start in 0_i128..1 << 50, length in 0_i128..1 << 50) {
        let text = |ns: i128| format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
        let table = format!("s,d\n{},{}\n", text(start), text(length));
        let got = times("start='{s}'\nduration='{d}'", "t.csv", &table);
        prop_assert_eq!(&got[0], &format!("{start}-{}", start + length));
    }

    /// Whatever the bytes are, nothing panics, every line is JSON and every row is counted.
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0_usize..5) {
        let heads: [&[u8]; 5] = [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b\x08"];
        let bytes = [heads[head], &bytes].concat();
        try_all(&bytes)?;
    }

    /// The same for text that is nearly right.
    #[test]
    fn no_text_panics(text in r#"([\[\]{},:"\\rqsexw0-9.é\n\t -]|"r":|"s":|\[\{|NaN|\}\]|"q":\[|"a":\{"b":1\}){0,60}"#) {
        try_all(text.as_bytes())?;
        try_all(format!("s,e\n{text}\n").as_bytes())?;
    }

    /// No mapping panics.
    #[test]
    fn no_mapping_panics(text in r#"(\[\[source\]\]\n|files=|start=|'\{[a-z:|@"]{0,9}\}'|captures=|when=\[|\{|\}|\]|=|time='frames'|rate=|[a-z0-9.'"\n\[ (é?<>]){0,40}"#) {
        let _ = Mapping::parse(&text);
        let _ = Mapping::parse(&format!("{BASE}{text}"));
        let _ = Mapping::parse(&format!("{BASE}start='1'\nlabel='''{text}'''"));
    }
}

fn try_all(bytes: &[u8]) -> Result<(), TestCaseError> {
    let limits = Limits { row_bytes: 200, file_bytes: 10_000 };
    for (keys, name) in [
        ("start='{s}'\nend='{e}'", "t.csv"),
        ("start='{s|@row}'\ncolumns=['s','e']\nlabel='{e}'", "t.tsv"),
        ("start='{s|@row}'\nlabel='{s[0].x}'", "t.json"),
        ("start='{s|@row}'", "t.jsonl"),
        (ALL, "t.json"),
        (ALL, "t.jsonl"),
    ] {
        let (items, counts) = import_bytes(&format!("{BASE}{keys}"), name, bytes, limits);
        prop_assert!(counts.annotations + counts.problems == items.len() as u64);
        crate::lines(items);
    }
    Ok(())
}
