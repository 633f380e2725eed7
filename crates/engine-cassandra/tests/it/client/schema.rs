use std::time::Duration;

use rushes_engine_cassandra::client::{Cluster, Lease, Migration, Schema};
use rushes_types::ErrorKind;

use crate::client::support;

const ONE: Schema = Schema {
    component: "part",
    what: "the part",
    migrations: &[Migration { number: 1, cql: "CREATE TABLE IF NOT EXISTS {ks}.a (k int PRIMARY KEY)" }],
};
const TWO: Schema = Schema {
    component: "part",
    what: "the part",
    migrations: &[
        Migration { number: 1, cql: "CREATE TABLE IF NOT EXISTS {ks}.a (k int PRIMARY KEY)" },
        Migration { number: 2, cql: "CREATE TABLE IF NOT EXISTS {ks}.b (k int PRIMARY KEY)" },
    ],
};

#[test]
fn steps_are_done_once_and_in_order_and_a_newer_schema_is_refused() {
    let Some(own) = support::own() else { return };
    ONE.apply(&own).unwrap();
    ONE.apply(&own).unwrap();
    TWO.apply(&own).unwrap();
    own.block_on(own.write(&format!("INSERT INTO {} (k) VALUES (?)", own.table("b")), (1,))).unwrap();
    let error = ONE.apply(&own).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("the part") && error.message().contains('2'), "{error}");
    own.note_step("part", 7).unwrap();
    assert_eq!(TWO.apply(&own).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn processes_may_make_the_keyspace_and_bring_up_the_tables_at_once() {
    let Some(own) = support::own() else { return };
    own.drop_keyspace().unwrap();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| Cluster::connect(own.config()).and_then(|other| TWO.apply(&other))))
            .collect();
        for each in all {
            each.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_lease_is_held_by_one_and_lapses() {
    let Some(own) = support::own() else { return };
    own.block_on(async {
        let (a, b) = (Lease::new("x", Duration::from_secs(2)), Lease::new("x", Duration::from_secs(2)));
        assert!(a.take(&own).await.unwrap());
        assert!(!b.take(&own).await.unwrap());
        assert!(a.take(&own).await.unwrap());
        a.leave(&own).await.unwrap();
        assert!(b.take(&own).await.unwrap());
        assert!(!a.take(&own).await.unwrap());
        let mut taken = false;
        for _ in 0..50 {
            taken = taken || a.take(&own).await.unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(taken, "a silent holder loses it");
    });
}
