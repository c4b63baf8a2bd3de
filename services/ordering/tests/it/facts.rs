//! What others do to an order: baskets make it, bots and invoices move it on.

use mall_messaging::{command, event};
use mall_persistence::{Outgoing, sqlx};
use mall_proto::depot::v1::{ShoppingListCanceled, ShoppingListCompleted};
use mall_proto::ordering::v1::{ApproveOrder, OrderCanceled, OrderCompleted, OrderCreated, OrderReadied};
use mall_proto::payments::v1::{InvoiceCanceled, InvoicePaid};
use mall_service::wire;
use mall_testkit::{reason, step};
use prost_types::Timestamp;
use tonic::Code;

use crate::*;

fn list_completed() -> Outgoing {
    event(ORDER, &ShoppingListCompleted { id: ORDER.to_owned(), order_id: ORDER.to_owned() })
}

fn list_canceled() -> Outgoing {
    event(ORDER, &ShoppingListCanceled { id: ORDER.to_owned(), order_id: ORDER.to_owned() })
}

fn invoice_paid() -> Outgoing {
    event(ORDER, &InvoicePaid { id: ORDER.to_owned(), order_id: ORDER.to_owned(), amount: cents(12_25) })
}

fn invoice_canceled() -> Outgoing {
    event(ORDER, &InvoiceCanceled { id: ORDER.to_owned(), order_id: ORDER.to_owned(), amount: cents(12_25) })
}

async fn approved() -> (Harness, Client) {
    let (shop, client) = with_order().await;
    let approve = ApproveOrder { id: ORDER.to_owned(), shopping_id: ORDER.to_owned() };
    shop.command(command(ORDER, &approve), step(5)).await;
    (shop, client)
}

async fn ready() -> (Harness, Client) {
    let (shop, client) = approved().await;
    shop.deliver(list_completed()).await;
    (shop, client)
}

/// The time that goes out with OrderCreated.
async fn told_at(shop: &Harness) -> Timestamp {
    let at = sqlx::query_scalar("select created_at from outbox where seq > 0 order by seq limit 1")
        .fetch_one(shop.database().pool())
        .await;
    wire::timestamp(at.expect("a message is waiting"))
}

#[tokio::test]
async fn a_checked_out_basket_becomes_an_order_once() {
    let (shop, mut client) = start().await;
    shop.deliver_twice(event(ORDER, &checked_out())).await;
    shop.deliver(event(ORDER, &checked_out())).await;

    let order = get(&mut client, ORDER).await.expect("it was made");
    assert_eq!((order.status.as_str(), order.total.clone()), ("pending", cents(12_25)));
    assert_eq!((order.customer_id.as_str(), order.payment_id.as_str()), (CUSTOMER, PAYMENT));
    let names: Vec<&str> = order.items.iter().map(|item| item.product_name.as_str()).collect();
    assert_eq!(names, ["Tea", "Mug"]);
    assert_eq!(order.created_at, Some(told_at(&shop).await), "everybody knows the same time");
    let [created] = shop.sent::<OrderCreated>().await.try_into().expect("told once");
    assert_eq!((created.total, created.items.len()), (cents(12_25), 2));
}

#[tokio::test]
async fn a_completed_list_makes_an_approved_order_ready_once() {
    let (shop, mut client) = approved().await;
    shop.deliver_twice(list_completed()).await;
    shop.deliver(list_completed()).await;

    let order = get(&mut client, ORDER).await.expect("it is there");
    assert_eq!((order.status.as_str(), order.invoice_id.as_str()), ("ready", ORDER));
    assert_eq!(shop.sent::<OrderReadied>().await.len(), 1);
}

#[tokio::test]
async fn a_canceled_list_cancels_an_approved_order_once() {
    let (shop, mut client) = approved().await;
    shop.deliver_twice(list_canceled()).await;
    shop.deliver(list_canceled()).await;

    assert_eq!(status(&mut client).await, "canceled");
    let [canceled] = shop.sent::<OrderCanceled>().await.try_into().expect("told once");
    assert_eq!(canceled.reason, "its shopping list was canceled");
}

#[tokio::test]
async fn a_paid_invoice_completes_a_ready_order_once() {
    let (shop, mut client) = ready().await;
    shop.deliver_twice(invoice_paid()).await;
    shop.deliver(invoice_paid()).await;

    assert_eq!(status(&mut client).await, "completed");
    let [completed] = shop.sent::<OrderCompleted>().await.try_into().expect("told once");
    assert_eq!((completed.invoice_id.as_str(), completed.customer_id.as_str()), (ORDER, CUSTOMER));
}

#[tokio::test]
async fn a_written_off_invoice_cancels_a_ready_order_once() {
    let (shop, mut client) = ready().await;
    shop.deliver_twice(invoice_canceled()).await;
    shop.deliver(invoice_canceled()).await;

    let order = get(&mut client, ORDER).await.expect("it is there");
    assert_eq!((order.status.as_str(), order.invoice_id.as_str()), ("canceled", ORDER));
    let [canceled] = shop.sent::<OrderCanceled>().await.try_into().expect("told once");
    assert_eq!(canceled.reason, "its invoice was written off");
}

#[tokio::test]
async fn an_invoice_of_an_order_that_is_not_ready_changes_nothing() {
    let (shop, mut client) = approved().await;
    shop.deliver(invoice_paid()).await;
    shop.deliver(invoice_canceled()).await;
    assert_eq!(status(&mut client).await, "approved");
}

#[tokio::test]
async fn a_ready_order_is_canceled_by_its_invoice_only() {
    let (_shop, mut client) = ready().await;
    let status = cancel(&mut client, ORDER).await.expect_err("it is ready");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CANCEL_ITS_INVOICE"));
}

#[tokio::test]
async fn an_approved_order_can_be_canceled_and_hears_nothing_more_of_its_list() {
    let (shop, mut client) = approved().await;
    cancel(&mut client, ORDER).await.expect("it is approved");
    shop.deliver(list_completed()).await;
    shop.deliver(list_canceled()).await;
    assert_eq!(status(&mut client).await, "canceled");
    assert!(shop.sent::<OrderReadied>().await.is_empty());
    assert_eq!(shop.sent::<OrderCanceled>().await.len(), 1);
}
