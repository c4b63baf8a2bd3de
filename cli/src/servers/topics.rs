//! Makes the topics that `/proto/topology.yaml` declares; the broker makes none by itself.

use std::{collections::HashMap, time::Duration};

use mall_proto::topology::Topic;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    error::RDKafkaErrorCode,
};

use super::Error;

const TIMEOUT: Duration = Duration::from_secs(20);
/// What a producer may send in one message: a relay sends up to 512 KiB, the rest is room.
const MAX_MESSAGE_BYTES: &str = "4194304";

/// Makes the topics that are missing. A topic that has another number of partitions is an error: their number decides
/// where a key lies, so it never changes.
pub async fn create_topics(bootstrap: &str, topics: &[Topic]) -> Result<(), Error> {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", bootstrap).set("socket.timeout.ms", "10000");
    let admin: AdminClient<DefaultClientContext> = settings.create()?;
    let retentions: Vec<String> =
        topics.iter().map(|topic| topic.retention_ms.map_or("-1".to_owned(), |ms| ms.to_string())).collect();
    let wanted: Vec<NewTopic<'_>> = topics.iter().zip(&retentions).map(|(topic, ms)| new_topic(topic, ms)).collect();
    let options = AdminOptions::new().operation_timeout(Some(TIMEOUT)).request_timeout(Some(TIMEOUT));
    for made in admin.create_topics(&wanted, &options).await? {
        match made {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(Error::Topic { topic, reason: code.to_string() }),
        }
    }
    let topics = topics.to_vec();
    // The client's metadata call blocks its thread.
    let compared = tokio::task::spawn_blocking(move || compare(&admin, &topics)).await;
    compared.map_err(|error| Error::Unusable(error.to_string()))?
}

/// One replica where there is one broker; elsewhere what the cluster has as its default.
fn new_topic<'a>(topic: &'a Topic, retention_ms: &'a str) -> NewTopic<'a> {
    NewTopic::new(topic.name, topic.partitions, TopicReplication::Fixed(-1))
        .set("retention.ms", retention_ms)
        .set("max.message.bytes", MAX_MESSAGE_BYTES)
}

fn compare(admin: &AdminClient<DefaultClientContext>, topics: &[Topic]) -> Result<(), Error> {
    let deadline = std::time::Instant::now() + TIMEOUT;
    loop {
        let metadata = admin.inner().fetch_metadata(None, TIMEOUT)?;
        let found: HashMap<&str, usize> =
            metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
        let other =
            topics.iter().find(|topic| found.get(topic.name) != usize::try_from(topic.partitions).ok().as_ref());
        let Some(topic) = other else { return Ok(()) };
        let count = found.get(topic.name).copied().unwrap_or_default();
        // A new topic appears in the broker's metadata a moment after it was made.
        if count == 0 && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        let reason = format!("it has {count} partitions and must have {}", topic.partitions);
        return Err(Error::Topic { topic: topic.name.to_owned(), reason });
    }
}
