//! The create-order saga asks whether a customer may order.

use mall_messaging::command;
use mall_persistence::Outgoing;
use mall_proto::customers::v1::{AuthorizeCustomer, DisableCustomerRequest};
use mall_proto::saga::v1::{Reply, reply};
use mall_testkit::step;

use crate::{Client, register, start};

const ORDER: &str = "018f4e2a-7c1b-7000-8000-00000000000a";

fn authorize(customer: &str) -> Outgoing {
    command(ORDER, &AuthorizeCustomer { id: customer.to_owned() })
}

async fn disable(client: &mut Client, id: &str) {
    client.disable_customer(DisableCustomerRequest { id: id.to_owned() }).await.expect("it was enabled");
}

/// `None` = done, else why not.
fn refusal(reply: Reply) -> Option<String> {
    match reply.result.expect("a result") {
        reply::Result::Done(_) => None,
        reply::Result::Refused(refused) => Some(refused.reason),
    }
}

#[tokio::test]
async fn an_enabled_customer_may_order() {
    let (shop, mut client) = start().await;
    let id = register(&mut client, "Ada").await;
    assert_eq!(refusal(shop.command(authorize(&id), step(0)).await), None);
}

#[tokio::test]
async fn a_disabled_or_unknown_customer_may_not() {
    let (shop, mut client) = start().await;
    let id = register(&mut client, "Ada").await;
    disable(&mut client, &id).await;
    assert_eq!(refusal(shop.command(authorize(&id), step(0)).await).as_deref(), Some("DISABLED"));
    assert_eq!(refusal(shop.command(authorize(ORDER), step(1)).await).as_deref(), Some("NOT_FOUND"));
}

#[tokio::test]
async fn the_first_answer_is_the_answer_to_every_resend() {
    let (shop, mut client) = start().await;
    let id = register(&mut client, "Ada").await;
    assert_eq!(refusal(shop.command(authorize(&id), step(0)).await), None);

    disable(&mut client, &id).await;
    assert_eq!(refusal(shop.resend(authorize(&id), step(0)).await), None);
    assert_eq!(shop.sent::<Reply>().await.len(), 2, "each sending is answered");
}

#[tokio::test]
async fn a_command_delivered_twice_is_answered_once() {
    let (shop, mut client) = start().await;
    let id = register(&mut client, "Ada").await;
    assert_eq!(refusal(shop.command_twice(authorize(&id), step(0)).await), None);
    assert_eq!(shop.sent::<Reply>().await.len(), 1);
}
