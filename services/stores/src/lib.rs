//! Stores owns stores and the products they offer, and tells of every change. It listens to nobody.

pub mod app;
pub mod domain;
pub mod grpc;
pub mod messages;
pub mod projections;

use mall_proto::stores::v1::stores_service_server::StoresServiceServer;
use mall_service::{Config, Service};

use crate::domain::ProductRefusal;
use crate::projections::{products, stores};

pub fn service(config: &Config) -> Service {
    Service::new("stores", config)
        .migrations(sqlx::migrate!())
        .projection(stores::Stores)
        .projection(products::Products)
        .constraint("products_sku_key", ProductRefusal::SkuTaken)
        .grpc(|edge| StoresServiceServer::new(grpc::Server { edge, app: app::Stores }))
}
