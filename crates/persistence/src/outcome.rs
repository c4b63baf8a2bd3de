//! Outcomes: what a command led to, stored with its effect under the command's identity, so that every resend of the
//! command gets the first answer again and changes nothing.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Database, Error};

/// Which way a saga's step is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum Direction {
    /// The step itself.
    Do = 0,
    /// Its compensation.
    Undo = 1,
}

impl Direction {
    /// `do` or `undo`, as on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Do => "do",
            Self::Undo => "undo",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "do" => Some(Self::Do),
            "undo" => Some(Self::Undo),
            _ => None,
        }
    }
}

/// What makes two commands the same command. The attempt is not part of it: every resend carries the same identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandIdentity {
    /// The saga's kind, such as `cosec.CreateOrder`.
    pub saga: String,
    /// The saga's id.
    pub saga_id: Uuid,
    /// The step's place in the saga.
    pub step: i16,
    /// Do or undo.
    pub direction: Direction,
    /// Raised only by an operator's retry.
    pub round: i32,
}

/// A stored answer.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The command that it answers.
    pub identity: CommandIdentity,
    /// The encoded reply.
    pub reply: Vec<u8>,
}

/// The outcomes of these commands, as far as there are any: one query.
pub(crate) async fn load(connection: &mut PgConnection, commands: &[CommandIdentity]) -> Result<Vec<Outcome>, Error> {
    let sagas: Vec<&str> = commands.iter().map(|c| c.saga.as_str()).collect();
    let ids: Vec<Uuid> = commands.iter().map(|c| c.saga_id).collect();
    let steps: Vec<i16> = commands.iter().map(|c| c.step).collect();
    let directions: Vec<i16> = commands.iter().map(|c| c.direction as i16).collect();
    let rounds: Vec<i32> = commands.iter().map(|c| c.round).collect();
    let rows: Vec<(String, Uuid, i16, i16, i32, Vec<u8>)> = sqlx::query_as(
        "select o.saga, o.saga_id, o.step, o.direction, o.round, o.reply
         from unnest($1::text[], $2::uuid[], $3::int2[], $4::int2[], $5::int4[]) c(saga, saga_id, step, direction, round),
              lateral (select * from outcomes o where o.saga_id = c.saga_id and o.saga = c.saga and o.step = c.step
                       and o.direction = c.direction and o.round = c.round offset 0) o",
    )
    .bind(sagas)
    .bind(ids)
    .bind(steps)
    .bind(directions)
    .bind(rounds)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(saga, saga_id, step, direction, round, reply)| {
            let direction = if direction == Direction::Do as i16 { Direction::Do } else { Direction::Undo };
            Outcome { identity: CommandIdentity { saga, saga_id, step, direction, round }, reply }
        })
        .collect())
}

impl Database {
    /// Forgets outcomes that were recorded before `before`, of the oldest sagas first: `limit` of them, and what else the
    /// last of these sagas has. Gives how many there were.
    ///
    /// A saga's id is a UUIDv7 and older than its outcomes, so the index leads straight to the oldest.
    pub async fn forget_outcomes(&self, before: OffsetDateTime, limit: i64) -> Result<u64, Error> {
        let forgotten = sqlx::query(
            "delete from outcomes where saga_id < $1 and recorded_at < $2 and saga_id <= (
                 select max(saga_id::text)::uuid from (
                     select saga_id from outcomes where saga_id < $1 and recorded_at < $2 order by saga_id limit $3
                 ) oldest
             )",
        )
        .bind(first_id_of(before))
        .bind(before)
        .bind(limit)
        .execute(self.pool())
        .await?;
        Ok(forgotten.rows_affected())
    }
}

/// No UUIDv7 made at this time or later is below it: its first 48 bits are milliseconds since 1970 (RFC 9562).
fn first_id_of(time: OffsetDateTime) -> Uuid {
    let millis = time.unix_timestamp_nanos().max(0) / 1_000_000;
    Uuid::from_u128(millis.unsigned_abs() << 80)
}
