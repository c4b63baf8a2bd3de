//! What can be done with orders.

use mall_domain::{AggregateId, Currency, Refused, Uuid};
use mall_persistence::{Error, Work};

use crate::domain::{CustomerId, InvoiceId, Item, Line, Order, OrderId, PaymentId, ShoppingListId, priced, products};
use crate::peers::StoresPeer;

#[derive(Clone)]
pub struct Ordering {
    stores: StoresPeer,
    currency: Currency,
}

impl Ordering {
    pub fn new(stores: StoresPeer, currency: Currency) -> Self {
        Self { stores, currency }
    }

    /// The one currency of this installation.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Takes an operator's order, under a new id.
    pub async fn create(
        &self,
        work: &mut Work,
        customer: CustomerId,
        payment: PaymentId,
        lines: &[Line],
    ) -> Result<OrderId, Error> {
        let products = products(lines).map_err(Refused::from)?;
        let offers = self.stores.offers(&products).await?;
        let items = priced(lines, &offers).map_err(Refused::from)?;
        let order = OrderId::from_uuid(Uuid::now_v7());
        self.take_over(work, order, customer, payment, items).await?;
        Ok(order)
    }

    /// Takes over what was agreed at a checkout.
    pub async fn take_over(
        &self,
        work: &mut Work,
        order: OrderId,
        customer: CustomerId,
        payment: PaymentId,
        items: Vec<Item>,
    ) -> Result<(), Error> {
        let now = work.now();
        work.update_or_begin(order, |o: &Order| o.create(customer, payment, items, now)).await
    }

    pub async fn get<'a>(&self, work: &'a mut Work, order: OrderId) -> Result<&'a Order, Error> {
        work.load(order).await
    }

    pub async fn cancel(&self, work: &mut Work, order: OrderId) -> Result<(), Error> {
        work.update(order, Order::cancel).await
    }

    pub async fn approve(&self, work: &mut Work, order: OrderId, list: ShoppingListId) -> Result<(), Error> {
        work.update(order, |o: &Order| o.approve(list)).await
    }

    pub async fn reject(&self, work: &mut Work, order: OrderId, because: String) -> Result<(), Error> {
        work.update(order, |o: &Order| o.reject(because)).await
    }

    pub async fn complete_list(&self, work: &mut Work, order: OrderId) -> Result<(), Error> {
        work.update(order, Order::complete_list).await
    }

    pub async fn cancel_list(&self, work: &mut Work, order: OrderId) -> Result<(), Error> {
        work.update(order, Order::cancel_list).await
    }

    pub async fn complete(&self, work: &mut Work, order: OrderId, invoice: InvoiceId) -> Result<(), Error> {
        work.update(order, |o: &Order| o.complete(invoice)).await
    }

    pub async fn write_off(&self, work: &mut Work, order: OrderId) -> Result<(), Error> {
        work.update(order, Order::write_off).await
    }
}
