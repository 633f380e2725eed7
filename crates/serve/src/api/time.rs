//! Times as people write them: seconds, a clock, or timecode.

use rushes_types::{Asset, Error, NS_PER_SECOND, Result, Timecode};

/// Reads `12.5` (seconds), `1:02:03.5` or `2:03.5` (a clock from the start of the media), or `01:00:10:05`
/// (timecode at the asset's rate, from its start timecode). Gives nanoseconds from the start of the media.
pub(super) fn parse(text: &str, asset: &Asset) -> Result<i64> {
    let text = text.trim();
    if text.contains(';') || text.bytes().filter(|b| *b == b':').count() == 3 {
        return parse_timecode(text, asset);
    }
    parse_clock(text).ok_or_else(|| {
        Error::invalid(format!(
            "`{text}` is no time; write seconds (12.5), a clock (1:02:03.5) or timecode (01:00:10:05)"
        ))
    })
}

fn parse_timecode(text: &str, asset: &Asset) -> Result<i64> {
    let rate = asset.frame_rate.ok_or_else(|| {
        Error::invalid(format!(
            "`{text}` is a timecode, but the frame rate of asset `{}` is not known; give seconds, or set \
             `frame_rate` on the asset",
            asset.id
        ))
    })?;
    let read = |text: &str| {
        // Where the asset drops frame numbers, `:` is taken for `;`.
        let text = if asset.drop_frame && rate.can_drop() && !text.contains(';') {
            text.rsplit_once(':').map_or_else(|| text.to_owned(), |(front, last)| format!("{front};{last}"))
        } else {
            text.to_owned()
        };
        Timecode::parse(&text, rate).map_err(|e| Error::invalid(e.to_string()))
    };
    let first = match &asset.start_timecode {
        Some(start) => read(start)?.frames(),
        None => 0,
    };
    let frame = read(text)?.frames() - first;
    if frame < 0 {
        return Err(Error::invalid(format!("timecode `{text}` is before the start of asset `{}`", asset.id)));
    }
    Ok(rate.start_of(frame))
}

/// Reads `[[h:]m:]s[.fraction]`, the fraction to nanoseconds.
fn parse_clock(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if !digits(fraction) {
        return None;
    }
    let fields: Vec<&str> = whole.split(':').collect();
    if fields.len() > 3 || !fields.iter().all(|f| !f.is_empty() && digits(f)) {
        return None;
    }
    let mut seconds: i64 = 0;
    for (i, field) in fields.iter().enumerate() {
        let n: i64 = field.parse().ok()?;
        if i > 0 && n > 59 {
            return None;
        }
        seconds = seconds.checked_mul(60)?.checked_add(n)?;
    }
    let mut nanos: i64 = 0;
    let mut unit = NS_PER_SECOND;
    for digit in fraction.bytes().take(9) {
        unit /= 10;
        nanos += i64::from(digit - b'0') * unit;
    }
    seconds.checked_mul(NS_PER_SECOND)?.checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_types::{AssetId, FrameRate, MovieId};

    fn asset(rate: Option<&str>, start: Option<&str>, drop_frame: bool) -> Asset {
        let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
        asset.frame_rate = rate.map(|r| FrameRate::parse(r).unwrap());
        asset.start_timecode = start.map(str::to_owned);
        asset.drop_frame = drop_frame;
        asset
    }

    #[test]
    fn seconds_clocks_and_timecode_are_read() {
        let film = asset(Some("24"), Some("01:00:00:00"), false);
        for (text, ns) in [
            ("0", 0),
            ("12.5", 12_500_000_000),
            (" 7 ", 7_000_000_000),
            ("0.000000001", 1),
            ("2:03.5", 123_500_000_000),
            ("1:02:03", 3_723_000_000_000),
            ("01:00:10:12", 10_500_000_000),
        ] {
            assert_eq!(parse(text, &film).unwrap(), ns, "{text}");
        }
        let drop = asset(Some("29.97"), Some("00:59:59;00"), true);
        assert_eq!(parse("01:00:00;00", &drop).unwrap(), parse("01:00:00:00", &drop).unwrap());
    }

    #[test]
    fn nonsense_is_refused_with_the_mend() {
        let film = asset(Some("24"), Some("01:00:00:00"), false);
        for text in
            ["", "x", "-1", "1e9", "1:60", "1:2:3:4:5", "1.2.3", "00:59:59:00", "99999999999999999999", ":"]
        {
            assert!(parse(text, &film).is_err(), "{text}");
        }
        let unknown = parse("01:00:00:00", &asset(None, None, false)).unwrap_err();
        assert!(unknown.message().contains("frame_rate"));
    }
}
