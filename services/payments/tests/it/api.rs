//! What people can do with payments.

use mall_proto::payments::v1::{
    AuthorizePaymentRequest, GetPaymentRequest, PaymentAuthorized, PaymentVoided, VoidPaymentRequest,
};
use mall_testkit::{field, reason};
use tonic::{Code, Status};

use crate::*;

async fn void(client: &mut Client, id: &str) -> Result<(), Status> {
    client.void_payment(VoidPaymentRequest { id: id.to_owned() }).await.map(drop)
}

#[tokio::test]
async fn money_is_held_and_told_of() {
    let (shop, mut client) = start().await;
    let id = authorize(&mut client).await;

    let expected = Payment {
        id: id.clone(),
        customer_id: ADA.to_owned(),
        status: "authorized".to_owned(),
        order_id: String::new(),
        authorized: cents(20_00),
        held: cents(20_00),
        captured: cents(0),
        released: cents(0),
        voided: cents(0),
        version: 1,
    };
    assert_eq!(get(&mut client, &id).await.expect("it was authorized"), expected);
    let told = PaymentAuthorized { id, customer_id: ADA.to_owned(), amount: cents(20_00) };
    assert_eq!(shop.sent::<PaymentAuthorized>().await, [told]);
}

#[tokio::test]
async fn nothing_is_authorized_that_breaks_a_rule() {
    let (shop, mut client) = start().await;
    let eur = Some(Money { currency_code: "EUR".to_owned(), units: 1, nanos: 0 });
    for (customer, amount, refusal, blamed) in [
        ("ada", cents(1), "INVALID_ID", "customerId"),
        (ADA, None, "MONEY_MISSING", "amount"),
        (ADA, eur, "OTHER_CURRENCY", "amount"),
        (ADA, cents(0), "AMOUNT_NOT_POSITIVE", "amount"),
        (ADA, cents(-1), "AMOUNT_NOT_POSITIVE", "amount"),
    ] {
        let request = AuthorizePaymentRequest { customer_id: customer.to_owned(), amount };
        let status = client.authorize_payment(request).await.expect_err("a broken rule");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!((reason(&status).as_str(), field(&status).as_str()), (refusal, blamed));
    }
    assert_eq!(shop.sent::<PaymentAuthorized>().await, []);
}

#[tokio::test]
async fn a_payment_is_voided_once() {
    let (shop, mut client) = start().await;
    let id = authorize(&mut client).await;
    void(&mut client, &id).await.expect("it was authorized");

    let payment = get(&mut client, &id).await.expect("it is there");
    assert_eq!((payment.status.as_str(), payment.held, payment.voided), ("voided", cents(0), cents(20_00)));
    let told = PaymentVoided { id: id.clone(), customer_id: ADA.to_owned(), amount: cents(20_00) };
    assert_eq!(shop.sent::<PaymentVoided>().await, [told]);

    let status = void(&mut client, &id).await.expect_err("it is voided");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_AUTHORIZED"));
}

#[tokio::test]
async fn a_payment_that_an_order_has_taken_is_not_voided() {
    let (shop, mut client) = start().await;
    let id = confirmed(&shop, &mut client).await;
    let status = void(&mut client, &id).await.expect_err("it is confirmed");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_AUTHORIZED"));
}

#[tokio::test]
async fn an_unknown_payment_is_not_found() {
    let (_shop, mut client) = start().await;
    for answer in [get(&mut client, UNKNOWN).await.map(drop), void(&mut client, UNKNOWN).await] {
        let status = answer.expect_err("nobody has this id");
        assert_eq!((status.code(), status.message()), (Code::NotFound, &*format!("there is no payment {UNKNOWN}")));
    }
    let not_an_id = client.get_payment(GetPaymentRequest { id: "mine".to_owned() }).await.expect_err("not an id");
    assert_eq!((not_an_id.code(), field(&not_an_id).as_str()), (Code::InvalidArgument, "id"));
}
