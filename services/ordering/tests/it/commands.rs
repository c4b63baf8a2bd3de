//! The create-order saga approves orders, or rejects them.

use mall_messaging::{command, event};
use mall_persistence::Outgoing;
use mall_proto::depot::v1::{ShoppingListCanceled, ShoppingListCompleted};
use mall_proto::ordering::v1::{ApproveOrder, OrderApproved, OrderReadied, OrderRejected, RejectOrder};
use mall_proto::saga::v1::{Reply, reply};
use mall_testkit::step;

use crate::*;

fn approve() -> Outgoing {
    command(ORDER, &ApproveOrder { id: ORDER.to_owned(), shopping_id: ORDER.to_owned() })
}

fn reject() -> Outgoing {
    command(ORDER, &RejectOrder { id: ORDER.to_owned(), reason: "the payment is too small".to_owned() })
}

/// `None` = done, else why not.
fn refusal(reply: Reply) -> Option<String> {
    match reply.result.expect("a result") {
        reply::Result::Done(_) => None,
        reply::Result::Refused(refused) => Some(refused.reason),
    }
}

#[tokio::test]
async fn an_order_is_approved_once_however_often_it_is_said() {
    let (shop, mut client) = with_order().await;
    assert_eq!(refusal(shop.command_twice(approve(), step(5)).await), None);
    assert_eq!(refusal(shop.resend(approve(), step(5)).await), None);
    assert_eq!(refusal(shop.command(approve(), step(5).round(1)).await), None);

    let order = get(&mut client, ORDER).await.expect("it is there");
    assert_eq!((order.status.as_str(), order.shopping_id.as_str()), ("approved", ORDER));
    assert_eq!(order.invoice_id, "", "it is not ready");
    let [approved] = shop.sent::<OrderApproved>().await.try_into().expect("told once");
    assert_eq!((approved.customer_id.as_str(), approved.shopping_id.as_str()), (CUSTOMER, ORDER));
}

#[tokio::test]
async fn an_unknown_order_is_not_approved() {
    let (shop, _client) = start().await;
    assert_eq!(refusal(shop.command(approve(), step(5)).await).as_deref(), Some("NOT_FOUND"));
}

#[tokio::test]
async fn an_order_is_rejected_once_and_says_why() {
    let (shop, mut client) = with_order().await;
    assert_eq!(refusal(shop.command_twice(reject(), step(0).undo()).await), None);
    assert_eq!(refusal(shop.resend(reject(), step(0).undo()).await), None);
    assert_eq!(refusal(shop.command(reject(), step(0).undo().round(1)).await), None);

    let order = get(&mut client, ORDER).await.expect("it is there");
    assert_eq!((order.status.as_str(), order.rejected_because.as_str()), ("rejected", "the payment is too small"));
    let [rejected] = shop.sent::<OrderRejected>().await.try_into().expect("told once");
    assert_eq!((rejected.payment_id.as_str(), rejected.reason.as_str()), (PAYMENT, "the payment is too small"));
}

#[tokio::test]
async fn an_order_canceled_while_the_saga_runs_is_not_approved_and_stays_canceled() {
    let (shop, mut client) = with_order().await;
    cancel(&mut client, ORDER).await.expect("it is pending");
    assert_eq!(refusal(shop.command(approve(), step(5)).await).as_deref(), Some("NOT_PENDING"));
    assert_eq!(refusal(shop.command(reject(), step(0).undo()).await), None);
    assert_eq!(status(&mut client).await, "canceled");
    assert!(shop.sent::<OrderRejected>().await.is_empty());
}

#[tokio::test]
async fn a_list_completed_before_the_approval_makes_the_order_ready_with_it() {
    let (shop, mut client) = with_order().await;
    let completed = ShoppingListCompleted { id: ORDER.to_owned(), order_id: ORDER.to_owned() };
    shop.deliver_twice(event(ORDER, &completed)).await;
    assert_eq!(status(&mut client).await, "pending");
    assert!(shop.sent::<OrderReadied>().await.is_empty());

    assert_eq!(refusal(shop.command(approve(), step(5)).await), None);
    let order = get(&mut client, ORDER).await.expect("it is there");
    assert_eq!((order.status.as_str(), order.invoice_id.as_str()), ("ready", ORDER));
    assert_eq!(shop.sent::<OrderApproved>().await.len(), 1);
    let [readied] = shop.sent::<OrderReadied>().await.try_into().expect("told once");
    assert_eq!((readied.total, readied.payment_id.as_str()), (cents(12_25), PAYMENT));
}

#[tokio::test]
async fn a_list_canceled_before_the_approval_forbids_it() {
    let (shop, mut client) = with_order().await;
    let canceled = ShoppingListCanceled { id: ORDER.to_owned(), order_id: ORDER.to_owned() };
    shop.deliver_twice(event(ORDER, &canceled)).await;
    assert_eq!(status(&mut client).await, "pending");
    assert_eq!(refusal(shop.command(approve(), step(5)).await).as_deref(), Some("LIST_CANCELED"));
    assert_eq!(refusal(shop.command(reject(), step(0).undo()).await), None);
    assert_eq!(status(&mut client).await, "rejected");
}
