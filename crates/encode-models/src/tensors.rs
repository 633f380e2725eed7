//! A safetensors file: a header of names, types, shapes and places, then the numbers.

use std::collections::HashMap;
use std::path::Path;

use ndarray::{Array1, Array2};
use rushes_types::{Error, Result};
use serde::Deserialize;

use crate::config::read_bytes;

/// Bytes of a file, at most.
const FILE_BYTES_MAX: u64 = 8 << 30;
/// Bytes of its header, at most.
const HEADER_BYTES_MAX: usize = 64 << 20;

/// Where a tensor lies.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// All tensors of a file.
pub struct Tensors {
    name: String,
    bytes: Vec<u8>,
    body: usize,
    entries: HashMap<String, Entry>,
}

impl Tensors {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let bytes = read_bytes(path, FILE_BYTES_MAX)?;
        let wrong = || Error::invalid(format!("`{name}` is no safetensors file, or not all of it"));
        let size = bytes.first_chunk().map(|b| u64::from_le_bytes(*b)).ok_or_else(wrong)?;
        let size = usize::try_from(size).ok().filter(|s| *s <= HEADER_BYTES_MAX).ok_or_else(wrong)?;
        let header = bytes.get(8..8 + size).ok_or_else(wrong)?;
        let mut fields: HashMap<String, serde_json::Value> =
            serde_json::from_slice(header).map_err(|e| wrong().because(e))?;
        fields.remove("__metadata__");
        let mut entries = HashMap::new();
        for (field, value) in fields {
            entries.insert(field, serde_json::from_value(value).map_err(|e| wrong().because(e))?);
        }
        Ok(Self { name, bytes, body: 8 + size, entries })
    }

    /// Is there one of that name?
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// A list of numbers.
    pub fn vector(&self, name: &str) -> Result<Array1<f32>> {
        Ok(Array1::from(self.numbers(name)?.1))
    }

    /// A matrix: the first dimension is the rows, all others together are the columns.
    pub fn matrix(&self, name: &str) -> Result<Array2<f32>> {
        let (shape, numbers) = self.numbers(name)?;
        let rows = shape.first().copied().unwrap_or(1);
        let columns = numbers.len().checked_div(rows).unwrap_or(0);
        Array2::from_shape_vec((rows, columns), numbers).map_err(|e| self.wrong(name).because(e))
    }

    fn wrong(&self, name: &str) -> Error {
        Error::invalid(format!("`{}`: tensor `{name}` is not as its header says", self.name))
    }

    fn numbers(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>)> {
        let entry = self.entries.get(name).ok_or_else(|| {
            Error::invalid(format!("`{}` has no tensor `{name}`", self.name))
                .mend("is it a model of this kind?")
        })?;
        let (begin, end) = entry.data_offsets;
        let bytes = self.bytes.get(self.body..).and_then(|body| body.get(begin..end));
        let bytes = bytes.ok_or_else(|| self.wrong(name))?;
        let numbers: Vec<f32> = match entry.dtype.as_str() {
            "F32" => bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            "BF16" => bytes.as_chunks().0.iter().map(|b| bf16(u16::from_le_bytes(*b))).collect(),
            "F16" => bytes.as_chunks().0.iter().map(|b| f16(u16::from_le_bytes(*b))).collect(),
            other => {
                return Err(Error::invalid(format!("`{}`: tensor `{name}` is of type `{other}`", self.name))
                    .mend("F32, F16 and BF16 are read"));
            }
        };
        let wanted = entry.shape.iter().try_fold(1_usize, |n, d| n.checked_mul(*d));
        if wanted != Some(numbers.len()) {
            return Err(self.wrong(name));
        }
        Ok((entry.shape.clone(), numbers))
    }
}

fn bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

fn f16(bits: u16) -> f32 {
    let (sign, exponent, fraction) =
        (u32::from(bits >> 15) << 31, u32::from(bits >> 10) & 31, u32::from(bits) & 1023);
    match exponent {
        // Subnormal: the fraction counts in units of 2^-24.
        0 => (fraction as f32 * 2.0_f32.powi(-24)).copysign(f32::from_bits(sign | 0x3f80_0000)),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_numbers_are_read_exactly() {
        for (bits, wanted) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_95), (1, 5.960_464_5e-8), (0x7bff, 65504.0)]
        {
            assert_eq!(f16(bits), wanted);
        }
        assert!(f16(0x7e00).is_nan() && f16(0xfc00) == f32::NEG_INFINITY);
        assert_eq!(bf16(0x3f80), 1.0);
    }

    #[test]
    fn a_broken_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let header = |json: &str| [&(json.len() as u64).to_le_bytes(), json.as_bytes(), &[0; 8]].concat();
        let entry = r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#;
        for bytes in [vec![], vec![255; 8], vec![9; 20], header("{"), header(r#"{"a":1}"#)] {
            std::fs::write(&path, bytes).unwrap();
            assert!(Tensors::read(&path).is_err());
        }
        for json in [
            entry,
            &entry.replace("[0,8]", "[8,0]"),
            &entry.replace("[0,8]", "[0,99]"),
            &entry.replace("F32", "I8"),
        ] {
            std::fs::write(&path, header(json)).unwrap();
            let tensors = Tensors::read(&path).unwrap();
            assert!(tensors.vector("a").is_err() && tensors.matrix("b").is_err());
        }
    }
}
