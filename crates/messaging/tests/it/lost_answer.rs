//! A commit whose answer is lost: the server has it, the consumer has an error. It must find that nothing is left to do.

use mall_persistence::Database;
use mall_testkit::LosingProxy;
use mall_testkit::toy::FirstAmounts;

use crate::{Desk, counter, engine};

/// `desk`'s consumer reaches its database by a proxy, which loses the answer to the commit of `count` messages.
async fn handle_and_lose_the_answer(desk: &mut Desk, through: &Database, proxy: &LosingProxy) {
    desk.engine = engine(through);
    let first = desk.count(counter(), 99, "");
    desk.handle(vec![first]).await;

    let ids: Vec<_> = (1..=20).map(|_| counter()).collect();
    let batch: Vec<_> = (1..).zip(&ids).map(|(by, id)| desk.count(*id, by, "")).collect();
    proxy.lose_the_answer_when("select count(*) = 21 from events").await;
    let handled = desk.engine.handle(batch.clone()).await;
    assert!(proxy.has_lost_it().await, "the commit was answered");
    assert_eq!(handled.held.len(), batch.len(), "nobody has told the consumer: {:?}", handled.cuts);
    assert_eq!(desk.number("select count(*) from events").await, 21, "the server has it all the same");

    desk.handle_patiently(handled.held).await;
    for (by, id) in (1..).zip(ids) {
        assert_eq!(desk.value(id).await, by);
    }
    for (what, expected) in [
        ("select count(*) from events", 21),
        ("select count(*) from outcomes", 21),
        ("select count(*) from outbox where type like '%Reply'", 21),
        ("select max(seq) from inbox", 21),
        ("select count(*) from parked", 0),
    ] {
        assert_eq!(desk.number(what).await, expected, "{what}");
    }
}

/// One statement is the whole commit.
#[tokio::test]
async fn a_commit_whose_answer_is_lost_has_its_effect_once() {
    let mut desk = Desk::open().await;
    let proxy = LosingProxy::before(&desk.database).await;
    let through = Database::new(&proxy.options()).expect("a URL");
    handle_and_lose_the_answer(&mut desk, &through, &proxy).await;
}

/// A projection makes the commit a transaction: the answer to its last word is lost.
#[tokio::test]
async fn a_commit_with_projections_whose_answer_is_lost_has_its_effect_once() {
    let mut desk = Desk::open().await;
    let proxy = LosingProxy::before(&desk.database).await;
    drop(FirstAmounts::kept_in(&desk.database).await);
    let through = Database::new(&proxy.options()).expect("a URL").with_projection(FirstAmounts);
    handle_and_lose_the_answer(&mut desk, &through, &proxy).await;
}
