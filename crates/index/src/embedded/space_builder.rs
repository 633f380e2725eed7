//! Builds the vectors of one space. Rows go to temporary files, because a segment may hold more than fits into memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use rushes_types::{Error, Result, SpaceId};

use super::bytes::{put_bytes, put_varint, small};
use super::file::SectionWriter;
use super::quantise::{Quantised, RowStats, STATS_BYTES, code_bytes, put_halves, quantise};
use super::sections::of_space;
use super::signs::{MeanDirection, SignWidths, put_signs};

#[derive(Debug)]
pub(crate) struct SpaceBuilder {
    pub space: SpaceId,
    pub dimensions: usize,
    stats: Vec<u8>,
    mean: MeanDirection,
    rows: u32,
    codes: Scratch,
    vectors: Scratch,
    buffer: Vec<u8>,
}

impl SpaceBuilder {
    pub fn new(space: &SpaceId, dimensions: usize, path: &Path, no: usize) -> Result<Self> {
        Ok(Self {
            space: space.clone(),
            dimensions,
            stats: Vec::new(),
            mean: MeanDirection::default(),
            rows: 0,
            codes: Scratch::create(path.with_extension(format!("codes{no}.tmp")))?,
            vectors: Scratch::create(path.with_extension(format!("rows{no}.tmp")))?,
            buffer: Vec::new(),
        })
    }

    /// Adds an entry's vector; returns its row.
    pub fn push(&mut self, entry: u32, vector: &[f32]) -> Result<u32> {
        self.buffer.clear();
        self.buffer.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
        let crc = crc32fast::hash(&self.buffer);
        self.vectors.put(&self.buffer)?;
        self.buffer.clear();
        let Quantised { scale, residual, coarse } = quantise(vector, &mut self.buffer);
        self.codes.put(&self.buffer)?;
        let norm = vector.iter().fold(0.0, |sum, x| sum + f64::from(*x) * f64::from(*x)).sqrt();
        self.mean.add(vector, norm);
        self.stats.extend(RowStats { norm, scale, residual, coarse, entry, crc }.to_bytes());
        let row = self.rows;
        self.rows = small(row as usize + 1)?;
        Ok(row)
    }

    /// Writes the sections of the space, which is the `no`-th.
    pub fn finish(mut self, no: usize, out: &mut SectionWriter, head: &mut Vec<u8>) -> Result<()> {
        put_bytes(head, self.space.as_str().as_bytes());
        put_varint(head, self.dimensions as u64);
        put_varint(head, u64::from(self.rows));
        let sections = of_space(no);
        out.section(sections.stats, &self.stats)?;
        let mean = self.mean.finish(self.dimensions);
        let mut first_signs: Vec<u8> = mean.iter().flat_map(|x| x.to_le_bytes()).collect();
        let (mut other_signs, mut signs, mut halves) = (Vec::new(), Vec::new(), Vec::new());
        let mut stats = self.stats.chunks_exact(STATS_BYTES).map_while(RowStats::read);
        out.begin(sections.codes)?;
        self.codes.each_record(code_bytes(self.dimensions), &mut |codes| {
            halves.clear();
            put_halves(codes, true, &mut halves);
            out.put(&halves)?;
            // The value of a code unit is the same over a row: its scale, or zero where there is none.
            let Some(RowStats { norm, scale, .. }) = stats.next() else { return Ok(()) };
            let component = |code: &u8| scale * f32::from(code.cast_signed());
            signs.clear();
            put_signs(codes.iter().take(mean.len()).map(component), norm, &mean, &mut signs);
            let (first, other) = signs.split_at(SignWidths::of(mean.len()).first);
            first_signs.extend(first);
            other_signs.extend(other);
            Ok(())
        })?;
        self.codes.each_record(code_bytes(self.dimensions), &mut |codes| {
            halves.clear();
            put_halves(codes, false, &mut halves);
            out.put(&halves)
        })?;
        out.end()?;
        out.begin(sections.rows)?;
        self.vectors.each_record(self.dimensions * 4, &mut |vector| out.put(vector))?;
        out.end()?;
        first_signs.append(&mut other_signs);
        out.section(sections.signs, &first_signs)
    }
}

/// A temporary file.
#[derive(Debug)]
struct Scratch {
    path: PathBuf,
    out: Option<BufWriter<File>>,
}

impl Scratch {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::options().create(true).truncate(true).read(true).write(true).open(&path);
        let file = file.map_err(|e| Error::io(&format!("creating `{}`", path.display()), e))?;
        Ok(Self { path, out: Some(BufWriter::with_capacity(1 << 18, file)) })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let path = &self.path;
        let out = self.out.as_mut().ok_or_else(|| Error::bug("a scratch file was closed early"))?;
        out.write_all(bytes).map_err(|e| Error::io(&format!("writing `{}`", path.display()), e))
    }

    /// Calls `each` with every record, all of a fixed size; nothing is written afterwards.
    fn each_record(&mut self, record_bytes: usize, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let doing = format!("reading `{}`", self.path.display());
        if let Some(written) = self.out.take() {
            drop(written.into_inner().map_err(|e| Error::io(&doing, e.into_error()))?);
        }
        let mut file =
            BufReader::with_capacity(1 << 18, File::open(&self.path).map_err(|e| Error::io(&doing, e))?);
        let mut left = file.get_ref().metadata().map_err(|e| Error::io(&doing, e))?.len();
        let mut record = vec![0; record_bytes];
        while left > 0 && record_bytes > 0 {
            file.read_exact(&mut record).map_err(|e| Error::io(&doing, e))?;
            left = left.saturating_sub(record_bytes as u64);
            each(&record)?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is removed when the index is opened the next time.
        let _ = std::fs::remove_file(&self.path);
    }
}
