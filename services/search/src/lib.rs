//! Search finds orders by what is known of them, with the names of everybody and everything in them. It owns nothing
//! and tells nobody: its tables are fed by what ordering, customers and stores say, and can always be rebuilt.

pub mod app;
pub mod domain;
pub mod grpc;
pub mod messages;
pub mod projections;

use mall_proto::search::v1::search_service_server::SearchServiceServer;
use mall_service::{Config, Service};

use crate::app::Search;
use crate::projections::{names, orders};

pub fn service(config: &Config) -> Service {
    let app = Search::new(config.shop.currency);
    Service::new("search", config)
        .migrations(sqlx::migrate!())
        .projection(orders::Orders)
        .projection(names::Names)
        .grpc({
            let app = app.clone();
            move |edge| SearchServiceServer::new(grpc::Server { edge, app })
        })
        .consumer(messages::consumer(app))
}
