//! The post: messages as they would come from Kafka, numbered as their sources would number them.

use std::collections::{BTreeMap, HashMap};

use mall_messaging::{Incoming, headers_of, partition_of};
use mall_persistence::{OutboxRow, Outgoing};
use time::OffsetDateTime;
use uuid::Uuid;

/// Partitions of every topic.
const PARTITIONS: i32 = 4;

/// Numbers messages per source and partition, as relay and broker would.
#[derive(Debug, Default)]
pub struct Post {
    seqs: HashMap<String, i64>,
    last_sent: HashMap<(String, String, i32), String>,
    offsets: HashMap<(String, i32), i64>,
}

impl Post {
    /// The message as its source would publish it next, telling of an aggregate at `version`.
    #[expect(clippy::disallowed_methods, reason = "messages are sent now")]
    pub fn next(&mut self, message: &Outgoing, source: &str, version: i64) -> Incoming {
        let seq = self.seqs.entry(source.to_owned()).or_insert(0);
        *seq += 1;
        let partition = partition_of(message.key.as_bytes(), PARTITIONS);
        let row = OutboxRow {
            seq: *seq,
            epoch: 1,
            topic: message.topic.clone(),
            partition_key: message.key.clone(),
            message_id: Uuid::now_v7(),
            message_type: message.message_type.clone(),
            version,
            headers: headers(message),
            payload: message.payload.clone(),
            created_at: OffsetDateTime::now_utc(),
        };
        let place = format!("1:{seq}");
        let previous = self.last_sent.insert((source.to_owned(), message.topic.clone(), partition), place);
        let headers = headers_of(&row, source, previous.as_deref());
        self.put(row, partition, headers)
    }

    /// The same message again, as a relay that lost its cursor would publish it: same number, next offset.
    pub fn again(&mut self, message: &Incoming) -> Incoming {
        let offset = self.offset(&message.topic, message.partition);
        Incoming { offset, ..message.clone() }
    }

    fn put(&mut self, row: OutboxRow, partition: i32, headers: BTreeMap<String, String>) -> Incoming {
        let offset = self.offset(&row.topic, partition);
        Incoming {
            topic: row.topic,
            partition,
            offset,
            key: row.partition_key.into_bytes(),
            payload: row.payload,
            headers,
        }
    }

    fn offset(&mut self, topic: &str, partition: i32) -> i64 {
        let offset = self.offsets.entry((topic.to_owned(), partition)).or_insert(0);
        *offset += 1;
        *offset - 1
    }
}

fn headers(message: &Outgoing) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> =
        message.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    headers.insert("ce_subject".to_owned(), message.subject.clone());
    headers.insert("ce_correlationid".to_owned(), Uuid::now_v7().to_string());
    headers
}
