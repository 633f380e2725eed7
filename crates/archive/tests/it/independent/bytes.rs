//! The primitives of docs/formats.md, read forward. A test reads what was just written, so damage is a panic.

use serde_json::{Map, Value as Json};

pub struct Bytes<'a>(pub &'a [u8]);

/// Reads all of the bytes: nothing may follow.
pub fn whole<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Bytes<'a>) -> T) -> T {
    let mut b = Bytes(bytes);
    let read = read(&mut b);
    assert!(b.0.is_empty(), "{} bytes follow the end", b.0.len());
    read
}

impl<'a> Bytes<'a> {
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap()
    }

    pub fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub fn u32_le(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn u32_be(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    pub fn u64_le(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    pub fn u64_be(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    pub fn u128_be(&mut self) -> u128 {
        u128::from_be_bytes(self.array())
    }

    pub fn f32_le(&mut self) -> f32 {
        f32::from_le_bytes(self.array())
    }

    pub fn f64_le(&mut self) -> f64 {
        f64::from_le_bytes(self.array())
    }

    pub fn f64_be(&mut self) -> f64 {
        f64::from_be_bytes(self.array())
    }

    pub fn varint(&mut self) -> u64 {
        let (mut value, mut shift) = (0_u128, 0);
        loop {
            let byte = self.u8();
            value |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u64::try_from(value).unwrap();
            }
            shift += 7;
            assert!(shift < 70, "a varint has more than ten bytes");
        }
    }

    pub fn zigzag(&mut self) -> i64 {
        let n = self.varint();
        (n >> 1).cast_signed() ^ -((n & 1).cast_signed())
    }

    pub fn length(&mut self) -> usize {
        usize::try_from(self.varint()).unwrap()
    }

    pub fn text(&mut self) -> String {
        let length = self.length();
        String::from_utf8(self.take(length).to_vec()).unwrap()
    }

    pub fn flag(&mut self) -> bool {
        let byte = self.u8();
        assert!(byte < 2, "a flag is {byte}");
        byte == 1
    }

    pub fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| read(self))
    }

    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.varint()).map(|_| read(self)).collect()
    }

    pub fn rest<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut all = Vec::new();
        while !self.0.is_empty() {
            all.push(read(self));
        }
        all
    }

    /// Text to the end.
    pub fn last_text(&mut self) -> String {
        String::from_utf8(self.take(self.0.len()).to_vec()).unwrap()
    }

    /// An id of a key, with the zero byte that ends it.
    pub fn id(&mut self) -> String {
        let length = self.0.iter().position(|byte| *byte == 0).expect("a zero byte ends an id in a key");
        let id = String::from_utf8(self.take(length).to_vec()).unwrap();
        assert!((1..=512).contains(&id.len()) && !id.chars().any(char::is_control), "{id:?}");
        self.u8();
        id
    }

    /// Attributes, with a reader of their values; ascending by name.
    pub fn attributes(&mut self, value: fn(&mut Self) -> Json) -> Map<String, Json> {
        let all = self.list(|b| (b.text(), value(b)));
        assert!(all.is_sorted_by(|a, b| a.0 < b.0), "attributes ascend by name: {all:?}");
        all.into_iter().collect()
    }
}

/// A fraction, as JSON writes it.
pub fn fraction(x: f64) -> Json {
    Json::Number(serde_json::Number::from_f64(x).expect("attributes hold finite numbers"))
}

/// The CRC-32 of the page.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}
