use rushes_engine_cassandra::client::{Cluster, Config, Migration, Outcome, Schema, Write};
use rushes_types::ErrorKind;

use crate::client::support::{self, Own};

const TABLES: Schema = Schema {
    component: "part",
    what: "the part",
    migrations: &[Migration {
        number: 1,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.rows (p int, c int, s int static, v blob, PRIMARY KEY (p, c))",
    }],
};

fn ready() -> Option<Own> {
    let own = support::own()?;
    TABLES.apply(&own).unwrap();
    Some(own)
}

#[test]
fn many_writes_and_groups_are_read_back_over_pages() {
    let Some(own) = ready() else { return };
    let insert = format!("INSERT INTO {} (p, c, v) VALUES (?, ?, ?)", own.table("rows"));
    let select = format!("SELECT c, v FROM {} WHERE p = ?", own.table("rows"));
    own.block_on(async {
        let rows = (0..2_500).map(|c| (1, c, vec![7_u8; 10]));
        own.write_many(&insert, rows).await.unwrap();
        let groups = (0..50).map(|g| (0..50).map(|n| (2, g * 50 + n, vec![8_u8; 10])).collect::<Vec<_>>());
        own.write_groups(&insert, groups).await.unwrap();
        let found = own.rows_of_each::<(i32, Vec<u8>), _>(&select, [(1,), (2,), (3,)]).await.unwrap();
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2_500, 2_500, 0]);
        assert!(found[0].iter().map(|r| r.0).eq(0..2_500));
        let mut seen = 0;
        own.each::<(i32, Vec<u8>)>(&select, (1,), |row| {
            seen += 1;
            Ok(row.0 < 99)
        })
        .await
        .unwrap();
        assert_eq!(seen, 100);
        assert_eq!(own.first::<(i32, Vec<u8>)>(&select, (3,)).await.unwrap(), None);
    });
}

#[test]
fn a_conditional_batch_is_applied_whole_or_not_at_all() {
    let Some(own) = ready() else { return };
    let update = format!("UPDATE {} SET s = ? WHERE p = ? IF s = ?", own.table("rows"));
    let insert = format!("INSERT INTO {} (p, c, v) VALUES (?, ?, ?)", own.table("rows"));
    let select = format!("SELECT s, c FROM {} WHERE p = ?", own.table("rows"));
    own.block_on(async {
        let commit = async |from: Option<i32>, to: i32| {
            let writes = [
                Write::new(&update, (to, 1, from)),
                Write::new(&insert, (1, to, vec![1_u8])),
                Write::new(&insert, (1, -to, vec![1_u8])),
            ];
            own.conditional(&writes).await.unwrap()
        };
        assert_eq!(commit(None, 1).await, Outcome::Applied);
        assert_eq!(commit(None, 2).await, Outcome::Refused);
        assert_eq!(commit(Some(1), 3).await, Outcome::Applied);
        let rows = own.serial::<(Option<i32>, Option<i32>)>(&select, (1,)).await.unwrap();
        assert_eq!(rows, [-3, -1, 1, 3].map(|c| (Some(3), Some(c))));
        let alone = own.conditional(&[Write::new(&update, (4, 1, 9))]).await.unwrap();
        assert_eq!(alone, Outcome::Refused);
    });
}

#[test]
fn a_table_that_somebody_changed_is_told_so() {
    let Some(own) = ready() else { return };
    own.block_on(async {
        own.define(&format!("ALTER TABLE {} DROP v", own.table("rows"))).await.unwrap();
        let insert = format!("INSERT INTO {} (p, c, v) VALUES (?, ?, ?)", own.table("rows"));
        let error = own.write(&insert, (1, 1, vec![1_u8])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    });
}

#[test]
fn a_request_that_is_not_answered_is_repeated_and_then_given_up() {
    let Some(own) = ready() else { return };
    let config = Config { request_timeout_ms: 1, retries: 2, ..own.config().clone() };
    // With a millisecond to answer, even opening may fail: then in the same words.
    let outcome = Cluster::connect(&config).and_then(|hurried| {
        let insert = format!("INSERT INTO {} (p, c, v) VALUES (?, ?, ?)", own.table("rows"));
        let rows = (0..200).map(|c| (1, c, vec![0_u8; 100_000]));
        hurried.block_on(hurried.write_many(&insert, rows))
    });
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}
