//! Every feature of a mapping once, on tables and texts of our own making.

use crate::{import, short, times};

#[test]
fn every_field_goes_into_its_place_in_the_line() {
    let mapping = r#"
        [[source]]
        files = "*.csv"
        asset_id = "reel-{reel:02}"
        movie_id = "harbour"
        model = "labels@2"
        annotation_id = "row-{@row}"
        type = "OBJECT_SEARCH"
        label = "{label}"
        text = "{note}"
        language = "{lang:lower}"
        confidence = "{score}"
        confidence_max = 100
        start = "{from}"
        end = "{to}"
        embedding = "vector"
        attributes = { take = 3, good = true, gain = 1.50, x = "{x:number}", who = "{who}", ok = "{ok:bool}", raw = "{raw:json}" }
    "#;
    let text = "reel,label,note,lang,score,from,to,vector,x,who,ok,raw\n\
        7,\"a \"\"red\"\" boat\",\"two\nlines\",EN,97.5,22.691,26.929,[0.5 -1e-3],007,,x,\"{\"\"a\"\": [1.0]}\"\n";
    assert_eq!(
        import(mapping, "boats.csv", text),
        [concat!(
            r#"{"asset_id":"reel-07","movie_id":"harbour","model":"labels@2","annotation_id":"row-1","#,
            r#""type":"OBJECT_SEARCH","time_range":{"start_time_ns":22691000000,"end_time_ns":26929000000},"#,
            r#""label":"a \"red\" boat","text":"two\nlines","language":"en","confidence_score":0.975,"#,
            r#""attributes":{"take":3,"good":true,"gain":1.50,"x":7,"ok":true,"raw":{"a":[1.0]}},"#,
            r#""embedding_vector":[0.5,-0.001]}"#
        )]
    );
}

#[test]
fn templates_format_fall_back_and_map() {
    for (template, row, expect) in [
        ("{name}", "Quay", Some("Quay")),
        ("{{{name}}}", "Quay", Some("{Quay}")),
        ("{name:upper}-{name:lower}", "Quay", Some("QUAY-quay")),
        ("{name:slug}", "  The Old  Quay, 2! ", Some("the-old-quay-2")),
        ("[{name:trim}]", " Quay ", Some("[Quay]")),
        ("{name:03}", "7.0", Some("007")),
        ("{name:map places}", "q", Some("quay")),
        ("{name:map places:upper}", "q", Some("QUAY")),
        ("{name:map places}", "other", Some("somewhere")),
        ("{empty|name}", "Quay", Some("Quay")),
        ("{empty}", "Quay", None),
        ("x{empty}", "Quay", None),
        ("x{empty}{name}", "Quay", Some("xQuay")),
        ("{\"odd: na|me\"}", "Quay", Some("odd")),
        ("{@file} {@stem} {@row}", "Quay", Some("d/t.csv t 1")),
    ] {
        let keys = format!(
            "[maps.places]\nq='quay'\n'*'='somewhere'\n[[source]]\nfiles='*'\nasset_id='a'\nmodel='m@1'\n\
             type='T'\nstart='1'\nlabel='''{template}'''\n"
        );
        let lines = import(&keys, "d/t.csv", &format!("name,empty,odd: na|me\n\"{row}\",,odd\n"));
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap_or_else(|_| panic!("{lines:?}"));
        assert_eq!(line["label"].as_str(), expect, "{template}");
    }
}

#[test]
fn times_come_in_every_unit() {
    for (keys, row, expect) in [
        ("start='{a}'", "1.5,", "1500000000-1500000000"),
        ("start='{a}'\nend='{b}'", "1.5,2", "1500000000-2000000000"),
        ("start='{a}'\nduration='{b}'", "0.1,0.2", "100000000-300000000"),
        ("time='ms'\nstart='{a}'\nend='{b}'", "1,2.5", "1000000-2500000"),
        ("time='ms'\nstart='{a}'\nend='{b}'\nend_inclusive=true", "0,999", "0-1000000000"),
        ("time='ns'\nstart='{a}'\nend='{b}'", "1,2", "1-2"),
        ("time='timecode'\nstart='{a}'\nend='{b}'", "00:00:01.5,0:01:00", "1500000000-60000000000"),
        ("time='frames'\nrate='25'\nstart='{a}'\nend='{b}'", "0,25", "0-1000000000"),
        (
            "time='frames'\nrate='24000/1001'\nfirst_frame=1\nend_inclusive=true\nstart='{a}'\nend='{b}'",
            "1,24",
            "0-1001000000",
        ),
        ("time='frames'\nrate='24000/1001'\nstart='{a}'\nduration='{b}'", "1,1", "41708334-83416667"),
        (
            "time='frames'\nrate='25'\nfirst_frame=1\nstart='{a}'\nduration='{b}'",
            "26,25",
            "1000000000-2000000000",
        ),
        ("start='{a}'\nend={value='{b}',time='ms'}", "1,1500", "1000000000-1500000000"),
        ("start='{a}'\nduration={value='{b}',time='frames',rate='25'}", "1,5", "1000000000-1200000000"),
    ] {
        assert_eq!(times(keys, "t.csv", &format!("a,b\n{row}\n")), [expect], "{keys}");
    }
}

#[test]
fn conditions_choose_rows() {
    let text = "kind,start\nboat,1\ncar,2\n,3\n";
    for (condition, expect) in [
        ("equals='boat'", vec!["1"]),
        ("not_equals='boat'", vec!["2", "3"]),
        ("in=['boat','car']", vec!["1", "2"]),
        ("not_in=['boat','car']", vec!["3"]),
        ("empty=true", vec!["3"]),
        ("empty=false", vec!["1", "2"]),
    ] {
        let keys = format!("start='{{start}}'\ntime='ns'\nwhen=[{{value='{{kind}}',{condition}}}]");
        let starts: Vec<String> = times(&keys, "t.csv", text)
            .iter()
            .map(|time| time.split('-').next().unwrap().to_owned())
            .collect();
        assert_eq!(starts, expect, "{condition}");
    }
}

#[test]
fn each_true_flag_is_an_annotation() {
    let keys = "start='{s}'\ntime='ns'\nattributes={column='{@flag}'}\n[source.flags]\nis_quay='the quay'\nis_sea='the sea'";
    let text = "s,is_quay,is_sea\n1,True,0\n2,False,\n3,1,yes\n4,maybe,TRUE\n";
    assert_eq!(
        short(keys, "t.csv", text),
        [
            r#""start_time_ns":1,"end_time_ns":1},"label":"the quay","attributes":{"column":"is_quay"}}"#,
            r#""start_time_ns":3,"end_time_ns":3},"label":"the quay","attributes":{"column":"is_quay"}}"#,
            r#""start_time_ns":3,"end_time_ns":3},"label":"the sea","attributes":{"column":"is_sea"}}"#,
            "! t.csv:5: row 4: field `flags.is_quay`: `maybe` is not true or false; mend the row or take the \
             column out of `flags`",
            r#""start_time_ns":4,"end_time_ns":4},"label":"the sea","attributes":{"column":"is_sea"}}"#,
        ]
    );
    let json = r#"[{"s":1,"is":{"quay":true,"sea":null}}]"#;
    let keys = "start='{s}'\ntime='ns'\n[source.flags]\n'is.quay'='the quay'\n'is.sea'='the sea'";
    assert_eq!(short(keys, "t.json", json), [r#""start_time_ns":1,"end_time_ns":1},"label":"the quay"}"#]);
}

#[test]
fn tables_come_in_many_layouts() {
    for (keys, name, text) in [
        ("", "t.csv", "s,l\n1,x\n"),
        ("", "t.csv", "s,l\r\n1,x"),
        ("", "t.tsv", "s\tl\n1\tx\n"),
        ("format='csv'", "t.txt", " s , l\n1,x\n"),
        ("delimiter=';'", "t.csv", "s;l\n1;x\n"),
        ("delimiter=' '\ncolumns=['kind','s','l']", "t.csv", "SPEAKER 1 x\n"),
        ("skip_lines=1", "t.csv", "Timecode List:,0,1,2\ns,l\n1,x\n"),
        ("columns=['s','l']\nskip_lines=2", "t.csv", "a\nb\n1,x\n"),
    ] {
        let keys = format!("{keys}\ntime='ns'\nstart='{{s}}'\nlabel='{{l}}'");
        assert_eq!(
            short(&keys, name, text),
            [r#""start_time_ns":1,"end_time_ns":1},"label":"x"}"#],
            "{keys} {text}"
        );
    }
    let keys = "quotes=false\ntime='ns'\nstart='{s}'\nlabel='{l}'";
    assert_eq!(
        short(keys, "t.tsv", "s\tl\n1\t\"x\n2\ty\"\n"),
        [
            r#""start_time_ns":1,"end_time_ns":1},"label":"\"x"}"#,
            r#""start_time_ns":2,"end_time_ns":2},"label":"y\""}"#
        ]
    );
}

#[test]
fn json_rows_are_found_by_their_path() {
    let keys = |rows: &str| format!("{rows}\ntime='ns'\nstart='{{s}}'");
    for (rows, name, text, expect) in [
        ("", "t.json", r#"[{"s":1},{"s":2}]"#, vec!["1-1", "2-2"]),
        ("", "t.json", r#"{"s":1}"#, vec!["1-1"]),
        ("", "t.json", " [ ] ", vec![]),
        ("rows='a'", "t.json", r#"{"x":[{"a":[]}],"a":[{"s":1}],"y":"]"}"#, vec!["1-1"]),
        ("rows='a[]'", "t.json", r#"{"a":[{"s":1}]}"#, vec!["1-1"]),
        (
            "rows='v[].b.c'",
            "t.json",
            r#"{"v":[{"b":{"c":[{"s":1}]}},{"b":null},{"b":{"c":[{"s":2}]}}]}"#,
            vec!["1-1", "2-2"],
        ),
        ("rows='a'", "t.json", r#"{"a":[]}"#, vec![]),
        ("", "t.jsonl", "{\"s\":1}\n\n{\"s\":2}", vec!["1-1", "2-2"]),
        ("", "t.ndjson", "{\"s\":1}\r\n", vec!["1-1"]),
    ] {
        assert_eq!(times(&keys(rows), name, text), expect, "{rows} {text}");
    }
}

#[test]
fn each_makes_an_annotation_of_every_element() {
    let keys = "rows='labels'\neach='instances'\ntime='timecode'\nlabel='{name|text}'\nannotation_id='{id}-{@each}'\n\
                start='{instances.start}'\nend='{instances.end}'\nwhen=[{value='{instances.skip}',not_equals='true'}]";
    let text = r#"{"labels":[
        {"id":4,"name":null,"text":"boat","instances":[{"start":"0:00:01","end":"0:00:02.5"},
            {"start":"0:00:03","end":"0:00:04"},{"start":"0:00:03","end":"0:00:04","skip":true}]},
        {"id":5,"name":"quay"},
        {"id":6,"name":"sea","instances":7}]}"#;
    let lines = short(keys, "t.json", text);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[0].contains(r#""annotation_id":"4-1","#)
            && lines[0].contains(":1000000000,\"end_time_ns\":2500000000}")
    );
    assert!(lines[1].contains(r#""annotation_id":"4-2","#) && lines[1].contains(r#""label":"boat""#));
    assert_eq!(lines[2], "! t.json:5: row 3: field `each`: this is not a list; name a list of the row");
}

#[test]
fn words_keep_their_times_where_they_have_them() {
    let keys = "start='{start}'\nend='{end}'\ntext='{text}'\n[source.words]\nlist='words'\ntext='{word}'\n\
                time='ms'\nstart='{from}'\nend='{to}'\nconfidence='{p}'";
    let text = r#"[{"start":1.0,"end":2.0,"text":"cast off","words":[{"word":"cast","from":1000,"to":1400,"p":0.97741085},{"word":"off"}]},
        {"start":1,"end":2,"text":"aye","words":[]}]"#;
    assert_eq!(
        short(keys, "t.json", text),
        [
            concat!(
                r#""start_time_ns":1000000000,"end_time_ns":2000000000},"text":"cast off","words":["#,
                r#"{"text":"cast","start_time_ns":1000000000,"end_time_ns":1400000000,"confidence":0.97741085}]}"#
            ),
            r#""start_time_ns":1000000000,"end_time_ns":2000000000},"text":"aye"}"#
        ]
    );
}

#[test]
fn embeddings_are_lists_of_numbers_in_json_and_in_cells() {
    let keys = "start='0'\nembedding='v[0]'";
    assert_eq!(
        short(keys, "t.json", r#"[{"v":[[1,-0.25,3e-2]]}]"#),
        [r#""start_time_ns":0,"end_time_ns":0},"embedding_vector":[1,-0.25,0.03]}"#]
    );
    for (cell, expect) in [("0.5 1.", "[0.5,1]"), ("\"[.5, 1]\"", "[0.5,1]"), ("0.5;1", "[0.5,1]")] {
        let lines = short("start='0'\nembedding='v'", "t.csv", &format!("v,w\n{cell},\n"));
        assert_eq!(lines, [format!(r#""start_time_ns":0,"end_time_ns":0}},"embedding_vector":{expect}}}"#)]);
    }
}

#[test]
fn an_asset_is_named_once_and_before_its_annotations() {
    let mapping = r#"
        [asset]
        asset_id = "{show:slug}-{no:02}"
        movie_id = "{show:slug}"
        title = "{show}"
        episode = "{no}"
        frame_rate = "25"
        attributes = { shelf = "{shelf}", digitised = true }
        [[source]]
        files = "*.csv"
        model = "m@1"
        type = "T"
        start = "{s}"
    "#;
    let text =
        "show,no,shelf,s\nThe Quay,1,A,1\nThe Quay,1,A,2\nThe Quay,1,B,3\nThe Quay,1,C,4\nThe Quay,2,,5\n";
    let lines = import(mapping, "t.csv", text);
    let asset = r#"{"asset_id":"the-quay-01","attributes":{"shelf":"A","digitised":true},"episode":1,"frame_rate":"25","movie_id":"the-quay","title":"The Quay"}"#;
    assert_eq!(sorted(&lines[0]), asset);
    assert!(lines[1].starts_with(r#"{"asset_id":"the-quay-01","movie_id":"the-quay","model":"m@1""#));
    assert_eq!(
        lines[3],
        "! t.csv:4: row 3: field `asset`: the asset `the-quay-01` is described differently than before; make the \
         rows agree; the first description is used"
    );
    assert!(lines[6].contains(r#""attributes":{"digitised":true}"#), "{}", lines[6]);
    assert_eq!(lines.len(), 8, "two assets, five annotations, one problem");
}

#[test]
fn a_source_can_leave_assets_to_others() {
    let mapping = |asset: &str| {
        format!(
            "[asset]\nasset_id='{{@stem}}'\ntitle='{{no}}'\n[[source]]\nfiles='*'\n{asset}\nmodel='m@1'\ntype='T'\n\
             start='{{s}}'\n"
        )
    };
    let lines = import(&mapping("asset=false"), "pier.csv", "s\n1\n");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with(r#"{"asset_id":"pier","model""#), "{lines:?}");
    let lines = import(&mapping("captures='(?<no>p)'"), "pier.csv", "s\n");
    assert_eq!(lines, [r#"{"asset_id":"pier","title":"p"}"#]);
}

fn sorted(line: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    let shelf_first = value.to_string();
    shelf_first.replace(r#"{"digitised":true,"shelf":"A"}"#, r#"{"shelf":"A","digitised":true}"#)
}
