//! Every RPC of the fleet, called both ways: by gRPC at its service, and by REST through the gateway.
//!
//! The descriptors say which RPCs there are, [`table`] what each is asked and answers, [`mistakes`] what is wrong with
//! any request that has a certain kind of field. An RPC that the table does not know fails the walk.

mod mistakes;
mod rpc;
mod table;
mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::{
    rpc::{Answer, Rpc},
    table::Bad,
    world::World,
};
use super::detail;
use crate::mall::{Mall, shared, turn};

#[test]
fn every_rpc_is_in_the_table_and_nothing_else_is() {
    let declared: BTreeSet<String> = rpc::all().iter().map(Rpc::name).collect();
    let rows: Vec<String> = table::rows().iter().map(|row| row.rpc.to_owned()).collect();
    let known: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(declared, known);
    assert_eq!(rows.len(), known.len(), "an RPC has two rows");
    for row in table::rows() {
        let rpc = rpc::named(row.rpc);
        let (request, _) = row.good.first().unwrap_or_else(|| panic!("{}: no good call", row.rpc));
        assert!(!row.bad.is_empty() || !mistakes::of(&rpc, request).is_empty(), "{}: no bad call", row.rpc);
    }
}

#[tokio::test]
async fn what_is_good_is_answered_alike_by_grpc_and_rest() {
    let _turn = turn().await;
    let mall = shared().await;
    for row in table::rows() {
        let rpc = rpc::named(row.rpc);
        for (request, answer) in &row.good {
            // A change works once: each way has a world of its own. What only looks must look alike.
            let mut world = World::new(&mall);
            let by_rest = good(&mut world, request, answer, async |request| rpc.by_rest(&mall, request).await).await;
            let mut world = if rpc.is_read() { world } else { World::new(&mall) };
            let by_grpc = good(&mut world, request, answer, async |request| rpc.by_grpc(&mall, request).await).await;
            if rpc.is_read() {
                assert_eq!(by_rest, by_grpc, "{}", row.rpc);
            }
        }
    }
}

/// Makes what the call needs, calls, and compares.
async fn good(world: &mut World, request: &Value, answer: &Value, call: impl AsyncFn(&Value) -> Answer) -> Answer {
    let request = world.fill(request).await;
    let wanted = world.fill(answer).await;
    let answered = call(&request).await;
    assert_eq!(answered.status, 200, "{request} was answered {}", answered.json);
    assert!(world::agrees(&wanted, &answered.json), "{request}\nwanted {wanted}\nanswered {}", answered.json);
    answered
}

#[tokio::test]
async fn what_is_bad_is_refused_alike_by_grpc_and_rest() {
    let _turn = turn().await;
    let mall = shared().await;
    for row in table::rows() {
        let rpc = rpc::named(row.rpc);
        let mut world = World::new(&mall);
        let request = world.fill(&row.good[0].0).await;
        for bad in &row.bad {
            let patch = world.fill(&bad.patch).await;
            refuse(&mall, &rpc, &merged(&request, &patch), bad).await;
        }
        for (request, bad) in mistakes::of(&rpc, &request) {
            refuse(&mall, &rpc, &request, &bad).await;
        }
    }
}

/// One error both ways: HTTP status, code, reason, the field to blame, a sentence; and the same JSON.
async fn refuse(mall: &Mall, rpc: &Rpc, request: &Value, bad: &Bad) {
    let by_rest = rpc.by_rest(mall, request).await;
    let by_grpc = rpc.by_grpc(mall, request).await;
    let name = rpc.name();
    assert_eq!(by_rest, by_grpc, "{name} {request}");
    let Answer { status, json: error } = by_rest;
    let case = format!("{name} {request} was answered {error}");
    assert_eq!((status, &error["code"]), (bad.code.http(), &json!(bad.code.number())), "{case}");
    let keys: Vec<&str> = error.as_object().expect("an error is an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["code", "details", "message"], "{case}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains(' ')), "{case}");
    let info = detail(&error, "google.rpc.ErrorInfo");
    assert_eq!(info["domain"], "mallbots", "{case}");
    assert!(bad.reason.is_none_or(|reason| info["reason"] == reason), "{case}");
    if let Some(field) = bad.field.as_deref() {
        let violation = &detail(&error, "google.rpc.BadRequest")["fieldViolations"][0];
        assert_eq!(violation["field"], field, "{case}");
        assert!(violation["description"].as_str().is_some_and(|text| !text.is_empty()), "{case}");
    }
}

#[tokio::test]
async fn every_list_is_read_page_by_page_and_knows_its_own_tokens() {
    let _turn = turn().await;
    let mall = shared().await;
    let mut lists = Vec::new();
    for row in table::rows() {
        let rpc = rpc::named(row.rpc);
        let Some(paging) = rpc.paging() else {
            assert!(row.pages.is_none(), "{} has no pages", row.rpc);
            continue;
        };
        let (needs, request) = row.pages.unwrap_or_else(|| panic!("{}: what makes two pages?", row.rpc));
        let mut world = World::new(&mall);
        world.fill(&needs).await;
        let request = merged(&world.fill(&request).await, &json!({paging.size.clone(): 1}));
        let first = rpc.by_rest(&mall, &request).await.json;
        let token = first[&paging.next].as_str().expect("a token").to_owned();
        assert_ne!(token, "", "{}: a second page was expected after {first}", row.rpc);
        let request = merged(&request, &json!({paging.token.clone(): token}));
        let second = rpc.by_rest(&mall, &request).await.json;
        assert_eq!(rpc.by_grpc(&mall, &request).await.json, second, "{}", row.rpc);
        let entries = [&first, &second].map(|page| page[&paging.entries].as_array().expect("a list").clone());
        assert_eq!(entries.each_ref().map(Vec::len), [1, 1], "{}", row.rpc);
        assert_ne!(entries[0], entries[1], "{}", row.rpc);
        lists.push((rpc, request, paging.token, token));
    }
    for (rpc, request, field, own) in &lists {
        for (_, _, _, foreign) in lists.iter().filter(|(_, _, _, token)| token != own) {
            let bad = Bad::invalid(json!({}), "INVALID_PAGE_TOKEN", field);
            refuse(&mall, rpc, &merged(request, &json!({field.clone(): foreign})), &bad).await;
        }
    }
}

/// `request` with the fields of `patch` in place of its own.
fn merged(request: &Value, patch: &Value) -> Value {
    let mut merged = request.clone();
    let fields = merged.as_object_mut().expect("a request is an object");
    fields.extend(patch.as_object().expect("a patch is an object").clone());
    merged
}
