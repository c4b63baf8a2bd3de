//! Whether an order costs more when there were many before it. The past is made of copies: every order that the bench
//! has placed so far, many times over, under ids of its own, in every table that keeps one.

use std::time::Duration;

use mall_proto::topology::SERVICES;
use sqlx::AssertSqlSafe;

use super::{
    Failed,
    load::{self, Step},
    orders::Mall,
    rig::Rig,
};

const EVENTS: &str = "insert into events (kind, stream_id, version, schema_version, payload, metadata, recorded_at) \
    select kind, md5(stream_id::text || n)::uuid, version, schema_version, payload, metadata, recorded_at \
    from events, generate_series(1, {copies}) n";
const OUTCOMES: &str = "insert into outcomes (saga, saga_id, step, direction, round, reply, recorded_at) \
    select saga, md5(saga_id::text || n)::uuid, step, direction, round, reply, recorded_at \
    from outcomes, generate_series(1, {copies}) n";
/// Tables of one service's own: which, how the copies differ, and which rows are copied.
const OWN: [(&str, &str, &str, &str); 5] = [
    ("cosec", "sagas", "'id', md5(t.id::text || n)", "t.status = 'completed'"),
    ("search", "orders", "'order_id', md5(t.order_id::text || n)", "true"),
    ("depot", "lists", "'id', md5(t.id::text || n), 'status', 'completed', 'available_at', null", "true"),
    (
        "notifications",
        "texts",
        "'order_id', md5(t.order_id::text || n), 'text_id', md5(t.text_id::text || n)",
        "t.state = 'sent'",
    ),
    ("baskets", "payments", "'payment_id', md5(t.payment_id::text || n)", "true"),
];

/// The same load before and after.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) orders_before: usize,
    pub(super) orders: usize,
    pub(super) after: Step,
}

/// Makes a past of about `orders` orders, and lets `rate` orders a second come as they came before.
pub(super) async fn measure(
    rig: &Rig,
    mall: &Mall,
    orders: usize,
    (rate, length): (usize, Duration),
) -> Result<History, Failed> {
    let orders_before = count_orders(rig).await?;
    let copies = orders.div_ceil(orders_before.max(1)).to_string();
    for service in SERVICES {
        let database = rig.pool_of(service.name)?;
        let own = OWN.iter().filter(|(name, ..)| *name == service.name).map(|(_, table, differ, which)| {
            format!(
                "insert into {table} select copy.* from {table} t, generate_series(1, {{copies}}) n, \
                 lateral jsonb_populate_record(t, jsonb_build_object({differ})) copy where {which}"
            )
        });
        for statement in [EVENTS, OUTCOMES].map(str::to_owned).into_iter().chain(own) {
            sqlx::raw_sql(AssertSqlSafe(statement.replace("{copies}", &copies))).execute(&database).await?;
        }
        sqlx::raw_sql("vacuum analyze").execute(&database).await?;
    }
    sqlx::raw_sql("checkpoint").execute(&rig.server).await?;
    let orders = count_orders(rig).await?;
    Ok(History { orders_before, orders, after: load::step(rig, mall, rate, length).await? })
}

async fn count_orders(rig: &Rig) -> Result<usize, Failed> {
    let count: i64 = sqlx::query_scalar("select count(*) from events where kind = 'ordering.Order' and version = 1")
        .fetch_one(&rig.ordering)
        .await?;
    Ok(usize::try_from(count)?)
}
