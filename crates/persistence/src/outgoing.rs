//! A message on its way out: what a decision promises to others, before the outbox gives it a number.

use std::collections::BTreeMap;

use mall_domain::Aggregate;
use uuid::Uuid;

/// The largest payload that a commit accepts, in bytes. Topics allow 4 MiB; a dead letter must fit as well.
pub const MAX_MESSAGE_BYTES: usize = 512 * 1024;

/// A public message, encoded. [`crate::Work`] adds id, time, version and context.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The topic, such as `ordering.events`.
    pub topic: String,
    /// The partition key; never empty. The order's id for everything about one order, else the aggregate's.
    pub key: String,
    /// The full name of the protobuf message.
    pub message_type: String,
    /// The message, protobuf.
    pub payload: Vec<u8>,
    /// What it is about (`ce_subject`); an aggregate's id, filled in for an aggregate's own messages.
    pub subject: String,
    /// Headers beside the common ones (`ce_saga` and its fellows on commands and replies).
    pub headers: Vec<(&'static str, String)>,
}

/// What an aggregate promises to others: its private events, translated.
pub trait Publishes: Aggregate {
    /// The message that tells others of `event`, which has just been applied to `self`; `None` keeps it private.
    fn message(&self, id: Self::Id, event: &Self::Event) -> Option<Outgoing>;
}

/// An outgoing message with all that the outbox stores.
#[derive(Clone, Debug)]
pub(crate) struct OutboxMessage {
    pub(crate) message_id: Uuid,
    pub(crate) version: i64,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) message: Outgoing,
}
