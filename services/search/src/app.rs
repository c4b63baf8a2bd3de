//! What can be asked of search, and what it is told.

use mall_domain::{AggregateId, Currency};
use mall_persistence::{Error, Work};
use uuid::Uuid;

use crate::domain::{Filters, NewOrder, Order, OrderId, Status};
use crate::projections::names::{self, Kind, Named};
use crate::projections::orders::{self, OrderChange};

#[derive(Clone)]
pub struct Search {
    /// Of all amounts.
    pub currency: Currency,
}

impl Search {
    pub fn new(currency: Currency) -> Self {
        Self { currency }
    }

    /// Up to `limit` orders, newest first, that come after the order `after`.
    pub async fn search(
        &self,
        work: &Work,
        filters: &Filters,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Order>, Error> {
        let mut found = orders::newest(work.database(), filters, after, limit).await?;
        names::fill(work.database(), &mut found).await?;
        Ok(found)
    }

    pub async fn get(&self, work: &Work, id: OrderId) -> Result<Order, Error> {
        let found = orders::by_id(work.database(), id).await?;
        let mut order = found.ok_or(Error::NotFound { kind: "search.Order", id: id.uuid() })?;
        names::fill(work.database(), std::slice::from_mut(&mut order)).await?;
        Ok(order)
    }

    pub fn order_created(&self, work: &mut Work, version: i64, order: NewOrder) {
        work.project(OrderChange::Created { version, order });
    }

    pub fn order_moved(&self, work: &mut Work, version: i64, id: OrderId, status: Status) {
        work.project(OrderChange::Moved { version, id, status });
    }

    pub fn named(&self, work: &mut Work, kind: Kind, id: Uuid, version: i64, name: String) {
        work.project(Named { kind, id, version, name });
    }
}
