//! A request of annotation lines: split, checked, and grouped by asset and model.

use std::borrow::Cow;
use std::collections::HashMap;

use rushes_types::limits::Limits;
use rushes_types::{
    AnnotationHeader, AnnotationId, AssetId, BlockFormat, Error, ErrorKind, Metric, ModelRef, MovieId,
    Result, Space,
};

use crate::line::{LineError, ParsedLine, check_names, read_line};

/// Bodies below this many bytes are read by one thread: starting another costs more than it saves.
const PARALLEL_BYTES_MIN: usize = 1 << 20;

/// The annotations of a request that are of one asset and one model. Not `Clone`: `bytes` are as large as the request.
#[derive(Debug, PartialEq, Eq)]
pub struct GroupedBlock {
    /// The asset.
    pub asset: AssetId,
    /// The model.
    pub model: ModelRef,
    /// The movie of the first line that names one: registers the asset.
    pub movie: Option<NamedMovie>,
    /// Dimensions of the vectors, where there are any: registers the model's space.
    pub dimensions: Option<usize>,
    /// How `bytes` is written.
    pub format: BlockFormat,
    /// The annotations, in the order sent.
    pub rows: Vec<AnnotationHeader>,
    /// The bytes as sent: lines, each ended by `\n`; or an Arrow stream of one record batch.
    pub bytes: Vec<u8>,
}

/// A movie named by a line. Of several blocks of one asset the lowest line decides, because blocks are grouped by model
/// and not in the order sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedMovie {
    /// Line (or row) of the request, from 1.
    pub source: u64,
    /// The movie.
    pub id: MovieId,
}

/// A rejected line or row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Line (or row) of the request, from 1.
    pub line: u64,
    /// The field, as a JSON pointer.
    pub pointer: String,
    /// Why, and how to mend it.
    pub detail: String,
}

impl RowError {
    pub(crate) fn of(line: u64, error: LineError) -> Self {
        Self { line, pointer: error.pointer, detail: error.detail }
    }
}

/// A request, parsed and grouped.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// What is accepted, grouped by asset and model in the order in which they are first named.
    pub blocks: Vec<GroupedBlock>,
    /// What is rejected, ascending by line.
    pub errors: Vec<RowError>,
    /// How many annotations were sent, including rejected ones.
    pub sent: u64,
}

/// How a request is read.
pub struct SplitOptions<'a> {
    /// The limits that hold.
    pub limits: &'a Limits,
    /// The space of a model's vectors, where one is registered. Asked once for each model of the request.
    /// Without one the first vector of the request decides, and the metric is cosine.
    pub space_of: &'a dyn Fn(&ModelRef) -> Option<Space>,
    /// Threads that may read lines at once; the answer does not depend on it.
    pub threads: usize,
}

/// What grouping needs to know about a line.
struct Item<'a> {
    bytes: &'a [u8],
    asset: Cow<'a, str>,
    model: Cow<'a, str>,
    movie: Option<Cow<'a, str>>,
    id: AnnotationId,
    start_ns: i64,
    digest: u128,
    dimensions: Option<usize>,
    is_zero: bool,
}

/// Splits a body of lines, checks each, and groups what is accepted. Blank lines are skipped.
///
/// # Errors
/// [`ErrorKind::TooLarge`] where the body is longer than a request may be. A line that is refused is no
/// error: it is in [`Request::errors`].
pub fn split_request(body: &[u8], options: &SplitOptions<'_>) -> Result<Request> {
    let limits = options.limits;
    if body.len() > limits.request_bytes_max {
        return Err(Error::new(ErrorKind::TooLarge, format!("the request has {} bytes", body.len()))
            .mend(format!("at most {} are accepted: send it in parts", limits.request_bytes_max)));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body); // a byte order mark is no content
    let mut grouping = Grouping::new(options.space_of);
    if options.threads > 1 && body.len() >= PARALLEL_BYTES_MIN {
        let pieces = pieces(body, options.threads);
        let read: Vec<Vec<(u64, Option<ItemResult<'_>>)>> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                pieces.iter().map(|piece| scope.spawn(move || read_lines(piece, limits))).collect();
            threads.into_iter().map(|t| t.join().unwrap_or_default()).collect()
        });
        let mut before = 0;
        for lines in read {
            let count = lines.last().map_or(0, |(n, _)| *n);
            for (n, item) in lines {
                grouping.add(before + n, item);
            }
            before += count;
        }
    } else {
        for (n, line) in lines_of(body) {
            grouping.add(n, read_item(line, limits));
        }
    }
    Ok(grouping.finish())
}

type ItemResult<'a> = Result<Item<'a>, LineError>;

/// Cuts at line ends into at most `n` pieces of about the same length.
fn pieces(body: &[u8], n: usize) -> Vec<&[u8]> {
    let mut out = Vec::with_capacity(n);
    let mut rest = body;
    for left in (1..=n).rev() {
        let aim = rest.len() / left;
        let end = match rest.get(aim..).and_then(|tail| tail.iter().position(|b| *b == b'\n')) {
            Some(offset) if left > 1 => aim + offset + 1,
            _ => rest.len(),
        };
        let (piece, tail) = rest.split_at(end);
        out.push(piece);
        rest = tail;
    }
    out
}

/// Lines with their number from 1, without line end; nothing after the last line end.
fn lines_of(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    (1u64..).zip(body.split(|b| *b == b'\n'))
}

fn read_lines<'a>(piece: &'a [u8], limits: &Limits) -> Vec<(u64, Option<ItemResult<'a>>)> {
    if piece.is_empty() {
        return Vec::new();
    }
    lines_of(piece).map(|(n, line)| (n, read_item(line, limits))).collect()
}

/// `None` for a blank line.
fn read_item<'a>(line: &'a [u8], limits: &Limits) -> Option<ItemResult<'a>> {
    if line.trim_ascii().is_empty() {
        return None;
    }
    Some(read_line(line, limits).and_then(|parsed| item_of(line, parsed)))
}

fn item_of<'a>(bytes: &'a [u8], line: ParsedLine<'a>) -> ItemResult<'a> {
    let digest = line.digest();
    Ok(Item {
        bytes,
        id: line.annotation_id(digest)?,
        start_ns: line.range.start_ns(),
        digest,
        dimensions: line.vector.as_ref().map(Vec::len),
        is_zero: line.vector.as_ref().is_some_and(|v| v.iter().all(|x| *x == 0.0)),
        asset: line.asset,
        model: line.model,
        movie: line.movie,
    })
}

/// Dimensions and metric that a model's vectors must have.
pub(crate) struct Spaces<'o> {
    space_of: &'o dyn Fn(&ModelRef) -> Option<Space>,
    known: HashMap<ModelRef, (Option<usize>, Metric)>,
}

impl<'o> Spaces<'o> {
    pub(crate) fn new(space_of: &'o dyn Fn(&ModelRef) -> Option<Space>) -> Self {
        Self { space_of, known: HashMap::new() }
    }

    /// Checks a vector of a model against its space; the first one makes the space.
    pub(crate) fn check(
        &mut self,
        model: &ModelRef,
        dimensions: usize,
        is_zero: bool,
    ) -> Result<(), LineError> {
        const POINTER: &str = "/embedding_vector";
        if !self.known.contains_key(model) {
            let space = (self.space_of)(model);
            let known = space.map_or((None, Metric::Cosine), |s| (Some(s.dimensions), s.metric));
            self.known.insert(model.clone(), known);
        }
        let Some((wanted, metric)) = self.known.get_mut(model) else { return Ok(()) };
        if let Some(wanted) = wanted.filter(|w| *w != dimensions) {
            let detail = format!(
                "the vector has {dimensions} numbers, but the space of `{model}` has {wanted}; \
                 a new encoder is a new model version"
            );
            return Err(LineError::new(POINTER, detail));
        }
        if is_zero && *metric == Metric::Cosine {
            let detail = "the vector is zero, which has no direction for cosine; leave the field out";
            return Err(LineError::new(POINTER, detail));
        }
        *wanted = Some(dimensions);
        Ok(())
    }
}

struct Grouping<'o> {
    request: Request,
    spaces: Spaces<'o>,
    /// Block by asset and model as they were written.
    by_name: HashMap<(String, String), usize>,
    /// Block by asset and model as they are meant: `faces` and `faces@1` are one model.
    by_id: HashMap<(AssetId, ModelRef), usize>,
    /// The block of the line before: lines come in long stretches of one asset and model.
    last: Option<(String, String, usize)>,
}

impl<'o> Grouping<'o> {
    fn new(space_of: &'o dyn Fn(&ModelRef) -> Option<Space>) -> Self {
        Self {
            request: Request::default(),
            spaces: Spaces::new(space_of),
            by_name: HashMap::new(),
            by_id: HashMap::new(),
            last: None,
        }
    }

    fn add(&mut self, n: u64, item: Option<ItemResult<'_>>) {
        let Some(item) = item else { return };
        self.request.sent += 1;
        if let Err(error) = item.and_then(|item| self.take(n, item)) {
            self.request.errors.push(RowError::of(n, error));
        }
    }

    fn take(&mut self, n: u64, item: Item<'_>) -> Result<(), LineError> {
        let known = self.known_block(&item);
        let (asset, model) = match known {
            Some(block) => {
                let block = &self.request.blocks[block];
                (block.asset.clone(), block.model.clone())
            }
            None => (
                AssetId::new(&item.asset).map_err(|e| LineError::id("/asset_id", &e))?,
                ModelRef::parse(&item.model).map_err(|e| LineError::id("/model", &e))?,
            ),
        };
        let movie = item.movie.as_deref().map(MovieId::new).transpose();
        let movie = movie.map_err(|e| LineError::id("/movie_id", &e))?;
        if let Some(dimensions) = item.dimensions {
            self.spaces.check(&model, dimensions, item.is_zero)?;
        }
        let no = match known {
            Some(no) => no,
            None => self.new_block(&item, asset, model),
        };
        let block = &mut self.request.blocks[no];
        let position = u32::try_from(block.rows.len())
            .map_err(|_| LineError::new("", "the request has too many lines; send it in parts"))?;
        block.rows.push(AnnotationHeader {
            id: item.id,
            start_ns: item.start_ns,
            digest: item.digest,
            position,
            source: n,
        });
        block.bytes.extend_from_slice(item.bytes);
        block.bytes.push(b'\n');
        block.movie = block.movie.take().or(movie.map(|id| NamedMovie { source: n, id }));
        block.dimensions = block.dimensions.or(item.dimensions);
        Ok(())
    }

    fn known_block(&mut self, item: &Item<'_>) -> Option<usize> {
        if let Some((asset, model, no)) = &self.last
            && *asset == item.asset
            && *model == item.model
        {
            return Some(*no);
        }
        let names = (item.asset.as_ref().to_owned(), item.model.as_ref().to_owned());
        let no = *self.by_name.get(&names)?;
        self.last = Some((names.0, names.1, no));
        Some(no)
    }

    fn new_block(&mut self, item: &Item<'_>, asset: AssetId, model: ModelRef) -> usize {
        let blocks = &mut self.request.blocks;
        let no = *self.by_id.entry((asset.clone(), model.clone())).or_insert_with(|| {
            blocks.push(GroupedBlock {
                asset,
                model,
                movie: None,
                dimensions: None,
                format: BlockFormat::Lines,
                rows: Vec::new(),
                bytes: Vec::new(),
            });
            blocks.len() - 1
        });
        let names = (item.asset.as_ref().to_owned(), item.model.as_ref().to_owned());
        self.by_name.insert(names, no);
        no
    }

    fn finish(self) -> Request {
        self.request
    }
}

/// Checks a row that did not come as a line: names and fields.
pub(crate) fn check_row(line: &ParsedLine<'_>, limits: &Limits) -> Result<(), LineError> {
    check_names(line)?;
    crate::line::check_fields(line, limits)
}
