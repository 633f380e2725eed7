//! The content of a message, and its partition. Part of the format: other programs read these topics too.
//!
//! The key is the asset; the value is a line of JSON, so that Kafka's own tools can show it:
//! `{"v":1,"asset":"friends-s01e01","commit":12}` or `{"v":1,"watermark":12}`.

use rushes_events::Event;
use rushes_types::{AssetId, Commit, Error, Result};
use serde::{Deserialize, Serialize};

/// Version of the format.
const VERSION: u32 = 1;
/// The key of watermarks; no asset has an empty id.
pub const WATERMARK_KEY: &[u8] = b"";

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    v: u32,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    asset: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    watermark: Option<u64>,
}

/// The partition of an asset, of `partitions`: the same in every process and topic, for ever.
pub fn partition_of(asset: &AssetId, partitions: u32) -> u32 {
    let hash = xxhash_rust::xxh3::xxh3_64(asset.as_str().as_bytes());
    u32::try_from(hash % u64::from(partitions.max(1))).unwrap_or_default()
}

/// The key of an event.
pub fn key(event: &Event) -> &[u8] {
    match event {
        Event::Asset { asset, .. } => asset.as_str().as_bytes(),
        Event::Watermark { .. } => WATERMARK_KEY,
    }
}

/// Replaces the content of `buffer` by the value of an event.
pub fn encode(event: &Event, buffer: &mut Vec<u8>) -> Result<()> {
    let line = match event {
        Event::Asset { asset, commit } => {
            Line { v: VERSION, asset: Some(asset.as_str().into()), commit: Some(commit.0), watermark: None }
        }
        Event::Watermark { upto, .. } => {
            Line { v: VERSION, asset: None, commit: None, watermark: Some(upto.0) }
        }
    };
    buffer.clear();
    serde_json::to_writer(buffer, &line).map_err(|e| Error::bug(format!("an event cannot be written: {e}")))
}

/// The event in a message, or a readable reason why there is none.
pub fn decode(partition: u32, value: Option<&[u8]>) -> Result<Event, String> {
    let value = value.ok_or("the message is empty")?;
    let line: Line<'_> = serde_json::from_slice(value).map_err(|e| format!("it is no event: {e}"))?;
    if line.v != VERSION {
        return Err(format!("it has version `{}` of the format; this program reads `{VERSION}`", line.v));
    }
    match (line.asset, line.commit, line.watermark) {
        (Some(asset), Some(commit), None) => {
            let asset = AssetId::new(&asset).map_err(|e| e.to_string())?;
            Ok(Event::Asset { asset, commit: Commit(commit) })
        }
        (None, None, Some(upto)) => Ok(Event::Watermark { partition: Some(partition), upto: Commit(upto) }),
        _ => Err("it names neither an asset with its commit nor a watermark".to_owned()),
    }
}

/// The metadata of a committed offset: the highest watermark up to there.
pub fn encode_metadata(watermark: Commit) -> String {
    format!("watermark={watermark}")
}

/// The watermark that an acknowledged offset carries; none where another program wrote the offset.
pub fn decode_metadata(metadata: &str) -> Commit {
    metadata.strip_prefix("watermark=").and_then(|digits| digits.parse().ok()).map_or(Commit::NONE, Commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str) -> Event {
        Event::Asset { asset: AssetId::new(id).unwrap(), commit: Commit(7) }
    }

    #[test]
    fn an_event_comes_back_as_it_was_said() {
        let mut buffer = Vec::new();
        for event in [event("friends-s01e01"), event("a\"b\\c \u{1f3ac}")] {
            encode(&event, &mut buffer).unwrap();
            assert_eq!(decode(3, Some(&buffer)), Ok(event));
        }
        encode(&Event::Watermark { partition: None, upto: Commit(9) }, &mut buffer).unwrap();
        assert_eq!(buffer, br#"{"v":1,"watermark":9}"#);
        assert_eq!(decode(3, Some(&buffer)), Ok(Event::Watermark { partition: Some(3), upto: Commit(9) }));
    }

    #[test]
    fn what_is_no_event_is_told_why() {
        let why = |value: &str| decode(0, Some(value.as_bytes())).unwrap_err();
        assert!(decode(0, None).unwrap_err().contains("empty"));
        assert!(why("\u{1}\u{2}").contains("no event"));
        assert!(why(r#"{"v":2,"asset":"a","commit":1}"#).contains("version `2`"));
        assert!(why(r#"{"v":1,"asset":"","commit":1}"#).contains("empty"));
        assert!(why(r#"{"v":1,"asset":"a"}"#).contains("neither"));
        assert!(why(r#"{"v":1,"asset":"a","commit":-1}"#).contains("no event"));
        assert!(why(&"[".repeat(100_000)).contains("no event"));
    }

    #[test]
    fn an_assets_partition_never_changes() {
        let of = |id: &str| partition_of(&AssetId::new(id).unwrap(), 12);
        assert_eq!([of("friends-s01e01"), of("friends-s01e02"), of("a")], [4, 5, 7]);
    }

    #[test]
    fn the_watermark_of_an_offset_is_read_back() {
        assert_eq!(decode_metadata(&encode_metadata(Commit(12))), Commit(12));
        assert_eq!(decode_metadata(""), Commit::NONE);
        assert_eq!(decode_metadata("watermark=-1"), Commit::NONE);
    }
}
