//! The table of ids: where each annotation lies, and the digest of what it says.

use rushes_types::Result;

use crate::records::{Reader, Writer};

/// Where an id was kept, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IdLocation {
    pub(super) segment: u64,
    pub(super) block: u32,
    pub(super) position: u32,
    pub(super) start_ns: i64,
    pub(super) digest: u128,
}

/// The locations of an id, oldest first. There are several only where a loose annotation was superseded and
/// sent again: each copy lies in its own segment until it is erased.
pub(super) fn encode_locations(locations: &[IdLocation]) -> Vec<u8> {
    let mut w = Writer::default();
    for location in locations {
        w.uint(location.segment);
        w.uint(location.block.into());
        w.uint(location.position.into());
        w.int(location.start_ns);
        w.u128(location.digest);
    }
    w.done()
}

pub(super) fn decode_locations(bytes: &[u8]) -> Result<Vec<IdLocation>> {
    let mut r = Reader::new(bytes);
    let mut locations = Vec::with_capacity(1);
    while !r.is_empty() {
        locations.push(IdLocation {
            segment: r.uint()?,
            block: r.uint32()?,
            position: r.uint32()?,
            start_ns: r.int()?,
            digest: r.u128()?,
        });
    }
    Ok(locations)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::embedded::counters::Counters;

    proptest! {
        #[test]
        fn damaged_rows_are_errors_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode_locations(&bytes);
            let _ = Counters::decode(&bytes);
        }
    }

    const COUNTERS: &str = "ac0201007fffffffffffffffffff01";
    const LOCATIONS: &str = "\
    80808080808080804003f0a20401fffffffffffffffffffffffffffffffe0903f0a20480bcc1960b00000000000000000000\
    000000000001";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        hex.as_bytes().chunks_exact(2).map(pair).collect()
    }

    #[test]
    fn counters_and_locations_are_read_and_written_as_they_always_were() {
        let counters = Counters { commits: 300, runs: 1, scopes: 0, assets: 127, annotations: u64::MAX };
        let location =
            IdLocation { segment: 1 << 62, block: 3, position: 70_000, start_ns: -1, digest: u128::MAX - 1 };
        let locations = [location, IdLocation { segment: 9, start_ns: 1_500_000_000, digest: 1, ..location }];
        assert_eq!(hex(&counters.encode()), COUNTERS);
        assert_eq!(Counters::decode(&bytes(COUNTERS)).unwrap(), counters);
        assert_eq!(hex(&encode_locations(&locations)), LOCATIONS);
        assert_eq!(decode_locations(&bytes(LOCATIONS)).unwrap(), locations);
    }
}
