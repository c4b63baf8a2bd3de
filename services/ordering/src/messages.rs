//! What ordering promises to others, and what it listens to.

#![deny(clippy::wildcard_enum_match_arm)]

use mall_domain::InField;
use mall_messaging::{Consumer, Handle, Received, event, undecodable};
use mall_persistence::{Error, Outgoing, Publishes, Work};
use mall_proto::baskets::v1::{BasketCheckedOut, basket_checked_out};
use mall_proto::depot::v1::{ShoppingListCanceled, ShoppingListCompleted};
use mall_proto::ordering::v1::{self, ApproveOrder, RejectOrder};
use mall_proto::payments::v1::{InvoiceCanceled, InvoicePaid};
use mall_service::wire;

use crate::app::Ordering;
use crate::domain::{
    CustomerId, InvoiceId, Item, Order, OrderEvent, OrderId, PaymentId, ProductId, ShoppingListId, StoreId,
};

impl Publishes for Order {
    fn message(&self, id: OrderId, happened: &OrderEvent) -> Option<Outgoing> {
        let placed = self.placed();
        let (key, id) = (id, id.to_string());
        let (customer_id, payment_id) = (placed.customer.to_string(), placed.payment.to_string());
        let total = Some(wire::money(placed.total));
        match happened {
            OrderEvent::Created { items, .. } => {
                let items = items.iter().map(item).collect();
                Some(event(key, &v1::OrderCreated { id, customer_id, payment_id, items, total }))
            }
            OrderEvent::ListCompletedEarly | OrderEvent::ListCanceledEarly => None,
            OrderEvent::Approved { shopping_list } => {
                let shopping_id = shopping_list.to_string();
                Some(event(key, &v1::OrderApproved { id, customer_id, payment_id, shopping_id }))
            }
            OrderEvent::Rejected { because } => {
                let reason = because.clone();
                Some(event(key, &v1::OrderRejected { id, customer_id, payment_id, reason }))
            }
            OrderEvent::Readied => Some(event(key, &v1::OrderReadied { id, customer_id, payment_id, total })),
            OrderEvent::Completed { invoice } => {
                let invoice_id = invoice.to_string();
                Some(event(key, &v1::OrderCompleted { id, customer_id, payment_id, invoice_id }))
            }
            OrderEvent::Canceled { because } => {
                let reason = because.clone();
                Some(event(key, &v1::OrderCanceled { id, customer_id, payment_id, reason }))
            }
        }
    }
}

fn item(item: &Item) -> v1::order_created::Item {
    v1::order_created::Item {
        product_id: item.product.to_string(),
        store_id: item.store.to_string(),
        product_name: item.product_name.clone(),
        store_name: item.store_name.clone(),
        price: Some(wire::money(item.price)),
        quantity: i32::try_from(item.quantity).expect("at most 999"),
    }
}

pub fn consumer(app: Ordering) -> Consumer<Ordering> {
    Consumer::new("ordering", app)
        .on_event::<BasketCheckedOut, Order>(|m| OrderId::parse(&m.id))
        .on_command::<ApproveOrder, Order>(|m| OrderId::parse(&m.id))
        .on_undo::<RejectOrder, Order>(|m| OrderId::parse(&m.id))
        .on_event::<ShoppingListCompleted, Order>(|m| OrderId::parse(&m.order_id))
        .on_event::<ShoppingListCanceled, Order>(|m| OrderId::parse(&m.order_id))
        .on_event::<InvoicePaid, Order>(|m| OrderId::parse(&m.order_id))
        .on_event::<InvoiceCanceled, Order>(|m| OrderId::parse(&m.order_id))
}

impl Handle<BasketCheckedOut> for Ordering {
    /// A basket keeps the rules that an order has: one that breaks them is a fault, not a refusal.
    async fn handle(&self, work: &mut Work, basket: Received<BasketCheckedOut>) -> Result<(), Error> {
        let order = OrderId::parse(&basket.id).map_err(undecodable)?;
        let customer = CustomerId::parse(&basket.customer_id).map_err(undecodable)?;
        let payment = PaymentId::parse(&basket.payment_id).map_err(undecodable)?;
        let items: Result<Vec<Item>, Error> = basket.items.iter().map(|item| self.item(item)).collect();
        let items = items.map_err(undecodable)?;
        match self.take_over(work, order, customer, payment, items).await {
            Err(Error::Refused(refusal)) => Err(undecodable(refusal)),
            outcome => outcome,
        }
    }
}

impl Ordering {
    fn item(&self, item: &basket_checked_out::Item) -> Result<Item, Error> {
        Ok(Item {
            product: ProductId::parse(&item.product_id).in_field("productId")?,
            product_name: item.product_name.clone(),
            store: StoreId::parse(&item.store_id).in_field("storeId")?,
            store_name: item.store_name.clone(),
            price: wire::parse_money(item.price.as_ref(), "price", self.currency())?,
            quantity: u32::try_from(item.quantity).map_err(undecodable)?,
        })
    }
}

impl Handle<ApproveOrder> for Ordering {
    async fn handle(&self, work: &mut Work, command: Received<ApproveOrder>) -> Result<(), Error> {
        let order = OrderId::parse(&command.id).map_err(undecodable)?;
        let list = ShoppingListId::parse(&command.shopping_id).map_err(undecodable)?;
        self.approve(work, order, list).await
    }
}

impl Handle<RejectOrder> for Ordering {
    async fn handle(&self, work: &mut Work, command: Received<RejectOrder>) -> Result<(), Error> {
        let order = OrderId::parse(&command.id).map_err(undecodable)?;
        self.reject(work, order, command.message.reason).await
    }
}

impl Handle<ShoppingListCompleted> for Ordering {
    async fn handle(&self, work: &mut Work, list: Received<ShoppingListCompleted>) -> Result<(), Error> {
        self.complete_list(work, OrderId::parse(&list.order_id).map_err(undecodable)?).await
    }
}

impl Handle<ShoppingListCanceled> for Ordering {
    async fn handle(&self, work: &mut Work, list: Received<ShoppingListCanceled>) -> Result<(), Error> {
        self.cancel_list(work, OrderId::parse(&list.order_id).map_err(undecodable)?).await
    }
}

// Both follow from the order's own OrderReadied, so neither comes early: a refusal is final.
impl Handle<InvoicePaid> for Ordering {
    async fn handle(&self, work: &mut Work, invoice: Received<InvoicePaid>) -> Result<(), Error> {
        let order = OrderId::parse(&invoice.order_id).map_err(undecodable)?;
        self.complete(work, order, InvoiceId::parse(&invoice.id).map_err(undecodable)?).await
    }
}

impl Handle<InvoiceCanceled> for Ordering {
    async fn handle(&self, work: &mut Work, invoice: Received<InvoiceCanceled>) -> Result<(), Error> {
        self.write_off(work, OrderId::parse(&invoice.order_id).map_err(undecodable)?).await
    }
}
