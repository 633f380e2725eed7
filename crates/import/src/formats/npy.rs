//! NumPy `.npy`: a matrix of embeddings on a grid of times.
//!
//! Source: the format's own description (versions 1 to 3), `float16`, `float32` and `float64` of either byte order, in C
//! order, of shape (rows, dimensions). Row n becomes `SCENE_SEARCH` with the vector, from n steps to n+1 steps, the end
//! exclusive: `--step` gives the step in seconds, else it is one frame of `--fps`, each rounded up as frames are. `--offset`
//! gives the start of row 0. Numbers are stored as 32-bit floats.

use std::io::{BufRead, Read};

use crate::bytes::open;
use crate::problem::{Fault, shown};
use rushes_types::known_types;
use rushes_types::limits::DIMENSIONS_MAX;

use crate::formats::limits::MATRIX_BYTES_MAX;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};

/// What every such file begins with.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
const HEADER_BYTES_MAX: usize = 64 << 10;
/// Rows beyond this are no grid of a medium: 10,000 hours at 1,000 frames a second.
const ROWS_MAX: u64 = 36_000_000_000;

/// How numbers lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    bytes: usize,
    big_endian: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Shape {
    kind: Kind,
    rows: u64,
    dimensions: usize,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let settings = out.settings;
    let (step_ns, rate) = (settings.step_ns.filter(|step| *step > 0), settings.frame_rate);
    if step_ns.is_none() && rate.is_none() {
        let why = "the file does not say how far its rows are apart";
        return out.stop(0, Fault::new("", why, "give `--step` in seconds, or `--fps` for a row a frame"));
    }
    let mut data = match open(reader, MATRIX_BYTES_MAX) {
        Ok(data) => data,
        Err(error) => return out.stop(0, Fault::new("", error.to_string(), "mend the file")),
    };
    let shape = match header(&mut data) {
        Ok(shape) => shape,
        Err(why) => {
            return out.stop(0, Fault::new("", why, "save it with `numpy.save` as a matrix of floats"));
        }
    };
    let start_ns = |row: u64| match (step_ns, rate) {
        (Some(step_ns), _) => i128::from(row) * i128::from(step_ns),
        (None, Some(rate)) => i128::from(rate.start_of(i64::try_from(row).unwrap_or(i64::MAX))),
        (None, None) => 0,
    };
    let mut bytes = vec![0; shape.kind.bytes * shape.dimensions];
    for row in 0..shape.rows {
        if let Err(error) = data.read_exact(&mut bytes) {
            let why = format!("the file ends in row {} of {}: {error}", row + 1, shape.rows);
            return out.stop(0, Fault::new("", why, "write the file again; what came before has gone in"));
        }
        out.row();
        match vector(&bytes, shape.kind) {
            Ok(json) => {
                let mut said =
                    AnnotationDraft::label(known_types::SCENE, "", start_ns(row), start_ns(row + 1));
                said.vector = Some(json);
                out.annotation(row + 1, said)?;
            }
            Err(why) => {
                let mend = "leave such rows out, or give finite numbers";
                out.problem(row + 1, Fault::new("embedding", why, mend))?;
            }
        }
    }
    if data.fill_buf().is_ok_and(|rest| rest.is_empty()) {
        return CONTINUE;
    }
    out.problem(0, Fault::new("", "the file is longer than its shape says", "write the file again"))
}

fn header(data: &mut dyn Read) -> Result<Shape, String> {
    let cut = |error: std::io::Error| format!("the header cannot be read: {error}");
    let mut start = [0; 8];
    data.read_exact(&mut start).map_err(cut)?;
    if !start.starts_with(MAGIC) {
        return Err("the file is not a NumPy array".to_owned());
    }
    let length = if start[6] == 1 {
        let mut bytes = [0; 2];
        data.read_exact(&mut bytes).map_err(cut)?;
        usize::from(u16::from_le_bytes(bytes))
    } else {
        let mut bytes = [0; 4];
        data.read_exact(&mut bytes).map_err(cut)?;
        usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
    };
    if length > HEADER_BYTES_MAX {
        return Err(format!("the header has {length} bytes; at most {HEADER_BYTES_MAX} are accepted"));
    }
    let mut text = vec![0; length];
    data.read_exact(&mut text).map_err(cut)?;
    parse_header(&String::from_utf8_lossy(&text))
}

/// The value of a key in `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let at = text.find(&format!("'{key}'"))?;
    Some(text[at + key.len() + 2..].trim_start().strip_prefix(':')?.trim_start())
}

fn parse_header(text: &str) -> Result<Shape, String> {
    let kind = value(text, "descr")
        .and_then(|rest| rest.strip_prefix('\''))
        .and_then(|rest| rest.split('\'').next());
    let kind = kind.ok_or("the header names no single type of numbers")?;
    let (order, size) = kind.split_at_checked(1).unwrap_or(("", ""));
    let bytes = match size {
        "f2" => 2,
        "f4" => 4,
        "f8" => 8,
        _ => return Err(format!("numbers of type {} are not floats of 16, 32 or 64 bits", shown(kind))),
    };
    if !value(text, "fortran_order").is_some_and(|rest| rest.starts_with("False")) {
        return Err("the matrix is in Fortran order; save `numpy.ascontiguousarray(x)`".to_owned());
    }
    let shape =
        value(text, "shape").and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.split(')').next());
    let sides: Vec<Option<u64>> = shape
        .unwrap_or("")
        .split(',')
        .map(str::trim)
        .filter(|side| !side.is_empty())
        .map(|side| side.parse().ok())
        .collect();
    let [Some(rows), Some(dimensions)] = sides.as_slice() else {
        return Err(format!("the shape ({}) is not (rows, dimensions)", shape.unwrap_or("")));
    };
    let dimensions = usize::try_from(*dimensions).unwrap_or(usize::MAX);
    if !(1..=DIMENSIONS_MAX).contains(&dimensions) {
        return Err(format!(
            "{dimensions} dimensions are none, or more than the {DIMENSIONS_MAX} that are allowed"
        ));
    }
    if *rows > ROWS_MAX {
        return Err(format!("{rows} rows are more than any media has frames"));
    }
    Ok(Shape { kind: Kind { bytes, big_endian: order == ">" }, rows: *rows, dimensions })
}

/// A row as a JSON list.
fn vector(bytes: &[u8], kind: Kind) -> Result<String, String> {
    let mut json = String::with_capacity(bytes.len() * 4);
    json.push('[');
    for (place, piece) in bytes.chunks_exact(kind.bytes).enumerate() {
        let number = number(piece, kind.big_endian);
        if !number.is_finite() {
            return Err(format!("number {} of the row is not finite", place + 1));
        }
        if place > 0 {
            json.push(',');
        }
        // The shortest digits that are read back as this number; small ones with an exponent.
        let size = number.abs();
        if size != 0.0 && !(1e-5..1e16).contains(&size) {
            json.push_str(&format!("{number:e}"));
        } else {
            json.push_str(&number.to_string());
        }
    }
    json.push(']');
    Ok(json)
}

fn number(piece: &[u8], big_endian: bool) -> f32 {
    let mut little = [0u8; 8];
    let count = piece.len();
    for (place, byte) in piece.iter().enumerate() {
        let to = if big_endian { count - 1 - place } else { place };
        if let Some(slot) = little.get_mut(to) {
            *slot = *byte;
        }
    }
    let bits = u64::from_le_bytes(little);
    match count {
        2 => half(u16::try_from(bits).unwrap_or(0)),
        4 => f32::from_bits(u32::try_from(bits).unwrap_or(0)),
        #[allow(clippy::cast_possible_truncation)]
        // vectors are kept as 32-bit floats; what overflows is refused
        _ => f64::from_bits(bits) as f32,
    }
}

/// IEEE 754 half precision, exactly.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = (bits >> 10) & 0x1f;
    let fraction = f32::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Shape, half, parse_header, vector};

    #[test]
    fn halves_are_exact() {
        for (bits, expect) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0, 0.0),
        ] {
            assert_eq!(half(bits), expect);
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    #[test]
    fn headers_are_read_or_refused_with_the_reason() {
        let kind = Kind { bytes: 4, big_endian: false };
        assert_eq!(
            parse_header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"),
            Ok(Shape { kind, rows: 3, dimensions: 4 })
        );
        for (header, why) in [
            ("{'descr': '<i4', 'fortran_order': False, 'shape': (3, 4)}", "`<i4`"),
            ("{'descr': [('a','<f4')], 'fortran_order': False, 'shape': (3, 4)}", "no single type"),
            ("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4)}", "Fortran"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "(3,)"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 9999)}", "9999 dimensions"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999, 2)}", "rows"),
            ("{}", "no single type"),
        ] {
            assert!(parse_header(header).unwrap_err().contains(why), "{header}");
        }
    }

    #[test]
    fn numbers_are_written_so_that_they_are_read_back() {
        let numbers = [1.5f32, -0.1, 1e-30, f32::MAX, 0.0, 16_777_216.0];
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        let json = vector(&bytes, Kind { bytes: 4, big_endian: true }).unwrap();
        let back: Vec<f32> = serde_json::from_str(&json).unwrap();
        assert_eq!(back, numbers);
    }
}
