//! What services publish and handle is what `proto/topology.yaml` says of them.

use std::{collections::BTreeSet, fs};

use mall_proto::topology::{self, Flow, ServiceTopology};

use super::{SERVICES, assert_none, config, habits::files_below, root, source::names};

/// The rooms that make messages for others.
const SPEAKING: [&str; 4] = ["messages", "messages.rs", "create_order.rs", "cancel_order.rs"];

const REPLY: &str = "mallbots.saga.v1.Reply";

fn messages(flows: &[Flow]) -> BTreeSet<&'static str> {
    flows.iter().flat_map(|flow| flow.messages).copied().collect()
}

fn topics(flows: &[Flow]) -> BTreeSet<&'static str> {
    flows.iter().map(|flow| flow.topic).collect()
}

/// What only one of the two has.
fn breaches(what: &str, declared: &BTreeSet<&str>, real: &BTreeSet<&str>) -> Vec<String> {
    let only_declared = declared.difference(real).map(|name| format!("{what} {name} by declaration only"));
    let only_real = real.difference(declared).map(|name| format!("{what} {name}, which is not declared"));
    only_declared.chain(only_real).collect()
}

/// The messages of others' and its own language that a service builds, by their full names.
fn built_by(service: &ServiceTopology) -> BTreeSet<&'static str> {
    let folder = root().join("services").join(service.name).join("src");
    let speaking = SPEAKING.iter().map(|room| folder.join(room)).filter(|room| room.exists());
    let files = speaking.flat_map(|room| if room.is_dir() { files_below(&room) } else { vec![room] });
    let built: BTreeSet<String> =
        files.flat_map(|file| names(&fs::read_to_string(file).expect("a source can be read")).built).collect();
    let all = topology::SERVICES.iter().flat_map(|service| messages(service.publishes));
    all.filter(|message| built.contains(message.rsplit('.').next().expect("a name has a last part"))).collect()
}

// The runtime is for pools, which connect when first used: never, here.
#[tokio::test]
async fn every_service_handles_what_the_topology_says() {
    for build in SERVICES {
        let service = build(&config("postgres://nobody@127.0.0.1:9/nothing"));
        let declared = topology::service(service.name()).expect("a service is declared under its name");
        let (types, subscribed): (BTreeSet<&str>, BTreeSet<&str>) = service
            .routes()
            .map(|routes| (routes.message_types().collect(), routes.topics().collect()))
            .unwrap_or_default();
        assert_none(&breaches(&format!("{} handles", service.name()), &messages(declared.consumes), &types));
        assert_none(&breaches(&format!("{} reads", service.name()), &topics(declared.consumes), &subscribed));
    }
}

#[test]
fn every_service_publishes_what_the_topology_says() {
    for service in topology::SERVICES {
        let mut real = built_by(service);
        // The consumer answers for whoever handles commands.
        if topics(service.consumes).iter().any(|topic| topic.ends_with(".commands")) {
            real.insert(REPLY);
        }
        assert_none(&breaches(&format!("{} publishes", service.name), &messages(service.publishes), &real));
    }
}

#[test]
fn a_difference_is_found() {
    let declared = BTreeSet::from(["a", "b"]);
    let found = breaches("x handles", &declared, &BTreeSet::from(["b", "c"]));
    assert_eq!(found, ["x handles a by declaration only", "x handles c, which is not declared"]);
    assert_none(&breaches("x handles", &declared, &declared));
}
