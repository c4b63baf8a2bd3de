//! What can be done with customers.

use mall_domain::Refused;
use mall_persistence::{Error, Work};
use uuid::Uuid;

use crate::domain::{Customer, CustomerId};

#[derive(Clone)]
pub struct Customers;

impl Customers {
    pub fn register(&self, work: &mut Work, name: &str, sms_number: &str) -> Result<CustomerId, Error> {
        let registered = Customer::register(name, sms_number).map_err(Refused::from)?;
        let id = CustomerId::from(Uuid::now_v7());
        work.create::<Customer>(id, registered)?;
        Ok(id)
    }

    /// The customer and its version.
    pub async fn get(&self, work: &mut Work, id: CustomerId) -> Result<(Customer, i64), Error> {
        let customer = work.load::<Customer>(id).await?.clone();
        let (_, version) = work.find::<Customer>(id).await?;
        Ok((customer, version))
    }

    pub async fn change_sms_number(&self, work: &mut Work, id: CustomerId, sms_number: &str) -> Result<(), Error> {
        work.update(id, |customer: &Customer| customer.change_sms_number(sms_number)).await
    }

    pub async fn enable(&self, work: &mut Work, id: CustomerId) -> Result<(), Error> {
        work.update(id, Customer::enable).await
    }

    pub async fn disable(&self, work: &mut Work, id: CustomerId) -> Result<(), Error> {
        work.update(id, Customer::disable).await
    }

    /// Whether the customer may order.
    pub async fn authorize(&self, work: &mut Work, id: CustomerId) -> Result<(), Error> {
        Ok(work.load::<Customer>(id).await?.authorize().map_err(Refused::from)?)
    }
}
