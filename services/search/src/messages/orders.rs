//! What becomes of orders.

use mall_domain::Currency;
use mall_messaging::{Handle, Received, undecodable};
use mall_persistence::{Error, Work};
use mall_proto::ordering::v1::{
    OrderApproved, OrderCanceled, OrderCompleted, OrderCreated, OrderReadied, OrderRejected, order_created,
};
use mall_service::wire;

use crate::app::Search;
use crate::domain::{CustomerId, Item, NewOrder, OrderId, ProductId, Status, StoreId};

impl Handle<OrderCreated> for Search {
    async fn handle(&self, work: &mut Work, m: Received<OrderCreated>) -> Result<(), Error> {
        let items = m.message.items.into_iter().map(|line| item(line, self.currency));
        let order = NewOrder {
            id: OrderId::parse(&m.message.id).map_err(undecodable)?,
            customer_id: CustomerId::parse(&m.message.customer_id).map_err(undecodable)?,
            items: items.collect::<Result<_, Error>>()?,
            total: wire::parse_money(m.message.total.as_ref(), "total", self.currency).map_err(undecodable)?,
            created_at: m.at,
        };
        self.order_created(work, m.version, order);
        Ok(())
    }
}

fn item(line: order_created::Item, currency: Currency) -> Result<Item, Error> {
    Ok(Item {
        store_id: StoreId::parse(&line.store_id).map_err(undecodable)?,
        store_name: line.store_name,
        product_id: ProductId::parse(&line.product_id).map_err(undecodable)?,
        product_name: line.product_name,
        price: wire::parse_money(line.price.as_ref(), "price", currency).map_err(undecodable)?,
        quantity: line.quantity,
    })
}

impl Handle<OrderApproved> for Search {
    async fn handle(&self, work: &mut Work, m: Received<OrderApproved>) -> Result<(), Error> {
        self.order_moved(work, m.version, OrderId::parse(&m.id).map_err(undecodable)?, Status::Approved);
        Ok(())
    }
}

impl Handle<OrderRejected> for Search {
    async fn handle(&self, work: &mut Work, m: Received<OrderRejected>) -> Result<(), Error> {
        self.order_moved(work, m.version, OrderId::parse(&m.id).map_err(undecodable)?, Status::Rejected);
        Ok(())
    }
}

impl Handle<OrderReadied> for Search {
    async fn handle(&self, work: &mut Work, m: Received<OrderReadied>) -> Result<(), Error> {
        self.order_moved(work, m.version, OrderId::parse(&m.id).map_err(undecodable)?, Status::Ready);
        Ok(())
    }
}

impl Handle<OrderCompleted> for Search {
    async fn handle(&self, work: &mut Work, m: Received<OrderCompleted>) -> Result<(), Error> {
        self.order_moved(work, m.version, OrderId::parse(&m.id).map_err(undecodable)?, Status::Completed);
        Ok(())
    }
}

impl Handle<OrderCanceled> for Search {
    async fn handle(&self, work: &mut Work, m: Received<OrderCanceled>) -> Result<(), Error> {
        self.order_moved(work, m.version, OrderId::parse(&m.id).map_err(undecodable)?, Status::Canceled);
        Ok(())
    }
}
