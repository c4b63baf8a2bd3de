//! The create-order saga takes a payment for its order, and gives it back.

use mall_messaging::command;
use mall_persistence::Outgoing;
use mall_proto::payments::v1::{PaymentConfirmed, PaymentReleased, ReleasePayment, VoidPaymentRequest};
use mall_proto::saga::v1::{Reply, reply};
use mall_testkit::step;
use tonic::Code;

use crate::*;

fn release(payment: &str, order: &str) -> Outgoing {
    command(order, &ReleasePayment { id: payment.to_owned(), order_id: order.to_owned() })
}

/// `None` = done, else why not.
fn refusal(reply: Reply) -> Option<String> {
    match reply.result.expect("a result") {
        reply::Result::Done(_) => None,
        reply::Result::Refused(refused) => Some(refused.reason),
    }
}

#[tokio::test]
async fn an_order_takes_a_payment() {
    let (shop, mut client) = start().await;
    let id = authorize(&mut client).await;
    assert_eq!(refusal(shop.command_twice(confirm(&id, ORDER), step(3)).await), None);
    assert_eq!(refusal(shop.resend(confirm(&id, ORDER), step(3)).await), None);

    let payment = get(&mut client, &id).await.expect("it is there");
    assert_eq!((payment.status.as_str(), payment.order_id.as_str()), ("confirmed", ORDER));
    assert_eq!((payment.held, payment.version), (cents(20_00), 2));
    let (customer_id, order_id) = (ADA.to_owned(), ORDER.to_owned());
    let told = PaymentConfirmed { id, customer_id, order_id, amount: cents(15_00) };
    assert_eq!(shop.sent::<PaymentConfirmed>().await, [told]);
}

#[tokio::test]
async fn again_for_the_same_order_is_a_success_and_for_another_a_refusal() {
    let (shop, mut client) = start().await;
    let id = confirmed(&shop, &mut client).await;
    assert_eq!(refusal(shop.command(confirm(&id, ORDER), step(3).round(1)).await), None);
    let other = refusal(shop.command(confirm(&id, OTHER_ORDER), step(3)).await);
    assert_eq!(other.as_deref(), Some("NOT_AUTHORIZED"));
    assert_eq!(shop.sent::<PaymentConfirmed>().await.len(), 1);
}

#[tokio::test]
async fn the_first_answer_is_the_answer_to_every_resend() {
    let (shop, mut client) = start().await;
    let id = authorize(&mut client).await;
    client.void_payment(VoidPaymentRequest { id: id.clone() }).await.expect("it was authorized");
    assert_eq!(refusal(shop.command(confirm(&id, ORDER), step(3)).await).as_deref(), Some("NOT_AUTHORIZED"));
    assert_eq!(refusal(shop.resend(confirm(&id, ORDER), step(3)).await).as_deref(), Some("NOT_AUTHORIZED"));
}

#[tokio::test]
async fn an_unknown_payment_and_one_too_small_are_refused() {
    let (shop, mut client) = start().await;
    let id = authorize(&mut client).await;
    assert_eq!(refusal(shop.command(confirm(UNKNOWN, ORDER), step(3)).await).as_deref(), Some("NOT_FOUND"));
    let (payment, order_id, customer_id) = (id.clone(), ORDER.to_owned(), ADA.to_owned());
    let dear = ConfirmPayment { id: payment, order_id, customer_id, amount: cents(20_01) };
    let refused = refusal(shop.command(command(ORDER, &dear), step(3).round(1)).await);
    assert_eq!(refused.as_deref(), Some("ABOVE_AUTHORIZED"));
    let stranger = ConfirmPayment { customer_id: UNKNOWN.to_owned(), amount: cents(1), ..dear };
    let refused = refusal(shop.command(command(ORDER, &stranger), step(3).round(2)).await);
    assert_eq!(refused.as_deref(), Some("OTHER_CUSTOMER"));
}

#[tokio::test]
async fn a_release_gives_the_order_s_payment_back_for_good() {
    let (shop, mut client) = start().await;
    let id = confirmed(&shop, &mut client).await;
    assert_eq!(refusal(shop.command_twice(release(&id, ORDER), step(3).undo()).await), None);
    assert_eq!(refusal(shop.resend(release(&id, ORDER), step(3).undo()).await), None);
    assert_eq!(refusal(shop.command(release(&id, ORDER), step(0).of("cosec.CancelOrder")).await), None);

    let payment = get(&mut client, &id).await.expect("it is there");
    assert_eq!((payment.status.as_str(), payment.held, payment.released), ("released", cents(0), cents(20_00)));
    let (customer_id, order_id) = (ADA.to_owned(), ORDER.to_owned());
    let told = PaymentReleased { id: id.clone(), customer_id, order_id, amount: cents(20_00) };
    assert_eq!(shop.sent::<PaymentReleased>().await, [told]);
    let late = refusal(shop.command(confirm(&id, ORDER), step(3).round(1)).await);
    assert_eq!(late.as_deref(), Some("RELEASED_FOR_ORDER"));
}

#[tokio::test]
async fn a_release_that_comes_first_refuses_the_confirmation_that_comes_late() {
    let (shop, mut client) = start().await;
    let id = authorize(&mut client).await;
    assert_eq!(refusal(shop.command(release(&id, ORDER), step(3).undo()).await), None);
    let late = refusal(shop.command(confirm(&id, ORDER), step(3)).await);
    assert_eq!(late.as_deref(), Some("RELEASED_FOR_ORDER"));

    assert_eq!(refusal(shop.command(confirm(&id, OTHER_ORDER), step(3)).await), None, "others may still take it");
    assert_eq!(shop.sent::<PaymentReleased>().await, []);
}

#[tokio::test]
async fn a_release_for_another_order_leaves_the_payment_alone() {
    let (shop, mut client) = start().await;
    let id = confirmed(&shop, &mut client).await;
    assert_eq!(refusal(shop.command(release(&id, OTHER_ORDER), step(3).undo()).await), None);
    assert_eq!(get(&mut client, &id).await.expect("it is there").status, "confirmed");
}

#[tokio::test]
async fn a_release_of_an_unknown_payment_succeeds_and_makes_none() {
    let (shop, mut client) = start().await;
    assert_eq!(refusal(shop.command(release(UNKNOWN, ORDER), step(3).undo()).await), None);
    assert_eq!(refusal(shop.command(release(UNKNOWN, ORDER), step(3).undo().round(1)).await), None);
    assert_eq!(shop.events_recorded().await, 1, "one tombstone");

    let void = client.void_payment(VoidPaymentRequest { id: UNKNOWN.to_owned() }).await.map(drop);
    for answer in [get(&mut client, UNKNOWN).await.map(drop), void] {
        assert_eq!(answer.expect_err("a tombstone is no payment").code(), Code::NotFound);
    }
    let confirmed = refusal(shop.command(confirm(UNKNOWN, OTHER_ORDER), step(3)).await);
    assert_eq!(confirmed.as_deref(), Some("NEVER_AUTHORIZED"));
}
