//! Lists of stores and products.

use mall_proto::stores::v1::{
    EnableParticipationRequest, GetCatalogRequest, GetParticipatingStoresRequest, GetProductsRequest, GetStoresRequest,
    RemoveProductRequest,
};
use mall_testkit::{field, reason};
use tonic::Code;

use crate::{Client, UNKNOWN, add, create_store, kettle, start};

async fn create_stores(client: &mut Client, number: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for place in 0..number {
        ids.push(create_store(client, &format!("Store {place}")).await);
    }
    ids
}

async fn enable(client: &mut Client, id: &str) {
    let request = EnableParticipationRequest { id: id.to_owned() };
    client.enable_participation(request).await.expect("it did not participate");
}

#[tokio::test]
async fn stores_are_listed_page_by_page_in_the_order_of_their_creation() {
    let (_shop, mut client) = start().await;
    let ids = create_stores(&mut client, 5).await;
    let mut pages = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = GetStoresRequest { page_size: Some(2), page_token, ids: vec![] };
        let page = client.get_stores(request).await.expect("a page").into_inner();
        pages.push(page.stores.into_iter().map(|store| store.id).collect::<Vec<_>>());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [&ids[0..2], &ids[2..4], &ids[4..5]]);
}

#[tokio::test]
async fn a_page_is_of_20_unless_said_otherwise() {
    let (_shop, mut client) = start().await;
    let ids = create_stores(&mut client, 21).await;
    let page = client.get_stores(GetStoresRequest::default()).await.expect("a page").into_inner();
    assert_eq!(page.stores.iter().map(|store| &store.id).collect::<Vec<_>>(), ids[..20].iter().collect::<Vec<_>>());
    assert_ne!(page.next_page_token, "");
    for page_size in [0, 101] {
        let request = GetStoresRequest { page_size: Some(page_size), ..GetStoresRequest::default() };
        let status = client.get_stores(request).await.expect_err("out of range");
        assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "pageSize"));
    }
}

#[tokio::test]
async fn these_stores_are_listed_without_the_unknown_ones() {
    let (_shop, mut client) = start().await;
    let ids = create_stores(&mut client, 3).await;
    let asked = vec![ids[2].clone(), UNKNOWN.to_owned(), ids[0].clone()];
    let request = GetStoresRequest { ids: asked, ..GetStoresRequest::default() };
    let page = client.get_stores(request).await.expect("a list").into_inner();
    assert_eq!(page.stores.iter().map(|store| &store.id).collect::<Vec<_>>(), [&ids[0], &ids[2]]);
    assert_eq!(page.next_page_token, "");
}

#[tokio::test]
async fn only_participating_stores_are_listed_as_such() {
    let (_shop, mut client) = start().await;
    let ids = create_stores(&mut client, 4).await;
    for id in [&ids[3], &ids[1], &ids[0]] {
        enable(&mut client, id).await;
    }
    let request = |page_token| GetParticipatingStoresRequest { page_size: Some(2), page_token };
    let first = client.get_participating_stores(request(String::new())).await.expect("a page").into_inner();
    assert_eq!(first.stores.iter().map(|store| &store.id).collect::<Vec<_>>(), [&ids[0], &ids[1]]);
    let last = client.get_participating_stores(request(first.next_page_token)).await.expect("a page").into_inner();
    assert_eq!(last.stores.iter().map(|store| &store.id).collect::<Vec<_>>(), [&ids[3]]);
    assert_eq!(last.next_page_token, "");
    assert!(last.stores.iter().all(|store| store.participating && store.version == 2));
}

#[tokio::test]
async fn another_lists_token_is_refused() {
    let (_shop, mut client) = start().await;
    create_stores(&mut client, 2).await;
    let request = GetStoresRequest { page_size: Some(1), ..GetStoresRequest::default() };
    let token = client.get_stores(request).await.expect("a page").into_inner().next_page_token;
    let request = GetParticipatingStoresRequest { page_size: Some(1), page_token: token };
    let status = client.get_participating_stores(request).await.expect_err("a foreign token");
    assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "pageToken"));
}

#[tokio::test]
async fn a_catalog_shows_what_its_store_offers_page_by_page() {
    let (_shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let other = create_store(&mut client, "Statler Books").await;
    let mut ids = Vec::new();
    for place in 0..4 {
        ids.push(add(&mut client, kettle(&store, &format!("K-{place}"))).await.expect("a good request"));
    }
    add(&mut client, kettle(&other, "K-0")).await.expect("a good request");
    client.remove_product(RemoveProductRequest { id: ids[1].clone() }).await.expect("it was offered");

    let request = |page_token| GetCatalogRequest { store_id: store.clone(), page_size: Some(2), page_token };
    let first = client.get_catalog(request(String::new())).await.expect("a page").into_inner();
    assert_eq!(first.products.iter().map(|product| &product.id).collect::<Vec<_>>(), [&ids[0], &ids[2]]);
    let last = client.get_catalog(request(first.next_page_token.clone())).await.expect("a page").into_inner();
    assert_eq!(last.products.iter().map(|product| &product.id).collect::<Vec<_>>(), [&ids[3]]);
    assert_eq!((last.next_page_token.as_str(), last.products[0].store_name.as_str()), ("", "Waldorf Kitchen"));

    let foreign = GetCatalogRequest { store_id: other, page_size: Some(2), page_token: first.next_page_token };
    let status = client.get_catalog(foreign).await.expect_err("another catalog's token");
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_catalog_is_empty_only_if_its_store_exists() {
    let (_shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let request = |store_id: &str| GetCatalogRequest { store_id: store_id.to_owned(), ..GetCatalogRequest::default() };
    assert_eq!(client.get_catalog(request(&store)).await.expect("empty").into_inner().products, []);
    assert_eq!(client.get_catalog(request(UNKNOWN)).await.expect_err("no store").code(), Code::NotFound);
    let status = client.get_catalog(request("kitchen")).await.expect_err("not an id");
    assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "storeId"));
}

#[tokio::test]
async fn products_are_given_with_their_tombstones_and_both_versions() {
    let (_shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let kept = add(&mut client, kettle(&store, "K-1")).await.expect("a good request");
    let gone = add(&mut client, kettle(&store, "K-2")).await.expect("a good request");
    client.remove_product(RemoveProductRequest { id: gone.clone() }).await.expect("it was offered");
    enable(&mut client, &store).await;

    let request = GetProductsRequest { ids: vec![gone.clone(), UNKNOWN.to_owned(), kept.clone()] };
    let mut products = client.get_products(request).await.expect("a list").into_inner().products;
    products.sort_by(|a, b| a.id.cmp(&b.id));
    let seen: Vec<_> =
        products.iter().map(|p| (&p.id, p.version, p.removed, p.participating, p.store_version)).collect();
    assert_eq!(seen, [(&kept, 1, false, true, 2), (&gone, 2, true, true, 2)]);
}

#[tokio::test]
async fn a_hundred_ids_are_the_most() {
    let (_shop, mut client) = start().await;
    let ids = vec![UNKNOWN.to_owned(); 101];
    let status = client.get_products(GetProductsRequest { ids: ids.clone() }).await.expect_err("too many");
    assert_eq!((reason(&status).as_str(), field(&status).as_str()), ("TOO_MANY_IDS", "ids"));
    let request = GetStoresRequest { ids, ..GetStoresRequest::default() };
    assert_eq!(client.get_stores(request).await.expect_err("too many").code(), Code::InvalidArgument);
    let request = GetProductsRequest { ids: vec!["kettle".to_owned()] };
    assert_eq!(field(&client.get_products(request).await.expect_err("not an id")), "ids");
}
