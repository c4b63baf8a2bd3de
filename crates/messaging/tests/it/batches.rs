//! One transaction per batch; each message with exactly one effect.

use mall_domain::Uuid;
use mall_messaging::Answer;
use mall_persistence::sqlx;
use mall_testkit::{reset_statements, statements};

use crate::{Desk, counter, engine};

/// A batch of N messages costs the same handful of statements as one, and one commit.
#[tokio::test]
async fn a_batch_of_100_commands_commits_once() {
    let mut desk = Desk::open().await;
    let warm = desk.count(counter(), 1, "");
    desk.handle(vec![warm]).await;
    let batch: Vec<_> = (0..100).map(|_| desk.count(counter(), 1, "")).collect();
    // The marks of the other partitions are read with the first batch that meets them.
    let partitions: Vec<_> = (0..4).map(|partition| ("toy.commands".to_owned(), partition)).collect();
    desk.engine.assign(&partitions).await.expect("the server answers");

    reset_statements(&desk.database).await;
    desk.handle(batch).await;
    let done = statements(&desk.database).await;
    assert_eq!(done.calls, 3, "aggregates, outcomes, commit: {done:?}");
    assert_eq!(desk.number("select count(*) from outcomes").await, 101);
    let transactions =
        desk.number("select count(distinct xmin::text) from events where position > 0 and kind = 'toy.Counter'").await;
    assert_eq!(transactions, 2, "the first message, then all hundred");
}

#[tokio::test]
async fn a_duplicate_is_dropped_also_within_its_batch() {
    let mut desk = Desk::open().await;
    let id = counter();
    let first = desk.count(id, 5, "");
    let again = desk.post.again(&first);
    let once_more = desk.post.again(&first);
    desk.handle(vec![first, again]).await;
    desk.handle(vec![once_more]).await;
    assert_eq!(desk.value(id).await, 5);
    assert_eq!(desk.number("select count(*) from outbox where type like '%Reply'").await, 1);
}

/// Marks hide repeats of a message; a resend is a new message, and only the outcome can know it.
#[tokio::test]
async fn a_command_resent_under_a_new_number_changes_nothing_and_is_answered_alike() {
    let mut desk = Desk::open().await;
    let (id, saga) = (counter(), Uuid::now_v7());
    for _ in 0..3 {
        let message = desk.count_for(id, 5, "", saga);
        desk.handle(vec![message]).await;
    }
    let batch = vec![desk.count_for(id, 5, "", saga), desk.count_for(id, 5, "", saga)];
    desk.handle(batch).await;
    assert_eq!(desk.value(id).await, 5);
    assert_eq!(replies(&desk).await, vec![Answer::Done; 5]);
    let echoed = desk
        .number(
            "select count(*) from outbox where type like '%Reply' and topic = 'cosec.replies'
             and headers ?& array['ce_saga', 'ce_sagaid', 'ce_step', 'ce_direction', 'ce_round', 'ce_attempt', 'ce_replyto']",
        )
        .await;
    assert_eq!(echoed, 5, "a reply echoes what its command said of the saga");
}

#[tokio::test]
async fn a_refusal_is_an_answer_stored_like_any_other() {
    let mut desk = Desk::open().await;
    let (id, saga) = (counter(), Uuid::now_v7());
    let too_many = desk.count_for(id, 1001, "", saga);
    let resent = desk.count_for(id, 1001, "", saga);
    desk.handle(vec![too_many]).await;
    desk.handle(vec![resent]).await;
    let refused = Answer::Refused { reason: "FULL".into(), text: "a counter stops at 1000".into() };
    assert_eq!(replies(&desk).await, vec![refused; 2]);
    assert_eq!(desk.value(id).await, 0);
}

/// A consumer that was stopped, lost its partition and wakes up: its whole transaction fails, it reads the marks again
/// and finds nothing left to do.
#[tokio::test]
async fn a_zombie_commits_nothing() {
    let mut desk = Desk::open().await;
    let mut zombie = engine(&desk.database);
    zombie.assign(&[("toy.commands".to_owned(), 0), ("toy.commands".to_owned(), 1)]).await.expect("the server answers");
    zombie.assign(&[("toy.commands".to_owned(), 2), ("toy.commands".to_owned(), 3)]).await.expect("the server answers");
    let ids: Vec<_> = (0..20).map(|_| counter()).collect();
    let batch: Vec<_> = ids.iter().map(|id| desk.count(*id, 1, "")).collect();
    desk.handle(batch.clone()).await;
    let events = desk.number("select count(*) from events").await;

    let handled = zombie.handle(batch).await;
    assert!(handled.held.is_empty(), "{handled:?}");
    assert_eq!(desk.number("select count(*) from events").await, events);
    assert_eq!(desk.number("select count(*) from outbox where type like '%Reply'").await, 20);
}

/// The same for commands whose effect the zombie would repeat on another aggregate's row: marks alone must hold it.
#[tokio::test]
async fn two_consumers_at_the_same_messages_have_one_effect() {
    let mut desk = Desk::open().await;
    let id = counter();
    let batch: Vec<_> = (0..50).map(|_| desk.count(id, 1, "")).collect();
    let mut other = engine(&desk.database);
    let (here, there) = tokio::join!(desk.engine.handle(batch.clone()), other.handle(batch.clone()));
    for handled in [here, there] {
        if !handled.held.is_empty() {
            desk.handle(handled.held).await;
        }
    }
    assert_eq!(desk.value(id).await, 50);
    assert_eq!(desk.number("select count(*) from outcomes").await, 50);
}

pub(crate) async fn replies(desk: &Desk) -> Vec<Answer> {
    let rows: Vec<(Vec<u8>,)> =
        sqlx::query_as("select payload from outbox where type = 'mallbots.saga.v1.Reply' and seq > 0 order by seq")
            .fetch_all(desk.database.pool())
            .await
            .expect("the outbox can be read");
    rows.iter().map(|(payload,)| (mall_service::reply_codec().decode)(payload).expect("a reply")).collect()
}
