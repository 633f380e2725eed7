//! Keys and small values of the tables.
//!
//! An asset's rows begin with its id and a zero byte, which no id holds, so that no asset's rows lie among
//! another's. Numbers are big endian: rows sort as the numbers do.

use rushes_types::{AnnotationKey, AssetId, BucketNo, Commit, Error, ErrorKind, FusedKey, Result, Watermark};

use crate::seam::TimelineEvent;

pub(crate) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the fused store is damaged: {what}")).mend("rebuild it")
}

/// The beginning of all keys of an asset.
pub(crate) fn asset_prefix(asset: &AssetId) -> Vec<u8> {
    let mut key = Vec::with_capacity(asset.as_str().len() + 41);
    key.extend_from_slice(asset.as_str().as_bytes());
    key.push(0);
    key
}

/// The first key after all keys of an asset.
pub(crate) fn asset_end(asset: &AssetId) -> Vec<u8> {
    let mut key = asset.as_str().as_bytes().to_vec();
    key.push(1);
    key
}

pub(crate) fn with_start(mut prefix: Vec<u8>, start_ns: i64) -> Vec<u8> {
    prefix.extend_from_slice(&start_ns.max(0).cast_unsigned().to_be_bytes());
    prefix
}

pub(crate) fn annotation(prefix: &[u8], key: FusedKey) -> Vec<u8> {
    let mut out = with_start(prefix.to_vec(), key.start_ns);
    out.extend_from_slice(&key.key.to_bytes());
    out
}

pub(crate) fn bucket(prefix: &[u8], no: BucketNo) -> Vec<u8> {
    let mut out = prefix.to_vec();
    out.extend_from_slice(&no.0.to_be_bytes());
    out
}

pub(crate) fn change(prefix: &[u8], commit: Commit, key: FusedKey) -> Vec<u8> {
    let mut out = prefix.to_vec();
    out.extend_from_slice(&commit.0.to_be_bytes());
    annotation(&out, key)
}

pub(crate) fn bucket_no(key: &[u8]) -> Result<BucketNo> {
    tail_u64(key).map(BucketNo)
}

pub(crate) fn tail_u64(key: &[u8]) -> Result<u64> {
    key.last_chunk::<8>().map(|b| u64::from_be_bytes(*b)).ok_or_else(|| corrupt("a key is too short"))
}

/// The fused key at the end of a row's key.
pub(crate) fn fused_key(key: &[u8]) -> Result<FusedKey> {
    let tail = key.last_chunk::<24>().ok_or_else(|| corrupt("a key is too short"))?;
    let start = tail.first_chunk::<8>().ok_or_else(|| corrupt("a key is too short"))?;
    let name = tail.last_chunk::<16>().ok_or_else(|| corrupt("a key is too short"))?;
    let start_ns = i64::try_from(u64::from_be_bytes(*start)).map_err(|_| corrupt("a start is too large"))?;
    Ok(FusedKey { start_ns, key: AnnotationKey::from_bytes(*name) })
}

pub(crate) fn number(value: &[u8]) -> Result<u64> {
    value.try_into().map(u64::from_le_bytes).map_err(|_| corrupt("a number has not eight bytes"))
}

/// The asset that a document's key names.
pub(crate) fn asset_of(key: &[u8]) -> Result<AssetId> {
    let text = key.strip_suffix(&[0]).and_then(|id| std::str::from_utf8(id).ok());
    text.and_then(|id| AssetId::new(id).ok()).ok_or_else(|| corrupt("a key names no asset"))
}

pub(crate) fn event(event: &TimelineEvent) -> Vec<u8> {
    let (commit, rest) = match event {
        TimelineEvent::Asset(asset, commit) => (commit, asset.as_str().as_bytes().to_vec()),
        // No asset's id is empty or begins with a zero byte.
        TimelineEvent::Watermark(Watermark { partition: 0, upto }) => (upto, Vec::new()),
        TimelineEvent::Watermark(Watermark { partition, upto }) => {
            (upto, [&[0], partition.to_le_bytes().as_slice()].concat())
        }
    };
    [commit.0.to_le_bytes().as_slice(), &rest].concat()
}

pub(crate) fn read_event(value: &[u8]) -> Result<TimelineEvent> {
    let (commit, rest) = value.split_first_chunk::<8>().ok_or_else(|| corrupt("an event is too short"))?;
    let commit = Commit(u64::from_le_bytes(*commit));
    match rest {
        [] => Ok(TimelineEvent::Watermark(Watermark { partition: 0, upto: commit })),
        [0, partition @ ..] => {
            let partition = partition.try_into().map_err(|_| corrupt("an event names no partition"))?;
            let partition = u32::from_le_bytes(partition);
            Ok(TimelineEvent::Watermark(Watermark { partition, upto: commit }))
        }
        asset => {
            let id = std::str::from_utf8(asset).ok().and_then(|id| AssetId::new(id).ok());
            id.map(|id| TimelineEvent::Asset(id, commit)).ok_or_else(|| corrupt("an event names no asset"))
        }
    }
}
