//! Event streams: reading them back into aggregates, one query for a whole batch.

use std::any::Any;
use std::collections::{HashMap, HashSet};

use mall_domain::Aggregate;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Error;

/// One stored event, as a projection gets it.
#[derive(Clone, Debug)]
pub struct Recorded<A: Aggregate> {
    /// The aggregate.
    pub id: A::Id,
    /// Its version after this event; the first is 1.
    pub version: i64,
    /// When it was recorded.
    pub at: OffsetDateTime,
    /// What happened.
    pub event: A::Event,
}

/// An aggregate in the identity map, its type known only to those who ask for it.
pub(crate) trait AnyAggregate: Any + Send + Sync {
    fn copy(&self) -> Box<dyn AnyAggregate>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<A: Aggregate> AnyAggregate for A {
    fn copy(&self) -> Box<dyn AnyAggregate> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// A loaded aggregate and the version it is at; 0 = nothing was ever recorded.
pub(crate) struct Slot {
    pub(crate) version: i64,
    pub(crate) state: Box<dyn AnyAggregate>,
}

impl Slot {
    pub(crate) fn empty<A: Aggregate>() -> Self {
        Self { version: 0, state: Box::new(A::default()) }
    }

    pub(crate) fn copy(&self) -> Self {
        Self { version: self.version, state: self.state.copy() }
    }
}

type LoadFuture<'a> = std::pin::Pin<Box<dyn Future<Output = Result<HashMap<Uuid, Slot>, Error>> + Send + 'a>>;

/// How to load many aggregates of one kind with one query; a consumer keeps one for each message type.
#[derive(Clone, Copy)]
pub struct Loader {
    pub(crate) kind: &'static str,
    pub(crate) load: for<'a> fn(&'a mut PgConnection, &'a [Uuid]) -> LoadFuture<'a>,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Loader({})", self.kind)
    }
}

impl Loader {
    /// The kind of aggregate that it loads.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The loader for aggregates of type `A`.
    pub fn of<A: Aggregate>() -> Self {
        Self { kind: A::KIND, load: |connection, ids| Box::pin(load::<A>(connection, ids)) }
    }
}

/// Folds the streams of these aggregates; those without events come back at version 0.
pub(crate) async fn load<A: Aggregate>(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Slot>, Error> {
    let ids: HashSet<Uuid> = ids.iter().copied().collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    // Not `stream_id = any($2) order by ..`: with some history the planner reads the whole kind in order, and filters.
    let rows = sqlx::query(
        "select e.stream_id, e.version, e.payload from unnest($2::uuid[]) s(id),
              lateral (select * from events e where e.kind = $1 and e.stream_id = s.id order by e.version offset 0) e",
    )
    .bind(A::KIND)
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    let mut states: HashMap<Uuid, (i64, A)> = ids.into_iter().map(|id| (id, (0, A::default()))).collect();
    for row in rows {
        let id: Uuid = row.try_get(0)?;
        let event: Json<A::Event> = row.try_get(2)?;
        let slot = states.get_mut(&id).expect("only streams that were asked for come back");
        slot.0 = row.try_get(1)?;
        slot.1.apply(&event.0);
    }
    Ok(states.into_iter().map(|(id, (version, state))| (id, Slot { version, state: Box::new(state) })).collect())
}
