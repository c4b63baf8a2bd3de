//! The consumer's loop: one OS thread that owns a `BaseConsumer` (5 to 6 times cheaper than a stream per message),
//! takes what is there, and hands it to the engine.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use crate::batch::{Cut, Engine, Handled, Partition};
use crate::envelope::Incoming;
use crate::rebalance::{Change, Rebalancing};

/// Messages of one transaction at most.
const BATCH: usize = 500;
/// How long an idle poll blocks; also how long a stop waits for it at most.
const IDLE: Duration = Duration::from_millis(500);

/// How Kafka is reached.
#[derive(Clone)]
pub struct KafkaOptions {
    /// `host:port`, comma-separated.
    pub bootstrap: String,
    /// Further settings of the client: encryption, and who we are. Secret: never logged.
    pub security: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for KafkaOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaOptions").field("bootstrap", &self.bootstrap).finish_non_exhaustive()
    }
}

impl KafkaOptions {
    /// A broker that takes everybody, unencrypted.
    pub fn plaintext(bootstrap: impl Into<String>) -> Self {
        Self { bootstrap: bootstrap.into(), security: Vec::new() }
    }

    /// What all clients share.
    pub(crate) fn client(&self, name: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", name)
            .set("socket.timeout.ms", "10000")
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.max.ms", "500")
            .set("allow.auto.create.topics", "false")
            .set("topic.metadata.refresh.interval.ms", "60000")
            .set("log_level", "3");
        for (key, value) in &self.security {
            config.set(*key, value);
        }
        config
    }
}

/// A running consumer.
pub struct ConsumerLoop {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl ConsumerLoop {
    /// Starts reading. `runtime` runs the database's part of the work.
    pub fn start(options: &KafkaOptions, engine: Engine, runtime: Handle) -> Result<Self, KafkaError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let changes = Arc::new(Mutex::new(Vec::new()));
        let context = Rebalancing {
            database: engine.database.clone(),
            consumer: engine.consumer(),
            runtime: runtime.clone(),
            changes: Arc::clone(&changes),
            stopping: Arc::clone(&stopping),
        };
        let mut config = options.client(engine.consumer());
        config
            .set("group.id", engine.consumer())
            .set("group.protocol", "consumer")
            .set("auto.offset.reset", "error")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "false")
            .set("fetch.wait.max.ms", "500")
            .set("queued.max.messages.kbytes", "4096");
        let kafka: BaseConsumer<Rebalancing> = config.create_with_context(context)?;
        let topics = engine.topics();
        kafka.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
        let stop = Arc::clone(&stopping);
        let thread = std::thread::Builder::new()
            .name("consumer".to_owned())
            .spawn(move || Reading::new(kafka, engine, runtime, changes, stop).run())
            .expect("the system has a thread left");
        Ok(Self { stopping, thread })
    }

    /// Stops polling, finishes and commits the batch in hand, and leaves the group. Blocks.
    pub fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!("the consumer's thread panicked");
        }
    }
}

/// Messages of a partition that was cut, kept here with the partition paused. Kept rather than fetched again: `seek`
/// is unreliable around assignments in librdkafka, and the messages are in memory already.
struct Held {
    messages: VecDeque<Incoming>,
    /// When to run them again; `None` = never by itself.
    again: Option<Instant>,
}

struct Reading {
    kafka: BaseConsumer<Rebalancing>,
    engine: Arc<AsyncMutex<Engine>>,
    runtime: Handle,
    changes: Arc<Mutex<Vec<Change>>>,
    stopping: Arc<AtomicBool>,
    fresh: Vec<Incoming>,
    held: HashMap<Partition, Held>,
    /// Topics whose delay was noted since we were last idle.
    behind: HashSet<String>,
}

impl Reading {
    fn new(
        kafka: BaseConsumer<Rebalancing>,
        engine: Engine,
        runtime: Handle,
        changes: Arc<Mutex<Vec<Change>>>,
        stopping: Arc<AtomicBool>,
    ) -> Self {
        Self {
            kafka,
            engine: Arc::new(AsyncMutex::new(engine)),
            runtime,
            changes,
            stopping,
            fresh: Vec::new(),
            held: HashMap::new(),
            behind: HashSet::new(),
        }
    }

    fn run(mut self) {
        while !self.stopping.load(Ordering::Relaxed) {
            self.poll();
            self.release();
            if self.fresh.is_empty() {
                self.note_idle();
                self.runtime.block_on(self.engine().settle(false));
                continue;
            }
            let batch = std::mem::take(&mut self.fresh);
            let newest = newest_by_topic(&batch);
            let handled = self.handle(batch);
            note_delay(&newest);
            self.behind.extend(newest.into_keys());
            self.show_progress();
            self.hold(handled.held, handled.cuts);
        }
        self.runtime.block_on(self.engine().settle(true));
    }

    /// Runs on the service's runtime, where its queries are driven: from here each of them would wake this thread.
    fn handle(&self, batch: Vec<Incoming>) -> Handled {
        let engine = Arc::clone(&self.engine);
        let handling = self.runtime.spawn(async move { engine.lock().await.handle(batch).await });
        self.runtime.block_on(handling).expect("panics of handlers are caught")
    }

    /// Nobody else holds it between batches.
    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.blocking_lock()
    }

    /// With nothing to read and nothing held we are not behind, however late the last message was.
    fn note_idle(&mut self) {
        if self.held.is_empty() {
            for topic in self.behind.drain() {
                metrics::gauge!("mall_consumer_behind_seconds", "topic" => topic).set(0.0);
            }
        }
    }

    /// Takes what is there, never waiting to fill a batch.
    fn poll(&mut self) {
        let mut wait = self.patience();
        while self.fresh.len() < BATCH {
            let polled = self.kafka.poll(wait).map(|result| result.map(|message| incoming(&message)));
            self.follow_changes();
            match polled {
                Some(Ok(message)) => self.accept(message),
                Some(Err(error)) => self.complain(&error),
                None => return,
            }
            wait = Duration::ZERO;
        }
    }

    fn accept(&mut self, message: Incoming) {
        match self.held.get_mut(&(message.topic.clone(), message.partition)) {
            Some(held) => held.messages.push_back(message),
            None => self.fresh.push(message),
        }
    }

    /// How long a poll may block: no longer than until a held partition wants to run again.
    fn patience(&self) -> Duration {
        let soonest = self.held.values().filter_map(|held| held.again).min();
        soonest.map_or(IDLE, |again| again.saturating_duration_since(Instant::now()).min(IDLE))
    }

    /// Partitions that came or went while we polled.
    fn follow_changes(&mut self) {
        let changes = std::mem::take(&mut *self.changes.lock().expect("nobody panics with the lock"));
        for change in changes {
            match change {
                Change::Assigned(partitions) => self.take_over(&partitions),
                Change::Revoked(partitions) => {
                    self.fresh.retain(|m| !partitions.contains(&(m.topic.clone(), m.partition)));
                    self.held.retain(|partition, _| !partitions.contains(partition));
                    let mut engine = self.engine();
                    engine.revoke(&partitions);
                    tracing::info!(consumer = engine.consumer(), ?partitions, "gave partitions up");
                }
            }
        }
    }

    fn take_over(&mut self, partitions: &[Partition]) {
        let mut engine = self.engine();
        tracing::info!(consumer = engine.consumer(), ?partitions, "took partitions over");
        // Where this fails the engine reads the marks with the first batch.
        engine.revoke(partitions);
        if let Err(error) = self.runtime.block_on(engine.assign(partitions)) {
            tracing::warn!(error = %crate::batch::chain(&error), "cannot read the marks yet");
        }
    }

    /// Messages whose wait is over go before what is fresh.
    fn release(&mut self) {
        let now = Instant::now();
        let ready: Vec<Partition> = self
            .held
            .iter()
            .filter(|(_, held)| held.again.is_some_and(|again| again <= now))
            .map(|(partition, _)| partition.clone())
            .collect();
        for partition in ready {
            let held = self.held.remove(&partition).expect("listed just now");
            self.fresh.splice(0..0, held.messages);
            self.flow(&partition, true);
        }
    }

    fn hold(&mut self, messages: Vec<Incoming>, cuts: HashMap<Partition, Cut>) {
        let now = Instant::now();
        for (partition, cut) in cuts {
            let again = match cut {
                Cut::Retry(wait) => Some(now + wait),
                Cut::Stop(_) => None,
            };
            self.held.insert(partition.clone(), Held { messages: VecDeque::new(), again });
            self.flow(&partition, false);
        }
        for message in messages {
            self.accept(message);
        }
    }

    fn flow(&self, partition: &Partition, on: bool) {
        let mut list = TopicPartitionList::new();
        list.add_partition(&partition.0, partition.1);
        let result = if on { self.kafka.resume(&list) } else { self.kafka.pause(&list) };
        if let Err(error) = result {
            tracing::warn!(?partition, on, %error, "a partition could not be paused or resumed");
        }
    }

    /// The group's committed offsets only feed displays of lag; they are stored for the next automatic commit.
    fn show_progress(&self) {
        let mut list = TopicPartitionList::new();
        let engine = self.engine();
        for (topic, partition, next) in engine.progress() {
            list.add_partition_offset(topic, partition, Offset::Offset(next)).expect("an offset is not negative");
        }
        if list.count() > 0 {
            let _ = self.kafka.store_offsets(&list);
        }
    }

    fn complain(&mut self, error: &KafkaError) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset) {
            // What we have to read next is no longer there: messages are lost to this consumer. It stands still.
            metrics::counter!("mall_messages_missed_total", "topic" => "").increment(1);
            tracing::error!(consumer = self.engine().consumer(), %error, "the next message is no longer in the log: the partition stands still");
        } else {
            tracing::warn!(consumer = self.engine().consumer(), %error, "kafka");
        }
    }
}

impl Engine {
    /// The offsets to read next in the partitions just handled.
    fn progress(&self) -> impl Iterator<Item = (&str, i32, i64)> {
        self.positions.iter().map(|((topic, partition), next)| (topic.as_str(), *partition, *next))
    }
}

fn incoming(message: &BorrowedMessage<'_>) -> Incoming {
    let mut headers = BTreeMap::new();
    if let Some(sent) = message.headers() {
        for header in sent.iter() {
            let value = header.value.map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default();
            headers.insert(header.key.to_owned(), value);
        }
    }
    Incoming {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().unwrap_or_default().to_vec(),
        payload: message.payload().unwrap_or_default().to_vec(),
        headers,
    }
}

fn newest_by_topic(batch: &[Incoming]) -> HashMap<String, String> {
    batch.iter().filter_map(|m| Some((m.topic.clone(), m.headers.get("ce_time")?.clone()))).collect()
}

/// How long ago the newest message of each topic was sent.
#[expect(clippy::disallowed_methods, reason = "a measurement, not a decision")]
fn note_delay(newest: &HashMap<String, String>) {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    let now = OffsetDateTime::now_utc();
    for (topic, sent) in newest {
        if let Ok(sent) = OffsetDateTime::parse(sent, &Rfc3339) {
            let behind = (now - sent).as_seconds_f64().max(0.0);
            metrics::gauge!("mall_consumer_behind_seconds", "topic" => topic.clone()).set(behind);
        }
    }
}

/// Looks at the ends of partitions, without reading them.
pub struct Offsets {
    kafka: Arc<BaseConsumer>,
}

impl Offsets {
    /// A client that belongs to no group.
    pub fn new(options: &KafkaOptions) -> Result<Self, KafkaError> {
        Ok(Self { kafka: Arc::new(options.client("offsets").create()?) })
    }

    /// The offset that the next message of this partition will get.
    pub async fn end(&self, topic: &str, partition: i32) -> Result<i64, KafkaError> {
        let kafka = Arc::clone(&self.kafka);
        let topic = topic.to_owned();
        tokio::task::spawn_blocking(move || kafka.fetch_watermarks(&topic, partition, Duration::from_secs(5)))
            .await
            .map_err(|_| KafkaError::Canceled)?
            .map(|(_, high)| high)
    }

    /// How many partitions a topic really has; 0 where there is no such topic.
    pub async fn partitions(&self, topic: &str) -> Result<i32, KafkaError> {
        let kafka = Arc::clone(&self.kafka);
        let topic = topic.to_owned();
        let metadata = tokio::task::spawn_blocking(move || kafka.fetch_metadata(Some(&topic), Duration::from_secs(5)))
            .await
            .map_err(|_| KafkaError::Canceled)??;
        let count = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}
