//! The timecode of an asset: its rate, its first frame's timecode, its drop frame, together.

use crate::asset::Asset;
use crate::timecode::{FrameRate, Timecode};

/// How an asset's media times become timecode, where its rate is known.
#[derive(Debug, Clone, Copy)]
pub struct AssetTimecode {
    rate: FrameRate,
    start_frames: i64,
    drop_frame: bool,
}

impl AssetTimecode {
    /// That of an asset; `None` where its rate is unknown or its start timecode is invalid at that rate.
    #[must_use]
    pub fn of(asset: &Asset) -> Option<Self> {
        let rate = asset.frame_rate?;
        let start = match asset.start_timecode.as_deref() {
            Some(text) => Some(Timecode::parse(text, rate).ok()?),
            None => None,
        };
        let written_drop = asset.start_timecode.as_deref().is_some_and(|t| t.contains(';'));
        let drop_frame = (asset.drop_frame || written_drop) && rate.can_drop();
        // A start written with `:` on a drop-frame asset counts dropped numbers too.
        let start_frames = match (start, asset.start_timecode.as_deref()) {
            (Some(_), Some(text)) if drop_frame && !written_drop => {
                Timecode::parse(&drop_sign(text), rate).ok()?.frames()
            }
            (start, _) => start.map_or(0, Timecode::frames),
        };
        Some(Self { rate, start_frames, drop_frame })
    }

    /// The frame that contains the start, and the first frame after the end, at least one frame later.
    #[must_use]
    pub fn span(&self, start_ns: i64, end_ns: i64) -> (String, String) {
        let (first, end) = self.frames(start_ns, end_ns);
        (self.write(first), self.write(end))
    }

    /// The asset's rate.
    #[must_use]
    pub const fn rate(&self) -> FrameRate {
        self.rate
    }

    /// Does the timecode skip frame numbers?
    #[must_use]
    pub const fn drop_frame(&self) -> bool {
        self.drop_frame
    }

    /// The timecode of the first frame, as a count.
    #[must_use]
    pub const fn start_frames(&self) -> i64 {
        self.start_frames
    }

    /// The frame that contains the start, and the first one after the span; counted from the first of the media.
    #[must_use]
    pub fn frames(&self, start_ns: i64, end_ns: i64) -> (i64, i64) {
        let first = self.rate.frame_at(start_ns);
        (first, self.rate.frame_after(end_ns).max(first.saturating_add(1)))
    }

    /// The timecode of a frame, counted from the first of the media.
    #[must_use]
    pub fn write(&self, frame: i64) -> String {
        let frames = frame.saturating_add(self.start_frames);
        Timecode::from_frames(frames, self.rate, self.drop_frame).to_string()
    }

    /// When the frame of a timecode starts, in media time; `None` where it is no timecode at this rate. Before the
    /// first frame is the beginning; more than half a day before it is past midnight.
    #[must_use]
    pub fn ns_of(&self, text: &str) -> Option<i64> {
        let text = if self.drop_frame { drop_sign(text) } else { text.to_owned() };
        let day = Timecode::frames_of_a_day(self.rate, self.drop_frame);
        let frames = Timecode::parse(&text, self.rate).ok()?.frames().saturating_sub(self.start_frames);
        // More than half a day before the first frame is past midnight.
        let frames = if frames < -(day / 2) { frames.saturating_add(day) } else { frames };
        Some(self.rate.start_of(frames.max(0)))
    }

    /// The whole frames that a span touches, in nanoseconds; at least one frame.
    #[must_use]
    pub fn snap(&self, start_ns: i64, end_ns: i64) -> (i64, i64) {
        let (first, end) = self.frames(start_ns, end_ns);
        (self.rate.start_of(first), self.rate.start_of(end))
    }
}

/// The same timecode with the last separator that of drop frame.
fn drop_sign(text: &str) -> String {
    match text.rsplit_once([':', ';']) {
        Some((head, frames)) => format!("{head};{frames}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AssetId, MovieId};

    fn asset(rate: &str, start: Option<&str>, drop_frame: bool) -> Asset {
        let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
        asset.frame_rate = Some(FrameRate::parse(rate).unwrap());
        asset.start_timecode = start.map(str::to_owned);
        asset.drop_frame = drop_frame;
        asset
    }

    #[test]
    fn timecode_adds_the_start_and_rounds_the_end_up() {
        let tc = AssetTimecode::of(&asset("25", Some("10:00:00:00"), false)).unwrap();
        assert_eq!(tc.span(0, 1), ("10:00:00:00".into(), "10:00:00:01".into()));
        assert_eq!(tc.span(40_000_000, 40_000_000), ("10:00:00:01".into(), "10:00:00:02".into()));
        assert_eq!(tc.span(39_999_999, 80_000_001), ("10:00:00:00".into(), "10:00:00:03".into()));
        assert_eq!(tc.ns_of("10:00:01:00"), Some(1_000_000_000));
        assert_eq!(tc.ns_of("09:00:00:00"), Some(0));
        let night = AssetTimecode::of(&asset("25", Some("23:59:00:00"), false)).unwrap();
        assert_eq!(night.span(0, 120_000_000_000).1, "00:01:00:00");
        assert_eq!(night.ns_of("00:01:00:00"), Some(120_000_000_000));
        assert_eq!(night.ns_of("23:58:00:00"), Some(0));
        let drop = AssetTimecode::of(&asset("29.97", Some("00:01:00;02"), true)).unwrap();
        assert_eq!(drop.span(0, 1).0, "00:01:00;02");
        assert_eq!(drop.ns_of("00:01:00:02"), Some(0));
        assert!(AssetTimecode::of(&asset("25", Some("nonsense"), false)).is_none());
    }
}
