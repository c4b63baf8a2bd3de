//! The table of stores.

use std::collections::BTreeMap;

use mall_domain::AggregateId;
use mall_persistence::{Database, Error, Projection, Recorded};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use crate::domain::{Store, StoreEvent, StoreId};

pub struct Stores;

/// A store as lists show it.
#[derive(Clone, Debug)]
pub struct ListedStore {
    pub id: StoreId,
    pub version: i64,
    pub store: Store,
}

impl FromRow<'_, PgRow> for ListedStore {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let id: Uuid = row.try_get("store_id")?;
        let store = Store {
            name: row.try_get("store_name")?,
            location: row.try_get("store_location")?,
            participating: row.try_get("participating")?,
        };
        Ok(Self { id: StoreId::from(id), version: row.try_get("store_version")?, store })
    }
}

/// What a batch changes in one row; `None` = as it was.
#[derive(Default)]
struct Change<'a> {
    version: i64,
    name: Option<&'a str>,
    location: Option<&'a str>,
    participating: Option<bool>,
}

impl<'a> Change<'a> {
    fn add(&mut self, recorded: &'a Recorded<Store>) {
        self.version = recorded.version;
        match &recorded.event {
            StoreEvent::Created { name, location } => {
                self.name = Some(name);
                self.location = Some(location);
                self.participating = Some(false);
            }
            StoreEvent::ParticipationToggled { participating } => self.participating = Some(*participating),
            StoreEvent::Rebranded { name } => self.name = Some(name),
        }
    }
}

impl Projection for Stores {
    type Input = Recorded<Store>;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Recorded<Store>]) -> Result<(), sqlx::Error> {
        let mut rows: BTreeMap<Uuid, Change<'_>> = BTreeMap::new();
        for input in inputs {
            rows.entry(input.id.uuid()).or_default().add(input);
        }
        sqlx::query(
            "insert into stores (store_id, version, name, location, participating)
             select c.store_id, c.version, coalesce(c.name, s.name), coalesce(c.location, s.location),
                    coalesce(c.participating, s.participating)
             from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[], $5::bool[])
                      c(store_id, version, name, location, participating)
                  left join lateral (select * from stores where store_id = c.store_id offset 0) s on true
             on conflict (store_id) do update
             set version = excluded.version, name = excluded.name, location = excluded.location,
                 participating = excluded.participating",
        )
        .bind(rows.keys().copied().collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.name).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.location).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.participating).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The `limit` oldest stores after `after`.
pub async fn all(database: &Database, after: Option<Uuid>, limit: i64) -> Result<Vec<ListedStore>, Error> {
    let stores = sqlx::query_as(
        "select store_id, version as store_version, name as store_name, location as store_location, participating
         from stores where store_id > $1 order by store_id limit $2",
    )
    .bind(after.unwrap_or_default())
    .bind(limit)
    .fetch_all(database.pool())
    .await?;
    Ok(stores)
}

/// The `limit` oldest participating stores after `after`.
pub async fn participating(database: &Database, after: Option<Uuid>, limit: i64) -> Result<Vec<ListedStore>, Error> {
    let stores = sqlx::query_as(
        "select store_id, version as store_version, name as store_name, location as store_location, participating
         from stores where participating and store_id > $1 order by store_id limit $2",
    )
    .bind(after.unwrap_or_default())
    .bind(limit)
    .fetch_all(database.pool())
    .await?;
    Ok(stores)
}

/// Those of these stores that there are.
pub async fn by_ids(database: &Database, ids: &[StoreId]) -> Result<Vec<ListedStore>, Error> {
    let stores = sqlx::query_as(
        "select store_id, version as store_version, name as store_name, location as store_location, participating
         from stores where store_id = any($1) order by store_id",
    )
    .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
    .fetch_all(database.pool())
    .await?;
    Ok(stores)
}
