//! From a commit to a consumer: how long a message is on its way.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use hdrhistogram::Histogram;
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{BorrowedMessage, Headers, Message},
};
use uuid::Uuid;

use super::{
    Failed,
    journeys::{self, histogram, now},
    orders::{Mall, check_out},
    rig::Rig,
};

const TOPIC: &str = "ordering.events";
const POLL: Duration = Duration::from_millis(100);
const PACE: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(10);

/// An aggregate's id and version.
type Event = (Uuid, i64);

/// Lets `count` orders travel one after the other, and compares when their events were committed with when a consumer
/// of its own had them.
pub(super) async fn measure(rig: &Rig, mall: &Mall, count: usize) -> Result<Histogram<u64>, Failed> {
    let baskets = mall.prepare(rig, count).await?;
    let consumer = consume(&rig.kafka)?;
    for (number, basket) in baskets.iter().enumerate() {
        let next = tokio::time::Instant::now() + PACE;
        check_out(rig.channel(number), basket).await?;
        tokio::time::sleep_until(next).await;
    }
    journeys::wait_for(rig, &baskets, count, PATIENCE).await?;
    tokio::time::sleep(POLL * 2).await;
    let seen = consumer.stop();
    let [Some(first), Some(last)] = [baskets.first(), baskets.last()] else { return Ok(histogram([])) };
    let committed: Vec<(Uuid, i64, i64)> = sqlx::query_as(
        "select stream_id, version, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint from events \
         where kind = 'ordering.Order' and stream_id between $1 and $2",
    )
    .bind(first.id)
    .bind(last.id)
    .fetch_all(&rig.ordering)
    .await?;
    let delays = committed.into_iter().filter_map(|(order, version, at)| {
        let seen = seen.get(&(order, version))?;
        u64::try_from(seen - at).ok()
    });
    Ok(histogram(delays))
}

/// A consumer of no group, on a thread of its own.
struct Watching {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<HashMap<Event, i64>>,
}

fn consume(bootstrap: &str) -> Result<Watching, Failed> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", "bench").set("enable.auto.commit", "false");
    let kafka: BaseConsumer = config.create()?;
    let topic = mall_proto::topology::TOPICS.iter().find(|topic| topic.name == TOPIC);
    let mut partitions = TopicPartitionList::new();
    for partition in 0..topic.map_or(0, |topic| topic.partitions) {
        let (_, end) = kafka.fetch_watermarks(TOPIC, partition, PATIENCE)?;
        partitions.add_partition_offset(TOPIC, partition, Offset::Offset(end))?;
    }
    kafka.assign(&partitions)?;
    let stopping = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopping);
    let thread = std::thread::spawn(move || {
        let mut seen = HashMap::new();
        while !stop.load(Ordering::Relaxed) {
            let Some(Ok(message)) = kafka.poll(POLL) else { continue };
            let at = now();
            seen.extend(event(&message).map(|event| (event, at)));
        }
        seen
    });
    Ok(Watching { stopping, thread })
}

impl Watching {
    /// When each event was there.
    fn stop(self) -> HashMap<Event, i64> {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

fn event(message: &BorrowedMessage<'_>) -> Option<Event> {
    let header = |name: &str| {
        let found = message.headers()?.iter().find(|header| header.key == name)?;
        std::str::from_utf8(found.value?).ok()
    };
    Some((Uuid::parse_str(header("ce_subject")?).ok()?, header("ce_version")?.parse().ok()?))
}
