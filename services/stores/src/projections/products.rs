//! The table of products; its unique index holds the rule that a SKU occurs once in a store.

use std::collections::BTreeMap;

use mall_domain::{AggregateId, Currency, Money};
use mall_persistence::{Database, Error, Projection, Recorded};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::stores::ListedStore;
use crate::domain::{Product, ProductEvent, ProductId, StoreId};

pub struct Products;

/// A product as lists show it, with its store.
#[derive(Clone, Debug)]
pub struct ListedProduct {
    pub id: ProductId,
    pub version: i64,
    pub name: String,
    pub description: String,
    pub sku: String,
    pub price: Money,
    pub removed: bool,
    pub store: ListedStore,
}

impl FromRow<'_, PgRow> for ListedProduct {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let id: Uuid = row.try_get("product_id")?;
        let currency = Currency::parse(row.try_get("currency")?).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Self {
            id: ProductId::from(id),
            version: row.try_get("version")?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            sku: row.try_get("sku")?,
            price: Money::new(currency, row.try_get("price")?),
            removed: row.try_get("removed")?,
            store: ListedStore::from_row(row)?,
        })
    }
}

/// What a batch changes in one row; `None` = as it was.
#[derive(Default)]
struct Change<'a> {
    version: i64,
    store_id: Option<Uuid>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    sku: Option<&'a str>,
    price: Option<Money>,
    removed: Option<bool>,
}

impl<'a> Change<'a> {
    fn add(&mut self, recorded: &'a Recorded<Product>) {
        self.version = recorded.version;
        match &recorded.event {
            ProductEvent::Added { store_id, name, description, sku, price } => {
                self.store_id = Some(store_id.uuid());
                self.name = Some(name);
                self.description = Some(description);
                self.sku = Some(sku);
                self.price = Some(*price);
                self.removed = Some(false);
            }
            ProductEvent::Rebranded { name, description } => {
                self.name = Some(name);
                self.description = Some(description);
            }
            ProductEvent::PriceChanged { price } => self.price = Some(*price),
            ProductEvent::Removed => self.removed = Some(true),
        }
    }
}

impl Projection for Products {
    type Input = Recorded<Product>;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Recorded<Product>]) -> Result<(), sqlx::Error> {
        let mut rows: BTreeMap<Uuid, Change<'_>> = BTreeMap::new();
        for input in inputs {
            rows.entry(input.id.uuid()).or_default().add(input);
        }
        sqlx::query(
            "insert into products (product_id, version, store_id, name, description, sku, price, currency, removed)
             select c.product_id, c.version, coalesce(c.store_id, p.store_id), coalesce(c.name, p.name),
                    coalesce(c.description, p.description), coalesce(c.sku, p.sku), coalesce(c.price, p.price),
                    coalesce(c.currency, p.currency), coalesce(c.removed, p.removed)
             from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int8[],
                         $8::text[], $9::bool[])
                      c(product_id, version, store_id, name, description, sku, price, currency, removed)
                  left join lateral (select * from products where product_id = c.product_id offset 0) p on true
             on conflict (product_id) do update
             set version = excluded.version, name = excluded.name, description = excluded.description,
                 price = excluded.price, currency = excluded.currency, removed = excluded.removed",
        )
        .bind(rows.keys().copied().collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.store_id).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.name).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.description).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.sku).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.price.map(|price| price.minor)).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.price.map(|price| price.currency.to_string())).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.removed).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The `limit` oldest products of the store after `after`, without the removed ones.
pub async fn catalog(
    database: &Database,
    store: StoreId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ListedProduct>, Error> {
    let products = sqlx::query_as(
        "select p.*, s.version as store_version, s.name as store_name, s.location as store_location, s.participating
         from products p, lateral (select * from stores where store_id = p.store_id offset 0) s
         where p.store_id = $1 and not p.removed and p.product_id > $2
         order by p.product_id limit $3",
    )
    .bind(store.uuid())
    .bind(after.unwrap_or_default())
    .bind(limit)
    .fetch_all(database.pool())
    .await?;
    Ok(products)
}

/// Those of these products that there are, removed or not.
pub async fn by_ids(database: &Database, ids: &[ProductId]) -> Result<Vec<ListedProduct>, Error> {
    let products = sqlx::query_as(
        "select p.*, s.version as store_version, s.name as store_name, s.location as store_location, s.participating
         from products p, lateral (select * from stores where store_id = p.store_id offset 0) s
         where p.product_id = any($1)",
    )
    .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
    .fetch_all(database.pool())
    .await?;
    Ok(products)
}
