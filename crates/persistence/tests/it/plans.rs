//! Generic plans made on empty tables once chose sequential scans and cost a hundred times more later. The statements of
//! the commit are put together from parts, so they are explained as they were prepared.

use mall_domain::{AggregateId, Uuid};
use mall_persistence::{CommandIdentity, Database, Direction, Mark, MarkMove, Outcome, ParkedMessage};
use mall_testkit::plans;
use mall_testkit::toy::{Counter, CounterId};

use crate::{begin, core};

fn command(id: Uuid) -> CommandIdentity {
    CommandIdentity { saga: "toy.Saga".into(), saga_id: id, step: 1, direction: Direction::Do, round: 0 }
}

fn parked(offset: i64) -> ParkedMessage {
    ParkedMessage {
        topic: "toy.commands".into(),
        partition: 0,
        offset,
        source: "cosec".into(),
        epoch: 1,
        seq: offset,
        key: b"key".to_vec(),
        raw: Vec::new(),
        headers: "{}".into(),
        cause: "a test".into(),
        attempts: 5,
    }
}

/// A unit of work as a consumer has it: marks, outcomes, events, messages, and perhaps a parked message.
async fn consume(database: &Database, from: Option<Mark>, seq: i64, parks: bool) {
    let id = Uuid::now_v7();
    let mut work = begin(database);
    work.prefetch_outcomes(&[command(id)]).await.expect("the server answers");
    work.update_or_begin(CounterId::from_uuid(id), |counter: &Counter| counter.count(1)).await.expect("it counts");
    work.record_outcome(Outcome { identity: command(id), reply: Vec::new() });
    let topic = "toy.commands".to_owned();
    let moved =
        MarkMove { topic: topic.clone(), partition: 0, source: "cosec".into(), from, to: Mark { epoch: 1, seq } };
    work.consume("toy", vec![moved], vec![(topic, 0, seq)]);
    if parks {
        work.park(parked(seq));
    }
    work.commit().await.expect("committed");
}

#[tokio::test]
async fn no_hot_statement_scans_a_table_that_grows() {
    let database = core().await;
    plans::analyze(&database).await;
    consume(&database, None, 1, false).await;
    consume(&database, Some(Mark { epoch: 1, seq: 1 }), 2, true).await;
    let mut work = begin(&database);
    let id = CounterId::from_uuid(Uuid::now_v7());
    work.update_or_begin(id, |counter: &Counter| counter.count(1)).await.expect("it counts");
    work.commit().await.expect("committed");
    let partitions = [("toy.commands".to_owned(), 0)];
    database.marks("toy", &partitions).await.expect("marks");
    database.positions("toy", &partitions).await.expect("positions");
    database.parked_keys("toy").await.expect("keys");

    let (explained, complaints) = plans::explain_prepared(&database).await;
    for part in [
        "select * from events",
        "insert into events",
        "insert into outbox",
        "update inbox",
        "insert into outcomes",
        "from outcomes",
        "insert into parked",
        "from positions",
        "from parked_keys",
    ] {
        assert!(explained.iter().any(|statement| statement.contains(part)), "nothing was prepared with {part}");
    }
    assert_eq!(complaints, Vec::<String>::new());

    // With history and its statistics all are planned anew: reading a whole kind in order must not look cheap then.
    mall_persistence::sqlx::raw_sql(
        "insert into events (kind, stream_id, version, schema_version, payload, metadata, recorded_at)
         select 'toy.Counter', stream, version, 1, '{\"type\": \"Counted\"}', '{}', now()
         from (select gen_random_uuid() as stream from generate_series(1, 4000)) s, generate_series(1, 5) version;
         insert into outcomes (saga, saga_id, step, direction, round, reply, recorded_at)
         select 'toy.Saga', gen_random_uuid(), 1, 0, 0, '', now() from generate_series(1, 20000)",
    )
    .execute(database.pool())
    .await
    .expect("history is made");
    plans::analyze(&database).await;
    let (explained, complaints) = plans::explain_prepared(&database).await;
    assert!(explained.iter().any(|statement| statement.contains("lateral (select * from events")));
    assert_eq!(complaints, Vec::<String>::new());
}
