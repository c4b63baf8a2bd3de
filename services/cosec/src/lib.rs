//! Cosec conducts: it owns the sagas that take an order from its creation to its approval, and back.
//!
//! It publishes commands to customers, depot, payments and ordering. It handles the beginning and the cancellation of
//! orders, and the answers to its commands.

pub mod cancel_order;
pub mod create_order;
pub mod ids;
pub mod messages;

use mall_saga::Sagas;
use mall_service::{Config, Service};

pub fn service(config: &Config) -> Service {
    let sagas = Sagas::new("cosec.replies", Service::saga_policy(config))
        .with(create_order::create_order())
        .with(cancel_order::cancel_order());
    let cosec = messages::Cosec { sagas: sagas.clone(), currency: config.shop.currency };
    Service::new("cosec", config).migrations(sqlx::migrate!()).sagas(sagas).consumer(messages::consumer(cosec))
}
