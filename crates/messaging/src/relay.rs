//! The relay: publishes a service's outbox in its one order, from the one process that holds the database's lock.
//!
//! A crash publishes a tail again, in the same order and with the same headers: the only source of duplicates.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mall_persistence::{Database, Error, Fresh, OutboxRow, RelaySession, RelayState, SWEEP};
use rdkafka::error::KafkaError;
use tokio::sync::watch;
use tracing::Instrument;

use crate::backoff::Backoff;
use crate::envelope::headers_of;
use crate::gap::GapRule;
use crate::kafka::{KafkaOptions, Offsets};
use crate::partition::partition_of;
use crate::producer::{Record, RelayProducer};
use crate::trace;

/// Rows of one batch at most.
const BATCH: usize = 1000;
/// How often a relay that waits for the lock asks for it.
const STANDBY: Duration = Duration::from_secs(1);
/// How long the stored cursor may be behind what was published: what a crash publishes again at most. A move for every
/// batch would be a third of all commits at a low load (docs/adr/0012).
const CURSOR: Duration = Duration::from_millis(250);
/// How often partitions are looked after: once per so many rows.
const LOOK_AHEAD: i64 = 100_000;

/// How many partitions each topic is declared to have.
pub type TopicCounts = HashMap<String, i32>;

/// Publishes one outbox.
pub struct Relay {
    database: Database,
    kafka: KafkaOptions,
    topics: TopicCounts,
}

/// Why the relay begins again.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("the database")]
    Database(#[from] Error),
    #[error("kafka")]
    Kafka(#[from] KafkaError),
    /// Something must be mended first: a topic, or a row of the outbox.
    #[error("{0}")]
    Refused(String),
}

impl Interrupted {
    /// What passes by itself is worth a warning; what waits for somebody to mend it, an alarm.
    fn tell(&self) {
        let error = crate::batch::chain(self);
        match self {
            Self::Database(_) | Self::Kafka(_) => tracing::warn!(error, "the relay begins again"),
            Self::Refused(_) => {
                metrics::counter!("mall_relay_refusals_total").increment(1);
                tracing::error!(error, "the relay stands still until this is mended");
            }
        }
    }
}

impl Relay {
    /// A relay for this database; `topics` are the declared ones.
    pub fn new(database: Database, kafka: KafkaOptions, topics: TopicCounts) -> Self {
        Self { database, kafka, topics }
    }

    /// Runs until told to stop: takes the lock, publishes, and begins again after any failure, for ever.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        while !*stop.borrow() {
            if let Err(error) = self.hold_office(&mut stop, &mut backoff).await {
                error.tell();
                let _ = tokio::time::timeout(backoff.next(), told_to(&mut stop)).await;
            }
        }
    }

    /// Publishes as long as this process holds the lock; `Ok` where another holds it or it is time to stop.
    async fn hold_office(&self, stop: &mut watch::Receiver<bool>, backoff: &mut Backoff) -> Result<(), Interrupted> {
        let Some(mut session) = RelaySession::acquire(&self.database).await? else {
            metrics::gauge!("mall_relay_leader").set(0.0);
            self.wake_the_other(stop).await;
            return Ok(());
        };
        metrics::gauge!("mall_relay_leader").set(1.0);
        let mut office = Office::open(self, &mut session).await?;
        tracing::info!(cursor = office.state.cursor, "the relay is ours");
        let fresh = self.database.fresh();
        let mut others = self.database.listen_for_relay().await?;
        while !*stop.borrow() {
            let published = office.publish(&mut session).await?;
            backoff.reset();
            if published == BATCH || (published > 0 && fresh.is_waiting()) {
                continue;
            }
            // After a batch that was not full there is nothing left to read: what is committed from now on wakes us.
            if let Some(pause) = office.gap.pause() {
                tokio::time::sleep(pause).await;
                continue;
            }
            let sweep = tokio::time::sleep(SWEEP);
            tokio::pin!(sweep);
            loop {
                tokio::select! {
                    () = fresh.committed() => break,
                    _ = others.try_recv() => break,
                    () = &mut sweep => break,
                    () = told_to(stop) => break,
                    () = tokio::time::sleep(office.until_cursor()), if office.is_ahead() => {
                        office.store_cursor(&mut session).await?;
                    }
                }
            }
        }
        office.publish(&mut session).await?;
        office.store_cursor(&mut session).await
    }

    /// The relay runs elsewhere: tell it of our commits, at most one notification at a time.
    async fn wake_the_other(&self, stop: &mut watch::Receiver<bool>) {
        let fresh = self.database.fresh();
        let patience = tokio::time::sleep(STANDBY);
        tokio::pin!(patience);
        loop {
            tokio::select! {
                () = &mut patience => return,
                () = told_to(stop) => return,
                () = fresh.committed() => {
                    fresh.clear();
                    if let Err(error) = self.database.notify_relay().await {
                        tracing::debug!(%error, "the relay's sweep will find it");
                    }
                }
            }
        }
    }
}

/// Returns when it is time to stop.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What the relay holds while it is in office.
struct Office<'r> {
    relay: &'r Relay,
    producer: RelayProducer,
    /// What was published.
    state: RelayState,
    /// What the cursor's row says of it, and when it was written.
    stored: RelayState,
    stored_at: Instant,
    gap: GapRule,
    fresh: Arc<Fresh>,
    looked_ahead_at: i64,
}

impl<'r> Office<'r> {
    async fn open(relay: &'r Relay, session: &mut RelaySession) -> Result<Self, Interrupted> {
        let state = session.state().await?;
        session.make_partitions_ahead(state.cursor).await?;
        let producer = RelayProducer::new(&relay.kafka, relay.database.service())?;
        let mut office = Self {
            relay,
            producer,
            looked_ahead_at: state.cursor,
            stored: state.clone(),
            stored_at: Instant::now(),
            state,
            gap: GapRule::default(),
            fresh: relay.database.fresh(),
        };
        office.check_topics(session).await?;
        Ok(office)
    }

    /// A topic with another number of partitions than declared would scatter keys: refuse to run.
    async fn check_topics(&mut self, session: &mut RelaySession) -> Result<(), Interrupted> {
        let offsets = Offsets::new(&self.relay.kafka)?;
        for (topic, declared) in &self.relay.topics {
            let real = offsets.partitions(topic).await?;
            if real != *declared {
                let text = format!("{topic} has {real} partitions, declared are {declared}: run `mall topics`");
                return Err(Interrupted::Refused(text));
            }
            session.state().await?; // keeps the session from idling away
        }
        Ok(())
    }

    /// One batch, and the cursor where it is time. Gives how many were published.
    async fn publish(&mut self, session: &mut RelaySession) -> Result<usize, Interrupted> {
        let published = self.publish_batch(session).await;
        // Before a row that must not be published, too: what came before it is not to be published again.
        if published.is_err() || self.until_cursor().is_zero() {
            self.store_cursor(session).await?;
        }
        published
    }

    /// Read, produce, wait for every report.
    async fn publish_batch(&mut self, session: &mut RelaySession) -> Result<usize, Interrupted> {
        let mut rows = self.fresh.take_after(self.state.cursor, BATCH);
        if rows.is_empty() {
            rows = self.gap.next(session, self.state.cursor, BATCH).await?;
        }
        let mut next = self.state.clone();
        let mut records = Vec::with_capacity(rows.len());
        let mut refused = None;
        for row in rows {
            let seq = row.seq;
            match self.record(row, &mut next) {
                Ok(record) => records.push(record),
                Err(error) => {
                    // What comes before it is published; it and what comes behind it wait.
                    refused = Some(error);
                    break;
                }
            }
            next.cursor = seq;
        }
        let count = records.len();
        if count > 0 {
            self.send(session, records, next).await?;
        }
        refused.map_or(Ok(count), Err)
    }

    async fn send(
        &mut self,
        session: &mut RelaySession,
        records: Vec<Record>,
        next: RelayState,
    ) -> Result<(), Interrupted> {
        let count = records.len();
        let span = if trace::is_on() {
            tracing::info_span!("publish", otel.name = "publish outbox", messaging.batch.message_count = count)
        } else {
            tracing::Span::none()
        };
        self.produce(session, records).instrument(span).await?;
        self.state = next;
        metrics::counter!("mall_relay_published_total").increment(count as u64);
        metrics::counter!("mall_relay_batches_total").increment(1);
        if self.state.cursor - self.looked_ahead_at > LOOK_AHEAD {
            session.make_partitions_ahead(self.state.cursor).await?;
            self.looked_ahead_at = self.state.cursor;
        }
        Ok(())
    }

    /// Whether the stored cursor is behind what was published.
    fn is_ahead(&self) -> bool {
        self.state != self.stored
    }

    fn until_cursor(&self) -> Duration {
        CURSOR.saturating_sub(self.stored_at.elapsed())
    }

    /// Moves the cursor to what was published, whose every report has come.
    async fn store_cursor(&mut self, session: &mut RelaySession) -> Result<(), Interrupted> {
        if self.is_ahead() {
            session.advance(&self.stored, &self.state).await?;
            self.stored = self.state.clone();
            self.stored_at = Instant::now();
            metrics::counter!("mall_relay_cursor_moves_total").increment(1);
        }
        Ok(())
    }

    fn record(&self, row: OutboxRow, next: &mut RelayState) -> Result<Record, Interrupted> {
        let Some(count) = self.relay.topics.get(&row.topic) else {
            let text = format!("outbox row {}: {} is not a declared topic", row.seq, row.topic);
            return Err(Interrupted::Refused(text));
        };
        if row.partition_key.is_empty() {
            return Err(Interrupted::Refused(format!("outbox row {} has no partition key", row.seq)));
        }
        let partition = partition_of(row.partition_key.as_bytes(), *count);
        let place = format!("{}:{}", row.epoch, row.seq);
        let previous = next.last_sent.insert(format!("{}/{partition}", row.topic), place);
        let mut headers = headers_of(&row, self.relay.database.service(), previous.as_deref());
        if trace::is_on() {
            self.trace_send(&row, partition, &mut headers);
        }
        Ok(Record { topic: row.topic, partition, key: row.partition_key, payload: row.payload, headers })
    }

    /// A producer span, child of what wrote the row; the message carries it on.
    fn trace_send(&self, row: &OutboxRow, partition: i32, headers: &mut std::collections::BTreeMap<String, String>) {
        let span = tracing::info_span!(
            "send",
            otel.name = format!("send {}", row.topic),
            otel.kind = "producer",
            messaging.system = "kafka",
            messaging.destination.name = row.topic,
            messaging.destination.partition.id = partition,
            messaging.operation.type = "send",
            messaging.message.id = %row.message_id,
            message_type = row.message_type,
        );
        let stored = headers.get("traceparent").cloned();
        trace::adopt(&span, stored.as_deref());
        if let Some(traceparent) = trace::traceparent(&span, stored) {
            headers.insert("traceparent".to_owned(), traceparent);
        }
    }

    /// Waits for the reports as long as it takes, and keeps the session alive meanwhile: losing it stops producing.
    async fn produce(&mut self, session: &mut RelaySession, records: Vec<Record>) -> Result<(), Interrupted> {
        let delivery = match self.producer.send(records) {
            Ok(delivery) => delivery,
            Err(error) => return self.give_up(error),
        };
        loop {
            match RelayProducer::delivered(&delivery, SWEEP).await {
                Some(Ok(())) => return Ok(()),
                Some(Err(error)) => return self.give_up(error),
                None => {
                    if let Err(error) = session.state().await {
                        self.producer.purge();
                        return Err(error.into());
                    }
                }
            }
        }
    }

    fn give_up(&mut self, error: KafkaError) -> Result<(), Interrupted> {
        self.producer.purge();
        Err(error.into())
    }
}
