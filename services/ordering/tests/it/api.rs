//! The API: orders are read and canceled, and operators place some.

use mall_proto::ordering::v1::{CreateOrderRequest, OrderCanceled, OrderCreated, create_order_request};
use mall_proto::stores::v1::{GetProductsRequest, GetProductsResponse, Product};
use mall_testkit::{FakePeer, Harness, field, reason};
use tonic::Code;

use crate::*;

/// Ordering beside a stores that sells tea; its mugs are removed.
async fn beside_stores(participating: bool) -> (Harness, Client) {
    let product = move |id: &str, name: &str, removed| Product {
        id: id.to_owned(),
        store_id: STORE.to_owned(),
        name: name.to_owned(),
        price: cents(2_50),
        removed,
        store_name: "Teas".to_owned(),
        participating,
        ..Product::default()
    };
    let stores = FakePeer::new()
        .on("/mallbots.stores.v1.StoresService/GetProducts", move |asked: GetProductsRequest| {
            let all = [product(TEA, "Tea", false), product(MUG, "Mug", true)];
            Ok(GetProductsResponse { products: all.into_iter().filter(|p| asked.ids.contains(&p.id)).collect() })
        })
        .start()
        .await;
    let shop = Harness::start_with(ordering::service, |config| {
        config.peers.insert("stores".to_owned(), stores);
    })
    .await;
    let client = OrderingServiceClient::new(shop.channel());
    (shop, client)
}

fn order(lines: &[(&str, i32)]) -> CreateOrderRequest {
    let item = |(product, quantity): &(&str, i32)| create_order_request::Item {
        product_id: (*product).to_owned(),
        quantity: *quantity,
    };
    CreateOrderRequest {
        customer_id: CUSTOMER.to_owned(),
        payment_id: PAYMENT.to_owned(),
        items: lines.iter().map(item).collect(),
    }
}

#[tokio::test]
async fn an_operators_order_takes_names_and_prices_from_stores() {
    let (shop, mut client) = beside_stores(true).await;
    let id = client.create_order(order(&[(TEA, 2), (TEA, 1)])).await.expect("a good order").into_inner().id;

    let order = get(&mut client, &id).await.expect("it was placed");
    assert_eq!((order.status.as_str(), order.total), ("pending", cents(7_50)));
    let [tea] = order.items.as_slice() else { panic!("one line for each product: {:?}", order.items) };
    assert_eq!((tea.product_name.as_str(), tea.store_name.as_str()), ("Tea", "Teas"));
    assert_eq!((tea.quantity, tea.price.clone()), (3, cents(2_50)));
    let [created] = shop.sent::<OrderCreated>().await.try_into().expect("told once");
    assert_eq!((created.id, created.customer_id, created.total), (id, CUSTOMER.to_owned(), cents(7_50)));
}

#[tokio::test]
async fn what_cannot_be_bought_cannot_be_ordered() {
    let (shop, mut client) = beside_stores(true).await;
    for (lines, refusal) in [
        (&[][..], "NO_ITEMS"),
        (&[(TEA, 0)], "QUANTITY_OUT_OF_RANGE"),
        (&[(TEA, -1)], "QUANTITY_OUT_OF_RANGE"),
        (&[(TEA, 1000)], "QUANTITY_OUT_OF_RANGE"),
        (&[(MUG, 1)], "PRODUCT_REMOVED"),
        (&[(UNKNOWN, 1)], "UNKNOWN_PRODUCT"),
        (&[("tea", 1)], "INVALID_ID"),
    ] {
        let status = client.create_order(order(lines)).await.expect_err("not for sale");
        assert_eq!(reason(&status), refusal, "{lines:?}: {status}");
    }
    assert_eq!(shop.events_recorded().await, 0);
}

#[tokio::test]
async fn a_store_that_does_not_participate_sells_nothing() {
    let (_shop, mut client) = beside_stores(false).await;
    let status = client.create_order(order(&[(TEA, 1)])).await.expect_err("the store is away");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STORE_NOT_PARTICIPATING"));
}

#[tokio::test]
async fn an_order_waits_for_stores_to_be_there() {
    let (_shop, mut client) = start().await;
    let status = client.create_order(order(&[(TEA, 1)])).await.expect_err("nobody listens");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "PEER_AWAY"));
}

#[tokio::test]
async fn a_field_that_is_no_id_is_named() {
    let (_shop, mut client) = start().await;
    let blamed = |status: Status| (status.code(), field(&status));
    let request = CreateOrderRequest { customer_id: "me".to_owned(), ..order(&[(TEA, 1)]) };
    let status = client.create_order(request).await.expect_err("no id");
    assert_eq!(blamed(status), (Code::InvalidArgument, "customerId".to_owned()));
    let request = CreateOrderRequest { payment_id: String::new(), ..order(&[(TEA, 1)]) };
    let status = client.create_order(request).await.expect_err("no id");
    assert_eq!(blamed(status), (Code::InvalidArgument, "paymentId".to_owned()));
    let status = client.create_order(order(&[("tea", 1)])).await.expect_err("no id");
    assert_eq!(blamed(status), (Code::InvalidArgument, "items.productId".to_owned()));
    let status = get(&mut client, "1").await.expect_err("no id");
    assert_eq!(blamed(status), (Code::InvalidArgument, "id".to_owned()));
}

#[tokio::test]
async fn an_unknown_order_is_not_found() {
    let (_shop, mut client) = start().await;
    assert_eq!(get(&mut client, UNKNOWN).await.expect_err("unknown").code(), Code::NotFound);
    assert_eq!(cancel(&mut client, UNKNOWN).await.expect_err("unknown").code(), Code::NotFound);
}

#[tokio::test]
async fn a_pending_order_is_canceled_once() {
    let (shop, mut client) = with_order().await;
    cancel(&mut client, ORDER).await.expect("it is pending");
    assert_eq!(status(&mut client).await, "canceled");

    let again = cancel(&mut client, ORDER).await.expect_err("it is canceled");
    assert_eq!((again.code(), reason(&again).as_str()), (Code::FailedPrecondition, "NOT_CANCELABLE"));
    let [canceled] = shop.sent::<OrderCanceled>().await.try_into().expect("told once");
    assert_eq!((canceled.payment_id.as_str(), canceled.reason.as_str()), (PAYMENT, "it was canceled on request"));
}
