//! What tests stand on: a database of one's own per test, a service without a broker whose messages are delivered by
//! hand through its real consumer, and a toy service for the core's own tests. A dev-dependency only.
//!
//! Run tests with `make test`, or one crate with `mall with-servers -- cargo test -p <crate>`.

mod databases;
mod harness;
mod peer;
pub mod plans;
mod post;
mod proxy;
mod statements;
pub mod toy;

pub use databases::{database, kafka_bootstrap, options, options_of, postgres_url, servers_state};
pub use harness::{Harness, Step, field, reason, step};
pub use peer::FakePeer;
pub use post::Post;
pub use proxy::LosingProxy;
pub use statements::{Statements, reset_statements, statements};

use std::time::Duration;

/// Waits until `condition` gives a value; panics after 30 s. Tests never sleep for a fixed time.
pub async fn eventually<T, F>(what: &str, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    for _ in 0..1500 {
        if let Some(value) = condition().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain until {what}");
}
