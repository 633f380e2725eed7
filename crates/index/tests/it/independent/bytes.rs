//! The primitives of docs/formats.md, read forward. A test reads what was just written, so damage is a panic.

pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap()
    }

    pub fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    pub fn u128(&mut self) -> u128 {
        u128::from_le_bytes(self.array())
    }

    pub fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.array())
    }

    pub fn f32(&mut self) -> f32 {
        f32::from_le_bytes(self.array())
    }

    pub fn f64(&mut self) -> f64 {
        f64::from_le_bytes(self.array())
    }

    pub fn varint(&mut self) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.u8();
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return value;
            }
            shift += 7;
        }
    }

    pub fn zigzag(&mut self) -> i64 {
        let n = self.varint();
        (n >> 1).cast_signed() ^ -((n & 1).cast_signed())
    }

    pub fn length(&mut self) -> usize {
        usize::try_from(self.varint()).unwrap()
    }

    pub fn bytes(&mut self) -> &'a [u8] {
        let length = self.length();
        self.take(length)
    }

    pub fn text(&mut self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
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

    pub fn end(self) {
        assert!(self.0.is_empty(), "{} bytes follow the end", self.0.len());
    }
}

/// Takes off a checksum at the end and holds it against what is before it.
pub fn checked(bytes: &[u8]) -> &[u8] {
    let (body, checksum) = bytes.split_at(bytes.len() - 4);
    assert_eq!(crc32fast::hash(body), Bytes(checksum).u32(), "a checksum");
    body
}
