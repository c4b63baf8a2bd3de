//! The schema: made by its owner, used by the application.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgPool;

use crate::{Database, Error};

/// Core migrations have a table of their own: two sets in one would each miss the other's.
const CORE: &str = "core_migrations";
const OWN: &str = "_sqlx_migrations";

fn core() -> Migrator {
    let mut core = sqlx::migrate!("./migrations");
    core.dangerous_set_table_name(CORE);
    core
}

impl Database {
    /// Creates or updates the core's tables, then the service's own.
    pub async fn migrate(&self, own: &Migrator) -> Result<(), MigrateError> {
        core().run(self.pool()).await?;
        own.run(self.pool()).await
    }

    /// Whether every migration that this program knows has been run, by whomever.
    pub async fn is_migrated(&self, own: &Migrator) -> Result<bool, Error> {
        let ran_core = "select version from core_migrations where version = any($1) and success";
        let ran_own = "select version from _sqlx_migrations where version = any($1) and success";
        Ok(has_run(self.pool(), CORE, ran_core, &core()).await? && has_run(self.pool(), OWN, ran_own, own).await?)
    }

    /// Lets `role` do what a service does, and no more: facts and messages are only ever added, tables only used.
    pub async fn grant_to(&self, role: &str) -> Result<(), Error> {
        let mut transaction = self.pool().begin().await?;
        let schema: String = sqlx::query_scalar("select current_schema()::text").fetch_one(&mut *transaction).await?;
        let [role, schema] = [role, schema.as_str()].map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
        // What is granted on the outbox holds for what is written through it: its partitions need nothing.
        let partitions: Vec<String> =
            sqlx::query_scalar("select inhrelid::regclass::text from pg_inherits where inhparent = 'outbox'::regclass")
                .fetch_all(&mut *transaction)
                .await?;
        // DDL takes no parameters; the names are quoted.
        for statement in [
            format!("grant usage on schema {schema} to {role}"),
            format!("grant select, insert, update, delete on all tables in schema {schema} to {role}"),
            format!("revoke update, delete on events, outbox from {role}"),
            format!("revoke all on {} from {role}", partitions.join(", ")),
            format!("revoke insert, delete on relay from {role}"),
            format!("revoke insert, update, delete on {CORE}, {OWN} from {role}"),
            format!("grant execute on function make_outbox_partition(bigint) to {role}"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// A database in which nothing has run has no table that says so.
async fn has_run(
    pool: &PgPool,
    table: &'static str,
    ran: &'static str,
    wanted: &Migrator,
) -> Result<bool, sqlx::Error> {
    let versions: BTreeSet<i64> = wanted.iter().map(|migration| migration.version).collect();
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null").bind(table).fetch_one(pool).await?;
    if !exists {
        return Ok(versions.is_empty());
    }
    let wanted: Vec<i64> = versions.iter().copied().collect();
    let found: Vec<i64> = sqlx::query_scalar(ran).bind(wanted).fetch_all(pool).await?;
    Ok(found.len() == versions.len())
}
