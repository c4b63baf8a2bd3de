//! Marks move with the effect, by compare-and-set, all or none.

use mall_domain::{AggregateId, Uuid};
use mall_persistence::{CommandIdentity, Database, Direction, Error, Mark, MarkMove, Outcome, sqlx};
use mall_testkit::toy::{Counter, CounterEvent, CounterId};

use crate::{begin, core};

fn mark(seq: i64) -> Mark {
    Mark { epoch: 1, seq }
}

fn moves(partition: i32, from: Option<i64>, to: i64) -> MarkMove {
    MarkMove { topic: "toy.events".into(), partition, source: "toy".into(), from: from.map(mark), to: mark(to) }
}

async fn consume(database: &Database, marks: Vec<MarkMove>) -> Result<(), Error> {
    let mut work = begin(database);
    work.create::<Counter>(CounterId::from_uuid(Uuid::now_v7()), CounterEvent::Counted { by: 1 })?;
    work.consume("reader", marks, vec![("toy.events".into(), 0, 7)]);
    work.commit().await
}

async fn counters(database: &Database) -> i64 {
    sqlx::query_scalar("select count(*) from events").fetch_one(database.pool()).await.expect("a count")
}

/// The statement fails unless every mark of the batch moved.
#[tokio::test]
async fn one_of_three_marks_moved_by_another_fails_the_whole_commit() {
    let database = core().await;
    consume(&database, vec![moves(0, None, 5), moves(1, None, 5), moves(2, None, 5)]).await.expect("first marks");
    consume(&database, vec![moves(1, Some(5), 6)]).await.expect("somebody else is here");
    let lost = consume(&database, vec![moves(0, Some(5), 9), moves(1, Some(5), 9), moves(2, Some(5), 9)]).await;
    assert!(matches!(lost, Err(Error::Moved)), "{lost:?}");
    assert_eq!(counters(&database).await, 2, "the effect of the lost commit must not be there");
    let marks = database.marks("reader", &[("toy.events".into(), 0), ("toy.events".into(), 1)]).await.expect("marks");
    assert_eq!(marks[&("toy.events".into(), 0, "toy".into())], mark(5));
    assert_eq!(marks[&("toy.events".into(), 1, "toy".into())], mark(6));
}

#[tokio::test]
async fn of_two_first_marks_one_wins() {
    let database = core().await;
    consume(&database, vec![moves(0, None, 1)]).await.expect("the first");
    let lost = consume(&database, vec![moves(0, None, 1)]).await;
    assert!(matches!(lost, Err(Error::Moved)), "{lost:?}");
    assert_eq!(counters(&database).await, 1);
}

#[tokio::test]
async fn the_next_offset_moves_with_the_effect() {
    let database = core().await;
    let partition = [("toy.events".to_owned(), 0)];
    database.begin_positions("reader", &[("toy.events".into(), 0, 3)]).await.expect("it begins");
    consume(&database, vec![moves(0, None, 1)]).await.expect("committed");
    let position = database.positions("reader", &partition).await.expect("positions")[&partition[0]];
    assert_eq!((position.next_offset, position.began_at), (7, 3));
}

#[tokio::test]
async fn the_first_outcome_of_a_command_stays() {
    let database = core().await;
    let identity =
        CommandIdentity { saga: "s".into(), saga_id: Uuid::now_v7(), step: 1, direction: Direction::Do, round: 0 };
    for reply in [b"first".to_vec(), b"second".to_vec()] {
        let mut work = begin(&database);
        work.record_outcome(Outcome { identity: identity.clone(), reply });
        work.commit().await.expect("committed");
    }
    let stored = begin(&database).outcome(&identity).await.expect("outcomes can be read");
    assert_eq!(stored.as_deref(), Some(b"first".as_slice()));
    let other = CommandIdentity { round: 1, ..identity };
    assert_eq!(
        begin(&database).outcome(&other).await.expect("outcomes can be read"),
        None,
        "another round is another command"
    );
}
