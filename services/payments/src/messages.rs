//! What payments promises to others, and what it listens to.

use mall_domain::{Currency, InField};
use mall_messaging::{Consumer, Handle, Received, event, undecodable};
use mall_persistence::{Error, Outgoing, Publishes, Work};
use mall_proto::ordering::v1::OrderReadied;
use mall_proto::payments::v1::{self as api, ConfirmPayment, ReleasePayment};
use mall_service::wire;

use crate::app::Payments;
use crate::domain::{CustomerId, Invoice, InvoiceEvent, OrderId, Payment, PaymentEvent, PaymentId};

impl Publishes for Payment {
    fn message(&self, key: PaymentId, happened: &PaymentEvent) -> Option<Outgoing> {
        let id = key.to_string();
        let customer_id = self.account()?.customer.to_string();
        match happened {
            PaymentEvent::Authorized { amount, .. } => {
                Some(event(key, &api::PaymentAuthorized { id, customer_id, amount: Some(wire::money(*amount)) }))
            }
            PaymentEvent::Confirmed { order, amount } => {
                let (order_id, amount) = (order.to_string(), Some(wire::money(*amount)));
                Some(event(key, &api::PaymentConfirmed { id, customer_id, order_id, amount }))
            }
            PaymentEvent::Captured { order, amount } => {
                let (order_id, amount) = (order.to_string(), Some(wire::money(*amount)));
                Some(event(key, &api::PaymentCaptured { id, customer_id, order_id, amount }))
            }
            PaymentEvent::RestReleased { order, amount } | PaymentEvent::Released { order, amount } => {
                let (order_id, amount) = (order.to_string(), Some(wire::money(*amount)));
                Some(event(key, &api::PaymentReleased { id, customer_id, order_id, amount }))
            }
            PaymentEvent::OrderBarred { .. } => None,
            PaymentEvent::Voided { amount } => {
                Some(event(key, &api::PaymentVoided { id, customer_id, amount: Some(wire::money(*amount)) }))
            }
        }
    }
}

impl Publishes for Invoice {
    fn message(&self, order: OrderId, happened: &InvoiceEvent) -> Option<Outgoing> {
        // An invoice has its order's id.
        let (id, order_id) = (order.to_string(), order.to_string());
        Some(match happened {
            InvoiceEvent::Created { customer, payment, amount } => {
                let (customer_id, payment_id) = (customer.to_string(), payment.to_string());
                let amount = Some(wire::money(*amount));
                event(order, &api::InvoiceCreated { id, order_id, customer_id, payment_id, amount })
            }
            InvoiceEvent::Adjusted { amount } => {
                event(order, &api::InvoiceAdjusted { id, order_id, amount: Some(wire::money(*amount)) })
            }
            InvoiceEvent::Paid { amount } => {
                event(order, &api::InvoicePaid { id, order_id, amount: Some(wire::money(*amount)) })
            }
            InvoiceEvent::Canceled { amount } => {
                event(order, &api::InvoiceCanceled { id, order_id, amount: Some(wire::money(*amount)) })
            }
        })
    }
}

/// What payments handles.
#[derive(Clone)]
pub struct Messages {
    pub app: Payments,
    pub currency: Currency,
}

pub fn consumer(messages: Messages) -> Consumer<Messages> {
    Consumer::new("payments", messages)
        .on_command::<ConfirmPayment, Payment>(|m| PaymentId::parse(&m.id))
        .on_undo::<ReleasePayment, Payment>(|m| PaymentId::parse(&m.id))
        .on_event::<OrderReadied, Invoice>(|m| OrderId::parse(&m.id))
}

impl Handle<ConfirmPayment> for Messages {
    async fn handle(&self, work: &mut Work, command: Received<ConfirmPayment>) -> Result<(), Error> {
        let payment = PaymentId::parse(&command.id).map_err(undecodable)?;
        let order = OrderId::parse(&command.order_id).in_field("orderId").map_err(undecodable)?;
        let customer = CustomerId::parse(&command.customer_id).in_field("customerId").map_err(undecodable)?;
        let amount = wire::parse_money(command.amount.as_ref(), "amount", self.currency).map_err(undecodable)?;
        self.app.confirm(work, payment, order, customer, amount).await
    }
}

impl Handle<ReleasePayment> for Messages {
    async fn handle(&self, work: &mut Work, command: Received<ReleasePayment>) -> Result<(), Error> {
        let payment = PaymentId::parse(&command.id).map_err(undecodable)?;
        let order = OrderId::parse(&command.order_id).in_field("orderId").map_err(undecodable)?;
        self.app.release(work, payment, order).await
    }
}

impl Handle<OrderReadied> for Messages {
    async fn handle(&self, work: &mut Work, order: Received<OrderReadied>) -> Result<(), Error> {
        let id = OrderId::parse(&order.id).map_err(undecodable)?;
        let customer = CustomerId::parse(&order.customer_id).in_field("customerId").map_err(undecodable)?;
        let payment = PaymentId::parse(&order.payment_id).in_field("paymentId").map_err(undecodable)?;
        let total = wire::parse_money(order.total.as_ref(), "total", self.currency).map_err(undecodable)?;
        self.app.make_invoice(work, id, customer, payment, total).await
    }
}
