//! Producing a batch: every record, then every delivery report.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext, PurgeConfig};
use tokio::sync::Notify;

use crate::kafka::KafkaOptions;

/// How long one poll for reports lasts; a report is handed over at once, and a producer that was thrown away is gone
/// after that long. rdkafka's own polling thread takes 100 ms, of which it spins through the last one: most of what
/// an idle service would cost.
const POLL: Duration = Duration::from_secs(5);

/// What is still to be reported of a batch.
#[derive(Default)]
pub(crate) struct Delivery {
    open: AtomicUsize,
    failed: AtomicBool,
    done: Notify,
}

impl Delivery {
    fn report(&self, ok: bool) {
        if !ok {
            self.failed.store(true, Ordering::Release);
        }
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }
}

struct Reports;

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = Arc<Delivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivery: Self::DeliveryOpaque) {
        if let Err((error, _)) = result {
            tracing::warn!(%error, "a message was not delivered");
        }
        delivery.report(result.is_ok());
    }
}

/// One record, ready to be produced.
pub(crate) struct Record {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) key: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) headers: std::collections::BTreeMap<String, String>,
}

/// An idempotent producer; after any failure it is thrown away and a new one made.
pub(crate) struct RelayProducer {
    kafka: Arc<BaseProducer<Reports>>,
    closed: Arc<AtomicBool>,
}

impl RelayProducer {
    pub(crate) fn new(options: &KafkaOptions, source: &str) -> Result<Self, KafkaError> {
        let mut config = options.client(source);
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("max.in.flight.requests.per.connection", "5")
            .set("linger.ms", "0")
            // A timed-out message would leave a hole that later ones overtake: never give up.
            .set("message.timeout.ms", "0")
            .set("message.max.bytes", "4194304")
            .set("queue.buffering.max.messages", "20000");
        let kafka: Arc<BaseProducer<Reports>> = Arc::new(config.create_with_context(Reports)?);
        let closed = Arc::new(AtomicBool::new(false));
        let (reporting, stop) = (Arc::clone(&kafka), Arc::clone(&closed));
        std::thread::Builder::new()
            .name("reports".to_owned())
            .spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    reporting.poll(POLL);
                }
            })
            .expect("the system has a thread left");
        Ok(Self { kafka, closed })
    }

    /// Hands the whole batch to the client, in order.
    pub(crate) fn send(&self, records: Vec<Record>) -> Result<Arc<Delivery>, KafkaError> {
        let delivery = Arc::new(Delivery::default());
        // One more than there are, so that early reports do not end the batch while it is still being handed over.
        delivery.open.store(records.len() + 1, Ordering::Release);
        for record in records {
            let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
            for (key, value) in &record.headers {
                headers = headers.insert(Header { key, value: Some(value.as_bytes()) });
            }
            let record_ref = BaseRecord::with_opaque_to(&record.topic, Arc::clone(&delivery))
                .partition(record.partition)
                .key(record.key.as_bytes())
                .payload(&record.payload)
                .headers(headers);
            self.kafka.send(record_ref).map_err(|(error, _)| error)?;
        }
        delivery.report(true);
        Ok(delivery)
    }

    /// Waits until every record was reported, for at most `limit`; `None` = not yet.
    pub(crate) async fn delivered(delivery: &Delivery, limit: Duration) -> Option<Result<(), KafkaError>> {
        if delivery.open.load(Ordering::Acquire) != 0 {
            tokio::time::timeout(limit, delivery.done.notified()).await.ok()?;
        }
        if delivery.failed.load(Ordering::Acquire) {
            return Some(Err(KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut)));
        }
        Some(Ok(()))
    }

    /// Throws away what is queued or in flight.
    pub(crate) fn purge(&self) {
        self.kafka.purge(PurgeConfig::default().queue().inflight());
    }
}

impl Drop for RelayProducer {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}
