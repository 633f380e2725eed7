//! What ffprobe reports about a media file.
//!
//! Facts are taken as given, or left out: a rate is a ratio or unknown, and a time is read from its decimal digits,
//! never through floating point.

use std::fs::File;

use rushes_types::{Error, FrameRate, NS_PER_SECOND, Result, Timecode};
use serde_json::Value;

use crate::language;
use crate::limits::{PROBE_BYTES_MAX, PROBE_TIME_MAX};
use crate::tool::{Job, ShouldStop, Tools, words};

/// What is known about a media file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    /// The container, as ffmpeg names it (`mov,mp4,m4a,3gp,3g2,mj2`).
    pub container: String,
    /// Its length in nanoseconds.
    pub duration_ns: Option<i64>,
    /// The picture track that is not a cover picture, where there is one.
    pub video: Option<Video>,
    /// Languages of the audio tracks, each once, in their order; [`Probe::audio_tracks`] counts all.
    pub audio_languages: Vec<String>,
    /// How many audio tracks there are.
    pub audio_tracks: usize,
    /// Codec of the first audio track.
    pub audio_codec: Option<String>,
    /// Timecode of the first frame, as written, where it is one at the rate.
    pub start_timecode: Option<String>,
    /// Does the timecode skip frame numbers?
    pub drop_frame: bool,
    /// The reel's or tape's name.
    pub reel: Option<String>,
    /// Subtitle tracks.
    pub subtitles: Vec<SubtitleTrack>,
    /// The title in the container.
    pub title: Option<String>,
}

/// A picture track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// Its codec.
    pub codec: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How its samples are kept (`yuv420p`).
    pub pixels: String,
    /// Frames a second; `None` where they come at no fixed rate.
    pub rate: Option<FrameRate>,
    /// Do frames come at no fixed rate?
    pub is_variable: bool,
}

/// A subtitle track in a media file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtitleTrack {
    /// Which of the subtitle tracks, from 0.
    pub number: usize,
    /// Its codec.
    pub codec: String,
    /// Is it text? Else it is pictures, which only a person can read.
    pub is_text: bool,
    /// Its language (BCP 47).
    pub language: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// Does it hold only what must always be shown?
    pub is_forced: bool,
    /// Is it for the hard of hearing: does it name noises?
    pub is_sdh: bool,
}

/// Codecs of subtitles that are text.
const TEXT_CODECS: [&str; 8] = ["subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text", "ttml"];
/// A rate that differs from a known one by less than this part is that one.
const RATE_PARTS: u128 = 4_000;
/// The rates that cameras and editors use.
const RATES: [(u32, u32); 11] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (48_000, 1001),
    (48, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (15, 1),
];

/// Asks ffprobe.
///
/// # Errors
/// [`rushes_types::ErrorKind::Unsupported`] where it is not installed, [`rushes_types::ErrorKind::Invalid`] where it
/// cannot read the file or finds neither picture nor sound in it, and as a tool may fail or be stopped.
pub fn probe(tools: &Tools, media: &File, stop: ShouldStop<'_>) -> Result<Probe> {
    let job = Job {
        program: tools.ffprobe()?,
        before: words("-v error -of json -show_format -show_streams"),
        media,
        after: Vec::new(),
        time_max: PROBE_TIME_MAX,
        file_bytes_max: Some(0),
    };
    parse(&job.output(stop, PROBE_BYTES_MAX)?)
}

/// Reads the answer of `ffprobe -of json -show_format -show_streams`.
///
/// # Errors
/// Where it is no such answer, or names neither picture nor sound.
pub fn parse(json: &[u8]) -> Result<Probe> {
    let document: Value = serde_json::from_slice(json).map_err(|e| {
        Error::invalid(format!("what `ffprobe` says is no JSON: {e}")).mend("is it FFmpeg's?")
    })?;
    let format = &document["format"];
    let streams = document["streams"].as_array().map_or(&[][..], Vec::as_slice);
    let of_kind = |kind: &'static str| streams.iter().filter(move |s| s["codec_type"] == kind);
    let mut probe = Probe {
        container: text(&format["format_name"]).unwrap_or_default(),
        duration_ns: text(&format["duration"]).as_deref().and_then(nanoseconds),
        title: tag(format, "title"),
        ..Probe::default()
    };
    let pictures = of_kind("video").find(|s| s["disposition"]["attached_pic"] != 1);
    probe.video = pictures.and_then(|s| video(s, probe.duration_ns));
    let sounds: Vec<&Value> = of_kind("audio").collect();
    probe.audio_tracks = sounds.len();
    probe.audio_codec = sounds.first().and_then(|s| text(&s["codec_name"]));
    for language in sounds.iter().filter_map(|s| tag(s, "language")).filter_map(|l| language::tag(&l)) {
        if !probe.audio_languages.contains(&language) {
            probe.audio_languages.push(language);
        }
    }
    probe.subtitles = of_kind("subtitle").enumerate().map(|(number, s)| subtitle(number, s)).collect();
    if probe.video.is_none() && sounds.is_empty() {
        return Err(Error::invalid("it holds neither picture nor sound"));
    }
    let everywhere = || std::iter::once(format).chain(streams);
    let written = everywhere().find_map(|part| tag(part, "timecode"));
    if let (Some(written), Some(rate)) = (written, probe.video.as_ref().and_then(|v| v.rate)) {
        // Some writers mark drop frame with a point or a comma.
        let plain = written.replace(['.', ','], ";");
        if Timecode::parse(&plain, rate).is_ok() {
            probe.drop_frame = plain.contains(';');
            probe.start_timecode = Some(plain);
        }
    }
    let reel_tags = ["reel_name", "com.apple.proapps.reel", "reel", "tape", "tape_name"];
    probe.reel = everywhere().find_map(|part| reel_tags.iter().find_map(|name| tag(part, name)));
    Ok(probe)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|t| !t.is_empty() && *t != "N/A").map(str::to_owned)
}

/// A tag of a stream or of the container; their names differ in case.
fn tag(part: &Value, name: &str) -> Option<String> {
    let tags = part["tags"].as_object()?;
    tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| text(value))
}

fn video(stream: &Value, duration_ns: Option<i64>) -> Option<Video> {
    let number = |name: &str| stream[name].as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    let (width, height) = (number("width")?, number("height")?);
    let real = text(&stream["r_frame_rate"]).as_deref().and_then(ratio);
    let average = text(&stream["avg_frame_rate"]).as_deref().and_then(ratio);
    let progressive = stream["field_order"].as_str().is_none_or(|f| f == "progressive" || f == "unknown");
    let rate = fixed_rate(real, average, duration_ns, progressive);
    Some(Video {
        codec: text(&stream["codec_name"]).unwrap_or_default(),
        width,
        height,
        pixels: text(&stream["pix_fmt"]).unwrap_or_default(),
        rate,
        is_variable: rate.is_none() && average.is_some(),
    })
}

type Ratio = (u128, u128);

fn ratio(text: &str) -> Option<Ratio> {
    let (num, den) = text.split_once('/')?;
    let (num, den) = (num.parse().ok()?, den.parse().ok()?);
    // Larger ones are no rates, and would overflow below.
    (num > 0 && den > 0 && num < 1 << 40 && den < 1 << 40).then_some((num, den))
}

/// The rate where frames come at a fixed one. The lowest rate at which all time stamps fit (`real`) and the average
/// agree then, but for a frame and a half at the ends of the file. Of interlaced material `real` may count fields.
fn fixed_rate(
    real: Option<Ratio>,
    average: Option<Ratio>,
    duration_ns: Option<i64>,
    is_progressive: bool,
) -> Option<FrameRate> {
    let real = real?;
    let average = average.unwrap_or(real);
    let agree = |(a, b): Ratio, (c, d): Ratio| {
        // |a/b − c/d| · seconds ≤ 1.5 frames, or a rounding in the ratio itself.
        let apart = (a * d).abs_diff(c * b);
        let frames = duration_ns
            .map_or(0, |ns| apart.saturating_mul(u128::try_from(ns).unwrap_or(0)) / (b * d) / 1_000_000);
        apart.saturating_mul(RATE_PARTS) <= a * d || (duration_ns.is_some() && frames <= 1_500)
    };
    if agree(real, average) {
        return known(real);
    }
    let halved = (real.0, real.1 * 2);
    if !is_progressive && agree(halved, average) {
        return known(halved);
    }
    None
}

/// The ratio, or the known rate that it approximates (`2997/100`).
fn known((num, den): Ratio) -> Option<FrameRate> {
    let near = RATES.into_iter().find(|(n, d)| {
        let (n, d) = (u128::from(*n), u128::from(*d));
        (num * d).abs_diff(n * den).saturating_mul(RATE_PARTS) <= n * den
    });
    let (num, den) = match near {
        Some(near) => near,
        None => {
            let by = gcd(num, den);
            (u32::try_from(num / by).ok()?, u32::try_from(den / by).ok()?)
        }
    };
    FrameRate::new(num, den).ok()
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

fn subtitle(number: usize, stream: &Value) -> SubtitleTrack {
    let codec = text(&stream["codec_name"]).unwrap_or_default();
    let title = tag(stream, "title");
    let lower = title.as_deref().unwrap_or_default().to_lowercase();
    let disposition = |name: &str| stream["disposition"][name] == 1;
    SubtitleTrack {
        number,
        is_text: TEXT_CODECS.contains(&codec.as_str()),
        codec,
        language: tag(stream, "language").and_then(|l| language::tag(&l)),
        is_forced: disposition("forced") || lower.contains("forced"),
        is_sdh: disposition("hearing_impaired") || lower.contains("sdh"),
        title,
    }
}

/// Seconds written with decimals, in whole nanoseconds; digits beyond are cut off.
pub(crate) fn nanoseconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let negative = whole.starts_with('-');
    let whole: i64 = whole.trim_start_matches('-').parse().ok()?;
    if fraction.bytes().any(|b| !b.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let ns = whole.checked_mul(NS_PER_SECOND)?.checked_add(digits.parse().ok()?)?;
    Some(if negative { -ns } else { ns })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(real: &str, average: &str, seconds: i64, progressive: bool) -> Option<String> {
        fixed_rate(ratio(real), ratio(average), Some(seconds * NS_PER_SECOND), progressive)
            .map(|r| r.to_string())
    }

    #[test]
    fn a_rate_is_a_ratio_or_unknown() {
        for (real, average, seconds, progressive, wanted) in [
            ("24/1", "24/1", 60, true, Some("24/1")),
            ("24000/1001", "24000/1001", 3600, true, Some("24000/1001")),
            ("2997/100", "2997/100", 3600, true, Some("30000/1001")),
            ("30000/1001", "359640/12001", 1200, true, Some("30000/1001")),
            // A short clip whose average is a frame off.
            ("25/1", "126/5", 5, true, Some("25/1")),
            // Frames that come when they come.
            ("60/1", "2700/61", 600, true, None),
            ("1000/1", "24/1", 600, true, None),
            // Fields counted as frames.
            ("50/1", "25/1", 600, false, Some("25/1")),
            ("50/1", "25/1", 600, true, None),
            ("12/1", "12/1", 600, true, Some("12/1")),
            ("0/0", "0/0", 600, true, None),
            ("1/90000", "1/90000", 1, true, None),
        ] {
            assert_eq!(rate(real, average, seconds, progressive).as_deref(), wanted, "{real} {average}");
        }
    }

    #[test]
    fn seconds_are_read_exactly() {
        for (text, wanted) in [
            ("70.500000", Some(70_500_000_000)),
            ("0.1", Some(100_000_000)),
            ("12", Some(12_000_000_000)),
            ("1.0000000019", Some(1_000_000_001)),
            ("-1.5", Some(-1_500_000_000)),
            ("1e3", None),
            ("", None),
            ("99999999999999", None),
        ] {
            assert_eq!(nanoseconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn tracks_timecode_and_reel_are_found() {
        let found = parse(
            br#"{"format":{"format_name":"mov,mp4","duration":"61.0","tags":{"timecode":"01:00:00;00"}},
             "streams":[
              {"codec_type":"video","codec_name":"mjpeg","width":9,"height":9,"disposition":{"attached_pic":1}},
              {"codec_type":"video","codec_name":"prores","width":1920,"height":1080,"pix_fmt":"yuv422p10le",
               "r_frame_rate":"30000/1001","avg_frame_rate":"30000/1001"},
              {"codec_type":"audio","codec_name":"aac","tags":{"language":"ger"}},
              {"codec_type":"audio","codec_name":"aac","tags":{"language":"und"}},
              {"codec_type":"data","tags":{"reel_name":"A001"}},
              {"codec_type":"subtitle","codec_name":"mov_text","tags":{"language":"eng","title":"English SDH"}},
              {"codec_type":"subtitle","codec_name":"hdmv_pgs_subtitle","disposition":{"forced":1}}]}"#,
        )
        .unwrap();
        let video = found.video.unwrap();
        assert_eq!(
            (video.codec.as_str(), video.rate.unwrap().to_string().as_str()),
            ("prores", "30000/1001")
        );
        assert_eq!((found.start_timecode.as_deref(), found.drop_frame), (Some("01:00:00;00"), true));
        assert_eq!((found.reel.as_deref(), found.audio_tracks), (Some("A001"), 2));
        assert_eq!(found.audio_languages, ["de"]);
        let tracks: Vec<_> = found.subtitles.iter().map(|s| (s.is_text, s.is_forced, s.is_sdh)).collect();
        assert_eq!(tracks, [(true, false, true), (false, true, false)]);
    }

    #[test]
    fn what_is_no_media_is_refused() {
        for json in ["", "[]", "{}", r#"{"streams":[{"codec_type":"data"}]}"#] {
            assert!(parse(json.as_bytes()).is_err(), "{json}");
        }
    }
}
