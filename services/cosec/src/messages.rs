//! What cosec listens to: orders that begin, orders that are canceled, and the answers to its commands.

use mall_domain::{AggregateId, Currency, InField};
use mall_messaging::{Consumer, Handle, Received, undecodable};
use mall_persistence::{Error, SagaStatus, Work};
use mall_proto::ordering::v1::{OrderCanceled, OrderCreated, order_created};
use mall_saga::Sagas;
use mall_service::{reply_codec, wire};

use crate::cancel_order::{CANCEL_ORDER, CancelOrder};
use crate::create_order::{CREATE_ORDER, CreateOrder, Item};
use crate::ids::{CustomerId, OrderId, PaymentId, ProductId, StoreId};

/// The sagas, and what their data is read with.
pub struct Cosec {
    pub sagas: Sagas,
    pub currency: Currency,
}

pub fn consumer(cosec: Cosec) -> Consumer<Cosec> {
    let sagas = cosec.sagas.clone();
    Consumer::new("cosec", cosec)
        .on_saga_fact::<OrderCreated>(&[CREATE_ORDER], |m| OrderId::parse(&m.id).map(AggregateId::uuid))
        .on_saga_fact::<OrderCanceled>(&[CREATE_ORDER, CANCEL_ORDER], |m| OrderId::parse(&m.id).map(AggregateId::uuid))
        .on_replies(sagas.reply_topic(), reply_codec(), sagas)
}

impl Handle<OrderCreated> for Cosec {
    async fn handle(&self, work: &mut Work, created: Received<OrderCreated>) -> Result<(), Error> {
        let data = self.create_order(&created).map_err(undecodable)?;
        self.sagas.start(work, CREATE_ORDER, data.order.uuid(), &data).await
    }
}

impl Handle<OrderCanceled> for Cosec {
    /// Takes back what was done: by the saga that is still at it, else by one of its own.
    async fn handle(&self, work: &mut Work, canceled: Received<OrderCanceled>) -> Result<(), Error> {
        let order = OrderId::parse(&canceled.id).map_err(undecodable)?;
        let payment = PaymentId::parse(&canceled.payment_id).in_field("paymentId").map_err(undecodable)?;
        match self.sagas.status(work, CREATE_ORDER, order.uuid()).await? {
            Some(SagaStatus::Running) => {
                self.sagas.turn_back(work, CREATE_ORDER, order.uuid(), canceled.reason.clone()).await
            }
            Some(SagaStatus::Completed) => {
                self.sagas.start(work, CANCEL_ORDER, order.uuid(), &CancelOrder { order, payment }).await
            }
            // It is giving everything back, or has.
            Some(SagaStatus::Compensating | SagaStatus::Compensated) => Ok(()),
            None => Err(Error::Fault(format!("order {order} was canceled, but never created"))),
        }
    }
}

impl Cosec {
    fn create_order(&self, created: &OrderCreated) -> Result<CreateOrder, Error> {
        Ok(CreateOrder {
            order: OrderId::parse(&created.id)?,
            customer: CustomerId::parse(&created.customer_id).in_field("customerId")?,
            payment: PaymentId::parse(&created.payment_id).in_field("paymentId")?,
            items: created.items.iter().map(item).collect::<Result<_, Error>>()?,
            total: wire::parse_money(created.total.as_ref(), "total", self.currency)?,
        })
    }
}

fn item(item: &order_created::Item) -> Result<Item, Error> {
    Ok(Item {
        product: ProductId::parse(&item.product_id).in_field("productId")?,
        store: StoreId::parse(&item.store_id).in_field("storeId")?,
        quantity: item.quantity,
    })
}
