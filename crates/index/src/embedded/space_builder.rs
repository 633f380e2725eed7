//! Builds the vectors of one space. Rows go to temporary files, because a segment may hold more than fits into memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use rushes_types::{Error, Result, SpaceId};

use super::bytes::{put_bytes, put_varint, small};
use super::file::SectionWriter;
use super::quantise::{RowStats, STATS_BYTES, code_bytes, quantise};
use super::sections::of_space;
use super::signs::{MeanDirection, put_signs};

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
        let (scale, residual) = quantise(vector, &mut self.buffer);
        self.codes.put(&self.buffer)?;
        let norm = vector.iter().fold(0.0, |sum, x| sum + f64::from(*x) * f64::from(*x)).sqrt();
        self.mean.add(vector, norm);
        self.stats.extend(RowStats { norm, scale, residual, entry, crc }.to_bytes());
        let row = self.rows;
        self.rows = small(row as usize + 1)?;
        Ok(row)
    }

    /// Writes the sections of the space, which is the `no`-th.
    pub fn finish(self, no: usize, out: &mut SectionWriter, head: &mut Vec<u8>) -> Result<()> {
        put_bytes(head, self.space.as_str().as_bytes());
        put_varint(head, self.dimensions as u64);
        put_varint(head, u64::from(self.rows));
        let sections = of_space(no);
        out.section(sections.stats, &self.stats)?;
        let mean = self.mean.finish(self.dimensions);
        let mut signs: Vec<u8> = mean.iter().flat_map(|x| x.to_le_bytes()).collect();
        let mut stats = self.stats.chunks_exact(STATS_BYTES).map_while(RowStats::read);
        out.begin(sections.codes)?;
        self.codes.copy_into(out, code_bytes(self.dimensions), &mut |codes| {
            // The value of a code unit is the same over a row: its scale, or zero where there is none.
            let Some(RowStats { norm, scale, .. }) = stats.next() else { return };
            let component = |code: &u8| scale * f32::from(code.cast_signed());
            put_signs(codes.iter().take(mean.len()).map(component), norm, &mean, &mut signs);
        })?;
        out.begin(sections.rows)?;
        self.vectors.copy_into(out, self.dimensions * 4, &mut |_| {})?;
        out.section(sections.signs, &signs)
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

    /// Copies records of a fixed size, calling `each` with every one.
    fn copy_into(
        mut self,
        out: &mut SectionWriter,
        record_bytes: usize,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        let doing = format!("reading `{}`", self.path.display());
        let written = self.out.take().ok_or_else(|| Error::bug("a scratch file was closed early"))?;
        drop(written.into_inner().map_err(|e| Error::io(&doing, e.into_error()))?);
        let mut file =
            BufReader::with_capacity(1 << 18, File::open(&self.path).map_err(|e| Error::io(&doing, e))?);
        let mut left = file.get_ref().metadata().map_err(|e| Error::io(&doing, e))?.len();
        let mut record = vec![0; record_bytes];
        while left > 0 && record_bytes > 0 {
            file.read_exact(&mut record).map_err(|e| Error::io(&doing, e))?;
            left = left.saturating_sub(record_bytes as u64);
            each(&record);
            out.put(&record)?;
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
