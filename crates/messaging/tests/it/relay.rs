//! The relay between a real database and a real broker: nothing lost, order kept, whatever dies in between.

mod sparing;
mod standing;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use mall_cli::servers::{Kafka, KafkaOptions as BrokerOptions, Postgres, PostgresOptions, create_topics};
use mall_domain::Uuid;
use mall_messaging::{KafkaOptions, Relay, TopicCounts, event, partition_of};
use mall_persistence::{Context, Database, DatabaseOptions, Error, Outgoing};
use mall_proto::topology::Topic;
use mall_testkit::eventually;
use mall_testkit::toy::Counted;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::NO_TABLES;

/// A topic of its own, with its relay's surroundings.
struct Line {
    database: Database,
    kafka: KafkaOptions,
    topic: &'static str,
}

/// A message as the broker has it.
struct Published {
    key: String,
    partition: i32,
    headers: BTreeMap<String, String>,
}

impl Published {
    fn seq(&self) -> i64 {
        self.headers["ce_sequence"].parse().expect("a number")
    }
}

async fn line(database: Database, bootstrap: String) -> Line {
    let topic: &'static str = format!("toy-{}.events", Uuid::now_v7().simple()).leak();
    create(&bootstrap, topic, 4).await;
    Line { database, kafka: KafkaOptions::plaintext(bootstrap), topic }
}

async fn create(bootstrap: &str, name: &'static str, partitions: i32) {
    create_topics(bootstrap, &[Topic { name, owner: "toy", partitions, retention_ms: None }]).await.expect("a topic");
}

async fn open() -> Line {
    line(mall_testkit::database("toy", &NO_TABLES).await, mall_testkit::kafka_bootstrap()).await
}

impl Line {
    fn message(&self, key: &str) -> Outgoing {
        Outgoing { topic: self.topic.to_owned(), ..event(key, &Counted { id: key.to_owned(), by: 1, value: 1 }) }
    }

    async fn write(&self, keys: &[&str]) -> Result<(), Error> {
        let mut work = self.database.begin(Context::begin());
        for key in keys {
            work.send(self.message(key))?;
        }
        work.commit().await
    }

    fn relay(&self) -> (watch::Sender<bool>, JoinHandle<()>) {
        let topics = TopicCounts::from([(self.topic.to_owned(), 4)]);
        let (stop, stopped) = watch::channel(false);
        let relay = Relay::new(self.database.clone(), self.kafka.clone(), topics);
        (stop, tokio::spawn(relay.run(stopped)))
    }

    async fn outbox(&self) -> Vec<i64> {
        mall_persistence::sqlx::query_scalar("select seq from outbox where seq > 0 order by seq")
            .fetch_all(self.database.pool())
            .await
            .expect("the outbox can be read")
    }

    async fn waiting(&self) -> i64 {
        self.database.outbox_waiting().await.expect("the outbox can be read").0
    }

    async fn until_drained(&self) {
        eventually("the outbox is drained", async || {
            let waiting = self.database.outbox_waiting().await.ok()?;
            (waiting.0 == 0).then_some(())
        })
        .await;
    }

    /// Everything on the topic, partition by partition.
    fn published(&self) -> Vec<Published> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka.bootstrap)
            .set("group.id", Uuid::now_v7().to_string())
            .set("enable.partition.eof", "true")
            .create()
            .expect("a consumer");
        let mut list = TopicPartitionList::new();
        for partition in 0..4 {
            list.add_partition_offset(self.topic, partition, Offset::Beginning).expect("an offset");
        }
        consumer.assign(&list).expect("assigned");
        let (mut ends, mut all) = (0, Vec::new());
        while ends < 4 {
            match consumer.poll(Duration::from_secs(20)).expect("the broker answers") {
                Ok(message) => {
                    let headers = message.headers().expect("headers");
                    let text =
                        |value: Option<&[u8]>| String::from_utf8(value.expect("a value").to_vec()).expect("text");
                    all.push(Published {
                        key: text(message.key()),
                        partition: message.partition(),
                        headers: headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect(),
                    });
                }
                Err(rdkafka::error::KafkaError::PartitionEOF(_)) => ends += 1,
                Err(error) => tracing::debug!(%error, "polling on"),
            }
        }
        all
    }

    /// Drops what a mark would drop; checks order and the chain of `ce_prev`; gives every number once.
    fn effective(&self) -> Vec<i64> {
        let mut marks: HashMap<i32, i64> = HashMap::new();
        let mut seqs = Vec::new();
        for message in self.published() {
            let mark = marks.entry(message.partition).or_insert(0);
            if message.seq() <= *mark {
                continue;
            }
            let previous = message.headers.get("ce_prev").map_or("1:0", String::as_str);
            assert_eq!(previous, format!("1:{mark}"), "a message is missing before {}", message.seq());
            *mark = message.seq();
            seqs.push(message.seq());
        }
        seqs.sort_unstable();
        seqs
    }
}

async fn stop(relay: (watch::Sender<bool>, JoinHandle<()>)) {
    relay.0.send_replace(true);
    relay.1.await.expect("a relay does not panic");
}

#[tokio::test]
async fn a_message_is_a_cloud_event_on_the_partition_of_its_key() {
    let line = open().await;
    line.write(&["a", "b", "a"]).await.expect("written");
    let relay = line.relay();
    line.until_drained().await;
    stop(relay).await;
    let published = line.published();
    assert_eq!(published.len(), 3);
    for message in &published {
        assert_eq!(message.partition, partition_of(message.key.as_bytes(), 4));
        for (header, value) in [
            ("ce_specversion", "1.0"),
            ("ce_source", "toy"),
            ("ce_type", "mallbots.toy.v1.Counted"),
            ("ce_epoch", "1"),
            ("content-type", "application/protobuf"),
        ] {
            assert_eq!(message.headers[header], value);
        }
        for header in ["ce_id", "ce_time", "ce_subject", "ce_version", "ce_correlationid"] {
            assert!(message.headers.contains_key(header), "{header}");
        }
    }
    assert_eq!(line.effective(), [1, 2, 3]);
}

/// The relay dies after Kafka has the batch and before the cursor has moved: the tail is published again, in the same
/// order, with the same numbers, and marks drop it.
#[tokio::test]
async fn a_relay_killed_between_produce_and_cursor_publishes_the_tail_again_unchanged() {
    let line = open().await;
    let broken =
        "create function stuck() returns trigger language plpgsql as $$ begin raise 'the cursor is stuck'; end $$;
                  create trigger stuck before update on relay for each row execute function stuck()";
    mall_persistence::sqlx::raw_sql(broken).execute(line.database.pool()).await.expect("a trigger");
    for _ in 0..10 {
        line.write(&["a", "b", "c"]).await.expect("written");
    }
    let relay = line.relay();
    eventually("a tail was published twice", async || (line.published().len() >= 60).then_some(())).await;
    mall_persistence::sqlx::raw_sql("drop trigger stuck on relay")
        .execute(line.database.pool())
        .await
        .expect("dropped");
    line.until_drained().await;
    stop(relay).await;
    let mut by_seq: HashMap<i64, BTreeMap<String, String>> = HashMap::new();
    for message in line.published() {
        let first = by_seq.entry(message.seq()).or_insert_with(|| message.headers.clone());
        assert_eq!(*first, message.headers, "the same number must carry the same headers");
    }
    assert_eq!(line.effective(), (1..=30).collect::<Vec<_>>());
}

#[tokio::test]
async fn two_relays_at_once_publish_once_and_in_order() {
    let line = open().await;
    let relays = [line.relay(), line.relay(), line.relay()];
    for turn in 0..200 {
        let keys: Vec<String> = (0..5).map(|key| format!("{}", (turn + key) % 7)).collect();
        line.write(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await.expect("written");
    }
    line.until_drained().await;
    for relay in relays {
        stop(relay).await;
    }
    assert_eq!(line.published().len(), 1000, "no message was sent twice");
    assert_eq!(line.effective(), line.outbox().await);
}

#[tokio::test]
async fn a_topic_with_another_number_of_partitions_is_refused() {
    let line = open().await;
    let wrong: &'static str = format!("toy-{}.events", Uuid::now_v7().simple()).leak();
    create(&line.kafka.bootstrap, wrong, 3).await;
    let wrong_line = Line { topic: wrong, database: line.database.clone(), kafka: line.kafka.clone() };
    wrong_line.write(&["a"]).await.expect("written");
    let relay = wrong_line.relay();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(line.waiting().await, 1);
    stop(relay).await;
}

/// How long a message takes from commit to publication, the slowest of ten; each after a pause of the relay.
async fn slowest(line: &Line, writer: &Database) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(130)).await;
        let since = std::time::Instant::now();
        let mut work = writer.begin(Context::begin());
        work.send(line.message("a")).expect("buffered");
        work.commit().await.expect("committed");
        line.until_drained().await;
        slowest = slowest.max(since.elapsed());
    }
    slowest
}

/// Without the wake-up the sweep alone would find the message: once a second.
#[tokio::test]
async fn a_commit_wakes_the_relay() {
    let line = open().await;
    let relay = line.relay();
    line.write(&["a"]).await.expect("written");
    line.until_drained().await;
    let slowest = slowest(&line, &line.database).await;
    assert!(slowest < Duration::from_millis(700), "{slowest:?}");
    stop(relay).await;
}

/// A replica whose relay is not in office tells the one that is.
#[tokio::test]
async fn a_commit_of_another_replica_wakes_the_relay() {
    let line = open().await;
    let relay = line.relay();
    line.write(&["a"]).await.expect("written");
    line.until_drained().await;
    let database = Database::new(&mall_testkit::options_of(&line.database)).expect("a URL");
    let replica = Line { database, kafka: line.kafka.clone(), topic: line.topic };
    let standby = replica.relay();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let slowest = slowest(&line, &replica.database).await;
    assert!(slowest < Duration::from_millis(700), "{slowest:?}");
    stop(standby).await;
    stop(relay).await;
}

/// Nobody makes topics by mistake: neither the broker nor a client that asks for one.
#[tokio::test]
async fn a_topic_that_does_not_exist_is_not_made() {
    let line = open().await;
    let missing: &'static str = format!("toy-{}.events", Uuid::now_v7().simple()).leak();
    let missing_line = Line { topic: missing, database: line.database.clone(), kafka: line.kafka.clone() };
    missing_line.write(&["a"]).await.expect("written");
    let relay = missing_line.relay();
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop(relay).await;
    let offsets = mall_messaging::Offsets::new(&line.kafka).expect("a client");
    assert_eq!(offsets.partitions(missing).await.expect("the broker answers"), 0);
}

/// Writes until told to stop, whatever happens to the database; a failed commit is tried again.
fn write_for_ever(line: &Line) -> (watch::Sender<bool>, JoinHandle<u32>) {
    let (stop, stopped) = watch::channel(false);
    let line = Line { database: line.database.clone(), kafka: line.kafka.clone(), topic: line.topic };
    let writer = tokio::spawn(async move {
        let mut written = 0;
        while !*stopped.borrow() {
            match line.write(&["a", "b", "c", "d", "e"]).await {
                Ok(()) => written += 5,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        written
    });
    (stop, writer)
}

fn state(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("mallbots-{name}-{}", Uuid::now_v7().simple()))
}

#[tokio::test]
async fn postgresql_killed_under_load_loses_and_reorders_nothing() {
    let folder = state("relay-postgres");
    let mut postgres = Postgres::start(PostgresOptions::free(&folder).expect("ports")).await.expect("a server");
    let options = DatabaseOptions { url: postgres.url(), service: "toy", connections: 8 };
    let database = Database::new(&options).expect("a URL");
    database.migrate(&NO_TABLES).await.expect("migrated");
    let line = line(database, mall_testkit::kafka_bootstrap()).await;
    let relay = line.relay();
    let (stop_writing, writer) = write_for_ever(&line);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        postgres.kill();
        postgres.restart().await.expect("it comes back");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop_writing.send_replace(true);
    let acknowledged = writer.await.expect("the writer does not panic");
    line.until_drained().await;
    stop(relay).await;
    let stored = line.outbox().await;
    assert!(stored.len() >= usize::try_from(acknowledged).expect("small"), "{} of {acknowledged}", stored.len());
    assert_eq!(line.effective(), stored);
    postgres.stop().await;
}

#[tokio::test]
async fn kafka_killed_under_load_loses_and_reorders_nothing() {
    let folder = state("relay-kafka");
    let mut kafka = Kafka::start(BrokerOptions::free(&folder).expect("ports")).await.expect("a broker");
    let database = mall_testkit::database("toy", &NO_TABLES).await;
    let line = line(database, kafka.bootstrap()).await;
    let relay = line.relay();
    let (stop_writing, writer) = write_for_ever(&line);
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        kafka.kill();
        kafka.restart().await.expect("it comes back");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop_writing.send_replace(true);
    writer.await.expect("the writer does not panic");
    line.until_drained().await;
    stop(relay).await;
    assert_eq!(line.effective(), line.outbox().await);
    kafka.stop().await;
}
