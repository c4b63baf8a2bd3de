//! Load, decide, commit.

use mall_domain::{AggregateId, Uuid};
use mall_persistence::{Context, Error, sqlx};
use mall_testkit::toy::{Counter, CounterEvent, CounterId};
use mall_testkit::{reset_statements, statements};
use time::macros::datetime;

use crate::{begin, core};

fn counter() -> CounterId {
    CounterId::from_uuid(Uuid::now_v7())
}

#[tokio::test]
async fn an_unknown_id_is_not_found_and_so_is_the_id_of_another_kind() {
    let database = core().await;
    let id = counter();
    let error = begin(&database).load::<Counter>(id).await.expect_err("nothing was recorded");
    assert!(matches!(error, Error::NotFound { kind: "toy.Counter", .. }), "{error}");

    sqlx::query("insert into events (kind, stream_id, version, schema_version, payload, metadata, recorded_at) values ('toy.Other', $1, 1, 1, '{\"type\":\"Made\"}', '{}', now())")
        .bind(id.uuid())
        .execute(database.pool())
        .await
        .expect("another kind's event");
    let error = begin(&database).load::<Counter>(id).await.expect_err("another kind's id");
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_work_that_is_dropped_leaves_nothing() {
    let database = core().await;
    let id = counter();
    let mut work = begin(&database);
    work.create::<Counter>(id, CounterEvent::Counted { by: 1 }).expect("a new id");
    drop(work);
    assert!(begin(&database).load::<Counter>(id).await.is_err());
}

#[tokio::test]
async fn events_carry_the_time_of_their_work_and_a_readable_type() {
    let database = core().await;
    let at = datetime!(2022-11-22 12:00 UTC);
    let mut work = database.begin_at(Context::begin(), at);
    work.create::<Counter>(counter(), CounterEvent::Counted { by: 1 }).expect("a new id");
    work.commit().await.expect("committed");
    let (stored_at, name): (time::OffsetDateTime, String) =
        sqlx::query_as("select recorded_at, type from events").fetch_one(database.pool()).await.expect("one event");
    assert_eq!((stored_at, name.as_str()), (at, "Counted"));
}

/// A write by gRPC is two round trips, load and commit; the commit is one statement without BEGIN or COMMIT.
#[tokio::test]
async fn a_write_is_two_round_trips() {
    let database = core().await;
    let id = counter();
    let mut work = begin(&database);
    work.create::<Counter>(id, CounterEvent::Counted { by: 1 }).expect("a new id");
    work.commit().await.expect("committed");

    reset_statements(&database).await;
    let mut work = begin(&database);
    work.update(id, |counter: &Counter| counter.count(2)).await.expect("it counts");
    work.commit().await.expect("committed");
    let done = statements(&database).await;
    assert_eq!(done.calls, 2, "{done:?}");
}

#[tokio::test]
async fn of_writers_at_one_version_exactly_one_wins() {
    let database = core().await;
    let id = counter();
    let mut first = begin(&database);
    first.create::<Counter>(id, CounterEvent::Counted { by: 1 }).expect("a new id");
    first.commit().await.expect("committed");

    let mut works = Vec::new();
    for _ in 0..8 {
        let mut work = begin(&database);
        work.update(id, |counter: &Counter| counter.count(1)).await.expect("it counts");
        works.push(work);
    }
    let mut won = 0;
    for work in works {
        match work.commit().await {
            Ok(()) => won += 1,
            Err(error) => assert!(matches!(error, Error::Conflict), "{error:?}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(begin(&database).load::<Counter>(id).await.expect("it is there").value, 2);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_cancel_a_commit_half_way() {
    let database = core().await;
    let id = counter();
    let mut work = begin(&database);
    work.create::<Counter>(id, CounterEvent::Counted { by: 1 }).expect("a new id");
    let mut commit = Box::pin(work.commit());
    // Polled once, then dropped: the caller is gone.
    assert!(futures::poll!(&mut commit).is_pending());
    drop(commit);
    mall_testkit::eventually("the commit is through", async || {
        begin(&database).load::<Counter>(id).await.ok().map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn a_rollback_takes_back_one_messages_effects_and_no_others() {
    let database = core().await;
    let (kept, dropped) = (counter(), counter());
    let mut work = begin(&database);
    work.update_or_begin(kept, |counter: &Counter| counter.count(1)).await.expect("it counts");
    let savepoint = work.savepoint();
    work.update_or_begin(kept, |counter: &Counter| counter.count(10)).await.expect("it counts");
    work.update_or_begin(dropped, |counter: &Counter| counter.count(10)).await.expect("it counts");
    work.rollback(savepoint);
    work.update_or_begin(kept, |counter: &Counter| counter.count(100)).await.expect("it counts");
    work.commit().await.expect("committed");
    assert_eq!(begin(&database).load::<Counter>(kept).await.expect("it is there").value, 101);
    assert!(begin(&database).load::<Counter>(dropped).await.is_err());
    let sent: i64 = sqlx::query_scalar("select count(*) from outbox where seq > 0")
        .fetch_one(database.pool())
        .await
        .expect("a count");
    assert_eq!(sent, 2);
}

#[tokio::test]
async fn a_message_without_a_key_or_above_the_limit_is_refused() {
    let database = core().await;
    let mut message = mall_messaging::event("key", &mall_testkit::toy::Counted::default());
    message.key = String::new();
    assert!(matches!(begin(&database).send(message.clone()), Err(Error::Fault(_))));
    message.key = "key".to_owned();
    message.payload = vec![0; mall_persistence::MAX_MESSAGE_BYTES + 1];
    assert!(matches!(begin(&database).send(message), Err(Error::Fault(_))));
}

#[tokio::test]
async fn the_cores_migrations_have_a_table_of_their_own() {
    let database = core().await;
    let core: i64 =
        sqlx::query_scalar("select count(*) from core_migrations").fetch_one(database.pool()).await.expect("it exists");
    assert!(core >= 1);
    // Again, as at every start.
    database.migrate(&crate::NO_TABLES).await.expect("nothing left to do");
}

/// Two commits that touch the same rows, named in opposite orders, wait for each other and never in a ring.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_the_same_rows_never_deadlock() {
    let database = core().await;
    let mut ids: Vec<CounterId> = (0..20).map(|_| counter()).collect();
    let mut won = 0;
    for _ in 0..30 {
        let mut works = Vec::new();
        for _ in 0..4 {
            let mut work = begin(&database);
            for id in &ids {
                work.update_or_begin(*id, |counter: &Counter| counter.count(1)).await.expect("it counts");
            }
            ids.reverse();
            works.push(tokio::spawn(work.commit()));
        }
        for work in works {
            let ended = work.await.expect("no panic");
            assert!(matches!(ended, Ok(()) | Err(Error::Conflict)), "{ended:?}");
            won += i64::from(ended.is_ok());
        }
    }
    assert_eq!(begin(&database).load::<Counter>(ids[0]).await.expect("it is there").value, won);
}
