//! Stored sagas: one row each, changed by compare-and-set on its version.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Database, Error};

/// How far a saga has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaStatus {
    /// Steps are being done.
    Running,
    /// Steps are being undone.
    Compensating,
    /// Every step was done.
    Completed,
    /// Every step was undone.
    Compensated,
}

impl SagaStatus {
    /// The status as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Compensating => "compensating",
            Self::Completed => "completed",
            Self::Compensated => "compensated",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Compensating, Self::Completed, Self::Compensated].into_iter().find(|s| s.as_str() == text)
    }

    /// Whether nothing is left to do.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Compensated)
    }
}

/// A saga as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct SagaRow {
    /// The saga's kind, such as `cosec.CreateOrder`.
    pub name: &'static str,
    /// The saga's id: the journey's.
    pub id: Uuid,
    /// The version that is stored; 0 = not yet. The commit writes the next one.
    pub version: i64,
    /// Set by [`Self::changed`].
    pub dirty: bool,
    /// Version of the definition that started it.
    pub definition_version: i16,
    /// How far it is.
    pub status: SagaStatus,
    /// The step in hand.
    pub step: i16,
    /// The round of the step in hand; raised only by an operator's retry.
    pub round: i32,
    /// How often the command in hand was sent again.
    pub attempts: i32,
    /// The message id of the newest sending of the command in hand.
    pub command_id: Option<Uuid>,
    /// When the relay was first seen to have published the command in hand; `None` = not yet.
    pub clock_at: Option<OffsetDateTime>,
    /// When the timer has to look at it again.
    pub next_at: Option<OffsetDateTime>,
    /// After the deadline: the end offset of the reply partition up to which must be read before it fires.
    pub fence: Option<i64>,
    /// The saga's data, JSON.
    pub data: String,
    /// Why it turned back.
    pub cause: Option<String>,
    /// When it was started.
    pub started_at: OffsetDateTime,
}

impl SagaRow {
    /// Marks the row as to be written.
    #[must_use]
    pub fn changed(mut self) -> Self {
        self.dirty = true;
        self
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.dirty
    }
}

/// A saga whose time has come, as the timer sees it.
#[derive(Clone, Debug)]
pub struct DueSaga {
    /// The saga's kind.
    pub name: String,
    /// The saga's id.
    pub id: Uuid,
}

/// The sagas of these keys, one query.
pub(crate) async fn load(connection: &mut PgConnection, keys: &[(&'static str, Uuid)]) -> Result<Vec<SagaRow>, Error> {
    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    let ids: Vec<Uuid> = keys.iter().map(|(_, id)| *id).collect();
    let rows = sqlx::query(
        "select s.name, s.id, s.version, s.definition_version, s.status, s.step, s.round, s.attempts, s.command_id, s.clock_at,
                s.next_at, s.fence, s.data::text as data, s.cause, s.started_at
         from unnest($1::text[], $2::uuid[]) k(name, id),
              lateral (select * from sagas s where s.id = k.id and s.name = k.name offset 0) s",
    )
    .bind(names)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| read(row, keys)).collect()
}

fn read(row: &PgRow, keys: &[(&'static str, Uuid)]) -> Result<SagaRow, Error> {
    let name: &str = row.try_get("name")?;
    let name = keys.iter().map(|(name, _)| *name).find(|key| *key == name).expect("only asked-for names come back");
    let status: &str = row.try_get("status")?;
    Ok(SagaRow {
        name,
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        dirty: false,
        definition_version: row.try_get("definition_version")?,
        status: SagaStatus::parse(status).ok_or_else(|| Error::Fault(format!("unknown saga status {status:?}")))?,
        step: row.try_get("step")?,
        round: row.try_get("round")?,
        attempts: row.try_get("attempts")?,
        command_id: row.try_get("command_id")?,
        clock_at: row.try_get("clock_at")?,
        next_at: row.try_get("next_at")?,
        fence: row.try_get("fence")?,
        data: row.try_get("data")?,
        cause: row.try_get("cause")?,
        started_at: row.try_get("started_at")?,
    })
}

impl Database {
    /// Starts the clock of every command in hand that the relay has published: their next look is `first` from `now`.
    ///
    /// The clock starts at publication, so that an outage of the relay does not eat a step's time.
    pub async fn start_saga_clocks(&self, now: OffsetDateTime, first: Duration) -> Result<(), Error> {
        sqlx::query(
            "update sagas set clock_at = $1, next_at = $2
             where clock_at is null and status in ('running', 'compensating')
               and command_seq <= (select cursor from relay where id = 1)",
        )
        .bind(now)
        .bind(now + first)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// The sagas that the timer has to look at by `now`, oldest first, at most `limit`.
    pub async fn due_sagas(&self, now: OffsetDateTime, limit: i64) -> Result<Vec<DueSaga>, Error> {
        let rows: Vec<(String, Uuid)> = sqlx::query_as(
            "select name, id from sagas where next_at <= $1 and status in ('running', 'compensating') order by next_at limit $2",
        )
        .bind(now)
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        Ok(rows.into_iter().map(|(name, id)| DueSaga { name, id }).collect())
    }

    /// Open sagas by (name, step, status): how many, and the age of the oldest in seconds.
    pub async fn open_sagas(&self) -> Result<Vec<(String, i16, String, i64, f64)>, Error> {
        let rows = sqlx::query_as(
            "select name, step, status, count(*), coalesce(extract(epoch from now() - min(started_at)), 0)::float8
             from sagas where status in ('running', 'compensating') group by name, step, status order by name, step",
        )
        .fetch_all(self.pool())
        .await?;
        Ok(rows)
    }
}
