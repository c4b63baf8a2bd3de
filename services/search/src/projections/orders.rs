//! The table of orders, and the search in it.

use mall_domain::{AggregateId, Currency, Money};
use mall_persistence::{Database, Error, Projection, latest_by_key};
use mall_service::page::Page;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Postgres, Row};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::domain::{CustomerId, Filters, Item, NewOrder, Order, OrderId, Status};

pub struct Orders;

/// What has become of an order.
#[derive(Clone, Debug)]
pub enum OrderChange {
    Created { version: i64, order: NewOrder },
    Moved { version: i64, id: OrderId, status: Status },
}

impl Projection for Orders {
    type Input = OrderChange;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&OrderChange]) -> Result<(), sqlx::Error> {
        let mut created = Vec::new();
        let mut moved = Vec::new();
        for input in inputs {
            match input {
                OrderChange::Created { version, order } => created.push((*version, order)),
                OrderChange::Moved { version, id, status } => moved.push((*version, *id, *status)),
            }
        }
        insert(connection, &created).await?;
        update(connection, &moved).await
    }
}

async fn insert(connection: &mut PgConnection, created: &[(i64, &NewOrder)]) -> Result<(), sqlx::Error> {
    if created.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into orders (order_id, version, customer_id, status, created_at, total, currency, items,
                             store_ids, product_ids)
         select o.order_id, o.version, o.customer_id, 'pending', o.created_at, o.total, o.currency, o.items,
                array(select distinct (item ->> 'store_id')::uuid from jsonb_array_elements(o.items) item),
                array(select distinct (item ->> 'product_id')::uuid from jsonb_array_elements(o.items) item)
         from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::timestamptz[], $5::int8[], $6::text[], $7::jsonb[])
                  o(order_id, version, customer_id, created_at, total, currency, items)
         on conflict (order_id) do nothing",
    )
    .bind(created.iter().map(|(_, order)| order.id.uuid()).collect::<Vec<_>>())
    .bind(created.iter().map(|(version, _)| *version).collect::<Vec<_>>())
    .bind(created.iter().map(|(_, order)| order.customer_id.uuid()).collect::<Vec<_>>())
    .bind(created.iter().map(|(_, order)| order.created_at).collect::<Vec<_>>())
    .bind(created.iter().map(|(_, order)| order.total.minor).collect::<Vec<_>>())
    .bind(created.iter().map(|(_, order)| order.total.currency.to_string()).collect::<Vec<_>>())
    .bind(created.iter().map(|(_, order)| Json(&order.items)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, moved: &[(i64, OrderId, Status)]) -> Result<(), sqlx::Error> {
    if moved.is_empty() {
        return Ok(());
    }
    let moved: Vec<&(i64, OrderId, Status)> = moved.iter().collect();
    let rows = latest_by_key(&moved, |(_, id, _)| *id);
    sqlx::query(
        "update orders o set version = m.version, status = m.status
         from unnest($1::uuid[], $2::int8[], $3::text[]) m(order_id, version, status)
         where o.order_id = m.order_id and o.version < m.version",
    )
    .bind(rows.iter().map(|(_, id, _)| id.uuid()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(version, _, _)| *version).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, _, status)| status.as_str()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

impl FromRow<'_, PgRow> for Order {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
        let currency = Currency::parse(row.try_get("currency")?).map_err(|error| decode(error.into()))?;
        let Json(items): Json<Vec<Item>> = row.try_get("items")?;
        Ok(Self {
            id: OrderId::from(row.try_get::<Uuid, _>("order_id")?),
            customer_id: CustomerId::from(row.try_get::<Uuid, _>("customer_id")?),
            customer_name: String::new(),
            items,
            total: Money::new(currency, row.try_get("total")?),
            status: Status::parse(row.try_get("status")?).map_err(|error| decode(error.into()))?,
            created_at: row.try_get("created_at")?,
        })
    }
}

pub async fn by_id(database: &Database, id: OrderId) -> Result<Option<Order>, Error> {
    let order = sqlx::query_as(
        "select order_id, customer_id, items, total, currency, status, created_at from orders where order_id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(database.pool())
    .await?;
    Ok(order)
}

/// A page of the newest orders. They are read in the order of the index `orders_newest`, which begins at the last
/// order of the page before and ends at the oldest that is asked for; the other filters are tested row by row.
pub async fn newest(database: &Database, filters: &Filters, page: &Page) -> Result<Vec<Order>, Error> {
    let query = sqlx::query_as(
        "select order_id, customer_id, items, total, currency, status, created_at
         from orders
         where (created_at, order_id) < (coalesce((select created_at from orders where order_id = $1), $2),
                                         coalesce($1, '00000000-0000-0000-0000-000000000000'))
           and created_at >= $3
           and total between $4 and $5
           and ($6::text is null or status = $6)
           and (cardinality($7::uuid[]) = 0 or store_ids && $7)
           and (cardinality($8::uuid[]) = 0 or product_ids && $8)
         order by created_at desc, order_id desc
         limit $9",
    );
    Ok(bind(query, filters, page).fetch_all(database.pool()).await?)
}

/// The same for one customer, in the order of the index `orders_newest_of_customer`.
pub async fn newest_of_customer(
    database: &Database,
    customer: CustomerId,
    filters: &Filters,
    page: &Page,
) -> Result<Vec<Order>, Error> {
    let query = sqlx::query_as(
        "select order_id, customer_id, items, total, currency, status, created_at
         from orders
         where customer_id = $10
           and (created_at, order_id) < (coalesce((select created_at from orders where order_id = $1), $2),
                                         coalesce($1, '00000000-0000-0000-0000-000000000000'))
           and created_at >= $3
           and total between $4 and $5
           and ($6::text is null or status = $6)
           and (cardinality($7::uuid[]) = 0 or store_ids && $7)
           and (cardinality($8::uuid[]) = 0 or product_ids && $8)
         order by created_at desc, order_id desc
         limit $9",
    );
    Ok(bind(query, filters, page).bind(customer.uuid()).fetch_all(database.pool()).await?)
}

type Query<'q> = QueryAs<'q, Postgres, Order, PgArguments>;

/// Binds $1 to $9. A filter that is not given becomes one that everything passes, so that the index is used with it
/// and without it.
fn bind<'q>(query: Query<'q>, filters: &Filters, page: &Page) -> Query<'q> {
    let before = filters.before.map_or(datetime!(9999-12-31 23:59:59 UTC), to_stored_precision);
    let after = filters.after.map_or(datetime!(0001-01-01 00:00:00 UTC), to_stored_precision);
    query
        .bind(page.after)
        .bind(before)
        .bind(after)
        .bind(filters.min_total.map_or(i64::MIN, |total| total.minor))
        .bind(filters.max_total.map_or(i64::MAX, |total| total.minor))
        .bind(filters.status.map(Status::as_str))
        .bind(filters.stores.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .bind(filters.products.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .bind(page.size)
}

/// Times are stored in whole microseconds. Rounded up, a limit between two of them keeps its meaning: what was not
/// before it is not, and what was is.
fn to_stored_precision(limit: OffsetDateTime) -> OffsetDateTime {
    match limit.nanosecond() % 1_000 {
        0 => limit,
        over => limit.saturating_add(Duration::nanoseconds(i64::from(1_000 - over))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_rounded_up_to_a_whole_microsecond() {
        let whole = datetime!(2025-01-01 12:00:00.000_001 UTC);
        assert_eq!(to_stored_precision(whole), whole);
        assert_eq!(to_stored_precision(datetime!(2025-01-01 12:00:00.000_000_001 UTC)), whole);
        assert_eq!(to_stored_precision(datetime!(2025-01-01 12:00:00.000_000_999 UTC)), whole);
    }
}
