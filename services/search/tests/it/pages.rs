//! Page by page, newest first, each order once.

use mall_persistence::sqlx;
use mall_proto::search::v1::{Filters, SearchOrdersRequest, SearchOrdersResponse};
use mall_testkit::{Harness, field};
use tonic::{Code, Status};

use crate::{Client, customer_id, deliver, order, order_id, order_ids, product_id, start, store_id};

async fn page(
    client: &mut Client,
    filters: Filters,
    limit: Option<i32>,
    next: &str,
) -> Result<SearchOrdersResponse, Status> {
    let request = SearchOrdersRequest { filters: Some(filters), limit, next: next.to_owned() };
    client.search_orders(request).await.map(tonic::Response::into_inner)
}

/// The ids of all pages of two.
async fn pages(client: &mut Client, filters: &Filters) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = String::new();
    loop {
        let page = page(client, filters.clone(), Some(2), &next).await.expect("a page");
        pages.push(page.orders.into_iter().map(|order| order.order_id).collect());
        next = page.next;
        if next.is_empty() {
            return pages;
        }
    }
}

async fn five(shop: &Harness) {
    for number in 1..=5 {
        deliver(shop, &order(number, 10_00)).await;
    }
}

#[tokio::test]
async fn each_order_is_on_one_page() {
    let (shop, mut client) = start().await;
    five(&shop).await;
    let expected = [order_ids([5, 4]).to_vec(), order_ids([3, 2]).to_vec(), order_ids([1]).to_vec()];
    assert_eq!(pages(&mut client, &Filters::default()).await, expected);
    let of_customer = Filters { customer_id: customer_id(1), ..Filters::default() };
    assert_eq!(pages(&mut client, &of_customer).await, expected);
    let of_products = Filters { product_ids: vec![product_id(2), product_id(1)], ..Filters::default() };
    assert_eq!(pages(&mut client, &of_products).await, expected);
    let of_store = Filters { store_ids: vec![store_id(1)], status: "pending".to_owned(), ..Filters::default() };
    assert_eq!(pages(&mut client, &of_store).await, expected);
}

#[tokio::test]
async fn orders_of_one_moment_are_told_apart_by_their_ids() {
    let (shop, mut client) = start().await;
    five(&shop).await;
    sqlx::query(
        "update orders set created_at = '2026-01-31T12:00:00Z' where order_id > '00000000-0000-0000-0000-000000000000'",
    )
    .execute(shop.database().pool())
    .await
    .expect("the orders can be moved");
    let expected = [order_ids([5, 4]).to_vec(), order_ids([3, 2]).to_vec(), order_ids([1]).to_vec()];
    assert_eq!(pages(&mut client, &Filters::default()).await, expected);
}

#[tokio::test]
async fn an_order_that_comes_in_between_shifts_nothing() {
    let (shop, mut client) = start().await;
    five(&shop).await;
    let first = page(&mut client, Filters::default(), Some(2), "").await.expect("a page");
    deliver(&shop, &order(6, 10_00)).await;
    let second = page(&mut client, Filters::default(), Some(2), &first.next).await.expect("a page");
    assert_eq!(second.orders.into_iter().map(|order| order.order_id).collect::<Vec<_>>(), order_ids([3, 2]));
}

#[tokio::test]
async fn a_full_last_page_has_no_next() {
    let (shop, mut client) = start().await;
    deliver(&shop, &order(1, 10_00)).await;
    deliver(&shop, &order(2, 10_00)).await;
    let last = page(&mut client, Filters::default(), Some(2), "").await.expect("a page");
    assert_eq!((last.orders.len(), last.next.as_str()), (2, ""));
}

#[tokio::test]
async fn limit_and_next_are_checked_and_blamed_by_their_names() {
    let (shop, mut client) = start().await;
    five(&shop).await;
    for limit in [0, 101] {
        let status = page(&mut client, Filters::default(), Some(limit), "").await.expect_err("out of range");
        assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "limit"));
        assert_eq!(status.message(), format!("limit must be 1 to 100, not {limit}"));
    }
    let next = page(&mut client, Filters::default(), Some(2), "").await.expect("a page").next;
    let others = Filters { customer_id: customer_id(1), ..Filters::default() };
    for (filters, next) in [(others, next.as_str()), (Filters::default(), "nonsense")] {
        let status = page(&mut client, filters, Some(2), next).await.expect_err("not from this list");
        assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "next"));
        assert_eq!(status.message(), "next is not one that this list has given");
    }
}

#[tokio::test]
async fn a_page_is_of_20_unless_said_otherwise() {
    let (shop, mut client) = start().await;
    for number in 1..=21 {
        deliver(&shop, &order(number, 10_00)).await;
    }
    let first = page(&mut client, Filters::default(), None, "").await.expect("a page");
    assert_eq!((first.orders.len(), &first.orders[19].order_id), (20, &order_id(2)));
}
