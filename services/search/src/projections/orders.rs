//! The tables of orders and of what they contain, and the search in them.

use std::collections::{BTreeMap, BTreeSet};

use mall_domain::{AggregateId, Currency, Money};
use mall_persistence::{Database, Error, Projection};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};
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

/// What a batch changes in one row; what only an order's beginning says is `None` later.
#[derive(Default)]
struct Change<'a> {
    version: i64,
    status: Option<Status>,
    created: Option<&'a NewOrder>,
}

impl<'a> Change<'a> {
    fn add(&mut self, change: &'a OrderChange) {
        match change {
            OrderChange::Created { version, order } => {
                *self = Self { version: *version, status: Some(Status::Pending), created: Some(order) };
            }
            OrderChange::Moved { version, status, .. } => {
                self.version = *version;
                self.status = Some(*status);
            }
        }
    }
}

impl OrderChange {
    fn id(&self) -> OrderId {
        match self {
            Self::Created { order, .. } => order.id,
            Self::Moved { id, .. } => *id,
        }
    }
}

impl Projection for Orders {
    type Input = OrderChange;

    /// An upsert, not an update: a generic plan for `update .. from unnest(..)` reads the whole table.
    async fn project(&self, connection: &mut PgConnection, inputs: &[&OrderChange]) -> Result<(), sqlx::Error> {
        let mut rows: BTreeMap<Uuid, Change<'_>> = BTreeMap::new();
        for input in inputs {
            rows.entry(input.id().uuid()).or_default().add(input);
        }
        let created = || rows.values().map(|row| row.created);
        sqlx::query(
            "insert into orders (order_id, version, status, customer_id, created_at, total, currency, items,
                                 store_ids, product_ids)
             select c.order_id, c.version, c.status, coalesce(o.customer_id, c.customer_id),
                    coalesce(o.created_at, c.created_at), coalesce(o.total, c.total), coalesce(o.currency, c.currency),
                    coalesce(o.items, c.items),
                    coalesce(o.store_ids, array(select distinct (item ->> 'store_id')::uuid
                                                from jsonb_array_elements(c.items) item)),
                    coalesce(o.product_ids, array(select distinct (item ->> 'product_id')::uuid
                                                  from jsonb_array_elements(c.items) item))
             from unnest($1::uuid[], $2::int8[], $3::text[], $4::uuid[], $5::timestamptz[], $6::int8[], $7::text[],
                         $8::jsonb[])
                      c(order_id, version, status, customer_id, created_at, total, currency, items)
                  left join lateral (select * from orders where order_id = c.order_id offset 0) o on true
             on conflict (order_id) do update set version = excluded.version, status = excluded.status
             where excluded.version > orders.version",
        )
        .bind(rows.keys().copied().collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.status.map(Status::as_str)).collect::<Vec<_>>())
        .bind(created().map(|order| order.map(|order| order.customer_id.uuid())).collect::<Vec<_>>())
        .bind(created().map(|order| order.map(|order| order.created_at)).collect::<Vec<_>>())
        .bind(created().map(|order| order.map(|order| order.total.minor)).collect::<Vec<_>>())
        .bind(created().map(|order| order.map(|order| order.total.currency.to_string())).collect::<Vec<_>>())
        .bind(created().map(|order| order.map(|order| Json(&order.items))).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await?;
        let new: Vec<&NewOrder> = rows.values().filter_map(|row| row.created).collect();
        list_contents(connection, &new).await
    }
}

/// What is in an order never changes, so a repeat finds it listed.
async fn list_contents(connection: &mut PgConnection, orders: &[&NewOrder]) -> Result<(), sqlx::Error> {
    let mut rows: BTreeSet<(Uuid, OffsetDateTime, Uuid)> = BTreeSet::new();
    for order in orders {
        let things = order.items.iter().flat_map(|item| [item.store_id.uuid(), item.product_id.uuid()]);
        rows.extend(things.map(|thing| (thing, order.created_at, order.id.uuid())));
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into contents (thing_id, created_at, order_id)
         select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[])
         on conflict do nothing",
    )
    .bind(rows.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.1).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.2).collect::<Vec<_>>())
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

/// Up to `limit` of the newest orders that come after the order `after`.
///
/// They are read in the order of an index, from the last order of the page before to the oldest that is asked for, and
/// the other filters are tested row by row. A filter that is not given becomes one that everything passes, so that
/// the index is used with it and without it. The index is the one of which the fewest entries have to be read: a customer
/// has few orders, a product is in few, a store in more, and all the others are tested one by one.
pub async fn newest(
    database: &Database,
    filters: &Filters,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Order>, Error> {
    let stores: Vec<Uuid> = filters.stores.iter().map(|id| id.uuid()).collect();
    let products: Vec<Uuid> = filters.products.iter().map(|id| id.uuid()).collect();
    let things = if products.is_empty() { stores.clone() } else { products.clone() };
    let query = sqlx::query_as(match filters.customer {
        Some(_) => NEWEST_OF_CUSTOMER,
        None if things.is_empty() => NEWEST,
        None => NEWEST_WITH,
    });
    let query = query
        .bind(after)
        .bind(filters.before.map_or(datetime!(9999-12-31 23:59:59 UTC), to_stored_precision))
        .bind(filters.after.map_or(datetime!(0001-01-01 00:00:00 UTC), to_stored_precision))
        .bind(filters.min_total.map_or(i64::MIN, |total| total.minor))
        .bind(filters.max_total.map_or(i64::MAX, |total| total.minor))
        .bind(filters.status.map(Status::as_str))
        .bind(stores)
        .bind(products)
        .bind(limit);
    let query = match filters.customer {
        Some(customer) => query.bind(customer.uuid()),
        None if things.is_empty() => query,
        None => query.bind(things),
    };
    Ok(query.fetch_all(database.pool()).await?)
}

/// Reads the index `orders_newest`.
const NEWEST: &str = "select order_id, customer_id, items, total, currency, status, created_at
         from orders
         where (created_at, order_id) < (coalesce((select created_at from orders where order_id = $1), $2),
                                         coalesce($1, '00000000-0000-0000-0000-000000000000'))
           and created_at >= $3
           and passes(orders, $4, $5, $6, $7, $8)
         order by created_at desc, order_id desc
         limit $9";

/// Reads the index `orders_newest_of_customer`.
const NEWEST_OF_CUSTOMER: &str = "select order_id, customer_id, items, total, currency, status, created_at
         from orders
         where customer_id = $10
           and (created_at, order_id) < (coalesce((select created_at from orders where order_id = $1), $2),
                                         coalesce($1, '00000000-0000-0000-0000-000000000000'))
           and created_at >= $3
           and passes(orders, $4, $5, $6, $7, $8)
         order by created_at desc, order_id desc
         limit $9";

/// Reads `contents_pkey` once for each of the things, and `orders` only for those that have one of them. An order that
/// has two is found twice.
const NEWEST_WITH: &str = "select distinct on (created_at, order_id)
                order_id, customer_id, items, total, currency, status, created_at
         from unnest($10::uuid[]) thing(id)
              cross join lateral (
                  select o.*
                  from contents c
                       cross join lateral (select * from orders where order_id = c.order_id
                                           and passes(orders, $4, $5, $6, $7, $8) offset 0) o
                  where c.thing_id = thing.id
                    and (c.created_at, c.order_id)
                        < (coalesce((select created_at from orders where order_id = $1), $2),
                           coalesce($1, '00000000-0000-0000-0000-000000000000'))
                    and c.created_at >= $3
                  order by c.created_at desc, c.order_id desc
                  limit $9
              ) o
         order by created_at desc, order_id desc
         limit $9";

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
