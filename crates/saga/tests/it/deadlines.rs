//! Deadlines: a dead participant is given up, a reply that is waiting somewhere is not.

use std::time::Duration;

use mall_cli::servers::create_topics;
use mall_messaging::{Answer, ConsumerLoop, Engine, KafkaOptions, Relay, TopicCounts};
use mall_persistence::{Context, Database, SagaStatus};
use mall_proto::topology::Topic;
use mall_saga::Timer;
use mall_testkit::eventually;
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Owner, SAGAS, quick};

/// An owner with its timer and relay at work; its consumer is started when a test wants it.
struct Mall {
    owner: Owner,
    participant: Database,
    kafka: KafkaOptions,
    topics: TopicCounts,
    stop: watch::Sender<bool>,
}

impl Mall {
    async fn open() -> Self {
        let kafka = KafkaOptions::plaintext(mall_testkit::kafka_bootstrap());
        let replies: &'static str = format!("toy-{}.replies", Uuid::now_v7().simple()).leak();
        let topics = [("toy.commands", 4), (replies, 4)];
        for (name, partitions) in topics {
            let topic = Topic { name, owner: "toy", partitions, retention_ms: None };
            create_topics(&kafka.bootstrap, &[topic]).await.expect("a topic");
        }
        let (stop, _) = watch::channel(false);
        let topics = topics.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        let participant = mall_testkit::database("toy", &SAGAS).await;
        Self { owner: Owner::open(replies).await, participant, kafka, topics, stop }
    }

    fn start_timer(&self) {
        let timer = Timer::new(self.owner.database.clone(), self.owner.sagas.clone(), self.kafka.clone(), 4);
        tokio::spawn(timer.run(self.stop.subscribe()));
    }

    fn start_relay(&self, database: &Database) {
        let relay = Relay::new(database.clone(), self.kafka.clone(), self.topics.clone());
        tokio::spawn(relay.run(self.stop.subscribe()));
    }

    /// The consumer's group is its name, so every test brings a name of its own.
    fn start_consumer(&self) -> ConsumerLoop {
        let engine = Engine::new(self.owner.database.clone(), self.owner.routes(), mall_service::reply_codec());
        ConsumerLoop::start(&self.kafka, engine, Handle::current()).expect("a consumer")
    }

    /// The participant answers the newest command; its reply is in Kafka when this returns.
    async fn answer_last(&self, answer: &Answer) {
        let command = self.owner.sent().await.pop().expect("a command was sent");
        let mut work = self.participant.begin(Context::begin());
        work.send(command.reply(answer)).expect("buffered");
        work.commit().await.expect("committed");
        eventually("the reply is in kafka", async || {
            (self.participant.outbox_waiting().await.ok()?.0 == 0).then_some(())
        })
        .await;
    }

    async fn attempts(&self) -> i32 {
        self.owner.sent().await.last().expect("a command was sent").what().1
    }
}

async fn stop(mall: Mall, consumer: Option<ConsumerLoop>) {
    mall.stop.send_replace(true);
    if let Some(consumer) = consumer {
        tokio::task::spawn_blocking(move || consumer.stop()).await.expect("it stops");
    }
}

/// A dead participant: resends, one more after the deadline, then everything is undone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_participant_is_given_up_and_everything_is_undone() {
    let mall = Mall::open().await;
    mall.start_timer();
    mall.start_relay(&mall.owner.database);
    let consumer = mall.start_consumer();
    let id = mall.owner.start().await;
    eventually("the saga turns back", async || (mall.owner.status(id).await == SagaStatus::Compensating).then_some(()))
        .await;
    let sent = mall.owner.sent().await;
    let attempts: Vec<i32> =
        sent.iter().map(super::Sent::what).filter(|(what, _)| what == "do 1").map(|(_, n)| n).collect();
    assert_eq!(attempts, (1..=attempts.len()).map(|n| i32::try_from(n).expect("small")).collect::<Vec<_>>());
    assert!(attempts.len() >= 4, "resends, and one more after the deadline: {attempts:?}");
    // The undo of the unknown step (none here), then the final one, resent for ever with the same identity.
    eventually("the undo is resent", async || {
        (mall.owner.sent().await.last()?.what() == ("undo 0".to_owned(), 3)).then_some(())
    })
    .await;
    stop(mall, Some(consumer)).await;
}

/// The owner was away past the deadline while the reply waited in Kafka: the saga goes on as if nothing had been.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_waits_past_the_deadline_still_counts() {
    let mall = Mall::open().await;
    mall.start_relay(&mall.owner.database);
    mall.start_relay(&mall.participant);
    mall.start_timer();
    let id = mall.owner.start().await;
    mall.answer_last(&Answer::Done).await;
    // Nobody reads replies. The deadline passes, the last resend goes out, the end of the partition is taken.
    eventually("the fence is taken", async || {
        let fence: Option<i64> = mall_persistence::sqlx::query_scalar("select fence from sagas where fence > 0")
            .fetch_optional(mall.owner.database.pool())
            .await
            .ok()?;
        fence
    })
    .await;
    tokio::time::sleep(quick().deadline * 2).await;
    assert_eq!(mall.owner.status(id).await, SagaStatus::Running, "it must not turn back while its reply is unread");
    let consumer = mall.start_consumer();
    eventually("the next step", async || mall.owner.what_was_sent().await.contains(&"do 2".to_owned()).then_some(()))
        .await;
    assert!(!mall.owner.what_was_sent().await.iter().any(|what| what.starts_with("undo")));
    stop(mall, Some(consumer)).await;
}

/// The clock of a step starts when its command is published: an outage of the relay does not eat its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_not_published_has_no_deadline() {
    let mall = Mall::open().await;
    mall.start_timer();
    let id = mall.owner.start().await;
    tokio::time::sleep(quick().deadline * 3).await;
    assert_eq!((mall.owner.status(id).await, mall.owner.sent().await.len()), (SagaStatus::Running, 1));
    stop(mall, None).await;
}

/// After the pivot there is no deadline: the step is resent for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_after_the_pivot_is_resent_for_ever() {
    let mall = Mall::open().await;
    mall.start_relay(&mall.owner.database);
    mall.start_relay(&mall.participant);
    let consumer = mall.start_consumer();
    let id = mall.owner.start().await;
    for step in 2..=4 {
        mall.answer_last(&Answer::Done).await;
        let next = format!("do {step}");
        eventually("the next step", async || (mall.owner.what_was_sent().await.last()? == &next).then_some(())).await;
    }
    mall.start_timer();
    eventually("many resends", async || (mall.attempts().await >= 6).then_some(())).await;
    assert_eq!(mall.owner.status(id).await, SagaStatus::Running);
    assert!(Duration::from_millis(100 + 250 + 500 + 1000) > quick().deadline, "the deadline would have passed");
    mall.answer_last(&Answer::Done).await;
    eventually("it completes", async || (mall.owner.status(id).await == SagaStatus::Completed).then_some(())).await;
    stop(mall, Some(consumer)).await;
}

/// What cannot be given up raises an alarm when it takes too long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_that_does_not_end_raises_an_alarm() {
    let figures = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().expect("the only one");
    let mut mall = Mall::open().await;
    let impatient = mall_saga::SagaPolicy { alarm: Duration::from_millis(300), ..quick() };
    mall.owner.sagas = mall_saga::Sagas::new(mall.owner.sagas.reply_topic(), impatient).with(crate::saga());
    mall.start_timer();
    mall.start_relay(&mall.owner.database);
    let id = mall.owner.start().await;
    let mut work = mall.owner.database.begin(Context::begin());
    mall.owner.sagas.turn_back(&mut work, crate::NAME, id, "canceled".into()).await.expect("turned back");
    work.commit().await.expect("committed");
    let alarm = "mall_saga_alarms_total{name=\"toy.Order\",step=\"reject\"}";
    eventually("the alarm", async || figures.render().contains(alarm).then_some(())).await;
    assert_eq!(mall.owner.status(id).await, SagaStatus::Compensating);
    stop(mall, None).await;
}
