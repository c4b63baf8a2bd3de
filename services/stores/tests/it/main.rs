//! Stores through its public edge: the API and what it tells of.

mod listing;
mod products;
mod stores;

use mall_proto::google::r#type::Money;
use mall_proto::stores::v1::stores_service_client::StoresServiceClient;
use mall_proto::stores::v1::{AddProductRequest, CreateStoreRequest};
use mall_testkit::Harness;
use tonic::Status;

type Client = StoresServiceClient<tonic::transport::Channel>;

const UNKNOWN: &str = "018f4e2a-7c1b-7000-8000-1234567890ab";

async fn start() -> (Harness, Client) {
    let shop = Harness::start(::stores::service).await;
    let client = StoresServiceClient::new(shop.channel());
    (shop, client)
}

async fn create_store(client: &mut Client, name: &str) -> String {
    let request = CreateStoreRequest { name: name.to_owned(), location: "Level 2".to_owned() };
    client.create_store(request).await.expect("a good request").into_inner().id
}

fn cents(cents: i64) -> Option<Money> {
    let nanos = i32::try_from(cents % 100).expect("small") * 10_000_000;
    Some(Money { currency_code: "USD".to_owned(), units: cents / 100, nanos })
}

/// A kettle at 19.99.
fn kettle(store: &str, sku: &str) -> AddProductRequest {
    AddProductRequest {
        store_id: store.to_owned(),
        name: "Kettle".to_owned(),
        description: "It whistles".to_owned(),
        sku: sku.to_owned(),
        price: cents(19_99),
    }
}

async fn add(client: &mut Client, request: AddProductRequest) -> Result<String, Status> {
    client.add_product(request).await.map(|answer| answer.into_inner().id)
}
