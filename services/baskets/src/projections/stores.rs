//! What was heard of stores.

use mall_domain::AggregateId;
use mall_persistence::Projection;
use sqlx::PgConnection;

use super::add_up;
use crate::domain::StoreHeard;

pub struct Stores;

impl Projection for Stores {
    type Input = StoreHeard;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&StoreHeard]) -> Result<(), sqlx::Error> {
        let heard = add_up(inputs, |heard| heard.store);
        sqlx::query(
            "insert into stores (store_id, version, name, participating)
             select * from unnest($1::uuid[], $2::int8[], $3::text[], $4::bool[])
             on conflict (store_id) do update
             set version = excluded.version, name = coalesce(excluded.name, stores.name),
                 participating = coalesce(excluded.participating, stores.participating)
             where excluded.version > stores.version",
        )
        .bind(heard.iter().map(|heard| heard.store.uuid()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.version).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.name.as_deref()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.participating).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}
