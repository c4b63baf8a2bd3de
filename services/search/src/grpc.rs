//! The API of search: parse, call, answer.

use mall_domain::{AggregateId, Currency, InField, Refused, parse_ids};
use mall_persistence::Error;
use mall_proto::search::v1::{self as api, search_service_server::SearchService};
use mall_service::page::Page;
use mall_service::{Edge, answer, wire};
use tonic::{Request, Response, Status};

use crate::app::Search;
use crate::domain::{self, CustomerId, Filters, Item, Order, OrderId, ProductId, StoreId};

pub struct Server {
    pub edge: Edge,
    pub app: Search,
}

#[tonic::async_trait]
impl SearchService for Server {
    async fn search_orders(
        &self,
        request: Request<api::SearchOrdersRequest>,
    ) -> Result<Response<api::SearchOrdersResponse>, Status> {
        answer(async {
            let work = self.edge.begin(&request);
            let request = request.into_inner();
            let filters = parse_filters(request.filters.unwrap_or_default(), self.edge.currency())?;
            let fingerprint = filters.fingerprint();
            let page = parse_page(request.limit, &request.next, &fingerprint)?;
            let mut found = self.app.search(&work, &filters, page.after, page.limit()).await?;
            let next = page.cut(&mut found, &fingerprint, |order| order.id.uuid());
            Ok(api::SearchOrdersResponse { orders: found.into_iter().map(order).collect(), next })
        })
        .await
    }

    async fn get_order(
        &self,
        request: Request<api::GetOrderRequest>,
    ) -> Result<Response<api::GetOrderResponse>, Status> {
        answer(async {
            let id = OrderId::parse(&request.get_ref().id)?;
            let found = self.app.get(&self.edge.begin(&request), id).await?;
            Ok(api::GetOrderResponse { order: Some(order(found)) })
        })
        .await
    }
}

fn parse_filters(filters: api::Filters, currency: Currency) -> Result<Filters, Error> {
    let api::Filters { customer_id, after, before, store_ids, product_ids, min_total, max_total, status } = filters;
    let customer = given(customer_id).map(|id| CustomerId::parse(&id).in_field("filters.customerId"));
    let status = given(status).map(|status| domain::Status::parse(&status));
    let total = |total: Option<_>, field| total.map(|total| wire::parse_money(Some(&total), field, currency));
    Ok(Filters {
        customer: customer.transpose()?,
        after: after.map(|at| wire::parse_timestamp(&at, "filters.after")).transpose()?,
        before: before.map(|at| wire::parse_timestamp(&at, "filters.before")).transpose()?,
        stores: parse_ids(&store_ids, "filters.storeIds", StoreId::parse)?,
        products: parse_ids(&product_ids, "filters.productIds", ProductId::parse)?,
        min_total: total(min_total, "filters.minTotal").transpose()?,
        max_total: total(max_total, "filters.maxTotal").transpose()?,
        status: status.transpose().map_err(Refused::from)?,
    })
}

/// Search calls a page's size `limit` and its token `next`.
fn parse_page(limit: Option<i32>, next: &str, fingerprint: &str) -> Result<Page, Error> {
    Page::parse(limit, next, fingerprint).map_err(|error| match error {
        Error::Refused(refused) => {
            let text = refused.text.replace("pageSize", "limit").replace("pageToken", "next");
            let field = if refused.field == Some("pageSize") { "limit" } else { "next" };
            Error::Refused(Refused { text, field: Some(field), ..refused })
        }
        other => other,
    })
}

fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn order(order: Order) -> api::Order {
    api::Order {
        order_id: order.id.to_string(),
        customer_id: order.customer_id.to_string(),
        customer_name: order.customer_name,
        items: order.items.into_iter().map(item).collect(),
        total: Some(wire::money(order.total)),
        status: order.status.as_str().to_owned(),
        created_at: Some(wire::timestamp(order.created_at)),
    }
}

fn item(item: Item) -> api::OrderItem {
    api::OrderItem {
        store_id: item.store_id.to_string(),
        store_name: item.store_name,
        product_id: item.product_id.to_string(),
        product_name: item.product_name,
        price: Some(wire::money(item.price)),
        quantity: item.quantity,
    }
}
