//! Whether statements find their rows by an index. On an empty, freshly analyzed database all plans cost the same, and
//! they stay for as long as a connection does: every statement must be good even so.

use mall_persistence::Database;
use mall_persistence::sqlx::postgres::{PgConnection, PgRow};
use mall_persistence::sqlx::{self, AssertSqlSafe, Row};
use serde_json::Value;

/// Has the server count the rows of all tables: none, in a fresh database.
pub async fn analyze(database: &Database) {
    sqlx::query("analyze").execute(database.pool()).await.expect("the server analyzes");
}

/// The statements that the pool's connections have prepared, without those of this kit and of the migrations; and what
/// is wrong with their plans.
pub async fn explain_prepared(database: &Database) -> (Vec<String>, Vec<String>) {
    let (mut explained, mut complaints) = (Vec::new(), Vec::new());
    let mut connections = Vec::new();
    // All of them, new ones too: each old one is then surely among them.
    for _ in 0..database.pool().options().get_max_connections() {
        connections.push(database.pool().acquire().await.expect("nobody else is at work"));
    }
    for connection in &mut connections {
        for (name, statement, parameters) in prepared(connection).await {
            complaints.extend(complain(connection, &name, &statement, parameters).await);
            explained.push(statement);
        }
    }
    (explained, complaints)
}

/// What is wrong with the plan of a statement as a program's text has it.
pub async fn explain(connection: &mut PgConnection, statement: &str) -> Vec<String> {
    let prepare = format!("prepare explained as {statement}");
    let prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await;
    prepared.unwrap_or_else(|error| panic!("{statement}: {error}"));
    let parameters: i32 =
        sqlx::query_scalar("select cardinality(parameter_types) from pg_prepared_statements where name = 'explained'")
            .persistent(false)
            .fetch_one(&mut *connection)
            .await
            .expect("it was prepared just now");
    let complaints = complain(connection, "explained", statement, parameters).await;
    sqlx::raw_sql("deallocate explained").execute(connection).await.expect("it was prepared just now");
    complaints
}

async fn prepared(connection: &mut PgConnection) -> Vec<(String, String, i32)> {
    sqlx::query_as(
        "select name, statement, cardinality(parameter_types) from pg_prepared_statements
         where statement ~* '^(with|select|insert|update|delete)' and statement !~ 'pg_|_migrations|cause from parked'",
    )
    .fetch_all(connection)
    .await
    .expect("a connection knows its statements")
}

async fn complain(connection: &mut PgConnection, name: &str, statement: &str, parameters: i32) -> Vec<String> {
    let nulls = vec!["null"; usize::try_from(parameters).expect("not below zero")].join(", ");
    let arguments = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
    let explain = format!("explain (format json) execute {name}{arguments}");
    let row: PgRow = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_one(&mut *connection).await.expect("a plan");
    let plan: Value = row.try_get(0).expect("JSON");
    let (mut scans, mut complaints) = (Vec::new(), Vec::new());
    collect(&plan[0]["Plan"], false, &mut scans, &mut complaints);
    for scan in scans {
        if !leads(connection, scan).await {
            complaints.push(scan);
        }
    }
    complaints.iter().map(|node| format!("{statement}\n{node:#}")).collect()
}

/// Every node that reads a table; and every sort that reads rows of a table only to throw most of them away.
fn collect<'p>(node: &'p Value, limited: bool, scans: &mut Vec<&'p Value>, sorts: &mut Vec<&'p Value>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let is_table = node["Relation Name"].as_str().is_some_and(|table| !table.starts_with("pg_"));
    if is_table && kind.ends_with("Scan") {
        scans.push(node);
    }
    if limited && kind.ends_with("Sort") {
        sorts.push(node);
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect(child, kind == "Limit", scans, sorts);
    }
}

/// Whether the scan is one of an index, limited by its leading column, and reads no entries only to drop them by another
/// column of the index; or the index is one of few rows to begin with, such as those of open sagas.
async fn leads(connection: &mut PgConnection, scan: &Value) -> bool {
    let Some(index) = scan["Index Name"].as_str() else { return false };
    let (columns, is_partial): (Vec<String>, bool) = sqlx::query_as(
        "select array(select pg_get_indexdef(indexrelid, number, true) from generate_series(1, indnkeyatts) number),
                indpred is not null
         from pg_index where indexrelid = $1::text::regclass",
    )
    .bind(index)
    .fetch_one(connection)
    .await
    .expect("the index is there");
    let text = |of: &str| scan[of].as_str().unwrap_or_default().to_owned();
    let (condition, dropped) = (text("Index Cond"), text("Filter"));
    let names =
        |text: &str, column: &String| text.contains(&format!("({column} ")) || text.contains(&format!("ROW({column},"));
    is_partial || (names(&condition, &columns[0]) && !columns.iter().any(|column| names(&dropped, column)))
}
