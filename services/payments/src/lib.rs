//! Payments owns the money that customers have authorized, and the invoices that are paid from it.
//!
//! It publishes every turn of both. It handles the saga's confirmation and release of a payment, and makes an order's
//! invoice when the order is ready. Payments that no order has taken within a day it voids by itself.

pub mod app;
pub mod domain;
pub mod expiry;
pub mod grpc;
pub mod messages;
pub mod projections;

use mall_proto::payments::v1::payments_service_server::PaymentsServiceServer;
use mall_service::{Config, Service};

use crate::app::Payments;
use crate::projections::{expiry_cursor, invoices};

pub fn service(config: &Config) -> Service {
    let currency = config.shop.currency;
    Service::new("payments", config)
        .migrations(sqlx::migrate!())
        .projection(invoices::Invoices)
        .projection(expiry_cursor::ExpiryCursor)
        .grpc(|edge| PaymentsServiceServer::new(grpc::Server { edge, app: Payments }))
        .consumer(messages::consumer(messages::Messages { app: Payments, currency }))
        .task("void expired payments", expiry::run)
}
