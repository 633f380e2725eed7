//! What every fuzz target does: bytes in, and what must hold of what comes out.

use std::ops::ControlFlow;

use rushes_import::formats::{Format, Item, Settings};
use rushes_import::Mapping;
use rushes_types::FrameRate;

/// Reads the bytes as a format. The first byte chooses what the caller knows of the file.
///
/// # Panics
/// Where the counts are not those of the items, or no format has that name.
pub fn format(name: &str, data: &[u8]) {
    let format = Format::from_name(name).expect("a format");
    let Some((choice, bytes)) = data.split_first() else { return };
    let given = |bit: u8| choice & (1 << bit) != 0;
    let settings = Settings {
        frame_rate: given(0).then(|| FrameRate::parse("30000/1001").expect("a rate")),
        start_timecode: given(1).then(|| "10:00:00:00".to_owned()),
        offset_ns: if given(2) { -1_000_000_000 } else { 0 },
        step_ns: given(3).then_some(500_000_000),
        characters: given(4),
        ..Settings::new("a")
    };
    let (mut annotations, mut problems) = (0, 0);
    let counts = rushes_import::formats::read(format, "x", bytes, &settings, &mut |item| {
        match item {
            Item::Annotation(line) => {
                annotations += 1;
                assert!(line.starts_with('{') && line.ends_with('}'));
            }
            Item::Problem(_) => problems += 1,
            Item::Asset(_) | Item::Note(_) => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!((counts.annotations, counts.problems), (annotations, problems));
}

/// Guesses the format of the bytes, under several names.
pub fn sniffing(data: &[u8]) {
    for name in ["x", "x.srt", "x.vtt.gz", "det.txt"] {
        let _ = rushes_import::formats::sniff(name, data);
    }
    let _ = rushes_import::formats::split_stem(&String::from_utf8_lossy(data));
}

/// Reads the bytes as a catalogue.
pub fn catalogue(data: &[u8]) {
    rushes_import::formats::catalogue("x", data, &mut |_| ControlFlow::Continue(()));
}

/// Reads the first half as a mapping, the second as a file by it.
pub fn mapping(data: &[u8]) {
    let (mapping, file) = data.split_at(data.len() / 2);
    let Ok(mapping) = Mapping::parse(&String::from_utf8_lossy(mapping)) else { return };
    for name in ["x.csv", "x.json", "x.jsonl"] {
        if let Ok(source) = mapping.source_file(0, name) {
            let _ = mapping.import().read(&source, file, &mut |_| ControlFlow::Continue(()));
        }
    }
}

/// Reads the bytes as a question in words, over the names of our own questions.
///
/// # Panics
/// Where what comes out is no plan, or the reading shows what was not asked.
pub fn ask(data: &[u8]) {
    use rushes_ask::questions::{LEXICON, WrittenLexicon};
    static NAMES: std::sync::OnceLock<WrittenLexicon> = std::sync::OnceLock::new();
    let names = NAMES.get_or_init(|| WrittenLexicon::read(LEXICON).expect("our lexicon"));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(asked) = rushes_ask::ask(text, &rushes_plan::Plan::default(), names) else { return };
    asked.plan.check().expect("a plan");
    for span in &asked.reading.spans {
        assert_eq!(text.get(span.start..span.end), Some(span.text.as_str()));
    }
}
