//! Every way in which a row or a file can be wrong: it is named, and the others go on.

use rushes_import::Limits;

use crate::{BASE, import_bytes, lines, times};

#[test]
fn a_bad_row_is_named_and_the_others_go_on() {
    let keys = "time='ns'\nstart='{s}'\nend='{e}'\nconfidence='{p}'\nembedding='v'\nlabel='{l:02}'";
    for (row, expect) in [
        (
            "x,2,,,",
            "field `start`: `x` is not a number of nanoseconds; mend the value, or `time` in the mapping where the unit is another",
        ),
        (",2,,,", "field `start`: there is no value; mend the row, or leave such rows out with `when`"),
        ("1,,,,", "field `end`: there is no value; mend the row, or leave such rows out with `when`"),
        ("-1,2,,,", "field `start`: `-1` lies before the start of the media"),
        ("3,2,,,", "field `end`: the end `2` lies before the start `3`; mend the row"),
        ("1,99999999999999999999,,,", "field `end`: `99999999999999999999` is too large for a time"),
        ("1,2,1.5,,", "field `confidence`: `1.5` is not between 0 and 1"),
        ("1,2,-0.1,,", "field `confidence`: `-0.1` is not between 0 and 1"),
        ("1,2,nan,,", "field `confidence`: `nan` is not a number"),
        ("1,2,,0.5 inf,", "field `embedding`: `inf` is not a finite number"),
        ("1,2,,1e39,", "field `embedding`: `1e39` is not a finite number"),
        ("1,2,,,x", "field `label`: `x` is not a whole number; mend the value"),
        (
            "1,2,,",
            "the row has 4 fields, the table 5 columns; mend the row: is a delimiter or a quote missing?",
        ),
        ("1,2,,,,", "the row has 6 fields, the table 5 columns"),
    ] {
        let got = times(keys, "t.csv", &format!("s,e,p,v,l\n1,2,,,\n{row}\n8,9,,,\n"));
        assert_eq!(got.len(), 3, "{row}: {got:?}");
        assert_eq!((got[0].as_str(), got[2].as_str()), ("1-2", "8-9"), "{row}");
        assert!(got[1].starts_with(&format!("! t.csv:3: row 2: {expect}")), "{row}: {}", got[1]);
    }
}

#[test]
fn a_bad_json_row_is_named_and_the_others_go_on() {
    let keys = "time='ns'\nstart='{s}'\nlabel='{l}'\nembedding='v'\n[source.words]\nlist='w'\ntext='{t}'\nstart='{s}'\nend='{e}'";
    for (row, expect) in [
        (r#"{"s":NaN}"#, "`NaN` and `Infinity` are not JSON (at byte 5 of the row); mend the row"),
        (r#"{"s":01}"#, "`01` is not a JSON number"),
        (r#"{"s":[1]}"#, "field `start`: the value is a list or an object; name a member of it"),
        (r#"{"s":null}"#, "field `start`: there is no value"),
        ("7", "field `start`: there is no value"),
        (r#"{"s":1,"v":[1,"2"]}"#, "field `embedding`: an item of the list is not a number"),
        (r#"{"s":1,"v":{"a":1}}"#, "field `embedding`: this is not a list"),
        (r#"{"s":1,"w":7}"#, "field `words.list`: this is not a list"),
        (r#"{"s":1,"w":[{"s":1,"e":2}]}"#, "field `words.text`: word 1: there is no value"),
        (
            r#"{"s":1,"w":[{"t":"a"},{"t":"b","s":2,"e":1}]}"#,
            "field `words.end`: word 2: the end `1` lies before",
        ),
    ] {
        for (name, text) in [
            ("t.json", format!("[\n{{\"s\":1}},\n{row},\n{{\"s\":8}}]")),
            ("t.jsonl", format!("\n{{\"s\":1}}\n{row}\n{{\"s\":8}}\n")),
        ] {
            let got = times(keys, name, &text);
            assert_eq!(got.len(), 3, "{row}: {got:?}");
            assert_eq!((got[0].as_str(), got[2].as_str()), ("1-1", "8-8"), "{row}");
            assert!(got[1].starts_with(&format!("! {name}:3: row 2: {expect}")), "{row}: {}", got[1]);
        }
    }
}

#[test]
fn a_bad_file_is_named() {
    let start = "start='{s}'\ntime='ns'";
    for (keys, name, text, expect) in [
        (
            start,
            "t.dat",
            "s\n1\n",
            "! t.dat: field `format`: the name does not tell the format; write `format`",
        ),
        (start, "t.csv", "", "! t.csv:1: reading stopped after row 0: the table has no header"),
        (
            start,
            "t.csv",
            "a,b\n1,2\n",
            "! t.csv: field `start`: there is no column `s`; the columns are `a`, `b`",
        ),
        (start, "t.csv", "s,s\n1,2\n", "! t.csv: field `start`: the column `s` is there twice"),
        ("start='{s}'\neach='x'", "t.csv", "s\n1\n", "! t.csv: field `each`: a table has no lists"),
        ("start='{s|t}'", "t.csv", "a\n1\n", "! t.csv: field `start`: there is no column `s` or `t`"),
        (
            "start='{a}'\n[source.flags]\nb='b'",
            "t.csv",
            "a\n1\n",
            "! t.csv: field `flags`: there is no column `b`",
        ),
        ("start='{s}'\nrows='x.y'", "t.json", "{\"x\":{}}", "! t.json: field `rows`: the file has no `x.y`"),
        ("start='{s}'\nrows='x'", "t.json", "[1]", "! t.json: field `rows`: the file has no `x`"),
        (start, "t.json", "", "! t.json:1: reading stopped after row 0: the JSON document ends too early"),
    ] {
        let got = times(keys, name, text);
        assert_eq!(got.len(), 1, "{text}: {got:?}");
        assert!(got[0].starts_with(expect), "{text}: {}", got[0]);
    }
}

#[test]
fn a_file_that_breaks_off_gives_what_came_before() {
    for (text, expect) in [
        ("[{\"s\":1},\n{\"s\":", "ends too early"),
        ("[{\"s\":1}\n{\"s\":2}]", "a comma or the end of the list is missing"),
        ("[{\"s\":1},\n]", "a JSON value is missing"),
        ("[{\"s\":1}]\n[]", "something follows the JSON document"),
    ] {
        let got = times("start='{s}'\ntime='ns'", "t.json", text);
        assert_eq!(got[0], "1-1", "{text}");
        assert!(got.len() == 2 && got[1].starts_with("! t.json:2: reading stopped after row 1: "), "{got:?}");
        assert!(got[1].contains(expect), "{got:?}");
    }
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_rest_in_silence() {
    let got = times("start='{s}'\ntime='ns'", "t.csv", "s,l\n1,x\n2,\"y\n3,z\n4,z\n");
    assert_eq!(got[0], "1-1");
    assert!(got[1].starts_with("! t.csv:3: row 2: a double quote is opened here and not closed"), "{got:?}");
}

#[test]
fn line_numbers_are_those_of_an_editor() {
    for newline in ["\n", "\r\n"] {
        let text = ["s,l", "1,\"a", "b\"", "", "x,y", "2,z", "x,y", ""].join(newline);
        let got = times("start='{s}'\ntime='ns'", "t.csv", &text);
        let places: Vec<&str> = got.iter().map(|line| line.split(": field").next().unwrap()).collect();
        assert_eq!(places, ["1-1", "! t.csv:5: row 2", "2-2", "! t.csv:7: row 4"], "{newline:?}");
    }
}

#[test]
fn too_much_is_refused_with_its_limit() {
    let limits = Limits { row_bytes: 20, file_bytes: 1 << 20 };
    let long = "y".repeat(100);
    let mapping = format!("{BASE}start='{{s}}'\ntime='ns'");
    for (name, text) in [
        ("t.csv", format!("s,l\n1,x\n2,{long}\n3,x\n")),
        ("t.json", format!("[{{\"s\":1}},{{\"s\":2,\"l\":\"{long}\"}},{{\"s\":3}}]")),
        ("t.jsonl", format!("{{\"s\":1}}\n{{\"s\":2,\"l\":\"{long}\"}}\n{{\"s\":3}}\n")),
    ] {
        let (items, counts) = import_bytes(&mapping, name, text.as_bytes(), limits);
        let got = lines(items);
        assert!(got.len() == 3 && got[1].contains("the row is longer than 20 bytes"), "{name}: {got:?}");
        assert_eq!((counts.rows, counts.annotations, counts.problems), (3, 2, 1));
    }
    let limits = Limits { row_bytes: 1 << 20, file_bytes: 64 };
    for name in ["t.csv", "t.jsonl", "t.json"] {
        let text = format!("[\"{}\"]", "y".repeat(100));
        let got = lines(import_bytes(&mapping, name, text.as_bytes(), limits).0);
        assert!(got.last().unwrap().contains("longer than 64 bytes"), "{name}: {got:?}");
    }
    let endless = format!("s,l\n1,\"{}", "y\n".repeat(400_000));
    let got = lines(
        import_bytes(&mapping, "t.csv", endless.as_bytes(), Limits { row_bytes: 20, file_bytes: 1 << 30 }).0,
    );
    assert!(got[0].contains("a row is longer than"), "{got:?}");
}

#[test]
fn an_embedding_has_at_most_so_many_dimensions() {
    let text = format!("v\n{}\n", "1 ".repeat(rushes_import::DIMENSIONS_MAX + 1));
    let got = times("start='0'\nembedding='v'", "t.csv", &text);
    assert!(got[0].contains("4097 dimensions are more than the 4096"), "{got:?}");
}
