//! Buckets.

use rushes_types::{AnnotationKey, Bucket, BucketMember, BucketNo, Intersection, Result};

use super::format::{Reader, Writer, corrupt};

const VERSION: u8 = 1;
const TRUNCATED: u8 = 1;

/// Adds the encoded bucket to `out`. Its number is left out: it is in the key of the row.
pub fn encode_bucket(bucket: &Bucket, out: &mut Vec<u8>) {
    out.reserve(8 + bucket.annotations.len() * 28);
    let mut w = Writer::onto(out);
    w.u8(VERSION);
    w.u8(if bucket.truncated { TRUNCATED } else { 0 });
    w.uint(bucket.annotations.len() as u64);
    let mut before = 0i64;
    for member in &bucket.annotations {
        w.int(member.start_ns.wrapping_sub(before));
        w.int(member.end_ns.wrapping_sub(member.start_ns));
        w.bytes(&member.key.to_bytes());
        before = member.start_ns;
    }
    w.uint(bucket.intersections.len() as u64);
    let mut before = 0i64;
    for found in &bucket.intersections {
        w.int(found.start_ns.wrapping_sub(before));
        w.int(found.end_ns.wrapping_sub(found.start_ns));
        w.uint(found.members.len() as u64);
        let mut last = 0u32;
        for position in &found.members {
            w.uint(u64::from(position.wrapping_sub(last)));
            last = *position;
        }
        before = found.start_ns;
    }
}

/// Decodes the bucket with a number.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
pub fn decode_bucket(no: BucketNo, bytes: &[u8]) -> Result<Bucket> {
    let mut r = Reader::new(bytes);
    if r.u8()? != VERSION {
        return Err(corrupt("a bucket has an unknown version"));
    }
    let truncated = r.u8()? & TRUNCATED != 0;
    let count = r.count(18)?;
    let mut annotations = Vec::with_capacity(count);
    let mut before = 0i64;
    for _ in 0..count {
        let start_ns = before.wrapping_add(r.int()?);
        let end_ns = start_ns.wrapping_add(r.int()?);
        let key = AnnotationKey::from_bytes(r.array()?);
        annotations.push(BucketMember { start_ns, key, end_ns });
        before = start_ns;
    }
    let found = r.count(3)?;
    let mut intersections = Vec::with_capacity(found);
    let mut before = 0i64;
    for _ in 0..found {
        let start_ns = before.wrapping_add(r.int()?);
        let end_ns = start_ns.wrapping_add(r.int()?);
        let n = r.count(1)?;
        let mut members = Vec::with_capacity(n);
        let mut last = 0u32;
        for _ in 0..n {
            let step = u32::try_from(r.uint()?).map_err(|_| corrupt("a member is not there"))?;
            last = last.wrapping_add(step);
            if last as usize >= count {
                return Err(corrupt("a member is not there"));
            }
            members.push(last);
        }
        intersections.push(Intersection { start_ns, end_ns, members });
        before = start_ns;
    }
    r.end()?;
    Ok(Bucket { no, annotations, intersections, truncated })
}
