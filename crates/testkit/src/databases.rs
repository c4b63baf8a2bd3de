//! A database per test, copied from a template that is migrated once per test binary.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use mall_persistence::sqlx::{self, AssertSqlSafe, Connection, PgConnection, migrate::Migrator};
use mall_persistence::{Database, DatabaseOptions};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Templates that exist, by service.
static TEMPLATES: LazyLock<Mutex<HashMap<&'static str, String>>> = LazyLock::new(|| Mutex::new(HashMap::new()));

/// The URL of the test server's `postgres` database.
pub fn postgres_url() -> String {
    variable("MALL_TEST_POSTGRES")
}

/// The folder of this run's servers: a process whose number is in a file below its `run` does not outlive it for long.
pub fn servers_state() -> PathBuf {
    variable("MALL_TEST_STATE").into()
}

/// The test broker.
pub fn kafka_bootstrap() -> String {
    variable("MALL_TEST_KAFKA")
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where their servers are")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `make test`, or `mall with-servers -- cargo test -p <crate>`")
    })
}

/// Options for a fresh database with the tables of `migrate`, which runs once per test binary.
pub async fn options<F>(service: &'static str, migrate: impl FnOnce(DatabaseOptions) -> F) -> DatabaseOptions
where
    F: Future<Output = ()>,
{
    let mut templates = TEMPLATES.lock().await;
    if !templates.contains_key(service) {
        let template = format!("template_{service}_{}", Uuid::now_v7().simple());
        run_on_server(format!("create database {template}")).await;
        migrate(named(service, &template)).await;
        templates.insert(service, template);
    }
    let name = format!("test_{service}_{}", Uuid::now_v7().simple());
    // Under the lock: a template can be copied by one at a time.
    run_on_server(format!("create database {name} template {}", templates[service])).await;
    named(service, &name)
}

/// A fresh database with the core's tables and those of `own`.
pub async fn database(service: &'static str, own: &'static Migrator) -> Database {
    let options = options(service, |template| async move {
        let database = Database::new(&template).expect("our own URL");
        database.migrate(own).await.expect("the migrations run");
        database.pool().close().await;
    })
    .await;
    Database::new(&options).expect("our own URL")
}

/// Options for another handle on this database.
pub fn options_of(database: &Database) -> DatabaseOptions {
    let connect = database.pool().connect_options();
    named(database.service(), connect.get_database().expect("tests have named databases"))
}

fn named(service: &'static str, database: &str) -> DatabaseOptions {
    let server = postgres_url();
    let (base, _) = server.rsplit_once('/').expect("a URL ends in a database");
    DatabaseOptions { url: format!("{base}/{database}"), service, connections: 8 }
}

async fn run_on_server(statement: String) {
    let mut connection = PgConnection::connect(&postgres_url()).await.expect("the test server answers");
    // Names of our own making: DDL takes no parameters.
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.expect("the test server makes a database");
    connection.close().await.expect("the connection closes");
}
