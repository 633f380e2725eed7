//! Record batches rewritten: some rows only, or some rows blanked.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_data::transform::MutableArrayData;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use rushes_types::{Error, Result};

fn failed(source: &arrow_schema::ArrowError) -> Error {
    Error::bug(format!("rewriting a record batch failed: {source}"))
}

/// The rows at `kept`, in that order.
pub(super) fn only(batch: &RecordBatch, kept: &[usize]) -> Result<RecordBatch> {
    let rows: Vec<Option<usize>> = kept.iter().copied().map(Some).collect();
    rebuilt(batch, &rows)
}

/// All rows, those at `positions` null in every column.
pub(super) fn blanked(batch: &RecordBatch, positions: &BTreeSet<u32>) -> Result<RecordBatch> {
    let is_kept = |row: &usize| u32::try_from(*row).map_or(true, |r| !positions.contains(&r));
    let rows: Vec<Option<usize>> = (0..batch.num_rows()).map(|row| Some(row).filter(is_kept)).collect();
    rebuilt(batch, &rows)
}

/// Dictionaries become plain columns, since a dictionary may hold values of removed rows. A dictionary nested deeper in
/// a column is not rewritten: such a column, which is never one that this crate knows, is dropped.
fn rebuilt(batch: &RecordBatch, rows: &[Option<usize>]) -> Result<RecordBatch> {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let Some(column) = rebuilt_column(column, rows)? else { continue };
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|e| failed(&e))
}

fn rebuilt_column(column: &ArrayRef, rows: &[Option<usize>]) -> Result<Option<ArrayRef>> {
    if let Some(dictionary) = column.as_any_dictionary_opt() {
        let values = dictionary.values();
        if nests_dictionary(values.data_type()) {
            return Ok(None);
        }
        let keys = if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
        let at = |row: usize| keys.get(row).copied().filter(|_| column.is_valid(row));
        let picked: Vec<Option<usize>> = rows.iter().map(|row| row.and_then(at)).collect();
        return picked_from(values, &picked).map(Some);
    }
    // A view keeps its whole buffers, erased text too: written as plain text.
    if let Some(views) = column.as_string_view_opt() {
        let at = |row: &Option<usize>| row.filter(|r| views.is_valid(*r)).map(|r| views.value(r));
        return Ok(Some(Arc::new(rows.iter().map(at).collect::<arrow_array::StringArray>())));
    }
    (!nests_dictionary(column.data_type())).then(|| picked_from(column, rows)).transpose()
}

fn nests_dictionary(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(f) | DataType::LargeList(f) | DataType::FixedSizeList(f, _) => {
            nests_dictionary(f.data_type())
        }
        DataType::Struct(fields) => fields.iter().any(|f| nests_dictionary(f.data_type())),
        other => {
            other.is_nested()
                || matches!(other, DataType::Dictionary(..) | DataType::Utf8View | DataType::BinaryView)
        }
    }
}

fn picked_from(column: &ArrayRef, rows: &[Option<usize>]) -> Result<ArrayRef> {
    let data = column.to_data();
    let mut out = MutableArrayData::new(vec![&data], true, rows.len());
    for row in rows {
        match row.filter(|r| *r < data.len()) {
            Some(row) => out.try_extend(0, row, row + 1),
            None => out.try_extend_nulls(1),
        }
        .map_err(|e| failed(&e))?;
    }
    Ok(make_array(out.freeze()))
}

/// The batch as an IPC stream of its own.
pub(super) fn write(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = StreamWriter::try_new(&mut out, &batch.schema()).map_err(|e| failed(&e))?;
    writer.write(batch).and_then(|()| writer.finish()).map_err(|e| failed(&e))?;
    drop(writer);
    Ok(out)
}
