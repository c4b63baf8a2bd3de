//! Counting what a database was asked to do.

use mall_persistence::Database;
use mall_persistence::sqlx::{self, Connection, PgConnection};

use crate::databases::postgres_url;

/// Statements since the last reset, of one database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statements {
    /// Every statement: each is one round trip.
    pub calls: i64,
    /// The texts, cut to 60 characters, with how often each ran.
    pub texts: Vec<(String, i64)>,
}

/// Forgets what `database` was asked so far.
pub async fn reset_statements(database: &Database) {
    let mut server = server().await;
    sqlx::query("select pg_stat_statements_reset(0, (select oid from pg_database where datname = $1), 0)")
        .bind(name(database))
        .execute(&mut server)
        .await
        .expect("statements are counted");
}

/// What `database` was asked since.
pub async fn statements(database: &Database) -> Statements {
    let mut server = server().await;
    let texts: Vec<(String, i64)> = sqlx::query_as(
        "select left(query, 60), calls from pg_stat_statements
         where dbid = (select oid from pg_database where datname = $1) order by query",
    )
    .bind(name(database))
    .fetch_all(&mut server)
    .await
    .expect("statements are counted");
    Statements { calls: texts.iter().map(|(_, calls)| calls).sum(), texts }
}

async fn server() -> PgConnection {
    let mut connection = PgConnection::connect(&postgres_url()).await.expect("the test server answers");
    sqlx::query("create extension if not exists pg_stat_statements")
        .execute(&mut connection)
        .await
        .expect("the extension");
    connection
}

fn name(database: &Database) -> String {
    let options = database.pool().connect_options();
    options.get_database().unwrap_or_default().to_owned()
}
