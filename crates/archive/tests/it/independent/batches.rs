//! Annotations as an Arrow record batch.

use std::sync::Arc;

use arrow_array::types::Float32Type;
use arrow_array::{ArrayRef, FixedSizeListArray, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field, Schema};

use super::made::MS;

/// Rows of an id and a start in milliseconds; every other one has a vector, the others all that a row can have besides.
pub fn batch(rows: &[(&str, i64)]) -> Vec<u8> {
    let text = |text: &'static str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows.len()])) };
    let times =
        |add: i64| -> ArrayRef { Arc::new(rows.iter().map(|r| (r.1 + add) * MS).collect::<Int64Array>()) };
    let odd = |n: usize| n % 2 == 1;
    let vectors = (0..rows.len()).map(|n| (!odd(n)).then(|| vec![Some(0.1), Some(n as f32), Some(-1.0)]));
    let confidences = (0..rows.len()).map(|n| odd(n).then_some(0.3_f32));
    let attributes = (0..rows.len()).map(|n| odd(n).then_some(r#"{"x":1,"y":[0.5,"ü"]}"#));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("annotation_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0)))),
        ("asset_id", text("e1")),
        ("model", text("clip@2")),
        ("type", text("SCENE_SEARCH")),
        ("start_time_ns", times(0)),
        ("end_time_ns", times(400)),
        ("label", Arc::new((0..rows.len()).map(|n| odd(n).then_some("кухня")).collect::<StringArray>())),
        ("confidence_score", Arc::new(confidences.collect::<Float32Array>())),
        ("attributes", Arc::new(attributes.collect::<StringArray>())),
        (
            "embedding_vector",
            Arc::new(FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(vectors, 3)),
        ),
        ("something else", text("kept")),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, c)| Field::new(*name, c.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let mut out = Vec::new();
    let mut writer = StreamWriter::try_new(&mut out, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    out
}
