//! The commit: everything a unit of work has buffered, in one statement where only core tables are written, else in
//! one transaction with the projections.

use std::collections::HashMap;

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::buffers::Buffers;
use crate::outgoing::OutboxMessage;
use crate::{Database, Error, OutboxRow, SagaRow, parked};

const WRITE: &str = concat!(include_str!("sql/write.sql"), "select seq, epoch, message_id from sent");

const CONSUME: &str = concat!(
    include_str!("sql/write.sql"),
    include_str!("sql/consume.sql"),
    "select seq, epoch, message_id, whole
     from (select 1 / (((select count(*) from moved) + (select count(*) from began) = cardinality($22::text[]))::int) as whole) w
     left join sent on true"
);

const CONSUME_SAGAS: &str = concat!(
    include_str!("sql/write.sql"),
    include_str!("sql/consume.sql"),
    include_str!("sql/sagas.sql"),
    "select seq, epoch, message_id, whole
     from (select 1 / (((select count(*) from moved) + (select count(*) from began) + (select count(*) from advanced)
                        = cardinality($22::text[]) + cardinality($32::text[]))::int) as whole) w
     left join sent on true"
);

/// Writes `buffers`; tells the relay afterwards.
pub(crate) async fn write(database: &Database, now: OffsetDateTime, mut buffers: Buffers) -> Result<(), Error> {
    // One order of keys for all writers: two commits that touch the same rows wait for each other, never in a ring.
    buffers.events.sort_by(|a, b| (a.kind, a.stream_id, a.version).cmp(&(b.kind, b.stream_id, b.version)));
    buffers.marks.sort_by(|a, b| (&a.topic, a.partition, &a.source).cmp(&(&b.topic, b.partition, &b.source)));
    buffers.positions.sort();
    buffers.outcomes.sort_by(|a, b| a.identity.cmp(&b.identity));
    let written = if buffers.inputs.is_empty() && buffers.parked.is_empty() {
        let mut connection = database.pool().acquire().await?;
        core(&mut connection, database, now, &buffers).await
    } else {
        in_transaction(database, now, &buffers).await
    };
    let sent = written.map_err(|error| database.name_constraint(error))?;
    metrics::counter!("mall_commits_total").increment(1);
    if !sent.is_empty() {
        database.fresh().hand_over(rows(sent, buffers.messages, now));
    }
    Ok(())
}

/// The number and the epoch that a message was given.
type Sent = HashMap<Uuid, (i64, i32)>;

/// The rows as the outbox has them now.
fn rows(mut sent: Sent, messages: Vec<OutboxMessage>, now: OffsetDateTime) -> Vec<OutboxRow> {
    let row = |sending: OutboxMessage| {
        let (seq, epoch) = sent.remove(&sending.message_id)?;
        Some(OutboxRow {
            seq,
            epoch,
            topic: sending.message.topic,
            partition_key: sending.message.key,
            message_id: sending.message_id,
            message_type: sending.message.message_type,
            version: sending.version,
            headers: sending.headers,
            payload: sending.message.payload,
            created_at: now,
        })
    };
    messages.into_iter().filter_map(row).collect()
}

async fn in_transaction(database: &Database, now: OffsetDateTime, buffers: &Buffers) -> Result<Sent, Error> {
    let mut transaction = database.pool().begin().await?;
    // The marks come first: a consumer that has lost its partition fails here, before it meets any other table.
    let sent = core(&mut transaction, database, now, buffers).await?;
    for projection in database.projections() {
        projection.project(&mut transaction, &buffers.inputs).await?;
    }
    parked::park(&mut transaction, buffers.consumer, &buffers.parked, now).await?;
    transaction.commit().await?;
    Ok(sent)
}

async fn core(
    connection: &mut PgConnection,
    database: &Database,
    now: OffsetDateTime,
    buffers: &Buffers,
) -> Result<Sent, Error> {
    let query = if database.with_sagas_table() {
        bind_sagas(bind_consumed(bind_written(sqlx::query(CONSUME_SAGAS), now, buffers), buffers), &buffers.sagas)
    } else if buffers.consumes() {
        bind_consumed(bind_written(sqlx::query(CONSUME), now, buffers), buffers)
    } else if buffers.events.is_empty() && buffers.messages.is_empty() {
        return Ok(Sent::new());
    } else {
        bind_written(sqlx::query(WRITE), now, buffers)
    };
    let mut sent = Sent::new();
    for row in query.fetch_all(connection).await.map_err(Error::of_compare_and_set)? {
        // Without messages there is one row without a number.
        if let Some(seq) = row.try_get(0)? {
            sent.insert(row.try_get(2)?, (seq, row.try_get(1)?));
        }
    }
    Ok(sent)
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Binds $1 to $14.
fn bind_written<'q>(query: Statement<'q>, now: OffsetDateTime, buffers: &'q Buffers) -> Statement<'q> {
    let events = &buffers.events;
    let messages = &buffers.messages;
    query
        .bind(events.iter().map(|e| e.kind).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.stream_id).collect::<Vec<Uuid>>())
        .bind(events.iter().map(|e| e.version).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.schema_version).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.payload.as_str()).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.metadata.as_str()).collect::<Vec<_>>())
        .bind(now)
        .bind(messages.iter().map(|m| m.message.topic.as_str()).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.message.key.as_str()).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.message_id).collect::<Vec<Uuid>>())
        .bind(messages.iter().map(|m| m.message.message_type.as_str()).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.version).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| serde_json::to_string(&m.headers).expect("text is JSON")).collect::<Vec<_>>())
        .bind(messages.iter().map(|m| m.message.payload.as_slice()).collect::<Vec<_>>())
}

/// Binds $15 to $31.
fn bind_consumed<'q>(query: Statement<'q>, buffers: &'q Buffers) -> Statement<'q> {
    let outcomes = &buffers.outcomes;
    let marks = &buffers.marks;
    let positions = &buffers.positions;
    query
        .bind(outcomes.iter().map(|o| o.identity.saga.as_str()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.identity.saga_id).collect::<Vec<Uuid>>())
        .bind(outcomes.iter().map(|o| o.identity.step).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.identity.direction as i16).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.identity.round).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.reply.as_slice()).collect::<Vec<_>>())
        .bind(buffers.consumer)
        .bind(marks.iter().map(|m| m.topic.as_str()).collect::<Vec<_>>())
        .bind(marks.iter().map(|m| m.partition).collect::<Vec<_>>())
        .bind(marks.iter().map(|m| m.source.as_str()).collect::<Vec<_>>())
        .bind(marks.iter().map(|m| m.from.map(|mark| mark.epoch)).collect::<Vec<_>>())
        .bind(marks.iter().map(|m| m.from.map(|mark| mark.seq)).collect::<Vec<_>>())
        .bind(marks.iter().map(|m| m.to.epoch).collect::<Vec<_>>())
        .bind(marks.iter().map(|m| m.to.seq).collect::<Vec<_>>())
        .bind(positions.iter().map(|(topic, _, _)| topic.as_str()).collect::<Vec<_>>())
        .bind(positions.iter().map(|(_, partition, _)| *partition).collect::<Vec<_>>())
        .bind(positions.iter().map(|(_, _, next)| *next).collect::<Vec<_>>())
}

/// Binds $32 to $46.
fn bind_sagas<'q>(query: Statement<'q>, sagas: &'q [SagaRow]) -> Statement<'q> {
    query
        .bind(sagas.iter().map(|s| s.name).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.id).collect::<Vec<Uuid>>())
        .bind(sagas.iter().map(|s| s.version + 1).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.definition_version).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.status.as_str()).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.step).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.round).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.attempts).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.command_id).collect::<Vec<Option<Uuid>>>())
        .bind(sagas.iter().map(|s| s.clock_at).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.next_at).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.fence).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.data.as_str()).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.cause.as_deref()).collect::<Vec<_>>())
        .bind(sagas.iter().map(|s| s.started_at).collect::<Vec<_>>())
}
