//! Ordering through its public edge: the API, what it handles, and what it tells of.

mod api;
mod commands;
mod facts;

use mall_messaging::event;
use mall_proto::baskets::v1::{BasketCheckedOut, basket_checked_out};
use mall_proto::google::r#type::Money;
use mall_proto::ordering::v1::ordering_service_client::OrderingServiceClient;
use mall_proto::ordering::v1::{CancelOrderRequest, GetOrderRequest, Order};
use mall_testkit::Harness;
use tonic::Status;

type Client = OrderingServiceClient<tonic::transport::Channel>;

const ORDER: &str = "018f4e2a-7c1b-7000-8000-000000000001";
const CUSTOMER: &str = "018f4e2a-7c1b-7000-8000-000000000002";
const PAYMENT: &str = "018f4e2a-7c1b-7000-8000-000000000003";
const TEA: &str = "018f4e2a-7c1b-7000-8000-000000000004";
const MUG: &str = "018f4e2a-7c1b-7000-8000-000000000005";
const STORE: &str = "018f4e2a-7c1b-7000-8000-000000000006";
const UNKNOWN: &str = "018f4e2a-7c1b-7000-8000-0000000000ff";

async fn start() -> (Harness, Client) {
    let shop = Harness::start(ordering::service).await;
    let client = OrderingServiceClient::new(shop.channel());
    (shop, client)
}

fn cents(cents: i64) -> Option<Money> {
    let nanos = i32::try_from(cents % 100).expect("small") * 10_000_000;
    Some(Money { currency_code: "USD".to_owned(), units: cents / 100, nanos })
}

/// Two teas at 2.50 and a mug at 7.25: 12.25.
fn checked_out() -> BasketCheckedOut {
    let item = |product: &str, name: &str, price, quantity| basket_checked_out::Item {
        product_id: product.to_owned(),
        store_id: STORE.to_owned(),
        product_name: name.to_owned(),
        store_name: "Teas".to_owned(),
        price: cents(price),
        quantity,
    };
    BasketCheckedOut {
        id: ORDER.to_owned(),
        customer_id: CUSTOMER.to_owned(),
        payment_id: PAYMENT.to_owned(),
        items: vec![item(TEA, "Tea", 2_50, 2), item(MUG, "Mug", 7_25, 1)],
        total: cents(12_25),
    }
}

/// A shop with one pending order.
async fn with_order() -> (Harness, Client) {
    let (shop, client) = start().await;
    shop.deliver(event(ORDER, &checked_out())).await;
    (shop, client)
}

async fn get(client: &mut Client, id: &str) -> Result<Order, Status> {
    let answer = client.get_order(GetOrderRequest { id: id.to_owned() }).await?;
    Ok(answer.into_inner().order.expect("an order"))
}

async fn status(client: &mut Client) -> String {
    get(client, ORDER).await.expect("the order is there").status
}

async fn cancel(client: &mut Client, id: &str) -> Result<(), Status> {
    client.cancel_order(CancelOrderRequest { id: id.to_owned() }).await.map(|_| ())
}
