//! Services under roles that own nothing: `<service> migrate` makes the schema, the service only uses it.

use std::{path::Path, process::Command};

use mall_cli::{Fleet, FleetOptions, fleet::with_database, rest::Rest, servers::PrivateServers};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::mall::{People, SERVICES, turn};

const ROLE: &str = "application";

/// Makes the role and the nine databases, and lets each service's own binary make its schema.
async fn migrate_all(options: &FleetOptions, owner: &str) {
    let mut server = PgConnection::connect(owner).await.expect("the server answers");
    let role = format!("create role {ROLE} login");
    sqlx::query(AssertSqlSafe(role)).execute(&mut server).await.expect("a new role");
    for service in SERVICES {
        let name = format!("{}{service}", options.database_prefix);
        // Names of our own making: DDL takes no parameters.
        let database = AssertSqlSafe(format!("create database {name}"));
        sqlx::query(database).execute(&mut server).await.expect("a new database");
        let mut migrate = Command::new(options.binaries.join(service));
        migrate.arg("migrate").env("MALL__DATABASE__URL", with_database(owner, &name));
        let status = migrate.env("MALL__DATABASE__APPLICATION_ROLE", ROLE).status().expect("the service starts");
        assert!(status.success(), "{service} migrate: {status}");
    }
    server.close().await.expect("the connection closes");
}

#[tokio::test]
async fn an_order_is_completed_by_services_that_own_no_table() {
    let _turn = turn().await;
    let servers = PrivateServers::start(true).await.expect("PostgreSQL and Kafka start");
    let owner = servers.postgres.url();
    let (_, address) = owner.split_once('@').expect("a URL names its user");
    let kafka = servers.kafka.as_ref().expect("it was asked for").bootstrap();
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mall-roles");
    let application = format!("postgres://{ROLE}@{address}");
    let mut options = FleetOptions::new(&state, &application, &kafka).expect("there are free ports");
    options.run = servers.state().join("run/roles");
    options.environment = vec![("MALL__DATABASE__MIGRATE".to_owned(), "false".to_owned())];
    migrate_all(&options, &owner).await;
    let fleet = Box::pin(Fleet::launch(options)).await.expect("the fleet becomes ready");

    let people = People::new(Rest::new(fleet.rest_url()));
    let store = people.open_store("Roles").await;
    let product = people.add_product(&store, "Tea", 1_250).await;
    let customer = people.register("Ada").await;
    let payment = people.authorize(&customer, 2_500).await;
    let basket = people.start_basket(&customer).await;
    people.add_item(&basket, &product, 2).await;
    let order = people.check_out(&basket, &payment).await;
    people.see_order(&order, "approved").await;
    people.collect(&order).await;
    people.see_order(&order, "ready").await;
    let invoice = format!("/api/payments/invoices/{order}");
    people.see(&invoice, "invoice", "pending").await;
    people.put(&format!("{invoice}/pay"), serde_json::json!({})).await;
    people.see_order(&order, "completed").await;
}
