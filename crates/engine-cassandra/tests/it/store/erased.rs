//! What erasing leaves in the tables.

use std::borrow::Cow;
use std::sync::Arc;

use rushes_engine_cassandra::store::{CassandraStore, StoreOptions};
use rushes_store::prelude::*;
use rushes_store::{AppendMode, BlockFormat, BlockInput, EraseTarget};
use rushes_testkit::store_suite::{asset, asset_id, bytes_of, history, lines, model, rows, segment_at};
use rushes_types::{AnnotationId, ErrorKind, RunId};

use crate::store::support::{self, Bytes};

/// An Arrow block, in which every byte is a row.
fn arrow(bytes: &[u8]) -> BlockInput<'_> {
    let mut some = rows(&[("1", 0, ""), ("2", 1, ""), ("3", 2, "")]);
    for (row, position) in some.iter_mut().zip([0, 2, 4]) {
        row.position = position;
    }
    BlockInput {
        format: BlockFormat::Arrow,
        bytes: Cow::Borrowed(bytes),
        rows: Cow::Owned(some),
        ..lines("a", "m@1", &[])
    }
}

fn annotation(id: &str) -> EraseTarget {
    let (asset, run, id) = (asset_id("a"), RunId::loose(), AnnotationId::new(id).unwrap());
    EraseTarget::Annotation { asset, model: model("m@1"), run, id }
}

#[test]
fn rows_of_an_arrow_block_are_erased_with_a_redactor() {
    let Some(fixture) = support::fixture() else { return };
    let own = fixture.own();
    own.put_assets(&[asset("a")]).unwrap();
    own.append_loose(&[arrow(b"abcde")], AppendMode::Partial).unwrap();
    let before = history(&**own, "a");
    assert_eq!(own.erase(&annotation("2")).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(history(&**own, "a"), before, "nothing was done");
    let able = fixture.another_with(StoreOptions { redactor: Some(Arc::new(Bytes)), ..support::options() });
    able.erase(&annotation("2")).unwrap().unwrap();
    let segment = segment_at(&*able, "a", before.last().unwrap().commit);
    assert_eq!(bytes_of(&**own, "a", segment), b"a\0\0\0e");
    // What is not of this asset and model never comes in.
    able.append_loose(&[BlockInput { model: model("n@1"), ..arrow(b"abcde") }], AppendMode::Partial).unwrap();
    let last = history(&*able, "a").pop().unwrap().commit;
    assert_eq!(bytes_of(&*able, "a", segment_at(&*able, "a", last)), b"a\0c\0e");
}

/// All content that the tables hold, as text.
fn all_content(store: &CassandraStore) -> String {
    let cluster = store.cluster();
    let mut all = String::new();
    for table in ["blocks", "ids"] {
        let cql = format!("SELECT data FROM {table}");
        let rows = cluster.block_on(cluster.rows::<(Option<Vec<u8>>,)>(&cql, ())).unwrap();
        rows.into_iter()
            .for_each(|(data,)| all.push_str(&String::from_utf8_lossy(&data.unwrap_or_default())));
    }
    all
}

#[test]
fn nothing_of_what_was_erased_can_be_read_from_the_tables() {
    let Some(fixture) = support::fixture() else { return };
    let own = fixture.own();
    own.put_assets(&[asset("a"), asset("b")]).unwrap();
    for (on, by) in [("a", "m@1"), ("a", "n@1"), ("b", "m@1")] {
        let text = format!("secret-of-{on}-{by}");
        let said = [("1", 0, text.as_str()), ("2", 0, "kept")];
        own.append_loose(&[lines(on, by, &said)], AppendMode::Partial).unwrap();
    }
    let left = || all_content(own).matches("secret-of").count();
    assert_eq!(left(), 3);
    own.erase(&annotation("1")).unwrap().unwrap();
    assert_eq!(left(), 2);
    own.erase(&EraseTarget::Model(model("n@1"), None)).unwrap().unwrap();
    assert_eq!(left(), 1);
    own.erase(&EraseTarget::Asset(asset_id("b"))).unwrap().unwrap();
    assert_eq!(left(), 0);
    assert!(all_content(own).contains("kept"));
    own.purge().unwrap();
    own.erase(&EraseTarget::Movie(rushes_types::MovieId::new("movie").unwrap())).unwrap().unwrap();
    assert_eq!(all_content(own), "");
}
