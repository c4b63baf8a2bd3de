//! On an empty, freshly analyzed database all plans cost the same, and they stay for as long as a connection does.
//! Every statement must find its rows by the leading column of an index even so.

use mall_messaging::event;
use mall_persistence::Database;
use mall_persistence::sqlx::postgres::{PgConnection, PgRow};
use mall_persistence::sqlx::{self, AssertSqlSafe, Row};
use mall_proto::customers::v1::CustomerRegistered;
use mall_proto::ordering::v1::OrderApproved;
use mall_proto::search::v1::{Filters, SearchOrdersRequest};
use serde_json::Value;

use crate::{customer_id, deliver, found, get, order, order_id, product_id, start};

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let (shop, mut client) = start().await;
    sqlx::query("analyze").execute(shop.database().pool()).await.expect("the database is empty");

    deliver(&shop, &order(1, 10_00)).await;
    let approved = OrderApproved { id: order_id(1), ..OrderApproved::default() };
    shop.deliver_version(event(order_id(1), &approved), 2).await;
    let registered = CustomerRegistered { id: customer_id(1), ..CustomerRegistered::default() };
    shop.deliver(event(customer_id(1), &registered)).await;
    get(&mut client, 1).await.expect("it was created");
    found(&mut client, Filters::default()).await;
    found(&mut client, Filters { customer_id: customer_id(1), ..Filters::default() }).await;
    found(&mut client, Filters { product_ids: vec![product_id(1)], ..Filters::default() }).await;
    client.search_orders(SearchOrdersRequest::default()).await.expect("everything");

    let (explained, complaints) = explain_all(shop.database()).await;
    for table in [
        "insert into orders",
        "insert into contents",
        "insert into names",
        "from names",
        "where customer_id = $10",
        "from contents",
        "order_id = $1",
    ] {
        assert!(explained.iter().any(|statement| statement.contains(table)), "nothing was prepared with {table}");
    }
    assert_eq!(complaints, Vec::<String>::new());
}

/// The statements that the pool's connections have prepared, without those of this kit and of the migrations; and what
/// is wrong with their plans.
async fn explain_all(database: &Database) -> (Vec<String>, Vec<String>) {
    let (mut explained, mut complaints) = (Vec::new(), Vec::new());
    let mut connections = Vec::new();
    // All of them, new ones too: each old one is then surely among them.
    for _ in 0..database.pool().options().get_max_connections() {
        connections.push(database.pool().acquire().await.expect("nobody else is at work"));
    }
    for connection in &mut connections {
        for (name, statement, parameters) in prepared(connection).await {
            let plan = explain(connection, &name, parameters).await;
            let mut scans = Vec::new();
            collect_scans(&plan[0]["Plan"], &mut scans);
            for scan in scans {
                if !leads(connection, &scan).await {
                    complaints.push(format!("{statement}\n{scan:#}"));
                }
            }
            explained.push(statement);
        }
    }
    (explained, complaints)
}

async fn prepared(connection: &mut PgConnection) -> Vec<(String, String, usize)> {
    let statements: Vec<(String, String, i32)> = sqlx::query_as(
        "select name, statement, cardinality(parameter_types) from pg_prepared_statements
         where statement ~* '^(with|select|insert|update|delete)' and statement !~ 'pg_|_migrations|cause from parked'",
    )
    .fetch_all(connection)
    .await
    .expect("a connection knows its statements");
    let count = |number| usize::try_from(number).expect("not below zero");
    statements.into_iter().map(|(name, statement, parameters)| (name, statement, count(parameters))).collect()
}

async fn explain(connection: &mut PgConnection, name: &str, parameters: usize) -> Value {
    let nulls = vec!["null"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!("({nulls})") };
    let explain = format!("explain (format json) execute {name}{arguments}");
    let row: PgRow = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_one(connection).await.expect("a plan");
    row.try_get::<Value, _>(0).expect("JSON")
}

/// Every node that reads a table.
fn collect_scans(node: &Value, scans: &mut Vec<Value>) {
    if node["Relation Name"].is_string() && node["Node Type"].as_str().is_some_and(|kind| kind.ends_with("Scan")) {
        scans.push(node.clone());
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect_scans(child, scans);
    }
}

/// Whether the scan is one of an index, and limited by its leading column.
async fn leads(connection: &mut PgConnection, scan: &Value) -> bool {
    let (Some(index), Some(condition)) = (scan["Index Name"].as_str(), scan["Index Cond"].as_str()) else {
        return false;
    };
    let column: String = sqlx::query_scalar("select pg_get_indexdef($1::text::regclass, 1, true)")
        .bind(index)
        .fetch_one(connection)
        .await
        .expect("the index is there");
    condition.contains(&format!("({column} ")) || condition.contains(&format!("ROW({column},"))
}
