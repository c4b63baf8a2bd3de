//! Facts of others, written down as heard.

use mall_domain::{InField, ParseIdError};
use mall_messaging::{Handle, Received, undecodable};
use mall_persistence::{Error, Work};
use mall_proto::customers::v1::{CustomerDisabled, CustomerEnabled, CustomerRegistered};
use mall_proto::payments::v1::{PaymentAuthorized, PaymentCaptured, PaymentConfirmed, PaymentReleased, PaymentVoided};
use mall_proto::stores::v1::{
    ProductAdded, ProductPriceChanged, ProductRebranded, ProductRemoved, StoreCreated, StoreParticipationToggled,
    StoreRebranded,
};
use mall_service::wire;

use super::Messages;
use crate::domain::{CustomerHeard, CustomerId, PaymentHeard, PaymentId, ProductHeard, ProductId, StoreHeard, StoreId};

impl Handle<StoreCreated> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<StoreCreated>) -> Result<(), Error> {
        let store = StoreId::parse(&m.id).map_err(undecodable)?;
        work.project(StoreHeard {
            name: Some(m.name.clone()),
            participating: Some(false),
            ..StoreHeard::of(store, m.version)
        });
        Ok(())
    }
}

impl Handle<StoreParticipationToggled> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<StoreParticipationToggled>) -> Result<(), Error> {
        let store = StoreId::parse(&m.id).map_err(undecodable)?;
        work.project(StoreHeard { participating: Some(m.participating), ..StoreHeard::of(store, m.version) });
        Ok(())
    }
}

impl Handle<StoreRebranded> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<StoreRebranded>) -> Result<(), Error> {
        let store = StoreId::parse(&m.id).map_err(undecodable)?;
        work.project(StoreHeard { name: Some(m.name.clone()), ..StoreHeard::of(store, m.version) });
        Ok(())
    }
}

impl Handle<ProductAdded> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<ProductAdded>) -> Result<(), Error> {
        let product = ProductId::parse(&m.id).map_err(undecodable)?;
        let store = StoreId::parse(&m.store_id).in_field("storeId").map_err(undecodable)?;
        let price = wire::parse_money(m.price.as_ref(), "price", self.currency).map_err(undecodable)?;
        work.project(ProductHeard {
            store: Some(store),
            name: Some(m.name.clone()),
            price: Some(price),
            ..ProductHeard::of(product, m.version)
        });
        Ok(())
    }
}

impl Handle<ProductRebranded> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<ProductRebranded>) -> Result<(), Error> {
        let product = ProductId::parse(&m.id).map_err(undecodable)?;
        work.project(ProductHeard { name: Some(m.name.clone()), ..ProductHeard::of(product, m.version) });
        Ok(())
    }
}

impl Handle<ProductPriceChanged> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<ProductPriceChanged>) -> Result<(), Error> {
        let product = ProductId::parse(&m.id).map_err(undecodable)?;
        let price = wire::parse_money(m.price.as_ref(), "price", self.currency).map_err(undecodable)?;
        work.project(ProductHeard { price: Some(price), ..ProductHeard::of(product, m.version) });
        Ok(())
    }
}

impl Handle<ProductRemoved> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<ProductRemoved>) -> Result<(), Error> {
        let product = ProductId::parse(&m.id).map_err(undecodable)?;
        work.project(ProductHeard { removed: true, ..ProductHeard::of(product, m.version) });
        Ok(())
    }
}

impl Handle<CustomerRegistered> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<CustomerRegistered>) -> Result<(), Error> {
        let customer = CustomerId::parse(&m.id).map_err(undecodable)?;
        work.project(CustomerHeard { customer, version: m.version, enabled: true });
        Ok(())
    }
}

impl Handle<CustomerEnabled> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<CustomerEnabled>) -> Result<(), Error> {
        let customer = CustomerId::parse(&m.id).map_err(undecodable)?;
        work.project(CustomerHeard { customer, version: m.version, enabled: true });
        Ok(())
    }
}

impl Handle<CustomerDisabled> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<CustomerDisabled>) -> Result<(), Error> {
        let customer = CustomerId::parse(&m.id).map_err(undecodable)?;
        work.project(CustomerHeard { customer, version: m.version, enabled: false });
        Ok(())
    }
}

impl Handle<PaymentAuthorized> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<PaymentAuthorized>) -> Result<(), Error> {
        let amount = wire::parse_money(m.amount.as_ref(), "amount", self.currency).map_err(undecodable)?;
        let heard = payment(&m.id, &m.customer_id, m.version).map_err(undecodable)?;
        work.project(PaymentHeard { authorized: Some(amount), is_free: true, ..heard });
        Ok(())
    }
}

impl Handle<PaymentConfirmed> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<PaymentConfirmed>) -> Result<(), Error> {
        work.project(payment(&m.id, &m.customer_id, m.version).map_err(undecodable)?);
        Ok(())
    }
}

impl Handle<PaymentReleased> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<PaymentReleased>) -> Result<(), Error> {
        work.project(payment(&m.id, &m.customer_id, m.version).map_err(undecodable)?);
        Ok(())
    }
}

impl Handle<PaymentVoided> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<PaymentVoided>) -> Result<(), Error> {
        work.project(payment(&m.id, &m.customer_id, m.version).map_err(undecodable)?);
        Ok(())
    }
}

impl Handle<PaymentCaptured> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<PaymentCaptured>) -> Result<(), Error> {
        work.project(payment(&m.id, &m.customer_id, m.version).map_err(undecodable)?);
        Ok(())
    }
}

/// A payment that is not free: to be told what was authorized is the exception.
fn payment(id: &str, customer: &str, version: i64) -> Result<PaymentHeard, ParseIdError> {
    let payment = PaymentId::parse(id)?;
    let customer = CustomerId::parse(customer).in_field("customerId")?;
    Ok(PaymentHeard { payment, version, customer, authorized: None, is_free: false })
}
