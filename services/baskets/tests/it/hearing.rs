//! What baskets hears of others, in whatever order it comes.

use mall_persistence::{Outgoing, sqlx};
use mall_proto::customers::v1::{CustomerDisabled, CustomerEnabled};
use mall_proto::payments::v1::{PaymentCaptured, PaymentConfirmed, PaymentReleased, PaymentVoided};
use mall_proto::stores::v1::{ProductRebranded, ProductRemoved, StoreRebranded};
use mall_testkit::reason;
use tonic::Code;

use crate::*;

/// All rows of a table as JSON, without its key.
async fn rows(shop: &Harness, table: &str) -> Vec<String> {
    let statement = format!(
        "select (to_jsonb(t) - '{{product_id,store_id,customer_id,payment_id}}'::text[])::text \
                             from {table} t order by 1"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
        .fetch_all(shop.database().pool())
        .await
        .expect("the table can be read")
}

/// Delivers the message twice under one number, and then as the next one: it changes nothing any more.
async fn deliver_thrice(shop: &Harness, table: &str, message: Outgoing, version: i64) {
    shop.deliver_version(message.clone(), version).await;
    let before = rows(shop, table).await;
    shop.deliver_version(message.clone(), version).await;
    shop.deliver_twice(message).await;
    assert_eq!(rows(shop, table).await, before);
}

#[tokio::test]
async fn stores_are_remembered_as_they_were_last() {
    let (shop, _) = start().await;
    let rebranded = |name: &str| event(STORE, &StoreRebranded { id: STORE.to_owned(), name: name.to_owned() });
    deliver_thrice(&shop, "stores", rebranded("Fine Teas"), 3).await;
    let toggled = StoreParticipationToggled { id: STORE.to_owned(), participating: false };
    deliver_thrice(&shop, "stores", event(STORE, &toggled), 4).await;
    let created = StoreCreated { id: STORE.to_owned(), name: "Teas".to_owned(), location: String::new() };
    deliver_thrice(&shop, "stores", event(STORE, &created), 1).await;
    assert_eq!(rows(&shop, "stores").await, [r#"{"name": "Fine Teas", "version": 4, "participating": false}"#]);
}

#[tokio::test]
async fn products_are_remembered_as_they_were_last() {
    let (shop, _) = start().await;
    sqlx::query("delete from products where product_id = $1::uuid")
        .bind(MUG)
        .execute(shop.database().pool())
        .await
        .expect("only tea is looked at");
    let (id, name, description) = (TEA.to_owned(), "Green Tea".to_owned(), String::new());
    deliver_thrice(&shop, "products", event(TEA, &ProductRebranded { id, name, description }), 2).await;
    let changed = ProductPriceChanged { id: TEA.to_owned(), price: cents(3_00) };
    deliver_thrice(&shop, "products", event(TEA, &changed), 3).await;
    deliver_thrice(&shop, "products", event(TEA, &ProductRemoved { id: TEA.to_owned() }), 4).await;
    deliver_thrice(&shop, "products", event(TEA, &product(TEA, "Tea", 2_50)), 1).await;
    let expected = r#"{"name": "Green Tea", "price": 300, "removed": true, "version": 4, "currency": "USD"}"#;
    assert_eq!(rows(&shop, "products").await, [expected]);
}

#[tokio::test]
async fn customers_are_remembered_as_they_were_last() {
    let (shop, _) = start().await;
    let id = || ADA.to_owned();
    deliver_thrice(&shop, "customers", event(ADA, &CustomerDisabled { id: id() }), 2).await;
    assert_eq!(rows(&shop, "customers").await, [r#"{"enabled": false, "version": 2}"#]);
    deliver_thrice(&shop, "customers", event(ADA, &CustomerEnabled { id: id() }), 3).await;
    let registered = CustomerRegistered { id: id(), ..CustomerRegistered::default() };
    deliver_thrice(&shop, "customers", event(ADA, &registered), 1).await;
    assert_eq!(rows(&shop, "customers").await, [r#"{"enabled": true, "version": 3}"#]);
}

#[tokio::test]
async fn a_payment_is_free_until_something_happens_to_it() {
    let (id, customer_id, order_id) = (PAYMENT.to_owned(), ADA.to_owned(), UNKNOWN.to_owned());
    let amount = cents(15_00);
    let confirmed = PaymentConfirmed {
        id: id.clone(),
        customer_id: customer_id.clone(),
        order_id: order_id.clone(),
        amount: amount.clone(),
    };
    let captured = PaymentCaptured {
        id: id.clone(),
        customer_id: customer_id.clone(),
        order_id: order_id.clone(),
        amount: amount.clone(),
    };
    let released =
        PaymentReleased { id: id.clone(), customer_id: customer_id.clone(), order_id, amount: amount.clone() };
    let voided = PaymentVoided { id, customer_id, amount };
    for message in
        [event(PAYMENT, &confirmed), event(PAYMENT, &captured), event(PAYMENT, &released), event(PAYMENT, &voided)]
    {
        let (shop, _) = start().await;
        let row = |version: i64, is_free: bool| {
            format!(r#"{{"is_free": {is_free}, "version": {version}, "currency": "USD", "authorized": 2000}}"#)
        };
        assert_eq!(rows(&shop, "payments").await, [row(1, true)]);
        deliver_thrice(&shop, "payments", message, 2).await;
        deliver_thrice(&shop, "payments", event(PAYMENT, &authorized(PAYMENT, 20_00)), 1).await;
        assert_eq!(rows(&shop, "payments").await, [row(2, false)]);
    }
}

#[tokio::test]
async fn a_batch_comes_to_what_its_messages_come_to() {
    let (shop, mut client) = start().await;
    let removed = ProductRemoved { id: MUG.to_owned() };
    let basket = filled(&mut client).await;
    shop.deliver_batch(&[
        event(UNKNOWN, &product(UNKNOWN, "Pot", 9_00)),
        event(UNKNOWN, &product(UNKNOWN, "Pot", 9_00)),
        event(ADA, &CustomerRegistered { id: ADA.to_owned(), ..CustomerRegistered::default() }),
    ])
    .await;
    shop.deliver_version(event(MUG, &removed), 2).await;
    add(&mut client, &basket, UNKNOWN, 1).await.expect("pots are sold");
    let basket = get(&mut client, &basket).await.expect("it is there");
    let available: Vec<bool> = basket.items.iter().map(|item| item.available).collect();
    assert_eq!(available, [true, false, true]);
}

#[tokio::test]
async fn nothing_is_shown_as_available_while_its_store_does_not_participate() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    participate(&shop, false, 3).await;
    let basket = get(&mut client, &id).await.expect("it is there");
    assert!(basket.items.iter().all(|item| !item.available));
    // The owner would be asked before this becomes a refusal, and is away.
    let status = add(&mut client, &id, TEA, 1).await.expect_err("stores is away");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "PEER_AWAY"));
}
