//! Cuts at random, written in each format and read back: no frame is lost.

use rushes_export::{Clip, Format};
use rushes_types::Asset;

use crate::random::{Random, seed_from};
use crate::readers::{Cut, edl, fcpxml, fraction, otio, xmeml};
use crate::support::{asset, cut, rate, text};

/// Rates that editing programs have, and whether their timecode drops frames.
const RATES: [(&str, bool); 9] = [
    ("24000/1001", false),
    ("24", false),
    ("25", false),
    ("30000/1001", true),
    ("30000/1001", false),
    ("30", false),
    ("50", false),
    ("60000/1001", true),
    ("60", false),
];
/// Names how many cuts of each rate are tried.
const MORE: &str = "RUSHES_EXPORT_CUTS";
/// So many where it names none: ten thousand in all. They are in files of as many as an edit list holds.
const CUTS: usize = 1_200;
const IN_A_FILE: usize = 999;

/// An asset whose media begin at some time of day, four hours long.
fn media(rate_text: &str, drops: bool, random: &mut Random) -> Asset {
    let sign = if drops { ';' } else { ':' };
    let start = format!("{:02}:{:02}:{:02}{sign}10", random.below(24), random.below(60), random.below(60));
    let mut media = asset("A001_C002", Some(rate_text), Some(&start));
    media.drop_frame = drops;
    media.duration_ns = Some(rate(rate_text).start_of(4 * 3600 * i64::from(rate(rate_text).nominal())));
    media
}

fn cuts_of_a_rate() -> usize {
    std::env::var(MORE).ok().and_then(|count| count.parse().ok()).unwrap_or(CUTS)
}

struct Made {
    media: Asset,
    spans: Vec<(i64, i64)>,
    ratio: (i64, i64),
    gap: i64,
}

impl Made {
    fn new(rate_text: &str, drops: bool, count: usize, random: &mut Random) -> Self {
        let media = media(rate_text, drops, random);
        let (num, den) = rate(rate_text).ratio();
        let frames = 4 * 3600 * usize::try_from(rate(rate_text).nominal()).unwrap();
        let spans = (0..count).map(|_| {
            let first = random.below(frames - 1);
            let longest = if random.once_in(9) { 500 } else { 20 };
            let length = 1 + random.below((frames - first - 1).min(longest));
            (i64::try_from(first).unwrap(), i64::try_from(length).unwrap())
        });
        Self {
            spans: spans.collect(),
            ratio: (num.into(), den.into()),
            gap: if random.once_in(2) { 7 } else { 0 },
            media,
        }
    }

    fn clips(&self) -> Vec<Clip<'_>> {
        self.spans.iter().map(|(first, length)| cut(&self.media, *first, *length)).collect()
    }

    /// What every reader must find; `day` where timecode begins again at midnight.
    fn cuts(&self, day: Option<i64>) -> Vec<Cut> {
        let start = edl::frames(
            self.media.start_timecode.as_deref().unwrap(),
            (self.ratio.0 + self.ratio.1 - 1) / self.ratio.1,
        );
        let mut record = 0;
        self.spans
            .iter()
            .map(|(first, length)| {
                let from = day.map_or(start + first, |day| (start + first) % day);
                let at = fraction(i128::from(record) * i128::from(self.ratio.1), i128::from(self.ratio.0));
                record += length + self.gap;
                Cut { source: (from, from + length), record: at }
            })
            .collect()
    }
}

/// Tries all rates with a reader.
fn each(format: Format, read: impl Fn(&str, (i64, i64)) -> Vec<Cut>, wraps: bool) {
    let seed = seed_from("RUSHES_EXPORT_SEED");
    println!("RUSHES_EXPORT_SEED={seed}");
    for (nth, (rate_text, drops)) in RATES.into_iter().enumerate() {
        let mut random = Random::of_case(seed, nth as u64);
        let mut left = cuts_of_a_rate();
        while left > 0 {
            let count = left.min(IN_A_FILE);
            left -= count;
            let made = Made::new(rate_text, drops, count, &mut random);
            let gap = format!("{}f", made.gap);
            let text = text(format, &made.clips(), &[("gap", &gap), ("start", "10:00:00:00")]);
            let nominal = (made.ratio.0 + made.ratio.1 - 1) / made.ratio.1;
            let day = 86_400 * nominal - if drops { nominal / 15 * 1296 } else { 0 };
            let (found, wanted) = (read(&text, made.ratio), made.cuts(wraps.then_some(day)));
            assert_eq!(found.len(), wanted.len(), "{rate_text}");
            for (place, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
                assert_eq!(found, wanted, "{format:?} {rate_text} {drops} at {place}");
            }
        }
    }
}

#[test]
fn an_edit_list_loses_no_frame() {
    each(Format::Edl, edl::cuts, true);
}

#[test]
fn otio_loses_no_frame() {
    each(Format::Otio, |text, _| otio::cuts(text, "Video"), false);
}

#[test]
fn fcpxml_loses_no_frame() {
    each(Format::Fcpxml, |text, _| fcpxml::cuts(text), false);
}

#[test]
fn xmeml_loses_no_frame_in_picture_and_sound() {
    each(Format::Xmeml, |text, _| xmeml::cuts(text, "video"), false);
    let mut random = Random::new(1);
    let made = Made::new("25", false, 50, &mut random);
    let text = text(Format::Xmeml, &made.clips(), &[]);
    assert_eq!(xmeml::cuts(&text, "audio"), xmeml::cuts(&text, "video"));
}

#[test]
fn a_log_loses_no_frame() {
    let read = |text: &str, (num, den): (i64, i64)| {
        let nominal = (num + den - 1) / den;
        let (head, data) = text.split_once("Data\r\n").unwrap();
        let columns: Vec<&str> =
            head.lines().skip_while(|line| *line != "Column").nth(1).unwrap().split('\t').collect();
        let place = |name: &str| columns.iter().position(|column| *column == name).unwrap();
        let mut record = 0;
        data.lines()
            .map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                assert_eq!(fields.len(), columns.len());
                let [from, to, length] =
                    ["Start", "End", "Duration"].map(|name| edl::frames(fields[place(name)], nominal));
                let to = if to <= from { from + length } else { to };
                assert_eq!(to - from, length);
                let at = record;
                record += length;
                Cut { source: (from, to), record: (at.into(), 1) }
            })
            .collect::<Vec<_>>()
    };
    for (nth, (rate_text, drops)) in RATES.into_iter().enumerate() {
        let mut random = Random::of_case(seed_from("RUSHES_EXPORT_SEED"), nth as u64);
        let made = Made::new(rate_text, drops, cuts_of_a_rate(), &mut random);
        let nominal = (made.ratio.0 + made.ratio.1 - 1) / made.ratio.1;
        let day = 86_400 * nominal - if drops { nominal / 15 * 1296 } else { 0 };
        let found = read(&text(Format::Ale, &made.clips(), &[]), made.ratio);
        let sources = |cuts: Vec<Cut>| cuts.into_iter().map(|cut| cut.source).collect::<Vec<_>>();
        assert_eq!(sources(found), sources(made.cuts(Some(day))), "{rate_text}");
    }
}
