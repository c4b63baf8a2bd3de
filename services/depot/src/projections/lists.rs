//! `lists`: the status of each shopping list, for pages and for bots that ask for work.

use std::collections::BTreeMap;

use mall_domain::{AggregateId, OffsetDateTime, Uuid};
use mall_persistence::{Database, Error, Projection, Recorded, sqlx};
use sqlx::PgConnection;

use crate::domain::{ShoppingList, ShoppingListEvent, ShoppingListId, Status};

pub struct Lists;

impl Projection for Lists {
    type Input = Recorded<ShoppingList>;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Self::Input]) -> Result<(), sqlx::Error> {
        let mut lists: BTreeMap<Uuid, (Status, Option<OffsetDateTime>)> = BTreeMap::new();
        for input in inputs {
            let Some(status) = status(&input.event) else { continue };
            let list = lists.entry(input.id.uuid()).or_insert((status, None));
            list.0 = status;
            if status == Status::Available {
                list.1 = Some(input.at);
            }
        }
        sqlx::query(
            "insert into lists as known (id, status, available_at)
             select id, status, available_at from unnest($1::uuid[], $2::text[], $3::timestamptz[]) n(id, status, available_at)
             on conflict (id) do update set
                 status = excluded.status, available_at = coalesce(excluded.available_at, known.available_at)",
        )
        .bind(lists.keys().copied().collect::<Vec<Uuid>>())
        .bind(lists.values().map(|list| list.0.as_str()).collect::<Vec<_>>())
        .bind(lists.values().map(|list| list.1).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The status after this event; `None` for a tombstone, which is no list.
fn status(event: &ShoppingListEvent) -> Option<Status> {
    match event {
        ShoppingListEvent::Created { .. } => Some(Status::Pending),
        ShoppingListEvent::Initiated => Some(Status::Available),
        ShoppingListEvent::Assigned { .. } => Some(Status::Assigned),
        ShoppingListEvent::Completed => Some(Status::Completed),
        ShoppingListEvent::Canceled => Some(Status::Canceled),
        ShoppingListEvent::Returned => Some(Status::Returned),
        ShoppingListEvent::CanceledBeforehand => None,
    }
}

/// The list that has waited longest for a bot.
pub async fn oldest_available(database: &Database) -> Result<Option<ShoppingListId>, Error> {
    let id: Option<Uuid> =
        sqlx::query_scalar("select id from lists where status = 'available' order by available_at, id limit 1")
            .fetch_optional(database.pool())
            .await?;
    Ok(id.map(ShoppingListId::from))
}

/// At most `limit` lists after `after`, ordered by id; of one status or of all.
pub async fn page(
    database: &Database,
    status: Option<Status>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ShoppingListId>, Error> {
    let query = match status {
        Some(status) => sqlx::query_scalar("select id from lists where id > $1 and status = $3 order by id limit $2")
            .bind(after.unwrap_or_default())
            .bind(limit)
            .bind(status.as_str()),
        None => sqlx::query_scalar("select id from lists where id > $1 order by id limit $2")
            .bind(after.unwrap_or_default())
            .bind(limit),
    };
    let ids: Vec<Uuid> = query.fetch_all(database.pool()).await?;
    Ok(ids.into_iter().map(ShoppingListId::from).collect())
}
