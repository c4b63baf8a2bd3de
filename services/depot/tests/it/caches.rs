//! What the depot hears of products and stores, and what it asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mall_proto::stores::v1::{
    GetProductsRequest, GetProductsResponse, Product, ProductRebranded, ProductRemoved, StoreRebranded,
};
use mall_testkit::FakePeer;

use crate::*;

/// A depot beside a stores that sells green tea (version 3) in Fine Teas (version 2); counts how often it is asked.
async fn beside_stores() -> (Harness, Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let stores = FakePeer::new()
        .on("/mallbots.stores.v1.StoresService/GetProducts", move |request: GetProductsRequest| {
            count.fetch_add(1, Ordering::Relaxed);
            let tea = Product {
                id: TEA.to_owned(),
                store_id: TEAS.to_owned(),
                name: "Green tea".to_owned(),
                version: 3,
                store_name: "Fine Teas".to_owned(),
                store_location: "hall 1".to_owned(),
                store_version: 2,
                ..Product::default()
            };
            let products = if request.ids.contains(&TEA.to_owned()) { vec![tea] } else { vec![] };
            Ok(GetProductsResponse { products })
        })
        .start()
        .await;
    let shop = Harness::start_with(depot::service, |config| {
        config.peers.insert("stores".to_owned(), stores);
    })
    .await;
    let client = DepotServiceClient::new(shop.channel());
    (shop, client, asked)
}

/// Names of the product, the store and its place on a list made now.
async fn names(shop: &Harness, client: &mut Client) -> (String, String, String) {
    let order = uuid::Uuid::now_v7().to_string();
    assert_eq!(refusal(shop.command(create_tea(&order), step(2)).await), None);
    let mut list = get(client, &order).await.expect("it was made");
    let mut stop = list.stops.remove(0);
    (stop.items.remove(0).name, stop.store_name, stop.location)
}

fn told(product: &str, store: &str, location: &str) -> (String, String, String) {
    (product.to_owned(), store.to_owned(), location.to_owned())
}

fn renamed(name: &str) -> Outgoing {
    event(TEA, &ProductRebranded { id: TEA.to_owned(), name: name.to_owned(), description: String::new() })
}

fn store_renamed(name: &str) -> Outgoing {
    event(TEAS, &StoreRebranded { id: TEAS.to_owned(), name: name.to_owned() })
}

#[tokio::test]
async fn new_names_are_used_from_then_on() {
    let (shop, mut client) = stocked().await;
    assert_eq!(names(&shop, &mut client).await, told("Tea", "Teas", "Teas hall"));
    shop.deliver_version(renamed("Black tea"), 2).await;
    shop.deliver_version(store_renamed("Fine Teas"), 2).await;
    assert_eq!(names(&shop, &mut client).await, told("Black tea", "Fine Teas", "Teas hall"));
}

#[tokio::test]
async fn news_that_come_twice_or_too_late_change_nothing() {
    let (shop, mut client) = start().await;
    shop.deliver_twice(product_added(TEAS, TEA, "Tea")).await;
    shop.deliver_twice(store_created(TEAS, "Teas")).await;
    shop.deliver_version(renamed("Black tea"), 5).await;
    shop.deliver_version(renamed("Tea"), 4).await;
    shop.deliver_version(store_renamed("Fine Teas"), 5).await;
    shop.deliver_version(store_renamed("Teas"), 4).await;
    assert_eq!(names(&shop, &mut client).await, told("Black tea", "Fine Teas", "Teas hall"));

    shop.deliver_twice(renamed("Nothing new")).await;
    shop.deliver_twice(store_renamed("Nothing new")).await;
    assert_eq!(names(&shop, &mut client).await, told("Black tea", "Fine Teas", "Teas hall"));
}

#[tokio::test]
async fn a_removed_product_stays_removed() {
    let (shop, _client) = stocked().await;
    let removed = event(TEA, &ProductRemoved { id: TEA.to_owned() });
    shop.deliver_version(removed, 2).await;
    shop.deliver_twice(event(MUG, &ProductRemoved { id: MUG.to_owned() })).await;
    shop.deliver_version(product_added(TEAS, TEA, "Tea"), 1).await;
    assert_eq!(refusal(shop.command(create_tea(ORDER), step(2)).await).as_deref(), Some("REMOVED_PRODUCT"));
}

#[tokio::test]
async fn what_was_not_heard_of_is_asked_for_once() {
    let (shop, mut client, asked) = beside_stores().await;
    assert_eq!(names(&shop, &mut client).await, told("Green tea", "Fine Teas", "hall 1"));
    assert_eq!(names(&shop, &mut client).await, told("Green tea", "Fine Teas", "hall 1"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn old_news_do_not_overwrite_an_answer() {
    let (shop, mut client, asked) = beside_stores().await;
    names(&shop, &mut client).await;
    shop.deliver_batch(&[product_added(TEAS, TEA, "Tea"), store_created(TEAS, "Teas")]).await;
    shop.deliver_version(renamed("Black tea"), 2).await;
    assert_eq!(names(&shop, &mut client).await, told("Green tea", "Fine Teas", "hall 1"));
    shop.deliver_version(renamed("White tea"), 4).await;
    assert_eq!(names(&shop, &mut client).await, told("White tea", "Fine Teas", "hall 1"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_product_whose_store_was_not_heard_of_is_asked_for() {
    let (shop, mut client, asked) = beside_stores().await;
    shop.deliver(product_added(TEAS, TEA, "Tea")).await;
    assert_eq!(names(&shop, &mut client).await, told("Green tea", "Fine Teas", "hall 1"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_stores_does_not_know_either_is_refused() {
    let (shop, _client, asked) = beside_stores().await;
    let unknown = create(ORDER, &[(TEAS, TEA, 1), (TEAS, UNKNOWN, 1)]);
    assert_eq!(refusal(shop.command(unknown, step(2)).await).as_deref(), Some("UNKNOWN_PRODUCT"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
