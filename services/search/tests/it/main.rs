//! Search through its public edge: what it is told, and what is found.

mod filters;
mod orders;
mod pages;
mod speed;

use mall_messaging::event;
use mall_proto::google::r#type::Money;
use mall_proto::ordering::v1::{OrderCreated, order_created};
use mall_proto::search::v1::search_service_client::SearchServiceClient;
use mall_proto::search::v1::{Filters, GetOrderRequest, Order, SearchOrdersRequest};
use mall_testkit::Harness;
use tonic::Status;

type Client = SearchServiceClient<tonic::transport::Channel>;

async fn start() -> (Harness, Client) {
    let shop = Harness::start(search::service).await;
    let client = SearchServiceClient::new(shop.channel());
    (shop, client)
}

/// Ids by number; those of different kinds begin differently.
fn order_id(number: u32) -> String {
    format!("0a000000-0000-7000-8000-{number:012}")
}

fn customer_id(number: u32) -> String {
    format!("0c000000-0000-7000-8000-{number:012}")
}

fn store_id(number: u32) -> String {
    format!("05000000-0000-7000-8000-{number:012}")
}

fn product_id(number: u32) -> String {
    format!("0b000000-0000-7000-8000-{number:012}")
}

fn cents(cents: i64) -> Option<Money> {
    let nanos = i32::try_from(cents % 100).expect("small") * 10_000_000;
    Some(Money { currency_code: "USD".to_owned(), units: cents / 100, nanos })
}

/// One product of a store, twice, for half the total each.
fn line(store: u32, product: u32, total: i64) -> order_created::Item {
    order_created::Item {
        product_id: product_id(product),
        store_id: store_id(store),
        product_name: format!("product {product} as ordered"),
        store_name: format!("store {store} as ordered"),
        price: cents(total / 2),
        quantity: 2,
    }
}

/// An order of customer 1 for product 1 of store 1.
fn order(number: u32, total: i64) -> OrderCreated {
    OrderCreated {
        id: order_id(number),
        customer_id: customer_id(1),
        payment_id: order_id(999),
        items: vec![line(1, 1, total)],
        total: cents(total),
    }
}

async fn deliver(shop: &Harness, order: &OrderCreated) {
    shop.deliver(event(&order.id, order)).await;
}

async fn get(client: &mut Client, number: u32) -> Result<Order, Status> {
    let answer = client.get_order(GetOrderRequest { id: order_id(number) }).await?;
    Ok(answer.into_inner().order.expect("one thing answers under its name"))
}

async fn search(client: &mut Client, filters: Filters) -> Result<Vec<Order>, Status> {
    let request = SearchOrdersRequest { filters: Some(filters), ..SearchOrdersRequest::default() };
    Ok(client.search_orders(request).await?.into_inner().orders)
}

/// The ids of what is found, newest first.
async fn found(client: &mut Client, filters: Filters) -> Vec<String> {
    search(client, filters).await.expect("good filters").into_iter().map(|order| order.order_id).collect()
}

fn order_ids<const N: usize>(numbers: [u32; N]) -> [String; N] {
    numbers.map(order_id)
}
