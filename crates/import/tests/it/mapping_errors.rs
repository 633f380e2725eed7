//! Every way in which a mapping can be wrong: key and line are named.

use rushes_import::Mapping;

use crate::BASE;

#[test]
fn a_bad_mapping_names_key_and_line() {
    let base = |keys: &str| format!("{BASE}start='{{s}}'\n{keys}");
    for (text, expect) in [
        ("", "mapping line 1: there is no `[[source]]`"),
        ("source = []", "mapping line 1: `source`: at least one source is needed"),
        ("x = [", "mapping line 1: "),
        ("a = 1\nb = 1\na = 2\n", "mapping line 3: duplicate key"),
        ("version = 2", "mapping line 1: `version`: only version 1 is known"),
        ("run = 'all'", "mapping line 1: `run`: `all` is not known; there are replace and append"),
        ("\n[asset]\nmovie_id='x'\n", "mapping line 2: `asset.asset_id`: this key is missing"),
        (
            "[asset]\nasset_id=1\n[[source]]\nfiles='*'",
            "mapping line 2: `asset.asset_id`: a text in quotes is expected",
        ),
        ("[asset]\nasset_id=[]\n", "mapping line 2: `asset.asset_id`: a text, a number, or"),
        ("[maps]\nm=1", "mapping line 2: `maps.m`: a table is expected"),
        ("[maps.m]\na=1", "mapping line 2: `maps.m.a`: a text in quotes is expected"),
        ("[[source]]\nmodel='m'", "mapping line 1: `source[1].files`: this key is missing; write `files ="),
        ("[[source]]\nfiles=[]", "mapping line 2: `source[1].files`: at least one pattern is needed"),
        ("[[source]]\nfiles='{a'", "mapping line 2: `source[1].files`: `{a` is not a pattern"),
        (
            "[[source]]\nfiles='*'\ncaptures='('",
            "mapping line 3: `source[1].captures`: not a regular expression",
        ),
        ("[[source]]\nfiles='*'\nasset_id='a'", "mapping line 1: `source[1].start`: this key is missing"),
        (
            "[[source]]\nfiles='*'\nstart='1'",
            "mapping line 1: `source[1].asset_id`: this key is missing, here and in `[asset]`",
        ),
        (
            "[[source]]\nfiles='*'\nasset_id='a'\nstart='1'",
            "mapping line 1: `source[1].model`: this key is missing",
        ),
        (&base("format='xml'"), "mapping line 7: `source[1].format`: `xml` is not known; there are csv"),
        (&base("rows='a..b'"), "mapping line 7: `source[1].rows`: write a path such as"),
        (&base("delimiter='ab'"), "mapping line 7: `source[1].delimiter`: one ASCII character"),
        (&base("quotes='no'"), "mapping line 7: `source[1].quotes`: `true` or `false` is expected"),
        (&base("skip_lines=-1"), "mapping line 7: `source[1].skip_lines`: 0 or more"),
        (&base("columns=1"), "mapping line 7: `source[1].columns`: a list is expected"),
        (&base("labl='x'"), "mapping line 7: `source[1].labl`: this key is not known; did you mean `label`?"),
        (&base("tpye='x'"), "mapping line 7: `source[1].tpye`: this key is not known; did you mean `type`?"),
        (&base("colour='x'"), "mapping line 7: `source[1].colour`: this key is not known; there are files, "),
        (&base("label='{a'"), "mapping line 7: `source[1].label`: a `{` without its `}`"),
        (&base("label='a}'"), "mapping line 7: `source[1].label`: a `}` without its `{`"),
        (&base("label='{}'"), "mapping line 7: `source[1].label`: a placeholder without a name"),
        (&base("label='{\"a}'"), "mapping line 7: `source[1].label`: a name in quotes has no closing quote"),
        (
            &base("label='{@line}'"),
            "mapping line 7: `source[1].label`: `@line` is not known; there are @file, ",
        ),
        (
            &base("label='{a:big}'"),
            "mapping line 7: `source[1].label`: `big` is not a format; there are 02, ",
        ),
        (&base("label='{a:2}'"), "mapping line 7: `source[1].label`: `2` is not a format"),
        (
            &base("label='{a:map m}'"),
            "mapping line 7: `source[1].label`: there is no map `m`; write `[maps.m]`",
        ),
        (&base("label='x{a:number}'"), "mapping line 7: `source[1].label`: `number`, `bool` and `json` need"),
        (&base("time='hours'"), "mapping line 7: `source[1].time`: `hours` is not known; there are seconds"),
        (&base("time='frames'"), "mapping line 7: `source[1].time`: frames need a `rate`"),
        (&base("time='ms'\nrate='25'"), "mapping line 7: `source[1].time`: `rate` belongs to"),
        (&base("rate='25'"), "mapping line 1: `source[1].rate`: this needs `time = \"frames\"`"),
        (&base("time='frames'\nrate='0'"), "mapping line 8: `source[1].rate`: write frames per second"),
        (&base("end='1'\nduration='1'"), "mapping line 1: `source[1].duration`: `end` is given too"),
        (
            &base("end='1'\nend_inclusive=true"),
            "mapping line 8: `source[1].end_inclusive`: an inclusive end needs",
        ),
        (&base("end_inclusive=true"), "mapping line 7: `source[1].end_inclusive`: there is no `end`"),
        (&base("end=7"), "mapping line 7: `source[1].end`: a text or a table is expected"),
        (&base("end={valu='x'}"), "mapping line 7: `source[1].end.value`: this key is missing"),
        (&base("end={value='x',unit='ms'}"), "mapping line 7: `source[1].end.unit`: this key is not known"),
        (&base("confidence_max=0"), "mapping line 7: `source[1].confidence_max`: 1 or more"),
        (&base("attributes={a=[]}"), "mapping line 7: `source[1].attributes.a`: a text, a number, or"),
        (&base("attributes={a=inf}"), "mapping line 7: `source[1].attributes.a`: a text, a number, or"),
        (&base("when=[{value='{a}'}]"), "mapping line 7: `source[1].when[1]`: give one of equals"),
        (
            &base("when=[{value='{a}',equals='x',empty=true}]"),
            "mapping line 7: `source[1].when[1]`: give one of",
        ),
        (&base("when=[{equals='x'}]"), "mapping line 7: `source[1].when[1].value`: this key is missing"),
        (
            &base("label='x'\n[source.flags]\na='b'"),
            "mapping line 1: `source[1].label`: `flags` give the labels",
        ),
        (&base("[source.flags]\na=1"), "mapping line 8: `source[1].flags.a`: a text in quotes is expected"),
        (&base("[source.words]\ntext='{t}'"), "mapping line 7: `source[1].words.list`: this key is missing"),
        (&base("[source.words]\nlist='w'\ntext='{t}'\nend='{e}'"), "mapping line 7: `source[1].words.start`"),
        (&base("[[source]]\nfiles=1"), "mapping line 8: `source[2].files`: a list is expected"),
        (
            "[asset]\nasset_id='{a}'\ntitle='{t}'\n[[source]]\nfiles='*'\ncaptures='(?<a>.)'\nmodel='m'\ntype='t'\nstart='1'",
            "mapping line 3: `asset.title`: `{t}` is not captured from the file name in source[1]",
        ),
        (
            &format!("surce=1\n{}", base("")),
            "mapping line 1: `surce`: this key is not known; did you mean `source`?",
        ),
    ] {
        let error = Mapping::parse(text).expect_err(text).to_string();
        assert!(error.starts_with(expect), "{text}\n got {error}\n not {expect}");
    }
    let long = " ".repeat(rushes_import::MAPPING_BYTES_MAX + 1);
    assert!(Mapping::parse(&long).unwrap_err().to_string().contains("longer than"));
}

#[test]
fn every_mapping_in_the_documentation_and_the_examples_is_valid() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let document = std::fs::read_to_string(root.join("docs/mapping.md")).unwrap();
    let mut mappings = 0;
    for block in document.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        if text.contains("[[source]]") {
            Mapping::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            mappings += 1;
        }
    }
    assert!(mappings >= 4, "{mappings}");
    for entry in std::fs::read_dir(root.join("examples/mappings")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            Mapping::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}
