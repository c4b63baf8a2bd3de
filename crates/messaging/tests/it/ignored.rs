//! Facts that nobody here listens to: their marks go with the next commit, and nothing depends on when that is.

use crate::{Desk, counter, engine};

const MARK: &str = "select coalesce(max(seq), 0) from inbox where consumer = 'toy' and topic = 'toy.events'";

#[tokio::test]
async fn ignored_facts_have_no_commit_of_their_own() {
    let mut desk = Desk::open().await;
    let id = counter();
    for _ in 0..3 {
        let fact = desk.counted(id, 1);
        desk.handle(vec![fact]).await;
    }
    assert_eq!(desk.number(MARK).await, 0);
    let count = desk.count(id, 5, "");
    desk.handle(vec![count]).await;
    assert_eq!((desk.number(MARK).await, desk.value(id).await), (3, 5));
}

#[tokio::test]
async fn their_marks_are_stored_when_the_consumer_stops() {
    let mut desk = Desk::open().await;
    let fact = desk.counted(counter(), 1);
    desk.handle(vec![fact]).await;
    desk.engine.settle(false).await;
    assert_eq!(desk.number(MARK).await, 0, "it is too early");
    desk.engine.settle(true).await;
    assert_eq!(desk.number(MARK).await, 1);
}

#[tokio::test]
async fn a_consumer_that_was_killed_before_ignores_them_again() {
    let mut desk = Desk::open().await;
    let id = counter();
    let (first, second, third) = (desk.counted(id, 1), desk.counted(id, 1), desk.counted(id, 1));
    desk.handle(vec![first.clone(), second.clone()]).await;
    desk.engine = engine(&desk.database);
    // Its positions were not stored either: it reads from the first.
    desk.handle(vec![first, second, third]).await;
    desk.engine.settle(true).await;
    assert_eq!(desk.number(MARK).await, 3);
}

#[tokio::test]
async fn another_member_that_has_come_further_is_not_set_back() {
    let mut desk = Desk::open().await;
    let id = counter();
    let facts = vec![desk.counted(id, 1), desk.counted(id, 1), desk.counted(id, 1)];
    desk.handle(facts[..2].to_vec()).await;
    let mut other = engine(&desk.database);
    assert!(other.handle(facts).await.held.is_empty());
    other.settle(true).await;
    let count = desk.count(id, 5, "");
    desk.handle(vec![count]).await;
    assert_eq!((desk.number(MARK).await, desk.value(id).await), (3, 5));
}

#[tokio::test]
async fn an_event_type_that_nobody_listens_to_is_passed_over() {
    let mut desk = Desk::open().await;
    let id = counter();
    let mut unknown = desk.counted(id, 1);
    unknown.headers.insert("ce_type".into(), "mallbots.toy.v1.Painted".into());
    desk.handle(vec![unknown]).await;
    desk.engine.settle(true).await;
    assert_eq!(desk.number("select count(*) from parked").await, 0);
    assert_eq!(desk.number("select count(*) from inbox").await, 1, "its mark has moved");
}
