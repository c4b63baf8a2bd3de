//! An order's customer gets each news once, at the number that they have now.

use mall_persistence::Outgoing;
use mall_proto::customers::v1::CustomerSmsChanged;
use mall_proto::ordering::v1::{OrderCanceled, OrderCompleted, OrderCreated, OrderReadied, OrderRejected};
use mall_testkit::eventually;

use crate::*;

/// What the local provider has sent: number and words.
async fn sent(shop: &Harness) -> Vec<(String, String)> {
    sqlx::query_as("select sms_number, body from local_texts order by body")
        .fetch_all(shop.database().pool())
        .await
        .expect("the texts can be read")
}

async fn sent_one(shop: &Harness) -> (String, String) {
    eventually("a text is sent", async || sent(shop).await.pop()).await
}

fn created() -> Outgoing {
    let (id, customer_id) = (ORDER.to_owned(), ADA.to_owned());
    event(ORDER, &OrderCreated { id, customer_id, total: cents(12_25), ..OrderCreated::default() })
}

#[tokio::test]
async fn each_turn_of_an_order_is_told_once() {
    let (id, customer_id) = (ORDER.to_owned(), ADA.to_owned());
    let payment_id = String::new();
    let readied = OrderReadied {
        id: id.clone(),
        customer_id: customer_id.clone(),
        payment_id: payment_id.clone(),
        total: cents(12_25),
    };
    let rejected = OrderRejected {
        id: id.clone(),
        customer_id: customer_id.clone(),
        payment_id: payment_id.clone(),
        reason: "no".to_owned(),
    };
    let canceled = OrderCanceled {
        id: id.clone(),
        customer_id: customer_id.clone(),
        payment_id: payment_id.clone(),
        reason: "no".to_owned(),
    };
    let completed = OrderCompleted { id, customer_id, payment_id, invoice_id: ORDER.to_owned() };
    for (message, words) in [
        (created(), "thank you for your order ABCDEF over 12.25 USD"),
        (event(ORDER, &readied), "your order ABCDEF is ready. Please pay 12.25 USD"),
        (event(ORDER, &rejected), "your order ABCDEF could not be taken: no."),
        (event(ORDER, &canceled), "your order ABCDEF was canceled: no."),
        (event(ORDER, &completed), "your order ABCDEF is paid and complete."),
    ] {
        let shop = Harness::start(notifications::service).await;
        register(&shop).await;
        shop.deliver_twice(message.clone()).await;
        shop.deliver(message.clone()).await;
        shop.deliver_batch(&[message.clone(), message]).await;

        let (number, body) = sent_one(&shop).await;
        assert_eq!(number, NUMBER);
        assert!(body.contains(words), "{body}");
        assert_eq!(texts(shop.database()).await.len(), 1);
    }
}

#[tokio::test]
async fn a_journey_is_told_turn_by_turn() {
    let shop = Harness::start(notifications::service).await;
    register(&shop).await;
    let (id, customer_id, payment_id) = (ORDER.to_owned(), ADA.to_owned(), String::new());
    let readied = OrderReadied { id, customer_id, payment_id, total: cents(12_25) };
    shop.deliver_batch(&[created(), event(ORDER, &readied)]).await;
    eventually("both are sent", async || (sent(&shop).await.len() == 2).then_some(())).await;
}

#[tokio::test]
async fn a_text_goes_to_the_newest_number() {
    let shop = Harness::start(notifications::service).await;
    let changed = CustomerSmsChanged { id: ADA.to_owned(), sms_number: "+4930999999".to_owned() };
    shop.deliver_version(event(ADA, &changed), 2).await;
    shop.deliver_twice(event(ADA, &changed)).await;
    register(&shop).await;
    shop.deliver(created()).await;
    assert_eq!(sent_one(&shop).await.0, "+4930999999");
}
