//! Dead letters: a message that cannot be handled is parked, its key waits behind it, all other keys flow.

use std::collections::HashSet;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Database, Error};

/// A message put aside, with everything that is needed to run it later.
#[derive(Clone, Debug)]
pub struct ParkedMessage {
    /// The topic it came on.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// The service that sent it; empty where the headers could not be read.
    pub source: String,
    /// The source's epoch and number; 0 where the headers could not be read.
    pub epoch: i32,
    /// See `epoch`.
    pub seq: i64,
    /// The partition key as it came.
    pub key: Vec<u8>,
    /// The payload as it came.
    pub raw: Vec<u8>,
    /// The headers as they came: a JSON object.
    pub headers: String,
    /// Why it was parked.
    pub cause: String,
    /// How often it was tried.
    pub attempts: i32,
}

impl Database {
    /// The keys of `consumer` that have parked messages, by (topic, key).
    pub async fn parked_keys(&self, consumer: &str) -> Result<HashSet<(String, Vec<u8>)>, Error> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as("select topic, key from parked_keys where consumer = $1")
            .bind(consumer)
            .fetch_all(self.pool())
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// How many messages of `consumer` are parked, by topic.
    pub async fn parked_counts(&self, consumer: &str) -> Result<Vec<(String, i64)>, Error> {
        let counts =
            sqlx::query_as("select topic, count(*) from parked where consumer = $1 group by topic order by topic")
                .bind(consumer)
                .fetch_all(self.pool())
                .await?;
        Ok(counts)
    }
}

/// Parks messages inside the transaction that moves their marks.
pub(crate) async fn park(
    connection: &mut PgConnection,
    consumer: &str,
    messages: &[ParkedMessage],
    now: OffsetDateTime,
) -> Result<(), Error> {
    for message in messages {
        sqlx::query(
            "insert into parked_keys (consumer, topic, key) values ($1, $2, $3)
             on conflict (consumer, topic, key) do update set replay = parked_keys.replay",
        )
        .bind(consumer)
        .bind(&message.topic)
        .bind(&message.key)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "insert into parked (consumer, topic, partition, \"offset\", source, epoch, seq, key, raw, headers, cause, attempts, parked_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13)
             on conflict do nothing",
        )
        .bind(consumer)
        .bind(&message.topic)
        .bind(message.partition)
        .bind(message.offset)
        .bind(&message.source)
        .bind(message.epoch)
        .bind(message.seq)
        .bind(&message.key)
        .bind(&message.raw)
        .bind(&message.headers)
        .bind(&message.cause)
        .bind(message.attempts)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
