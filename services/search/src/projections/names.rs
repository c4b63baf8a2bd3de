//! The table of names: what customers, stores and products are called today.

use std::collections::HashMap;

use mall_domain::AggregateId;
use mall_persistence::{Database, Error, Projection, latest_by_key};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::Order;

pub struct Names;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Customer,
    Store,
    Product,
}

/// Somebody or something has a name.
#[derive(Clone, Debug)]
pub struct Named {
    pub kind: Kind,
    pub id: Uuid,
    /// Of its owner's aggregate: an older name never replaces a newer one.
    pub version: i64,
    pub name: String,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Store => "store",
            Self::Product => "product",
        }
    }
}

impl Projection for Names {
    type Input = Named;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Named]) -> Result<(), sqlx::Error> {
        let rows = latest_by_key(inputs, |named| (named.id, named.kind));
        sqlx::query(
            "insert into names (id, kind, version, name)
             select * from unnest($1::uuid[], $2::text[], $3::int8[], $4::text[])
             on conflict (id, kind) do update set version = excluded.version, name = excluded.name
             where excluded.version > names.version",
        )
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Calls everything in these orders by its name of today, as far as it is known.
pub async fn fill(database: &Database, orders: &mut [Order]) -> Result<(), Error> {
    let names = known(database, orders).await?;
    let replace = |kind: Kind, id: Uuid, name: &mut String| {
        if let Some(known) = names.get(&(id, kind.as_str().to_owned())) {
            name.clone_from(known);
        }
    };
    for order in orders {
        replace(Kind::Customer, order.customer_id.uuid(), &mut order.customer_name);
        for item in &mut order.items {
            replace(Kind::Store, item.store_id.uuid(), &mut item.store_name);
            replace(Kind::Product, item.product_id.uuid(), &mut item.product_name);
        }
    }
    Ok(())
}

async fn known(database: &Database, orders: &[Order]) -> Result<HashMap<(Uuid, String), String>, Error> {
    let items = orders.iter().flat_map(|order| &order.items);
    let mut ids: Vec<Uuid> = items.flat_map(|item| [item.store_id.uuid(), item.product_id.uuid()]).collect();
    ids.extend(orders.iter().map(|order| order.customer_id.uuid()));
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, String, String)> = sqlx::query_as("select id, kind, name from names where id = any($1)")
        .bind(ids)
        .fetch_all(database.pool())
        .await?;
    Ok(rows.into_iter().map(|(id, kind, name)| ((id, kind), name)).collect())
}
