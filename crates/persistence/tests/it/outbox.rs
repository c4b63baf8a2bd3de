//! The relay's session: one at a time, freed when its holder is gone or frozen.

use std::time::{Duration, Instant};

use mall_domain::{AggregateId, Uuid};
use mall_messaging::event;
use mall_persistence::{Error, Mark, MarkMove, Outgoing, RelaySession, sqlx};
use mall_testkit::eventually;
use mall_testkit::toy::{Counted, Counter, CounterEvent, CounterId};

use crate::core;

#[tokio::test]
async fn one_relay_at_a_time() {
    let database = core().await;
    let first = RelaySession::acquire(&database).await.expect("the server answers").expect("nobody else");
    assert!(RelaySession::acquire(&database).await.expect("the server answers").is_none());
    drop(first);
    eventually("the lock is free", async || RelaySession::acquire(&database).await.expect("the server answers")).await;
}

/// A frozen host keeps its connection and asks nothing; others take over within 4 s.
#[tokio::test]
async fn a_frozen_relay_loses_its_office_within_four_seconds() {
    let database = core().await;
    let mut frozen = RelaySession::acquire(&database).await.expect("the server answers").expect("nobody else");
    let since = Instant::now();
    eventually("another takes over", async || RelaySession::acquire(&database).await.expect("the server answers"))
        .await;
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    // The frozen one wakes: it cannot move the cursor.
    let state = mall_persistence::RelayState { epoch: 1, cursor: 0, last_sent: std::collections::BTreeMap::new() };
    let next = mall_persistence::RelayState { cursor: 5, ..state.clone() };
    assert!(frozen.advance(&state, &next).await.is_err());
}

#[tokio::test]
async fn the_cursor_moves_by_compare_and_set() {
    let database = core().await;
    let mut session = RelaySession::acquire(&database).await.expect("the server answers").expect("nobody else");
    let old = session.state().await.expect("a state");
    let mut new = old.clone();
    new.cursor = 10;
    new.last_sent.insert("toy.events/0".into(), "1:10".into());
    session.advance(&old, &new).await.expect("moved");
    assert_eq!(session.state().await.expect("a state"), new);
    assert!(matches!(session.advance(&old, &new).await, Err(Error::Moved)));
}

#[tokio::test]
async fn outbox_partitions_are_made_ahead() {
    let database = core().await;
    let mut session = RelaySession::acquire(&database).await.expect("the server answers").expect("nobody else");
    assert_eq!(session.make_partitions_ahead(0).await.expect("made"), 0, "the first three are there from the start");
    assert_eq!(session.make_partitions_ahead(2_999_999).await.expect("made"), 2);
    sqlx::query("select setval(pg_get_serial_sequence('outbox', 'seq'), 4999990)")
        .execute(database.pool())
        .await
        .expect("set");
    let mut work = crate::begin(&database);
    for _ in 0..5 {
        work.send(mall_messaging::event("key", &mall_testkit::toy::Counted::default())).expect("buffered");
    }
    work.commit().await.expect("there is a partition");
    let rows = session.read(4_000_000, 10).await.expect("read");
    assert_eq!(
        rows.iter().map(|row| row.seq).collect::<Vec<_>>(),
        [4_999_991, 4_999_992, 4_999_993, 4_999_994, 4_999_995]
    );
}

/// What the relay is handed in memory is what it would have read.
#[tokio::test]
async fn fresh_rows_are_those_of_the_outbox() {
    let database = core().await;
    let mut work = crate::begin(&database);
    let id = CounterId::from_uuid(Uuid::now_v7());
    work.create::<Counter>(id, vec![CounterEvent::Counted { by: 1 }, CounterEvent::Counted { by: 2 }]).expect("new");
    work.send(Outgoing { headers: vec![("ce_step", "3".into())], ..event("\"key\"", &Counted::default()) })
        .expect("sent");
    work.commit().await.expect("committed");
    let mark =
        MarkMove { topic: "a".into(), partition: 1, source: "b".into(), from: None, to: Mark { epoch: 1, seq: 1 } };
    let mut work = crate::begin(&database);
    work.consume("toy", vec![mark], vec![("a".into(), 1, 2)]);
    work.send(event("key", &Counted::default())).expect("sent");
    work.commit().await.expect("committed");

    let mut session = RelaySession::acquire(&database).await.expect("the server answers").expect("nobody else");
    let rows = session.read(0, 10).await.expect("read");
    assert_eq!(rows.len(), 4);
    assert_eq!(database.fresh().take_after(0, 10), rows);
}

/// A commit that fails hands nothing over.
#[tokio::test]
async fn nothing_is_handed_over_that_is_not_committed() {
    let database = core().await;
    let mark =
        |from| MarkMove { topic: "a".into(), partition: 1, source: "b".into(), from, to: Mark { epoch: 1, seq: 9 } };
    let mut work = crate::begin(&database);
    work.consume("toy", vec![mark(Some(Mark { epoch: 1, seq: 5 }))], vec![("a".into(), 1, 2)]);
    work.send(event("key", &Counted::default())).expect("sent");
    assert!(matches!(work.commit().await, Err(Error::Moved)));
    assert!(!database.fresh().is_waiting());
}
