//! `products`: a cache of what stores tell of their products.

use mall_domain::{AggregateId, Uuid};
use mall_persistence::{Database, Error, Projection, sqlx};
use sqlx::PgConnection;

use crate::domain::{Catalog, ProductId, ProductNews, StoreId, StoreNews, by_product};

pub struct Products;

impl Projection for Products {
    type Input = ProductNews;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&ProductNews]) -> Result<(), sqlx::Error> {
        let products = by_product(inputs);
        sqlx::query(
            "insert into products as known (id, version, store_id, name, removed)
             select id, version, store_id, name, removed
             from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::bool[]) n(id, version, store_id, name, removed)
             on conflict (id) do update set
                 version = excluded.version, store_id = coalesce(excluded.store_id, known.store_id),
                 name = coalesce(excluded.name, known.name), removed = known.removed or excluded.removed
             where excluded.version > known.version",
        )
        .bind(products.iter().map(|product| product.id.uuid()).collect::<Vec<Uuid>>())
        .bind(products.iter().map(|product| product.version).collect::<Vec<_>>())
        .bind(products.iter().map(|product| product.store.map(AggregateId::uuid)).collect::<Vec<Option<Uuid>>>())
        .bind(products.iter().map(|product| product.name.as_deref()).collect::<Vec<_>>())
        .bind(products.iter().map(|product| product.removed).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Those of these products of which enough is known, their stores too.
pub async fn known(database: &Database, products: &[ProductId]) -> Result<Catalog, Error> {
    type Row = (Uuid, i64, Uuid, Option<String>, bool, i64, Option<String>, Option<String>);
    let ids: Vec<Uuid> = products.iter().map(|product| product.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select p.id, p.version, p.store_id, p.name, p.removed, s.version, s.name, s.location
         from unnest($1::uuid[]) wanted(id),
              lateral (select * from products p where p.id = wanted.id offset 0) p,
              lateral (select * from stores s where s.id = p.store_id offset 0) s",
    )
    .bind(ids)
    .fetch_all(database.pool())
    .await?;
    let known =
        rows.into_iter().filter_map(|(id, version, store_id, name, removed, store_version, store_name, location)| {
            let (id, store) = (ProductId::from(id), StoreId::from(store_id));
            let news = ProductNews { id, version, store: Some(store), name, removed };
            let product = news.product(StoreNews { id: store, version: store_version, name: store_name, location })?;
            Some((id, product))
        });
    Ok(known.collect())
}
