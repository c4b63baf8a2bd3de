//! The mall that orders are placed in, and baskets that are ready to be checked out.

use std::time::{Duration, Instant};

use mall_proto::{
    baskets::v1::{
        AddItemRequest, CheckoutBasketRequest, StartBasketRequest, baskets_service_client::BasketsServiceClient,
    },
    customers::v1::{RegisterCustomerRequest, customers_service_client::CustomersServiceClient},
    google::r#type::Money,
    payments::v1::{AuthorizePaymentRequest, payments_service_client::PaymentsServiceClient},
    stores::v1::{
        AddProductRequest, CreateStoreRequest, EnableParticipationRequest, stores_service_client::StoresServiceClient,
    },
};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use uuid::Uuid;

use super::{Failed, rig::Rig};

const CUSTOMERS: usize = 100;
const STORES: usize = 5;
const PRODUCTS: usize = 20;
/// Different products in a basket, each from another store.
const ITEMS: usize = 2;
const PRICE_UNITS: i64 = 10;
/// Baskets that are prepared at once.
const CLERKS: usize = 16;
/// Until everybody concerned has heard of what was prepared.
const HEARD_WITHIN: Duration = Duration::from_secs(60);

/// Who buys what.
#[derive(Clone, Default)]
pub(super) struct Mall {
    customers: Vec<String>,
    /// By store.
    products: Vec<Vec<String>>,
}

/// A basket that is ready to be checked out. The order takes its id.
#[derive(Clone, Debug)]
pub(super) struct Basket {
    pub(super) id: Uuid,
    pub(super) payment: String,
}

impl Mall {
    pub(super) async fn open(rig: &Rig) -> Result<Self, Failed> {
        let mut mall = Self::default();
        let mut customers = CustomersServiceClient::new(rig.channel(0));
        for number in 0..CUSTOMERS {
            let name = format!("Customer {number}");
            let request = RegisterCustomerRequest { name, sms_number: "+12025550100".to_owned() };
            mall.customers.push(customers.register_customer(request).await?.into_inner().id);
        }
        let mut stores = StoresServiceClient::new(rig.channel(1));
        for number in 0..STORES {
            let request = CreateStoreRequest { name: format!("Store {number}"), location: "ground floor".to_owned() };
            let store = stores.create_store(request).await?.into_inner().id;
            stores.enable_participation(EnableParticipationRequest { id: store.clone() }).await?;
            let mut products = Vec::new();
            for product in 0..PRODUCTS {
                let request = AddProductRequest {
                    store_id: store.clone(),
                    name: format!("Product {product}"),
                    description: "for sale".to_owned(),
                    sku: format!("SKU-{product}"),
                    price: Some(dollars(PRICE_UNITS)),
                };
                products.push(stores.add_product(request).await?.into_inner().id);
            }
            mall.products.push(products);
        }
        Ok(mall)
    }

    /// Baskets in the order of their ids, with their payments; returns when the service of baskets has heard of all of
    /// those, so that no checkout has to ask.
    pub(super) async fn prepare(&self, rig: &Rig, count: usize) -> Result<Vec<Basket>, Failed> {
        let mut clerks = JoinSet::new();
        for clerk in 0..CLERKS {
            let (mall, channel) = (self.clone(), rig.channel(clerk));
            clerks.spawn(async move {
                let mut baskets = Vec::new();
                for number in (clerk..count).step_by(CLERKS) {
                    baskets.push(mall.fill_basket(channel.clone(), number).await?);
                }
                Ok::<_, Failed>(baskets)
            });
        }
        let mut baskets = Vec::with_capacity(count);
        while let Some(filled) = clerks.join_next().await {
            baskets.extend(filled.map_err(|panic| panic.to_string())??);
        }
        baskets.sort_by_key(|basket| basket.id);
        wait_until_heard(rig, &baskets).await?;
        Ok(baskets)
    }

    async fn fill_basket(&self, channel: Channel, number: usize) -> Result<Basket, Failed> {
        let customer_id = self.customers[number % CUSTOMERS].clone();
        let amount = Some(dollars(PRICE_UNITS * i64::try_from(ITEMS)?));
        let mut payments = PaymentsServiceClient::new(channel.clone());
        let request = AuthorizePaymentRequest { customer_id: customer_id.clone(), amount };
        let payment = payments.authorize_payment(request).await?.into_inner().id;
        let mut baskets = BasketsServiceClient::new(channel);
        let id = baskets.start_basket(StartBasketRequest { customer_id }).await?.into_inner().id;
        for item in 0..ITEMS {
            let product_id = self.products[(number + item) % STORES][number / STORES % PRODUCTS].clone();
            baskets.add_item(AddItemRequest { id: id.clone(), product_id, quantity: 1 }).await?;
        }
        Ok(Basket { id: Uuid::parse_str(&id)?, payment })
    }
}

/// Checks a basket out by gRPC, through the gateway.
pub(super) async fn check_out(channel: Channel, basket: &Basket) -> Result<(), tonic::Status> {
    let request = CheckoutBasketRequest { id: basket.id.to_string(), payment_id: basket.payment.clone() };
    BasketsServiceClient::new(channel).checkout_basket(request).await?;
    Ok(())
}

async fn wait_until_heard(rig: &Rig, baskets: &[Basket]) -> Result<(), Failed> {
    let payments: Vec<Uuid> =
        baskets.iter().map(|basket| Uuid::parse_str(&basket.payment)).collect::<Result<_, _>>()?;
    let deadline = Instant::now() + HEARD_WITHIN;
    loop {
        let heard: i64 = sqlx::query_scalar("select count(*) from payments where payment_id = any($1)")
            .bind(&payments)
            .fetch_one(&rig.baskets)
            .await?;
        if usize::try_from(heard)? == payments.len() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("baskets has heard of {heard} of {} payments only", payments.len()).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn dollars(units: i64) -> Money {
    Money { currency_code: "USD".to_owned(), units, nanos: 0 }
}
