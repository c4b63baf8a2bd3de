//! The unit of work and the outbox on a real server.

mod gap_rule;
mod inbox;
mod outbox;
mod outcomes;
mod plans;
mod projections;
mod roles;
mod vanished;
mod work;

use mall_persistence::sqlx::migrate::Migrator;
use mall_persistence::{Context, Database, Work};

pub(crate) static NO_TABLES: Migrator = Migrator::DEFAULT;

/// A fresh database with the core's tables only.
pub(crate) async fn core() -> Database {
    mall_testkit::database("toy", &NO_TABLES).await
}

pub(crate) fn begin(database: &Database) -> Work {
    database.begin(Context::begin())
}
