//! Customers owns customers: who may order, and where to text them. It tells of every change, and answers the
//! create-order saga whether a customer may order.

pub mod app;
pub mod domain;
pub mod grpc;
pub mod messages;

use mall_proto::customers::v1::customers_service_server::CustomersServiceServer;
use mall_service::{Config, Service};

pub fn service(config: &Config) -> Service {
    let app = app::Customers;
    Service::new("customers", config)
        .grpc({
            let app = app.clone();
            move |edge| CustomersServiceServer::new(grpc::Server { edge, app })
        })
        .consumer(messages::consumer(app))
}
