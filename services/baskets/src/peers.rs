//! Whom baskets asks about what it has not heard of yet: stores, customers and payments.

use mall_domain::{Currency, InField};
use mall_persistence::Error;
use mall_proto::customers::v1::GetCustomerRequest;
use mall_proto::customers::v1::customers_service_client::CustomersServiceClient;
use mall_proto::payments::v1::GetPaymentRequest;
use mall_proto::payments::v1::payments_service_client::PaymentsServiceClient;
use mall_proto::stores::v1::stores_service_client::StoresServiceClient;
use mall_proto::stores::v1::{GetProductsRequest, Product};
use mall_service::{Config, Peer, peer, peer_away, wire};
use tonic::{Code, Response, Status};

use crate::domain::{CustomerHeard, CustomerId, PaymentHeard, PaymentId, ProductHeard, ProductId, StoreHeard, StoreId};

#[derive(Clone)]
pub struct Peers {
    stores: StoresServiceClient<Peer>,
    customers: CustomersServiceClient<Peer>,
    payments: PaymentsServiceClient<Peer>,
    currency: Currency,
}

impl Peers {
    pub fn new(config: &Config) -> Self {
        Self {
            stores: StoresServiceClient::new(peer(config, "stores")),
            customers: CustomersServiceClient::new(peer(config, "customers")),
            payments: PaymentsServiceClient::new(peer(config, "payments")),
            currency: config.shop.currency,
        }
    }

    /// Everything about these products, at most 100, and their stores; unknown ones are left out.
    pub async fn products(&self, products: &[ProductId]) -> Result<Vec<(ProductHeard, StoreHeard)>, Error> {
        let ids = products.iter().map(ToString::to_string).collect();
        let answer = self.stores.clone().get_products(GetProductsRequest { ids }).await;
        let products = answer.map_err(|status| peer_away("stores", &status))?.into_inner().products;
        products.into_iter().map(|product| self.product(product)).collect()
    }

    fn product(&self, told: Product) -> Result<(ProductHeard, StoreHeard), Error> {
        let store = StoreId::parse(&told.store_id).in_field("storeId").map_err(unreadable)?;
        let product = ProductHeard {
            product: ProductId::parse(&told.id).map_err(unreadable)?,
            version: told.version,
            store: Some(store),
            name: Some(told.name),
            price: Some(wire::parse_money(told.price.as_ref(), "price", self.currency).map_err(unreadable)?),
            removed: told.removed,
        };
        let store = StoreHeard {
            store,
            version: told.store_version,
            name: Some(told.store_name),
            participating: Some(told.participating),
        };
        Ok((product, store))
    }

    pub async fn customer(&self, customer: CustomerId) -> Result<Option<CustomerHeard>, Error> {
        let answer = self.customers.clone().get_customer(GetCustomerRequest { id: customer.to_string() }).await;
        let told = found(answer, "customers")?.and_then(|answer| answer.customer);
        Ok(told.map(|told| CustomerHeard { customer, version: told.version, enabled: told.enabled }))
    }

    pub async fn payment(&self, payment: PaymentId) -> Result<Option<PaymentHeard>, Error> {
        let answer = self.payments.clone().get_payment(GetPaymentRequest { id: payment.to_string() }).await;
        let Some(told) = found(answer, "payments")?.and_then(|answer| answer.payment) else {
            return Ok(None);
        };
        let authorized =
            wire::parse_money(told.authorized.as_ref(), "authorized", self.currency).map_err(unreadable)?;
        Ok(Some(PaymentHeard {
            payment,
            version: told.version,
            customer: CustomerId::parse(&told.customer_id).in_field("customerId").map_err(unreadable)?,
            authorized: Some(authorized),
            is_free: told.status == "authorized",
        }))
    }
}

/// An answer, or none where the peer does not know either.
fn found<T>(answer: Result<Response<T>, Status>, peer: &'static str) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(peer_away(peer, &status)),
    }
}

/// A peer that does not keep to the published language is not the caller's fault.
fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Fault(format!("a peer's answer cannot be read: {error}"))
}
