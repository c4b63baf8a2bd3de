//! What is shown of an order, and how it follows what ordering, customers and stores say.

use mall_messaging::event;
use mall_proto::customers::v1::CustomerRegistered;
use mall_proto::ordering::v1::{OrderApproved, OrderCanceled, OrderCompleted, OrderReadied, OrderRejected};
use mall_proto::search::v1::{Filters, GetOrderRequest, OrderItem};
use mall_proto::stores::v1::{ProductAdded, ProductRebranded, StoreCreated, StoreRebranded};
use mall_testkit::{Harness, field};
use tonic::Code;

use crate::{cents, customer_id, deliver, found, get, order, order_id, product_id, start, store_id};

async fn approve(shop: &Harness, version: i64) {
    let approved = OrderApproved { id: order_id(1), ..OrderApproved::default() };
    shop.deliver_version(event(order_id(1), &approved), version).await;
}

async fn ready(shop: &Harness, version: i64) {
    let readied = OrderReadied { id: order_id(1), ..OrderReadied::default() };
    shop.deliver_version(event(order_id(1), &readied), version).await;
}

async fn complete(shop: &Harness, version: i64) {
    let completed = OrderCompleted { id: order_id(1), ..OrderCompleted::default() };
    shop.deliver_version(event(order_id(1), &completed), version).await;
}

#[tokio::test]
async fn an_order_is_shown_as_it_was_created() {
    let (shop, mut client) = start().await;
    deliver(&shop, &order(1, 40_00)).await;
    let seen = get(&mut client, 1).await.expect("it was created");
    let item = OrderItem {
        store_id: store_id(1),
        store_name: "store 1 as ordered".to_owned(),
        product_id: product_id(1),
        product_name: "product 1 as ordered".to_owned(),
        price: cents(20_00),
        quantity: 2,
    };
    assert_eq!((seen.order_id, seen.customer_id, seen.customer_name), (order_id(1), customer_id(1), String::new()));
    assert_eq!((seen.items, seen.total, seen.status), (vec![item], cents(40_00), "pending".to_owned()));
    assert!(seen.created_at.is_some());
}

#[tokio::test]
async fn an_order_delivered_twice_is_found_once() {
    let (shop, mut client) = start().await;
    shop.deliver_twice(event(order_id(1), &order(1, 40_00))).await;
    assert_eq!(found(&mut client, Filters::default()).await, [order_id(1)]);
}

#[tokio::test]
async fn an_orders_status_follows_ordering() {
    let (shop, mut client) = start().await;
    deliver(&shop, &order(1, 40_00)).await;
    approve(&shop, 2).await;
    assert_eq!(get(&mut client, 1).await.expect("it was created").status, "approved");
    ready(&shop, 3).await;
    assert_eq!(get(&mut client, 1).await.expect("it was created").status, "ready");
    complete(&shop, 4).await;
    assert_eq!(get(&mut client, 1).await.expect("it was created").status, "completed");
}

#[tokio::test]
async fn an_order_may_end_without_its_goods() {
    let (shop, mut client) = start().await;
    deliver(&shop, &order(1, 40_00)).await;
    deliver(&shop, &order(2, 40_00)).await;
    let rejected = OrderRejected { id: order_id(1), ..OrderRejected::default() };
    let canceled = OrderCanceled { id: order_id(2), ..OrderCanceled::default() };
    shop.deliver_version(event(order_id(1), &rejected), 2).await;
    shop.deliver_version(event(order_id(2), &canceled), 2).await;
    assert_eq!(get(&mut client, 1).await.expect("it was created").status, "rejected");
    assert_eq!(get(&mut client, 2).await.expect("it was created").status, "canceled");
}

#[tokio::test]
async fn what_was_once_told_changes_nothing_when_told_again() {
    let (shop, mut client) = start().await;
    deliver(&shop, &order(1, 40_00)).await;
    approve(&shop, 2).await;
    ready(&shop, 3).await;
    // Under new numbers, which the marks do not know: the order's version holds them off.
    deliver(&shop, &order(1, 99_00)).await;
    approve(&shop, 2).await;
    let seen = get(&mut client, 1).await.expect("it was created");
    assert_eq!((seen.status.as_str(), seen.total), ("ready", cents(40_00)));
}

#[tokio::test]
async fn each_message_about_an_order_may_be_delivered_twice() {
    let (shop, mut client) = start().await;
    let id = order_id;
    let messages = [
        (event(id(1), &OrderApproved { id: id(1), ..OrderApproved::default() }), "approved"),
        (event(id(2), &OrderRejected { id: id(2), ..OrderRejected::default() }), "rejected"),
        (event(id(3), &OrderReadied { id: id(3), ..OrderReadied::default() }), "ready"),
        (event(id(4), &OrderCompleted { id: id(4), ..OrderCompleted::default() }), "completed"),
        (event(id(5), &OrderCanceled { id: id(5), ..OrderCanceled::default() }), "canceled"),
    ];
    for (number, (message, status)) in (1..).zip(messages) {
        // The kit delivers version 1 twice: the order itself is one version older.
        shop.deliver_version(event(id(number), &order(number, 40_00)), 0).await;
        shop.deliver_twice(message).await;
        assert_eq!(get(&mut client, number).await.expect("it was created").status, status);
    }
}

#[tokio::test]
async fn a_batch_may_hold_an_orders_whole_life() {
    let (shop, mut client) = start().await;
    let created = event(order_id(1), &order(1, 40_00));
    let other = event(order_id(2), &order(2, 10_00));
    let approved = event(order_id(1), &OrderApproved { id: order_id(1), ..OrderApproved::default() });
    shop.deliver_batch(&[created, other, approved]).await;
    assert_eq!(get(&mut client, 1).await.expect("it was created").status, "approved");
    assert_eq!(get(&mut client, 2).await.expect("it was created").status, "pending");
}

#[tokio::test]
async fn everybody_is_called_by_the_name_of_today() {
    let (shop, mut client) = start().await;
    deliver(&shop, &order(1, 40_00)).await;
    let registered = CustomerRegistered { id: customer_id(1), name: "Ada".to_owned(), ..CustomerRegistered::default() };
    let created = StoreCreated { id: store_id(1), name: "Waldorf".to_owned(), ..StoreCreated::default() };
    let added = ProductAdded { id: product_id(1), name: "Kettle".to_owned(), ..ProductAdded::default() };
    shop.deliver_twice(event(customer_id(1), &registered)).await;
    shop.deliver_twice(event(store_id(1), &created)).await;
    shop.deliver_twice(event(product_id(1), &added)).await;
    let seen = get(&mut client, 1).await.expect("it was created");
    assert_eq!((seen.customer_name.as_str(), seen.items[0].store_name.as_str()), ("Ada", "Waldorf"));
    assert_eq!(seen.items[0].product_name, "Kettle");

    let store = StoreRebranded { id: store_id(1), name: "Statler".to_owned() };
    let product = ProductRebranded { id: product_id(1), name: "Samovar".to_owned(), description: String::new() };
    shop.deliver_version(event(store_id(1), &store), 2).await;
    shop.deliver_version(event(product_id(1), &product), 2).await;
    // An older name never replaces a newer one.
    shop.deliver_version(event(store_id(1), &created), 1).await;
    shop.deliver_version(event(product_id(1), &added), 1).await;
    let seen = get(&mut client, 1).await.expect("it was created");
    assert_eq!((seen.items[0].store_name.as_str(), seen.items[0].product_name.as_str()), ("Statler", "Samovar"));
}

#[tokio::test]
async fn a_rebranding_may_be_delivered_twice() {
    let (shop, mut client) = start().await;
    deliver(&shop, &order(1, 40_00)).await;
    let store = StoreRebranded { id: store_id(1), name: "Statler".to_owned() };
    let product = ProductRebranded { id: product_id(1), name: "Samovar".to_owned(), description: String::new() };
    shop.deliver_twice(event(store_id(1), &store)).await;
    shop.deliver_twice(event(product_id(1), &product)).await;
    let seen = get(&mut client, 1).await.expect("it was created");
    assert_eq!((seen.items[0].store_name.as_str(), seen.items[0].product_name.as_str()), ("Statler", "Samovar"));
}

#[tokio::test]
async fn an_unknown_order_is_not_found_and_nonsense_is_blamed() {
    let (_shop, mut client) = start().await;
    let status = get(&mut client, 1).await.expect_err("never created");
    assert_eq!((status.code(), status.message()), (Code::NotFound, &*format!("there is no order {}", order_id(1))));
    let status = client.get_order(GetOrderRequest { id: "order-1".to_owned() }).await.expect_err("not an id");
    assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "id"));
}
