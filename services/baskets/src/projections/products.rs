//! What was heard of products.

use mall_domain::{AggregateId, Money};
use mall_persistence::{Database, Error, Projection};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::{add_up, currency};
use crate::domain::{Availability, Offer, Offers, ProductHeard, ProductId, StoreId};

pub struct Products;

impl Projection for Products {
    type Input = ProductHeard;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&ProductHeard]) -> Result<(), sqlx::Error> {
        let heard = add_up(inputs, |heard| heard.product);
        sqlx::query(
            "insert into products (product_id, version, store_id, name, price, currency, removed)
             select * from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::int8[], $6::text[], $7::bool[])
             on conflict (product_id) do update
             set version = excluded.version, store_id = coalesce(excluded.store_id, products.store_id),
                 name = coalesce(excluded.name, products.name), price = coalesce(excluded.price, products.price),
                 currency = coalesce(excluded.currency, products.currency),
                 removed = excluded.removed or products.removed
             where excluded.version > products.version",
        )
        .bind(heard.iter().map(|heard| heard.product.uuid()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.version).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.store.map(AggregateId::uuid)).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.name.as_deref()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.price.map(|price| price.minor)).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.price.map(|price| price.currency.to_string())).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.removed).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl FromRow<'_, PgRow> for Offer {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            product: ProductId::from(row.try_get::<Uuid, _>("product_id")?),
            product_name: row.try_get("name")?,
            store: StoreId::from(row.try_get::<Uuid, _>("store_id")?),
            store_name: row.try_get("store_name")?,
            price: Money::new(currency(row.try_get("currency")?)?, row.try_get("price")?),
            availability: Availability::of(row.try_get("removed")?, row.try_get("participating")?),
        })
    }
}

/// The offers of those of these products of which enough was heard, and of their stores too.
pub async fn offers(database: &Database, products: &[ProductId]) -> Result<Offers, Error> {
    let offers: Vec<Offer> = sqlx::query_as(
        "select p.product_id, p.name, p.store_id, p.price, p.currency, p.removed, s.name as store_name, s.participating
         from products p, lateral (select * from stores where store_id = p.store_id offset 0) s
         where p.product_id = any($1) and p.name is not null and p.price is not null
           and s.name is not null and s.participating is not null",
    )
    .bind(products.iter().map(|product| product.uuid()).collect::<Vec<_>>())
    .fetch_all(database.pool())
    .await?;
    Ok(offers.into_iter().map(|offer| (offer.product, offer)).collect())
}
