//! The topology names every public message once, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use mall_proto::topology::{self, Flow, SERVICES, TOPICS};
use prost::{Message, Name};
use prost_types::FileDescriptorSet;

/// Full name of each message of events, commands and replies, and its topic, as the files say it.
fn declared() -> BTreeMap<String, String> {
    let set = FileDescriptorSet::decode(mall_proto::FILE_DESCRIPTOR_SET).expect("made by the build script");
    let mut declared = BTreeMap::new();
    for file in &set.file {
        let topic = match file.name().split('/').collect::<Vec<_>>()[..] {
            [context, "v1", "events.proto"] => format!("{context}.events"),
            [context, "v1", "commands.proto"] => format!("{context}.commands"),
            _ => continue,
        };
        for message in &file.message_type {
            declared.insert(format!("{}.{}", file.package(), message.name()), topic.clone());
        }
    }
    declared.insert(mall_proto::saga::v1::Reply::full_name(), "cosec.replies".to_owned());
    declared
}

fn named(flows: &[Flow]) -> impl Iterator<Item = (String, String)> {
    flows.iter().flat_map(|flow| flow.messages.iter().map(|name| ((*name).to_owned(), flow.topic.to_owned())))
}

#[test]
fn every_declared_message_is_published_and_consumed_names_exist() {
    let declared = declared();
    let published: BTreeMap<_, _> = SERVICES.iter().flat_map(|service| named(service.publishes)).collect();
    assert_eq!(declared, published);
    for service in SERVICES {
        for (message, topic) in named(service.consumes) {
            assert_eq!(declared.get(&message), Some(&topic), "{} consumes {message}", service.name);
        }
    }
}

#[test]
fn every_topic_is_declared_once_and_used() {
    let used: BTreeSet<_> = SERVICES.iter().flat_map(|service| service.publishes).map(|flow| flow.topic).collect();
    let topics: BTreeSet<_> = TOPICS.iter().map(|topic| topic.name).collect();
    assert_eq!(topics, used);
    assert_eq!(topics.len(), TOPICS.len(), "a topic is declared twice");
}

#[test]
fn events_are_published_by_their_owner_and_errands_are_handled_by_it() {
    for topic in TOPICS {
        let publishers = || SERVICES.iter().filter(|service| service.publishes.iter().any(|f| f.topic == topic.name));
        let consumers = || SERVICES.iter().filter(|service| service.consumes.iter().any(|f| f.topic == topic.name));
        let owned = match topic.name.ends_with(".events") {
            true => publishers().map(|service| service.name).collect::<Vec<_>>(),
            false => consumers().map(|service| service.name).collect::<Vec<_>>(),
        };
        assert_eq!(owned, [topic.owner], "{}", topic.name);
    }
}

#[test]
fn every_command_and_reply_is_handled() {
    for service in SERVICES {
        for (message, topic) in named(service.publishes).filter(|(_, topic)| !topic.ends_with(".events")) {
            let handled = SERVICES.iter().any(|other| named(other.consumes).any(|named| named.0 == message));
            assert!(handled, "nobody handles {message} on {topic}");
        }
    }
}

#[test]
fn nobody_calls_a_stranger_or_itself() {
    for service in SERVICES {
        for peer in service.calls {
            assert!(topology::service(peer).is_some() && *peer != service.name, "{} calls {peer}", service.name);
        }
    }
}

#[test]
fn events_are_kept_for_ever_and_errands_for_a_week() {
    for topic in TOPICS {
        let expected = if topic.name.ends_with(".events") { None } else { Some(604_800_000) };
        assert_eq!((topic.partitions, topic.retention_ms), (4, expected), "{}", topic.name);
    }
}

#[test]
fn a_messages_topic_is_found_by_its_name() {
    let topic = |name: String| topology::topic_of(&name).map(|topic| topic.name);
    assert_eq!(topic(mall_proto::ordering::v1::OrderCreated::full_name()), Some("ordering.events"));
    assert_eq!(topic(mall_proto::ordering::v1::ApproveOrder::full_name()), Some("ordering.commands"));
    assert_eq!(topic(mall_proto::saga::v1::Reply::full_name()), Some("cosec.replies"));
    assert_eq!(topic("mallbots.ordering.v1.Order".to_owned()), None);
}
