//! The consumer's loop on a real broker: partitions come and go, the database goes and comes back.

use std::path::PathBuf;
use std::time::Duration;

use mall_cli::servers::{Kafka, KafkaOptions as BrokerOptions, Postgres, PostgresOptions, create_topics};
use mall_domain::Uuid;
use mall_messaging::{ConsumerLoop, KafkaOptions, Relay, SagaHeaders, TopicCounts, command};
use mall_persistence::{CommandIdentity, Context, Database, DatabaseOptions, Direction, sqlx};
use mall_proto::topology::Topic;
use mall_testkit::eventually;
use mall_testkit::toy::Count;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::{NO_TABLES, counter, engine};

/// A sender with its relay, a receiver with its consumers, and a broker between them.
struct Line {
    broker: Kafka,
    kafka: KafkaOptions,
    sender: Database,
    receiver: Database,
    stop: watch::Sender<bool>,
}

fn state(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("mallbots-{name}-{}", Uuid::now_v7().simple()))
}

async fn open(receiver: Database) -> Line {
    let broker = Kafka::start(BrokerOptions::free(&state("consumer")).expect("ports")).await.expect("a broker");
    let kafka = KafkaOptions::plaintext(broker.bootstrap());
    for name in ["toy.commands", "cosec.replies"] {
        let topic = Topic { name, owner: "toy", partitions: 4, retention_ms: None };
        create_topics(&kafka.bootstrap, &[topic]).await.expect("a topic");
    }
    let sender = mall_testkit::database("toy", &NO_TABLES).await;
    let (stop, stopped) = watch::channel(false);
    let topics = TopicCounts::from([("toy.commands".to_owned(), 4)]);
    tokio::spawn(Relay::new(sender.clone(), kafka.clone(), topics).run(stopped));
    Line { broker, kafka, sender, receiver, stop }
}

impl Line {
    /// Sends `count` commands, each of a saga and to a counter of its own.
    async fn send(&self, count: usize) {
        let mut work = self.sender.begin(Context::begin());
        for _ in 0..count {
            let id = counter();
            let mut message = command(id, &Count { id: id.to_string(), by: 1, mood: String::new() });
            let identity = CommandIdentity {
                saga: "toy.Saga".into(),
                saga_id: Uuid::now_v7(),
                step: 1,
                direction: Direction::Do,
                round: 0,
            };
            let headers = SagaHeaders { identity, attempt: "1".into(), reply_to: "cosec.replies".into() };
            message.headers.extend(headers.to_headers());
            work.send(message).expect("buffered");
        }
        work.commit().await.expect("committed");
    }

    fn consume(&self) -> ConsumerLoop {
        ConsumerLoop::start(&self.kafka, engine(&self.receiver), Handle::current()).expect("a consumer")
    }

    async fn handled(&self) -> Option<i64> {
        sqlx::query_scalar("select count(*) from events where position > 0").fetch_one(self.receiver.pool()).await.ok()
    }

    async fn until_handled(&self, count: i64) {
        eventually("all is handled", async || (self.handled().await? >= count).then_some(())).await;
    }

    async fn close(mut self, consumers: Vec<ConsumerLoop>) {
        self.stop.send_replace(true);
        for consumer in consumers {
            leave(consumer).await;
        }
        self.broker.stop().await;
    }
}

/// SIGTERM's part: stop polling, finish, commit, leave the group.
async fn leave(consumer: ConsumerLoop) {
    tokio::task::spawn_blocking(move || consumer.stop()).await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go_and_every_message_has_one_effect() {
    let line = open(mall_testkit::database("toy", &NO_TABLES).await).await;
    let first = line.consume();
    line.send(300).await;
    line.until_handled(1).await;
    let second = line.consume();
    for _ in 0..10 {
        line.send(50).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    leave(first).await;
    for _ in 0..10 {
        line.send(50).await;
    }
    line.until_handled(1300).await;
    assert_eq!(line.handled().await, Some(1300));
    let parked: i64 =
        sqlx::query_scalar("select count(*) from parked").fetch_one(line.receiver.pool()).await.expect("a count");
    assert_eq!(parked, 0);
    line.close(vec![second]).await;
}

/// A poll takes what is there: a lone message is not kept until a batch is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_message_does_not_wait_for_others() {
    let line = open(mall_testkit::database("toy", &NO_TABLES).await).await;
    let consumer = line.consume();
    line.send(1).await;
    line.until_handled(1).await;
    let mut quickest = Duration::MAX;
    for turn in 2..12 {
        let since = std::time::Instant::now();
        line.send(1).await;
        line.until_handled(turn).await;
        quickest = quickest.min(since.elapsed());
    }
    assert!(quickest < Duration::from_millis(200), "{quickest:?}");
    line.close(vec![consumer]).await;
}

/// An outage of the database: the consumer waits with its partitions paused, keeps its group, and goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_comes_back_finds_its_consumer_waiting() {
    let mut postgres = Postgres::start(PostgresOptions::free(&state("away")).expect("ports")).await.expect("a server");
    let options = DatabaseOptions { url: postgres.url(), service: "toy", connections: 8 };
    let receiver = Database::new(&options).expect("a URL");
    receiver.migrate(&NO_TABLES).await.expect("migrated");
    let line = open(receiver).await;
    let consumer = line.consume();
    line.send(50).await;
    line.until_handled(50).await;
    postgres.kill();
    line.send(50).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    postgres.restart().await.expect("it comes back");
    line.until_handled(100).await;
    assert_eq!(line.handled().await, Some(100));
    line.close(vec![consumer]).await;
    postgres.stop().await;
}

/// The next offset is not in the log: messages may be missing. It stands still and alarms, and never starts over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offset_out_of_range_stops_the_partition() {
    let line = open(mall_testkit::database("toy", &NO_TABLES).await).await;
    let partitions: Vec<_> = (0..4).map(|partition| ("toy.commands".to_owned(), partition, 1_000_000)).collect();
    line.receiver.begin_positions("toy", &partitions).await.expect("as if it had read that far");
    line.send(20).await;
    let consumer = line.consume();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(line.handled().await, Some(0));
    line.close(vec![consumer]).await;
}
