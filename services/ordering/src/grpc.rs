//! Ordering's API: parse, call, answer.

use mall_domain::InField;
use mall_proto::ordering::v1;
use mall_proto::ordering::v1::ordering_service_server::OrderingService;
use mall_service::{Edge, answer, wire};
use tonic::{Request, Response, Status};

use crate::app::Ordering;
use crate::domain::{CustomerId, Item, Line, Order, OrderId, PaymentId, ProductId};

pub struct Server {
    pub edge: Edge,
    pub app: Ordering,
}

#[tonic::async_trait]
impl OrderingService for Server {
    async fn create_order(
        &self,
        request: Request<v1::CreateOrderRequest>,
    ) -> Result<Response<v1::CreateOrderResponse>, Status> {
        answer(async {
            let wanted = request.get_ref();
            let customer = CustomerId::parse(&wanted.customer_id).in_field("customerId")?;
            let payment = PaymentId::parse(&wanted.payment_id).in_field("paymentId")?;
            let lines = wanted.items.iter().map(line).collect::<Result<Vec<Line>, _>>()?;
            let mut work = self.edge.begin(&request);
            let order = self.app.create(&mut work, customer, payment, &lines).await?;
            work.commit().await?;
            Ok(v1::CreateOrderResponse { id: order.to_string() })
        })
        .await
    }

    async fn get_order(&self, request: Request<v1::GetOrderRequest>) -> Result<Response<v1::GetOrderResponse>, Status> {
        answer(async {
            let id = OrderId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            let order = self.app.get(&mut work, id).await?;
            Ok(v1::GetOrderResponse { order: Some(wire_order(id, order)) })
        })
        .await
    }

    async fn cancel_order(
        &self,
        request: Request<v1::CancelOrderRequest>,
    ) -> Result<Response<v1::CancelOrderResponse>, Status> {
        answer(async {
            let order = OrderId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.cancel(&mut work, order).await?;
            work.commit().await?;
            Ok(v1::CancelOrderResponse {})
        })
        .await
    }
}

/// A negative quantity is as wrong as none: the domain says so.
fn line(item: &v1::create_order_request::Item) -> Result<Line, mall_domain::ParseIdError> {
    let product = ProductId::parse(&item.product_id).in_field("items.productId")?;
    Ok(Line { product, quantity: u32::try_from(item.quantity).unwrap_or(0) })
}

fn wire_order(id: OrderId, order: &Order) -> v1::Order {
    let placed = order.placed();
    v1::Order {
        id: id.to_string(),
        customer_id: placed.customer.to_string(),
        payment_id: placed.payment.to_string(),
        shopping_id: order.shopping_list().map(|list| list.to_string()).unwrap_or_default(),
        // An order's invoice has the order's id.
        invoice_id: if order.was_ready() { id.to_string() } else { String::new() },
        status: order.status().to_string(),
        rejected_because: order.rejected_because().unwrap_or_default().to_owned(),
        items: placed.items.iter().map(wire_item).collect(),
        total: Some(wire::money(placed.total)),
        created_at: Some(wire::timestamp(placed.at)),
    }
}

fn wire_item(item: &Item) -> v1::OrderItem {
    v1::OrderItem {
        store_id: item.store.to_string(),
        store_name: item.store_name.clone(),
        product_id: item.product.to_string(),
        product_name: item.product_name.clone(),
        price: Some(wire::money(item.price)),
        quantity: i32::try_from(item.quantity).expect("at most 999"),
    }
}
