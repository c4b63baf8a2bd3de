//! Who tells what to whom: `/proto/topology.yaml` as constants.

/// A Kafka topic as it is to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// `<context>.events`, `<context>.commands` or `cosec.replies`.
    pub name: &'static str,
    /// The service whose language the topic speaks: the publisher of events, the handler of commands and replies.
    pub owner: &'static str,
    /// Never changes: order lives in partitions.
    pub partitions: i32,
    /// Milliseconds; `None` keeps messages for ever.
    pub retention_ms: Option<i64>,
}

/// Messages that a service sends to or takes from one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The topic's name.
    pub topic: &'static str,
    /// Full names, as `prost::Name::full_name` has them: `mallbots.stores.v1.StoreCreated`.
    pub messages: &'static [&'static str],
}

/// What one service says and hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceTopology {
    /// The service's name, which is its context's.
    pub name: &'static str,
    /// What it publishes.
    pub publishes: &'static [Flow],
    /// What it handles; other messages of these topics are not for it.
    pub consumes: &'static [Flow],
    /// The services that it asks by gRPC.
    pub calls: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/topology.rs"));

/// The topic called `name`.
pub fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// The service called `name`.
pub fn service(name: &str) -> Option<&'static ServiceTopology> {
    SERVICES.iter().find(|service| service.name == name)
}

/// The topic that messages of this full name travel on. Walks the whole topology: ask once and keep the answer.
pub fn topic_of(message: &str) -> Option<&'static Topic> {
    SERVICES
        .iter()
        .flat_map(|service| service.publishes)
        .find(|flow| flow.messages.contains(&message))
        .and_then(|flow| topic(flow.topic))
}
