//! Generic plans made on empty tables once chose sequential scans and cost a hundred times more later.

use mall_persistence::sqlx::{self, AssertSqlSafe, Row};

use crate::core;

/// Each hot statement, prepared as the pool would have it, on an empty and freshly analyzed database.
#[tokio::test]
async fn no_hot_statement_scans_a_table_that_grows() {
    let database = core().await;
    sqlx::query("analyze").execute(database.pool()).await.expect("analyzed");
    let hot = [
        (
            "uuid[]",
            "select stream_id, version, payload from events where kind = 'toy' and stream_id = any($1) order by stream_id, version",
            "'{}'",
        ),
        ("int8", "select seq, payload from outbox where seq > $1 order by seq limit 1000", "1"),
        (
            "uuid[]",
            "select o.reply from unnest($1) c(saga_id), lateral (select * from outcomes o where o.saga_id = c.saga_id and o.saga = 's' and o.step = 1 and o.direction = 0 and o.round = 0 offset 0) o",
            "'{}'",
        ),
        (
            "text[]",
            "select i.seq from unnest($1) p(topic), lateral (select * from inbox i where i.consumer = 'c' and i.topic = p.topic and i.partition = 1 offset 0) i",
            "'{}'",
        ),
    ];
    for (number, (kind, statement, argument)) in hot.into_iter().enumerate() {
        let mut connection = database.pool().acquire().await.expect("a connection");
        for text in [format!("prepare hot_{number}({kind}) as {statement}")] {
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await.expect("prepared");
        }
        let explain = AssertSqlSafe(format!("explain execute hot_{number}({argument})"));
        let rows = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.expect("explained");
        let plan: Vec<String> = rows.iter().map(|row| row.get::<String, _>(0)).collect();
        let plan = plan.join("\n");
        assert!(!plan.contains("Seq Scan"), "{statement}\n{plan}");
        assert!(plan.contains("Index Cond"), "{statement}\n{plan}");
    }
}
