//! What notifications listens to.

use mall_domain::{Currency, InField, OffsetDateTime};
use mall_messaging::{Consumer, Handle, Received, undecodable};
use mall_persistence::{Error, Work};
use mall_proto::customers::v1::{CustomerRegistered, CustomerSmsChanged};
use mall_proto::ordering::v1::{OrderCanceled, OrderCompleted, OrderCreated, OrderReadied, OrderRejected};
use mall_service::wire;

use crate::app::Notifications;
use crate::domain::{CustomerId, News, OrderId};
use crate::projections::customers::NumberHeard;

/// What notifications handles.
#[derive(Clone)]
pub struct Messages {
    pub app: Notifications,
    pub currency: Currency,
}

pub fn consumer(messages: Messages) -> Consumer<Messages> {
    Consumer::new("notifications", messages)
        .on_fact::<OrderCreated>()
        .on_fact::<OrderRejected>()
        .on_fact::<OrderReadied>()
        .on_fact::<OrderCompleted>()
        .on_fact::<OrderCanceled>()
        .on_fact::<CustomerRegistered>()
        .on_fact::<CustomerSmsChanged>()
}

impl Messages {
    fn tell(&self, work: &mut Work, about: (&str, &str), news: &News, at: OffsetDateTime) -> Result<(), Error> {
        let (order, customer) = about;
        let order = OrderId::parse(order).map_err(undecodable)?;
        let customer = CustomerId::parse(customer).in_field("customerId").map_err(undecodable)?;
        self.app.tell(work, order, customer, news, at);
        Ok(())
    }
}

impl Handle<OrderCreated> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<OrderCreated>) -> Result<(), Error> {
        let total = wire::parse_money(m.total.as_ref(), "total", self.currency).map_err(undecodable)?;
        self.tell(work, (&m.id, &m.customer_id), &News::Created { total }, m.at)
    }
}

impl Handle<OrderRejected> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<OrderRejected>) -> Result<(), Error> {
        self.tell(work, (&m.id, &m.customer_id), &News::Rejected { because: m.reason.clone() }, m.at)
    }
}

impl Handle<OrderReadied> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<OrderReadied>) -> Result<(), Error> {
        let total = wire::parse_money(m.total.as_ref(), "total", self.currency).map_err(undecodable)?;
        self.tell(work, (&m.id, &m.customer_id), &News::Ready { total }, m.at)
    }
}

impl Handle<OrderCompleted> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<OrderCompleted>) -> Result<(), Error> {
        self.tell(work, (&m.id, &m.customer_id), &News::Completed, m.at)
    }
}

impl Handle<OrderCanceled> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<OrderCanceled>) -> Result<(), Error> {
        self.tell(work, (&m.id, &m.customer_id), &News::Canceled { because: m.reason.clone() }, m.at)
    }
}

impl Handle<CustomerRegistered> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<CustomerRegistered>) -> Result<(), Error> {
        let customer = CustomerId::parse(&m.id).map_err(undecodable)?;
        work.project(NumberHeard { customer, version: m.version, number: m.message.sms_number });
        Ok(())
    }
}

impl Handle<CustomerSmsChanged> for Messages {
    async fn handle(&self, work: &mut Work, m: Received<CustomerSmsChanged>) -> Result<(), Error> {
        let customer = CustomerId::parse(&m.id).map_err(undecodable)?;
        work.project(NumberHeard { customer, version: m.version, number: m.message.sms_number });
        Ok(())
    }
}
