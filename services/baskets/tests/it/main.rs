//! Baskets through its public edge: the API, what it remembers of others, whom it asks, and what it tells of.

mod api;
mod asking;
mod checkout;
mod hearing;

use mall_messaging::event;
use mall_proto::baskets::v1::baskets_service_client::BasketsServiceClient;
use mall_proto::baskets::v1::{
    AddItemRequest, Basket, CheckoutBasketRequest, GetBasketRequest, RemoveItemRequest, StartBasketRequest,
};
use mall_proto::customers::v1::CustomerRegistered;
use mall_proto::google::r#type::Money;
use mall_proto::payments::v1::PaymentAuthorized;
use mall_proto::stores::v1::{ProductAdded, ProductPriceChanged, StoreCreated, StoreParticipationToggled};
use mall_testkit::Harness;
use tonic::Status;

type Client = BasketsServiceClient<tonic::transport::Channel>;

const ADA: &str = "018f4e2a-7c1b-7000-8000-000000000ada";
const STORE: &str = "018f4e2a-7c1b-7000-8000-000000000001";
const TEA: &str = "018f4e2a-7c1b-7000-8000-000000000002";
const MUG: &str = "018f4e2a-7c1b-7000-8000-000000000003";
const PAYMENT: &str = "018f4e2a-7c1b-7000-8000-000000000004";
const UNKNOWN: &str = "018f4e2a-7c1b-7000-8000-0000000000ff";

fn cents(cents: i64) -> Option<Money> {
    let nanos = i32::try_from(cents % 100).expect("small") * 10_000_000;
    Some(Money { currency_code: "USD".to_owned(), units: cents / 100, nanos })
}

fn product(id: &str, name: &str, price: i64) -> ProductAdded {
    ProductAdded {
        id: id.to_owned(),
        store_id: STORE.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        sku: name.to_owned(),
        price: cents(price),
    }
}

/// A participating store with tea at 2.50 and mugs at 7.25; Ada, who has authorized 20.00.
async fn start() -> (Harness, Client) {
    let shop = Harness::start(baskets::service).await;
    let (store, location) = ("Teas".to_owned(), "Aisle 3".to_owned());
    shop.deliver(event(STORE, &StoreCreated { id: STORE.to_owned(), name: store, location })).await;
    participate(&shop, true, 2).await;
    shop.deliver(event(TEA, &product(TEA, "Tea", 2_50))).await;
    shop.deliver(event(MUG, &product(MUG, "Mug", 7_25))).await;
    let (name, sms_number) = ("Ada".to_owned(), "+4930123456".to_owned());
    shop.deliver(event(ADA, &CustomerRegistered { id: ADA.to_owned(), name, sms_number })).await;
    shop.deliver(event(PAYMENT, &authorized(PAYMENT, 20_00))).await;
    let client = BasketsServiceClient::new(shop.channel());
    (shop, client)
}

fn authorized(id: &str, amount: i64) -> PaymentAuthorized {
    PaymentAuthorized { id: id.to_owned(), customer_id: ADA.to_owned(), amount: cents(amount) }
}

async fn participate(shop: &Harness, participating: bool, version: i64) {
    let toggled = StoreParticipationToggled { id: STORE.to_owned(), participating };
    shop.deliver_version(event(STORE, &toggled), version).await;
}

async fn change_price(shop: &Harness, id: &str, price: i64, version: i64) {
    let changed = ProductPriceChanged { id: id.to_owned(), price: cents(price) };
    shop.deliver_version(event(id, &changed), version).await;
}

async fn start_basket(client: &mut Client) -> String {
    let request = StartBasketRequest { customer_id: ADA.to_owned() };
    client.start_basket(request).await.expect("Ada may shop").into_inner().id
}

async fn add(client: &mut Client, id: &str, product: &str, quantity: i32) -> Result<(), Status> {
    let request = AddItemRequest { id: id.to_owned(), product_id: product.to_owned(), quantity };
    client.add_item(request).await.map(drop)
}

async fn remove(client: &mut Client, id: &str, product: &str, quantity: i32) -> Result<(), Status> {
    let request = RemoveItemRequest { id: id.to_owned(), product_id: product.to_owned(), quantity };
    client.remove_item(request).await.map(drop)
}

async fn check_out(client: &mut Client, id: &str, payment: &str) -> Result<String, Status> {
    let request = CheckoutBasketRequest { id: id.to_owned(), payment_id: payment.to_owned() };
    Ok(client.checkout_basket(request).await?.into_inner().order_id)
}

async fn get(client: &mut Client, id: &str) -> Result<Basket, Status> {
    let answer = client.get_basket(GetBasketRequest { id: id.to_owned() }).await?;
    Ok(answer.into_inner().basket.expect("one thing answers under its name"))
}

/// A basket of two teas and a mug: 12.25.
async fn filled(client: &mut Client) -> String {
    let basket = start_basket(client).await;
    add(client, &basket, TEA, 2).await.expect("tea is sold");
    add(client, &basket, MUG, 1).await.expect("mugs are sold");
    basket
}
