//! The inbox: one mark per consumer, partition and source instead of a row per message; and where to read on.

use std::collections::HashMap;

use crate::{Database, Error};

/// The last message of a source that was handled: messages at or below it are duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The source's outbox epoch.
    pub epoch: i32,
    /// The source's outbox number.
    pub seq: i64,
}

/// A mark's move in a commit: by compare-and-set on `from`.
#[derive(Clone, Debug)]
pub struct MarkMove {
    /// The topic read.
    pub topic: String,
    /// The partition read.
    pub partition: i32,
    /// The service that sent the messages (`ce_source`).
    pub source: String,
    /// Where the mark must be now; `None` = there must be none.
    pub from: Option<Mark>,
    /// Where it goes.
    pub to: Mark,
}

/// Where a consumer reads on in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The offset to read next.
    pub next_offset: i64,
    /// The offset at which this consumer first read the partition.
    pub began_at: i64,
}

impl Database {
    /// All marks of `consumer` in these partitions, by (topic, partition, source).
    pub async fn marks(
        &self,
        consumer: &str,
        partitions: &[(String, i32)],
    ) -> Result<HashMap<(String, i32, String), Mark>, Error> {
        let (topics, numbers) = split(partitions);
        let rows: Vec<(String, i32, String, i32, i64)> = sqlx::query_as(
            "select i.topic, i.partition, i.source, i.epoch, i.seq from unnest($2::text[], $3::int4[]) p(topic, partition),
             lateral (select * from inbox i where i.consumer = $1 and i.topic = p.topic and i.partition = p.partition offset 0) i",
        )
        .bind(consumer)
        .bind(topics)
        .bind(numbers)
        .fetch_all(self.pool())
        .await?;
        Ok(rows.into_iter().map(|(t, p, source, epoch, seq)| ((t, p, source), Mark { epoch, seq })).collect())
    }

    /// Where `consumer` reads on in these partitions; those that it never read are absent.
    pub async fn positions(
        &self,
        consumer: &str,
        partitions: &[(String, i32)],
    ) -> Result<HashMap<(String, i32), Position>, Error> {
        let (topics, numbers) = split(partitions);
        let rows: Vec<(String, i32, i64, i64)> = sqlx::query_as(
            "select o.topic, o.partition, o.next_offset, o.began_at from unnest($2::text[], $3::int4[]) p(topic, partition),
             lateral (select * from positions o where o.consumer = $1 and o.topic = p.topic and o.partition = p.partition offset 0) o",
        )
        .bind(consumer)
        .bind(topics)
        .bind(numbers)
        .fetch_all(self.pool())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(topic, partition, next_offset, began_at)| ((topic, partition), Position { next_offset, began_at }))
            .collect())
    }

    /// Notes where `consumer` begins to read partitions that it has never read: their log's start.
    pub async fn begin_positions(&self, consumer: &str, starts: &[(String, i32, i64)]) -> Result<(), Error> {
        let topics: Vec<&str> = starts.iter().map(|(topic, _, _)| topic.as_str()).collect();
        let partitions: Vec<i32> = starts.iter().map(|(_, partition, _)| *partition).collect();
        let offsets: Vec<i64> = starts.iter().map(|(_, _, offset)| *offset).collect();
        sqlx::query(
            "insert into positions (consumer, topic, partition, next_offset, began_at)
             select $1, p.topic, p.partition, p.start, p.start from unnest($2::text[], $3::int4[], $4::int8[]) p(topic, partition, start)
             on conflict do nothing",
        )
        .bind(consumer)
        .bind(topics)
        .bind(partitions)
        .bind(offsets)
        .execute(self.pool())
        .await?;
        Ok(())
    }
}

pub(crate) fn split(partitions: &[(String, i32)]) -> (Vec<&str>, Vec<i32>) {
    partitions.iter().map(|(topic, partition)| (topic.as_str(), *partition)).unzip()
}
