//! What can be done with a product.

use mall_proto::stores::v1::{
    AddProductRequest, DecreaseProductPriceRequest, GetProductRequest, IncreaseProductPriceRequest, Product,
    ProductAdded, ProductPriceChanged, ProductRebranded, ProductRemoved, RebrandProductRequest, RemoveProductRequest,
};
use mall_testkit::{field, reason};
use tonic::{Code, Status};

use crate::{Client, UNKNOWN, add, cents, create_store, kettle, start};

async fn get(client: &mut Client, id: &str) -> Result<Product, Status> {
    let answer = client.get_product(GetProductRequest { id: id.to_owned() }).await?;
    Ok(answer.into_inner().product.expect("one thing answers under its name"))
}

async fn rebrand(client: &mut Client, id: &str, name: &str, description: &str) -> Result<(), Status> {
    let (name, description) = (name.to_owned(), description.to_owned());
    client.rebrand_product(RebrandProductRequest { id: id.to_owned(), name, description }).await.map(drop)
}

async fn increase(client: &mut Client, id: &str, price: i64) -> Result<(), Status> {
    let request = IncreaseProductPriceRequest { id: id.to_owned(), price: cents(price) };
    client.increase_product_price(request).await.map(drop)
}

async fn decrease(client: &mut Client, id: &str, price: i64) -> Result<(), Status> {
    let request = DecreaseProductPriceRequest { id: id.to_owned(), price: cents(price) };
    client.decrease_product_price(request).await.map(drop)
}

async fn remove(client: &mut Client, id: &str) -> Result<(), Status> {
    client.remove_product(RemoveProductRequest { id: id.to_owned() }).await.map(drop)
}

#[tokio::test]
async fn a_product_shows_its_store() {
    let (shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let id = add(&mut client, kettle(&store, "K-1")).await.expect("a good request");

    let expected = Product {
        id: id.clone(),
        store_id: store.clone(),
        name: "Kettle".to_owned(),
        description: "It whistles".to_owned(),
        sku: "K-1".to_owned(),
        price: cents(19_99),
        version: 1,
        removed: false,
        store_name: "Waldorf Kitchen".to_owned(),
        store_location: "Level 2".to_owned(),
        participating: false,
        store_version: 1,
    };
    assert_eq!(get(&mut client, &id).await.expect("it was added"), expected);
    let message = ProductAdded {
        id,
        store_id: store,
        name: "Kettle".to_owned(),
        description: "It whistles".to_owned(),
        sku: "K-1".to_owned(),
        price: cents(19_99),
    };
    assert_eq!(shop.sent::<ProductAdded>().await, [message]);
}

#[tokio::test]
async fn a_product_that_breaks_a_rule_is_not_added() {
    let (shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let good = || kettle(&store, "K-1");
    for (request, refusal, blamed) in [
        (AddProductRequest { name: " ".to_owned(), ..good() }, "INVALID_NAME", "name"),
        (AddProductRequest { sku: String::new(), ..good() }, "INVALID_SKU", "sku"),
        (AddProductRequest { description: "x".repeat(2_001), ..good() }, "INVALID_DESCRIPTION", "description"),
        (AddProductRequest { price: cents(0), ..good() }, "PRICE_OUT_OF_RANGE", "price"),
        (AddProductRequest { price: cents(100_000_001), ..good() }, "PRICE_OUT_OF_RANGE", "price"),
        (AddProductRequest { price: None, ..good() }, "MONEY_MISSING", "price"),
        (AddProductRequest { store_id: "kitchen".to_owned(), ..good() }, "INVALID_ID", "storeId"),
    ] {
        let status = add(&mut client, request).await.expect_err("a broken rule");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!((reason(&status).as_str(), field(&status).as_str()), (refusal, blamed));
    }
    let status = add(&mut client, kettle(UNKNOWN, "K-1")).await.expect_err("no such store");
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(shop.sent::<ProductAdded>().await, []);
}

#[tokio::test]
async fn a_sku_occurs_once_in_a_store_until_its_product_is_removed() {
    let (shop, mut client) = start().await;
    let kitchen = create_store(&mut client, "Waldorf Kitchen").await;
    let books = create_store(&mut client, "Statler Books").await;
    let first = add(&mut client, kettle(&kitchen, "K-1")).await.expect("the first");
    add(&mut client, kettle(&books, "K-1")).await.expect("another store");

    let status = add(&mut client, kettle(&kitchen, " K-1 ")).await.expect_err("taken");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "SKU_TAKEN"));
    assert_eq!(shop.sent::<ProductAdded>().await.len(), 2, "what is refused at commit leaves nothing behind");

    remove(&mut client, &first).await.expect("it was offered");
    add(&mut client, kettle(&kitchen, "K-1")).await.expect("free again");
}

#[tokio::test]
async fn prices_move_in_the_direction_that_was_asked_for() {
    let (shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let id = add(&mut client, kettle(&store, "K-1")).await.expect("a good request");

    let status = increase(&mut client, &id, 19_99).await.expect_err("not higher");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_HIGHER"));
    increase(&mut client, &id, 20_50).await.expect("higher");
    let status = decrease(&mut client, &id, 20_50).await.expect_err("not lower");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_LOWER"));
    decrease(&mut client, &id, 1).await.expect("lower");
    let status = decrease(&mut client, &id, 0).await.expect_err("no price");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "PRICE_OUT_OF_RANGE"));

    let product = get(&mut client, &id).await.expect("it was added");
    assert_eq!((product.price, product.version), (cents(1), 3));
    let changed = [20_50, 1].map(|price| ProductPriceChanged { id: id.clone(), price: cents(price) });
    assert_eq!(shop.sent::<ProductPriceChanged>().await, changed);
}

#[tokio::test]
async fn a_rebranded_product_is_told_of_once() {
    let (shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let id = add(&mut client, kettle(&store, "K-1")).await.expect("a good request");
    rebrand(&mut client, &id, "Samovar", "It sings").await.expect("another name");
    rebrand(&mut client, &id, "Samovar", "It sings").await.expect("a repeat succeeds");
    let status = rebrand(&mut client, &id, "", "It sings").await.expect_err("no name");
    assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "name"));

    let product = get(&mut client, &id).await.expect("it was added");
    assert_eq!((product.name.as_str(), product.description.as_str(), product.version), ("Samovar", "It sings", 2));
    let rebranded = ProductRebranded { id, name: "Samovar".to_owned(), description: "It sings".to_owned() };
    assert_eq!(shop.sent::<ProductRebranded>().await, [rebranded]);
}

#[tokio::test]
async fn nothing_happens_to_a_removed_product() {
    let (shop, mut client) = start().await;
    let store = create_store(&mut client, "Waldorf Kitchen").await;
    let id = add(&mut client, kettle(&store, "K-1")).await.expect("a good request");
    remove(&mut client, &id).await.expect("it was offered");

    for answer in [
        remove(&mut client, &id).await,
        rebrand(&mut client, &id, "Samovar", "").await,
        increase(&mut client, &id, 30_00).await,
        decrease(&mut client, &id, 10_00).await,
    ] {
        let status = answer.expect_err("it is gone");
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "REMOVED"));
    }
    assert_eq!(get(&mut client, &id).await.expect_err("it is gone").code(), Code::NotFound);
    assert_eq!(shop.sent::<ProductRemoved>().await, [ProductRemoved { id }]);
}

#[tokio::test]
async fn an_unknown_product_is_not_found_and_nonsense_is_blamed() {
    let (_shop, mut client) = start().await;
    for (id, code) in [(UNKNOWN, Code::NotFound), ("kettle", Code::InvalidArgument)] {
        for answer in [
            get(&mut client, id).await.map(drop),
            remove(&mut client, id).await,
            rebrand(&mut client, id, "Samovar", "").await,
            increase(&mut client, id, 30_00).await,
            decrease(&mut client, id, 10_00).await,
        ] {
            assert_eq!(answer.expect_err("no product").code(), code);
        }
    }
}
