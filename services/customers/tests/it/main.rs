//! Customers through its public edge: the API, the command that it answers, and what it tells of.

mod api;
mod authorize;

use mall_proto::customers::v1::RegisterCustomerRequest;
use mall_proto::customers::v1::customers_service_client::CustomersServiceClient;
use mall_testkit::Harness;

type Client = CustomersServiceClient<tonic::transport::Channel>;

async fn start() -> (Harness, Client) {
    let shop = Harness::start(customers::service).await;
    let client = CustomersServiceClient::new(shop.channel());
    (shop, client)
}

async fn register(client: &mut Client, name: &str) -> String {
    let request = RegisterCustomerRequest { name: name.to_owned(), sms_number: "+4930123456".to_owned() };
    client.register_customer(request).await.expect("a good request").into_inner().id
}
