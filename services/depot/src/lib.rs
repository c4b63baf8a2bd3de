//! The depot owns shopping lists and the bots that collect them.
//!
//! It publishes how a list ends. It handles the saga's commands about lists, and remembers what stores tells of
//! products and of itself; what it has not heard of yet, it asks stores for.

pub mod app;
pub mod domain;
pub mod grpc;
pub mod messages;
pub mod peers;
pub mod projections;

use mall_proto::depot::v1::depot_service_server::DepotServiceServer;
use mall_service::{Config, Service, peer};

pub fn service(config: &Config) -> Service {
    let app = app::Depot::new(peers::StoresPeer::new(peer(config, "stores")));
    Service::new("depot", config)
        .migrations(sqlx::migrate!())
        .projection(projections::lists::Lists)
        .projection(projections::products::Products)
        .projection(projections::stores::Stores)
        .grpc({
            let app = app.clone();
            move |edge| DepotServiceServer::new(grpc::Server { edge, app })
        })
        .consumer(messages::consumer(app))
}
