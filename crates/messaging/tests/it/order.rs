//! A message that is missed stops its partition.

use mall_messaging::Cut;
use mall_persistence::Context;

use crate::{Desk, counter};

#[tokio::test]
async fn a_message_removed_on_the_way_stops_its_partition_and_only_that() {
    let mut desk = Desk::open().await;
    let id = counter();
    let first = desk.count(id, 1, "");
    let removed = desk.count(id, 10, "");
    let third = desk.count(id, 100, "");
    let partition = first.partition;
    let elsewhere = loop {
        let other = counter();
        let message = desk.count(other, 1, "");
        if message.partition != partition {
            break (other, message);
        }
    };
    drop(removed);
    desk.handle(vec![first]).await;
    // What else the loop above numbered in other partitions was never delivered: deliver the first of its partition.
    let handled = desk.engine.handle(vec![third, elsewhere.1]).await;
    assert_eq!(handled.held.len(), 1);
    assert!(matches!(handled.cuts[&("toy.commands".to_owned(), partition)], Cut::Stop(_)), "{:?}", handled.cuts);
    assert_eq!((desk.value(id).await, desk.value(elsewhere.0).await), (1, 1));
}

#[tokio::test]
async fn a_source_without_a_mark_must_begin_at_its_first_message() {
    let mut desk = Desk::open().await;
    let id = counter();
    let _missed = desk.count(id, 1, "");
    let second = desk.count(id, 10, "");
    let handled = desk.engine.handle(vec![second]).await;
    assert!(handled.cuts.values().all(|cut| matches!(cut, Cut::Stop(_))), "{handled:?}");
    assert_eq!(desk.value(id).await, 0);
}

/// Where the log itself no longer begins at its beginning, its first message is taken unchecked.
#[tokio::test]
async fn at_the_start_of_a_shortened_log_the_first_message_is_taken() {
    let mut desk = Desk::open().await;
    let id = counter();
    let _gone = desk.count(id, 1, "");
    let second = desk.count(id, 10, "");
    let third = desk.count(id, 100, "");
    let starts: Vec<_> = (0..4).map(|partition| ("toy.commands".to_owned(), partition, 7)).collect();
    desk.database.begin_positions("toy", &starts).await.expect("it begins");
    desk.handle(vec![second, third]).await;
    assert_eq!(desk.value(id).await, 110);
}

#[tokio::test]
async fn effects_carry_the_journey_and_their_cause() {
    let mut desk = Desk::open().await;
    let message = desk.count(counter(), 1, "");
    let (journey, id) = (message.headers["ce_correlationid"].clone(), message.headers["ce_id"].clone());
    desk.handle(vec![message]).await;
    let rows: Vec<(String, String)> = mall_persistence::sqlx::query_as(
        "select headers ->> 'ce_correlationid', headers ->> 'ce_causationid' from outbox where seq > 0
         union all select metadata ->> 'correlation_id', metadata ->> 'causation_id' from events where position > 0",
    )
    .fetch_all(desk.database.pool())
    .await
    .expect("headers can be read");
    assert_eq!(rows.len(), 3, "the event, its message and the reply");
    assert!(rows.iter().all(|row| *row == (journey.clone(), id.clone())), "{rows:?}");
    drop(Context::begin());
}
