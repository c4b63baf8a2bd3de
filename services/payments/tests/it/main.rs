//! Payments through its public edge: the API, the saga's commands, and what it tells of.

mod api;
mod commands;
mod conservation;
mod expiry;
mod invoices;

use mall_messaging::command;
use mall_proto::google::r#type::Money;
use mall_proto::payments::v1::payments_service_client::PaymentsServiceClient;
use mall_proto::payments::v1::{AuthorizePaymentRequest, ConfirmPayment, GetPaymentRequest, Payment};
use mall_testkit::{Harness, step};
use tonic::Status;

type Client = PaymentsServiceClient<tonic::transport::Channel>;

const ADA: &str = "018f4e2a-7c1b-7000-8000-000000000ada";
const ORDER: &str = "018f4e2a-7c1b-7000-8000-000000000001";
const OTHER_ORDER: &str = "018f4e2a-7c1b-7000-8000-000000000002";
const UNKNOWN: &str = "018f4e2a-7c1b-7000-8000-0000000000ff";

async fn start() -> (Harness, Client) {
    let shop = Harness::start(payments::service).await;
    let client = PaymentsServiceClient::new(shop.channel());
    (shop, client)
}

fn cents(cents: i64) -> Option<Money> {
    let nanos = i32::try_from(cents % 100).expect("small") * 10_000_000;
    Some(Money { currency_code: "USD".to_owned(), units: cents / 100, nanos })
}

/// A payment of 20.00 USD of Ada's.
async fn authorize(client: &mut Client) -> String {
    let request = AuthorizePaymentRequest { customer_id: ADA.to_owned(), amount: cents(20_00) };
    client.authorize_payment(request).await.expect("a good request").into_inner().id
}

async fn get(client: &mut Client, id: &str) -> Result<Payment, Status> {
    let answer = client.get_payment(GetPaymentRequest { id: id.to_owned() }).await?;
    Ok(answer.into_inner().payment.expect("one thing answers under its name"))
}

/// The order takes 15.00 USD of the payment.
fn confirm(payment: &str, order: &str) -> mall_persistence::Outgoing {
    let (id, order_id, customer_id) = (payment.to_owned(), order.to_owned(), ADA.to_owned());
    command(order, &ConfirmPayment { id, order_id, customer_id, amount: cents(15_00) })
}

/// A payment that is confirmed for the order.
async fn confirmed(shop: &Harness, client: &mut Client) -> String {
    let payment = authorize(client).await;
    shop.command(confirm(&payment, ORDER), step(3)).await;
    payment
}
