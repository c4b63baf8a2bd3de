//! What customers, stores and products are called.

use mall_domain::AggregateId;
use mall_messaging::{Handle, Received, undecodable};
use mall_persistence::{Error, Work};
use mall_proto::customers::v1::CustomerRegistered;
use mall_proto::stores::v1::{ProductAdded, ProductRebranded, StoreCreated, StoreRebranded};

use crate::app::Search;
use crate::domain::{CustomerId, ProductId, StoreId};
use crate::projections::names::Kind;

impl Handle<CustomerRegistered> for Search {
    async fn handle(&self, work: &mut Work, m: Received<CustomerRegistered>) -> Result<(), Error> {
        let id = CustomerId::parse(&m.id).map_err(undecodable)?;
        self.named(work, Kind::Customer, id.uuid(), m.version, m.message.name);
        Ok(())
    }
}

impl Handle<StoreCreated> for Search {
    async fn handle(&self, work: &mut Work, m: Received<StoreCreated>) -> Result<(), Error> {
        let id = StoreId::parse(&m.id).map_err(undecodable)?;
        self.named(work, Kind::Store, id.uuid(), m.version, m.message.name);
        Ok(())
    }
}

impl Handle<StoreRebranded> for Search {
    async fn handle(&self, work: &mut Work, m: Received<StoreRebranded>) -> Result<(), Error> {
        let id = StoreId::parse(&m.id).map_err(undecodable)?;
        self.named(work, Kind::Store, id.uuid(), m.version, m.message.name);
        Ok(())
    }
}

impl Handle<ProductAdded> for Search {
    async fn handle(&self, work: &mut Work, m: Received<ProductAdded>) -> Result<(), Error> {
        let id = ProductId::parse(&m.id).map_err(undecodable)?;
        self.named(work, Kind::Product, id.uuid(), m.version, m.message.name);
        Ok(())
    }
}

impl Handle<ProductRebranded> for Search {
    async fn handle(&self, work: &mut Work, m: Received<ProductRebranded>) -> Result<(), Error> {
        let id = ProductId::parse(&m.id).map_err(undecodable)?;
        self.named(work, Kind::Product, id.uuid(), m.version, m.message.name);
        Ok(())
    }
}
