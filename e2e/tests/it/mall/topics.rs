//! Everything that the topics of a mall hold.

use std::time::Duration;

use mall_proto::topology::TOPICS;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::Headers,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// One message as it lies in its topic: key, payload and headers.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) topic: String,
    pub(crate) bytes: Vec<u8>,
}

impl Record {
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// All of them, from the beginning to where the topics end now.
pub(super) async fn read(bootstrap: &str) -> Vec<Record> {
    let bootstrap = bootstrap.to_owned();
    // The client's polls block their thread.
    tokio::task::spawn_blocking(move || read_blocking(&bootstrap)).await.expect("topics can be read")
}

fn read_blocking(bootstrap: &str) -> Vec<Record> {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", bootstrap).set("group.id", "a-reader-without-a-group");
    let consumer: BaseConsumer = settings.create().expect("a client");
    let mut places = TopicPartitionList::new();
    let mut expected = 0;
    for topic in TOPICS {
        for partition in 0..topic.partitions {
            let (low, high) = consumer.fetch_watermarks(topic.name, partition, PATIENCE).expect("a partition has ends");
            expected += usize::try_from(high - low).expect("a partition ends after its beginning");
            places.add_partition_offset(topic.name, partition, Offset::Beginning).expect("an offset");
        }
    }
    consumer.assign(&places).expect("partitions can be assigned");
    let mut records = Vec::with_capacity(expected);
    while records.len() < expected {
        let message = consumer.poll(PATIENCE).expect("there is more").expect("a message can be read");
        let mut bytes = [message.key().unwrap_or_default(), message.payload().unwrap_or_default()].concat();
        for header in message.headers().into_iter().flat_map(Headers::iter) {
            bytes.extend(header.value.unwrap_or_default());
        }
        records.push(Record { topic: message.topic().to_owned(), bytes });
    }
    records
}
