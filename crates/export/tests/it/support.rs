//! Assets and moments to write.

use rushes_export::{Clip, Exported, Format, Options, Tracks, export};
use rushes_types::{Asset, AssetId, FrameRate, MovieId};

pub const SECOND: i64 = 1_000_000_000;

pub fn rate(text: &str) -> FrameRate {
    FrameRate::parse(text).unwrap()
}

pub fn asset(id: &str, rate_text: Option<&str>, start: Option<&str>) -> Asset {
    let mut asset = Asset::new(AssetId::new(id).unwrap(), MovieId::new("ferry").unwrap());
    asset.frame_rate = rate_text.map(rate);
    asset.start_timecode = start.map(str::to_owned);
    asset
}

pub fn clip<'a>(asset: &'a Asset, start_ns: i64, end_ns: i64, labels: &'a [String]) -> Clip<'a> {
    Clip { score: 0.95, labels, ..Clip::new(asset, start_ns, end_ns) }
}

/// A moment of whole frames of its asset.
pub fn cut(asset: &Asset, first: i64, length: i64) -> Clip<'_> {
    let rate = asset.frame_rate.unwrap();
    Clip::new(asset, rate.start_of(first), rate.start_of(first + length))
}

pub fn written(format: Format, clips: &[Clip<'_>], options: &[(&str, &str)]) -> Exported {
    let mut all = Options::titled("x");
    for (name, value) in options {
        all.set(name, value).unwrap();
    }
    export(format, clips, &all).unwrap()
}

pub fn text(format: Format, clips: &[Clip<'_>], options: &[(&str, &str)]) -> String {
    text_of(&written(format, clips, options))
}

pub fn text_of(file: &Exported) -> String {
    String::from_utf8(file.bytes.clone()).unwrap()
}

pub fn csv(clips: &[Clip<'_>]) -> Exported {
    written(Format::Csv, clips, &[])
}

/// A list of the picture alone.
pub fn edl(title: &str, clips: &[Clip<'_>]) -> Exported {
    let options = Options { tracks: Tracks::Video, ..Options::titled(title) };
    export(Format::Edl, clips, &options).unwrap()
}
