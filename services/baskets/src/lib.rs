//! Baskets owns what customers collect before they order.
//!
//! It publishes that a basket was started, canceled or checked out: the latter becomes an order. It remembers what it
//! hears of stores, products, customers and payments, and asks their owners about what it has not heard of yet.

pub mod app;
pub mod domain;
pub mod grpc;
pub mod messages;
pub mod peers;
pub mod projections;

use mall_proto::baskets::v1::baskets_service_server::BasketsServiceServer;
use mall_service::{Config, Service};

use crate::app::Baskets;
use crate::projections::{customers, payments, products, stores};

pub fn service(config: &Config) -> Service {
    let app = Baskets::new(peers::Peers::new(config));
    Service::new("baskets", config)
        .migrations(sqlx::migrate!())
        .projection(stores::Stores)
        .projection(products::Products)
        .projection(customers::Customers)
        .projection(payments::Payments)
        .grpc(|edge| BasketsServiceServer::new(grpc::Server { edge, app }))
        .consumer(messages::consumer(messages::Messages { currency: config.shop.currency }))
}
