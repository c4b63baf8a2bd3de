//! Messages over Kafka: the relay that publishes an outbox in its order, and the consumer that handles each message
//! with exactly one effect. Generic over the messages themselves.

mod backoff;
mod batch;
mod consumer;
mod envelope;
mod gap;
mod kafka;
mod message;
mod partition;
mod producer;
mod rebalance;
mod relay;
mod reply;

pub mod trace;

pub use batch::{Cut, Engine, Handled};
pub use consumer::{Consumer, Handle, Prepare, Received, Routes, undecodable};
pub use envelope::{Envelope, Incoming, SagaHeaders, headers_of};
pub use gap::GapRule;
pub use kafka::{ConsumerLoop, KafkaOptions, Offsets};
pub use message::{command, event};
pub use partition::partition_of;
pub use rdkafka::error::KafkaError;
pub use relay::{Relay, TopicCounts};
pub use reply::{Answer, HandleReply, ReplyCodec, SagaReply};
