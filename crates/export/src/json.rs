//! Moments as JSON: what the table has, with numbers as numbers and texts as they were written.

use rushes_types::AssetTimecode;
use serde_json::{Value, json};

use crate::clip::Clip;
use crate::export::{Exported, widened};
use crate::options::Options;

/// Writes moments.
pub(crate) fn list(clips: &[Clip<'_>], options: &Options) -> Exported {
    let moments: Vec<Value> = (1..).zip(clips).map(|(number, clip)| moment(number, clip, options)).collect();
    let document = json!({"title": options.title, "moments": moments});
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    Exported { bytes, written: clips.len(), ..Exported::default() }
}

fn moment(number: usize, clip: &Clip<'_>, options: &Options) -> Value {
    let asset = clip.asset;
    let (start_ns, end_ns) = widened(clip, options);
    let timecode = AssetTimecode::of(asset).map(|tc| tc.span(start_ns, end_ns));
    let (timecode_in, timecode_out) = timecode.unzip();
    json!({
        "number": number,
        "asset_id": asset.id.as_str(),
        "movie_id": asset.movie.as_str(),
        "series": asset.series,
        "season": asset.season,
        "episode": asset.episode,
        "title": asset.title,
        "path": asset.path,
        "reel": asset.reel,
        "frame_rate": asset.frame_rate.map(|rate| rate.to_string()),
        "start_ns": start_ns,
        "end_ns": end_ns,
        "timecode_in": timecode_in,
        "timecode_out": timecode_out,
        "score": clip.score,
        "labels": clip.labels,
        "lines": clip.lines,
        "note": clip.note,
        "colour": clip.colour.map(rushes_types::Colour::as_str),
    })
}
