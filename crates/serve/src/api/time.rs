//! Times in an address: seconds, a clock, or timecode.

use rushes_plan::time::{AssetTimecode, parse_clock};
use rushes_types::{Asset, Error, Result};

/// Does the text look like a time that [`parse`] reads? What it means, an asset's rate decides.
pub(super) fn is_time(text: &str) -> bool {
    parse_clock(text).is_some() || looks_like_timecode(text)
}

/// Four numbers, as timecode has.
fn looks_like_timecode(text: &str) -> bool {
    let mut fields = text.split([':', ';']);
    let number = |field: &str| (1..=3).contains(&field.len()) && field.bytes().all(|b| b.is_ascii_digit());
    fields.clone().count() == 4 && fields.all(number)
}

/// Reads `12.5` (seconds), `1:02:03.5` (a clock from the start of the media), or `01:00:10:05` (timecode at the
/// asset's rate, its start timecode taken off). Gives nanoseconds from the start of the media.
///
/// # Errors
/// Where the text is none of these, or is timecode and the asset has no frame rate.
pub(super) fn parse(text: &str, asset: &Asset) -> Result<i64> {
    if let Some(ns) = parse_clock(text) {
        return Ok(ns);
    }
    let is_timecode = looks_like_timecode(text);
    let Some(timecode) = AssetTimecode::of(asset).filter(|_| is_timecode) else {
        return Err(if is_timecode {
            Error::invalid(format!(
                "`{text}` cannot be read: the frame rate of asset `{}` is not known",
                asset.id
            ))
            .mend("give seconds, or set its `frame_rate`")
        } else {
            Error::invalid(format!("`{text}` is no time that can be read"))
                .mend("write seconds (12.5), a clock (1:02:03.5) or timecode (01:00:10:05)")
        });
    };
    timecode.ns_of(text).ok_or_else(|| {
        Error::invalid(format!("`{text}` is no timecode at the rate of asset `{}`", asset.id))
            .mend("write HH:MM:SS:FF")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_types::{AssetId, FrameRate, MovieId};

    fn asset(rate: Option<&str>, start: Option<&str>) -> Asset {
        let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
        asset.frame_rate = rate.map(|r| FrameRate::parse(r).unwrap());
        asset.start_timecode = start.map(str::to_owned);
        asset
    }

    #[test]
    fn seconds_clocks_and_timecode_are_read() {
        let film = asset(Some("24"), Some("01:00:00:00"));
        for (text, ns) in [
            ("0", 0),
            ("12.5", 12_500_000_000),
            ("2:03.5", 123_500_000_000),
            ("1:02:03", 3_723_000_000_000),
            ("01:00:10:12", 10_500_000_000),
        ] {
            assert_eq!(parse(text, &film).unwrap(), ns, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_mend() {
        let film = asset(Some("24"), None);
        for text in ["", "x", "-1", "1e9", "1:60", "1:2:3:4:5", "1.2.3", "00:00:00:24", ":"] {
            assert!(parse(text, &film).is_err(), "{text}");
        }
        let unknown = parse("01:00:00:00", &asset(None, None)).unwrap_err();
        assert!(unknown.message().contains("frame_rate"));
    }
}
