//! Making outgoing messages: the topic follows from the message's package.

use std::fmt::Display;

use mall_persistence::Outgoing;
use prost::{Message, Name};

/// A public fact, for the topic `<context>.events`. `key` is the order's id for everything about one order, else the
/// aggregate's.
pub fn event<M: Message + Name>(key: impl Display, message: &M) -> Outgoing {
    outgoing("events", &key, message)
}

/// A request to another context, for the topic `<context>.commands`.
pub fn command<M: Message + Name>(key: impl Display, message: &M) -> Outgoing {
    outgoing("commands", &key, message)
}

fn outgoing<M: Message + Name>(stream: &str, key: &dyn Display, message: &M) -> Outgoing {
    Outgoing {
        topic: topic::<M>(stream),
        key: key.to_string(),
        message_type: M::full_name(),
        payload: message.encode_to_vec(),
        subject: key.to_string(),
        headers: Vec::new(),
    }
}

/// `mallbots.ordering.v1` + `events` -> `ordering.events`
pub(crate) fn topic<M: Name>(stream: &str) -> String {
    let context = M::PACKAGE.split('.').nth(1).expect("packages are named mallbots.<context>.v1");
    format!("{context}.{stream}")
}
