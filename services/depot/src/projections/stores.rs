//! `stores`: a cache of what stores tell of themselves.

use mall_domain::{AggregateId, Uuid};
use mall_persistence::{Projection, sqlx};
use sqlx::PgConnection;

use crate::domain::{StoreNews, by_store};

pub struct Stores;

impl Projection for Stores {
    type Input = StoreNews;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&StoreNews]) -> Result<(), sqlx::Error> {
        let stores = by_store(inputs);
        sqlx::query(
            "insert into stores as known (id, version, name, location)
             select id, version, name, location
             from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[]) n(id, version, name, location)
             on conflict (id) do update set
                 version = excluded.version, name = coalesce(excluded.name, known.name),
                 location = coalesce(excluded.location, known.location)
             where excluded.version > known.version",
        )
        .bind(stores.iter().map(|store| store.id.uuid()).collect::<Vec<Uuid>>())
        .bind(stores.iter().map(|store| store.version).collect::<Vec<_>>())
        .bind(stores.iter().map(|store| store.name.as_deref()).collect::<Vec<_>>())
        .bind(stores.iter().map(|store| store.location.as_deref()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}
