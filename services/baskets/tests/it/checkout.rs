//! A checkout closes a basket; an order with its id is made of it.

use mall_proto::baskets::v1::{BasketCheckedOut, basket_checked_out};
use mall_testkit::{reason, reset_statements, statements};
use tonic::Code;

use crate::*;

const SMALL: &str = "018f4e2a-7c1b-7000-8000-000000000005";

#[track_caller]
fn assert_refused(answer: Result<String, Status>, refusal: &str) {
    let status = answer.expect_err("a broken rule");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, refusal));
}

#[tokio::test]
async fn a_checked_out_basket_is_told_of_with_all_that_an_order_needs() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    let order = check_out(&mut client, &id, PAYMENT).await.expect("it covers 12.25");

    assert_eq!(order, id);
    assert_eq!(get(&mut client, &id).await.expect("it is there").status, "checked-out");
    let item = |product: &str, name: &str, price, quantity| basket_checked_out::Item {
        product_id: product.to_owned(),
        store_id: STORE.to_owned(),
        product_name: name.to_owned(),
        store_name: "Teas".to_owned(),
        price: cents(price),
        quantity,
    };
    let told = BasketCheckedOut {
        id,
        customer_id: ADA.to_owned(),
        payment_id: PAYMENT.to_owned(),
        items: vec![item(TEA, "Tea", 2_50, 2), item(MUG, "Mug", 7_25, 1)],
        total: cents(12_25),
    };
    assert_eq!(shop.sent::<BasketCheckedOut>().await, [told]);
}

#[tokio::test]
async fn again_with_the_same_payment_is_the_same_order() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    check_out(&mut client, &id, PAYMENT).await.expect("it covers 12.25");
    participate(&shop, false, 3).await;

    assert_eq!(check_out(&mut client, &id, PAYMENT).await.expect("before any other check"), id);
    assert_refused(check_out(&mut client, &id, SMALL).await, "CHECKED_OUT_OTHERWISE");
    assert_eq!(shop.sent::<BasketCheckedOut>().await.len(), 1);
}

#[tokio::test]
async fn an_empty_basket_is_not_checked_out() {
    let (_shop, mut client) = start().await;
    let id = start_basket(&mut client).await;
    assert_refused(check_out(&mut client, &id, PAYMENT).await, "EMPTY");
}

#[tokio::test]
async fn a_payment_has_to_cover_the_total() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    shop.deliver(event(SMALL, &authorized(SMALL, 12_24))).await;
    assert_refused(check_out(&mut client, &id, SMALL).await, "PAYMENT_TOO_SMALL");
}

#[tokio::test]
async fn a_payment_has_to_be_the_customer_s_own() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    let bobs = PaymentAuthorized { customer_id: UNKNOWN.to_owned(), ..authorized(SMALL, 50_00) };
    shop.deliver(event(SMALL, &bobs)).await;
    assert_refused(check_out(&mut client, &id, SMALL).await, "PAYMENT_OF_ANOTHER");
}

#[tokio::test]
async fn a_checkout_costs_four_round_trips() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    reset_statements(shop.database()).await;
    check_out(&mut client, &id, PAYMENT).await.expect("it covers 12.25");
    let asked = statements(shop.database()).await;
    // The basket, the offers, the payment; and one statement that writes.
    for text in ["select e.stream_id,", "select p.product_id,", "select customer_id, authorized", "with recorded as"] {
        let calls: i64 = asked.texts.iter().filter(|(asked, _)| asked.starts_with(text)).map(|(_, calls)| calls).sum();
        assert_eq!(calls, 1, "{text}: {asked:#?}");
    }
    assert!(!asked.texts.iter().any(|(text, _)| text.eq_ignore_ascii_case("begin")), "{asked:#?}");
}
