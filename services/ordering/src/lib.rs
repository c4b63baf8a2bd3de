//! Ordering owns orders: it takes them over from checked-out baskets and follows them to completion.
//!
//! It publishes every turn of an order. It handles the checkout that makes an order, the saga's approval and rejection,
//! the end of its shopping list, and the end of its invoice.

pub mod app;
pub mod domain;
pub mod grpc;
pub mod messages;
pub mod peers;

use mall_proto::ordering::v1::ordering_service_server::OrderingServiceServer;
use mall_service::{Config, Service, peer};

pub fn service(config: &Config) -> Service {
    let currency = config.shop.currency;
    let app = app::Ordering::new(peers::StoresPeer::new(peer(config, "stores"), currency), currency);
    Service::new("ordering", config)
        .grpc({
            let app = app.clone();
            move |edge| OrderingServiceServer::new(grpc::Server { edge, app })
        })
        .consumer(messages::consumer(app))
}
