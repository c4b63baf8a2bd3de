//! What must be true of a set of acknowledged checkouts when all is quiet, whatever happened on the way.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::load::Expected;
use crate::mall::{Ledger, SERVICES, assert_money_adds_up};

type Streams = BTreeMap<String, Vec<String>>;

/// Waits for quiet, then checks everything.
pub(super) async fn assert_all_is_right(ledger: &Ledger, expected: &Expected) {
    ledger.see_quiet(Duration::from_secs(60)).await;
    assert_orders(&ledger.streams("ordering", "ordering.Order").await, expected);
    assert_lists(&ledger.streams("depot", "depot.ShoppingList").await, expected);
    let confirmed = ledger.confirmed_orders().await;
    assert_eq!(confirmed, in_order(&expected.approved), "a payment is confirmed once for each approved order");
    assert_money_adds_up(ledger).await;
    assert_sagas(ledger, expected).await;
    let texts = texts(expected);
    assert_eq!(ledger.all_texts().await, texts, "each text is sent once");
    let search: Streams = ledger.searched().await.into_iter().map(|(id, status)| (id, vec![status])).collect();
    assert_eq!(search, told(expected, &["approved"], &["rejected"]), "search shows what ordering decided");
    for (id, events) in ledger.streams("baskets", "baskets.Basket").await {
        assert_eq!(events, ["Started", "ItemAdded", "CheckedOut"], "basket {id}");
    }
    for service in SERVICES {
        assert_eq!(ledger.count(service, "select count(*) from parked").await, 0, "{service} has parked messages");
    }
}

/// One order per basket, and one decision per order.
fn assert_orders(orders: &Streams, expected: &Expected) {
    assert_eq!(*orders, told(expected, &["Created", "Approved"], &["Created", "Rejected"]));
}

/// One list per approved order; of a rejected one at most a tombstone.
fn assert_lists(lists: &Streams, expected: &Expected) {
    let mut made = lists.clone();
    made.retain(|_, events| events.iter().any(|event| event == "Created"));
    let approved = Expected { approved: expected.approved.clone(), ..Expected::default() };
    assert_eq!(made, told(&approved, &["Created", "Initiated"], &[]));
}

/// The saga and its order agree.
async fn assert_sagas(ledger: &Ledger, expected: &Expected) {
    let sagas: Streams =
        ledger.sagas("cosec.CreateOrder").await.into_iter().map(|(id, status)| (id, vec![status])).collect();
    assert_eq!(sagas, told(expected, &["completed"], &["compensated"]));
    assert!(ledger.sagas("cosec.CancelOrder").await.is_empty(), "nobody canceled anything");
}

fn told(expected: &Expected, approved: &[&str], rejected: &[&str]) -> Streams {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let approved = expected.approved.iter().map(|id| (id.clone(), words(approved)));
    approved.chain(expected.rejected.iter().map(|id| (id.clone(), words(rejected)))).collect()
}

fn texts(expected: &Expected) -> Vec<String> {
    let approved = expected.approved.iter().map(|id| format!("{id} created"));
    let rejected = expected.rejected.iter().flat_map(|id| [format!("{id} created"), format!("{id} rejected")]);
    let mut texts: Vec<String> = approved.chain(rejected).collect();
    texts.sort_unstable();
    texts
}

fn in_order(ids: &BTreeSet<String>) -> Vec<String> {
    ids.iter().cloned().collect()
}

fn one_of_each() -> Expected {
    Expected { approved: ["a".to_owned()].into(), rejected: ["r".to_owned()].into() }
}

fn streams(orders: &[(&str, &[&str])]) -> Streams {
    orders.iter().map(|(id, events)| ((*id).to_owned(), events.iter().map(|e| (*e).to_owned()).collect())).collect()
}

#[test]
fn orders_that_end_right_pass() {
    let orders = streams(&[("a", &["Created", "Approved"]), ("r", &["Created", "Rejected"])]);
    assert_orders(&orders, &one_of_each());
    assert_lists(&streams(&[("a", &["Created", "Initiated"]), ("r", &["CanceledBeforehand"])]), &one_of_each());
}

#[test]
#[should_panic(expected = "Approved")]
fn a_second_decision_is_found() {
    let orders = streams(&[("a", &["Created", "Approved", "Approved"]), ("r", &["Created", "Rejected"])]);
    assert_orders(&orders, &one_of_each());
}

#[test]
#[should_panic(expected = "Created")]
fn a_lost_order_is_found() {
    assert_orders(&streams(&[("a", &["Created", "Approved"])]), &one_of_each());
}

#[test]
#[should_panic(expected = "Created")]
fn a_list_of_a_rejected_order_is_found() {
    assert_lists(&streams(&[("a", &["Created", "Initiated"]), ("r", &["Created"])]), &one_of_each());
}
