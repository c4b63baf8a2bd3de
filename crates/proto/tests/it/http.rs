//! Every RPC is reachable as REST, by a route that no other RPC has.

use std::collections::BTreeMap;

use mall_proto::google::api::HttpRule;
use mall_proto::google::api::http_rule::Pattern;
use prost::Message;

// The descriptor set once more, as far as the HTTP rules: `prost_types` drops extensions when it decodes.
#[derive(Clone, PartialEq, Message)]
struct Set {
    #[prost(message, repeated, tag = "1")]
    files: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(message, repeated, tag = "6")]
    services: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    methods: Vec<Method>,
}

#[derive(Clone, PartialEq, Message)]
struct Method {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "4")]
    options: Option<MethodOptions>,
}

#[derive(Clone, PartialEq, Message)]
struct MethodOptions {
    #[prost(message, optional, tag = "72295728")]
    http: Option<HttpRule>,
}

/// `Service.Method` of every RPC with its rules.
fn routes() -> Vec<(String, Vec<HttpRule>)> {
    let set = Set::decode(mall_proto::FILE_DESCRIPTOR_SET).expect("made by the build script");
    let mut routes = Vec::new();
    for service in set.files.into_iter().flat_map(|file| file.services) {
        for method in service.methods {
            let mut rules: Vec<_> = method.options.and_then(|options| options.http).into_iter().collect();
            rules.extend(rules.first().map(|rule| rule.additional_bindings.clone()).unwrap_or_default());
            routes.push((format!("{}.{}", service.name, method.name), rules));
        }
    }
    routes
}

fn verb_and_path(rule: &HttpRule) -> (&str, &str) {
    match rule.pattern.as_ref() {
        Some(Pattern::Get(path)) => ("GET", path),
        Some(Pattern::Put(path)) => ("PUT", path),
        Some(Pattern::Post(path)) => ("POST", path),
        Some(Pattern::Delete(path)) => ("DELETE", path),
        Some(Pattern::Patch(path)) => ("PATCH", path),
        Some(Pattern::Custom(_)) | None => ("", ""),
    }
}

/// What a path matches, whatever its fields are called: `/api/stores/{id}` and `/api/stores/{store_id}` are one.
fn shape(path: &str) -> String {
    path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_rpc_has_a_route() {
    let routes = routes();
    assert_eq!(routes.len(), 46);
    for (rpc, rules) in routes {
        assert!(!rules.is_empty(), "{rpc} has no HTTP rule");
    }
}

#[test]
fn no_two_rpcs_share_a_route() {
    let mut seen = BTreeMap::new();
    for (rpc, rules) in routes() {
        for rule in rules {
            let (verb, path) = verb_and_path(&rule);
            assert!(path.starts_with("/api/"), "{rpc} has an odd path: {path}");
            if let Some(other) = seen.insert((verb.to_owned(), shape(path)), rpc.clone()) {
                panic!("{other} and {rpc} are both {verb} {path}");
            }
        }
    }
}

#[test]
fn writes_carry_bodies_and_reads_do_not() {
    for (rpc, rules) in routes() {
        for rule in rules {
            let body = if matches!(verb_and_path(&rule).0, "POST" | "PUT") { "*" } else { "" };
            assert_eq!(rule.body, body, "{rpc}");
        }
    }
}
