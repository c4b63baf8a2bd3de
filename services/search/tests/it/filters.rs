//! What an order must be to be found.

use mall_messaging::event;
use mall_proto::google::r#type::Money;
use mall_proto::ordering::v1::{OrderApproved, OrderCreated};
use mall_proto::search::v1::Filters;
use mall_testkit::{Harness, field, reason};
use tonic::Code;

use crate::{
    Client, cents, customer_id, deliver, found, get, line, order, order_id, order_ids, product_id, search, start,
    store_id,
};

/// Four orders: 1 and 3 of customer 1, 2 and 4 of customer 2; their totals are 10.00 to 40.00; order n has product n of
/// store 1, or of store 2 for order 4, which also has product 1 of store 1. Order 3 is approved.
async fn four(shop: &Harness) {
    for number in [1_u32, 2, 3, 4] {
        let total = i64::from(number) * 10_00;
        let mut items = vec![line(if number == 4 { 2 } else { 1 }, number, total)];
        if number == 4 {
            items.push(line(1, 1, 0));
        }
        let customer_id = customer_id(if number % 2 == 1 { 1 } else { 2 });
        deliver(shop, &OrderCreated { customer_id, items, ..order(number, total) }).await;
    }
    let approved = OrderApproved { id: order_id(3), ..OrderApproved::default() };
    shop.deliver_version(event(order_id(3), &approved), 2).await;
}

async fn four_found(filters: Filters) -> Vec<String> {
    let (shop, mut client) = start().await;
    four(&shop).await;
    found(&mut client, filters).await
}

#[tokio::test]
async fn everything_is_found_newest_first() {
    assert_eq!(four_found(Filters::default()).await, order_ids([4, 3, 2, 1]));
}

#[tokio::test]
async fn a_customers_orders_are_found() {
    let filters = Filters { customer_id: customer_id(2), ..Filters::default() };
    assert_eq!(four_found(filters).await, order_ids([4, 2]));
}

#[tokio::test]
async fn orders_of_a_status_are_found() {
    let filters = Filters { status: "approved".to_owned(), ..Filters::default() };
    assert_eq!(four_found(filters).await, order_ids([3]));
}

#[tokio::test]
async fn totals_are_inclusive_on_both_ends() {
    let (shop, mut client) = start().await;
    four(&shop).await;
    let between = |min, max| Filters { min_total: min, max_total: max, ..Filters::default() };
    assert_eq!(found(&mut client, between(cents(20_00), cents(30_00))).await, order_ids([3, 2]));
    assert_eq!(found(&mut client, between(cents(20_01), cents(29_99))).await, order_ids([]));
    assert_eq!(found(&mut client, between(cents(30_00), None)).await, order_ids([4, 3]));
    assert_eq!(found(&mut client, between(None, cents(10_00))).await, order_ids([1]));
}

#[tokio::test]
async fn any_of_the_stores_or_products_is_enough() {
    let (shop, mut client) = start().await;
    four(&shop).await;
    let of_stores =
        |ids: &[u32]| Filters { store_ids: ids.iter().copied().map(store_id).collect(), ..Filters::default() };
    let of_products =
        |ids: &[u32]| Filters { product_ids: ids.iter().copied().map(product_id).collect(), ..Filters::default() };
    assert_eq!(found(&mut client, of_stores(&[2])).await, order_ids([4]));
    assert_eq!(found(&mut client, of_stores(&[2, 1])).await, order_ids([4, 3, 2, 1]));
    assert_eq!(found(&mut client, of_products(&[1])).await, order_ids([4, 1]));
    assert_eq!(found(&mut client, of_products(&[2, 3, 77])).await, order_ids([3, 2]));
    assert_eq!(found(&mut client, of_products(&[77])).await, order_ids([]));
}

#[tokio::test]
async fn after_is_inclusive_and_before_is_not() {
    let (shop, mut client) = start().await;
    four(&shop).await;
    let at = async |client: &mut Client, number| get(client, number).await.expect("it was created").created_at;
    let (second, fourth) = (at(&mut client, 2).await, at(&mut client, 4).await);
    let filters = Filters { after: second, before: fourth, ..Filters::default() };
    assert_eq!(found(&mut client, filters).await, order_ids([3, 2]));

    let mut just_later = second;
    just_later.as_mut().expect("a time").nanos += 1;
    assert_eq!(found(&mut client, Filters { after: just_later, ..Filters::default() }).await, order_ids([4, 3]));
    assert_eq!(found(&mut client, Filters { before: just_later, ..Filters::default() }).await, order_ids([2, 1]));
}

#[tokio::test]
async fn an_order_must_pass_all_filters() {
    let (shop, mut client) = start().await;
    four(&shop).await;
    let all = || Filters {
        customer_id: customer_id(1),
        store_ids: vec![store_id(1)],
        product_ids: vec![product_id(3), product_id(1)],
        min_total: cents(20_00),
        max_total: cents(30_00),
        status: "approved".to_owned(),
        ..Filters::default()
    };
    assert_eq!(found(&mut client, all()).await, order_ids([3]));
    assert_eq!(found(&mut client, Filters { customer_id: customer_id(2), ..all() }).await, order_ids([]));
    assert_eq!(found(&mut client, Filters { store_ids: vec![store_id(2)], ..all() }).await, order_ids([]));
    assert_eq!(found(&mut client, Filters { product_ids: vec![product_id(1)], ..all() }).await, order_ids([]));
    assert_eq!(found(&mut client, Filters { status: "pending".to_owned(), ..all() }).await, order_ids([]));
}

#[tokio::test]
async fn a_filter_that_is_nonsense_is_blamed() {
    let (_shop, mut client) = start().await;
    let euros = Some(Money { currency_code: "EUR".to_owned(), units: 1, nanos: 0 });
    let too_late = Some(mall_service::wire::timestamp(mall_domain::OffsetDateTime::UNIX_EPOCH)).map(|mut time| {
        time.seconds = i64::MAX;
        time
    });
    for (filters, refusal, blamed) in [
        (Filters { customer_id: "ada".to_owned(), ..Filters::default() }, "INVALID_ID", "filters.customerId"),
        (Filters { store_ids: vec!["x".to_owned()], ..Filters::default() }, "INVALID_ID", "filters.storeIds"),
        (Filters { product_ids: vec![product_id(1); 101], ..Filters::default() }, "TOO_MANY_IDS", "filters.productIds"),
        (Filters { status: "shipped".to_owned(), ..Filters::default() }, "UNKNOWN_STATUS", "filters.status"),
        (Filters { min_total: euros.clone(), ..Filters::default() }, "OTHER_CURRENCY", "filters.minTotal"),
        (Filters { max_total: euros, ..Filters::default() }, "OTHER_CURRENCY", "filters.maxTotal"),
        (Filters { after: too_late, ..Filters::default() }, "INVALID_TIME", "filters.after"),
        (Filters { before: too_late, ..Filters::default() }, "INVALID_TIME", "filters.before"),
    ] {
        let status = search(&mut client, filters).await.expect_err("nonsense");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!((reason(&status).as_str(), field(&status).as_str()), (refusal, blamed));
    }
}
