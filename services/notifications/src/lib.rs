//! Notifications owns the texts that tell customers how their orders fare: one for each turn of an order, sent until
//! the provider has taken it.
//!
//! It publishes nothing and has no API. It listens to orders, and remembers customers' numbers.

pub mod app;
pub mod domain;
pub mod messages;
pub mod projections;
pub mod provider;
pub mod sending;

use mall_service::{Config, Service};

use crate::projections::{customers, texts};
use crate::provider::LocalProvider;

pub fn service(config: &Config) -> Service {
    let messages = messages::Messages { app: app::Notifications, currency: config.shop.currency };
    Service::new("notifications", config)
        .migrations(sqlx::migrate!())
        .projection(texts::Texts)
        .projection(customers::Customers)
        .consumer(messages::consumer(messages))
        .task("send texts", |database, stop| {
            let provider = LocalProvider::new(database.clone());
            sending::run(database, provider, stop)
        })
}
