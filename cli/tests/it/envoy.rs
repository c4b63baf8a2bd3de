//! The gateway: its settings are valid, and its own errors look like those of the services.

use mall_cli::servers::{Envoy, EnvoyOptions, Upstream, ports};
use serde_json::{Value, json};

use crate::state::State;

/// A gateway to services that are all away.
fn options(state: &State) -> EnvoyOptions {
    let free = || ports::free().expect("a machine has free ports");
    let apis = ["baskets", "customers", "depot", "ordering", "payments", "search", "stores"];
    let upstreams = apis.map(|service| Upstream { service: service.to_owned(), address: ports::loopback(free()) });
    EnvoyOptions::at(state.path(), free(), free(), upstreams.to_vec())
}

async fn get(url: String) -> (u16, Value) {
    let answer = reqwest::get(url).await.expect("the gateway answers");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("an error is JSON"))
}

#[tokio::test]
async fn errors_of_the_gateway_are_json_with_a_code_and_a_message() {
    let state = State::new("envoy");
    let options = options(&state);
    Envoy::validate(&options).await.expect("the settings are valid");
    let gateway = Envoy::start(options).await.expect("the gateway starts");
    let url = gateway.url();

    let away = get(format!("{url}/api/stores")).await;
    assert_eq!(away, (503, json!({"code": 14, "message": "the service is not available"})));

    let (status, unknown) = get(format!("{url}/api/nothing")).await;
    assert_eq!((status, &unknown["code"]), (404, &json!(5)), "{unknown}");

    let (status, unknown) = get(format!("{url}/api/stores?pagesize=3")).await;
    assert_eq!((status, &unknown["code"]), (400, &json!(3)), "{unknown}");
    assert!(unknown["message"].as_str().is_some_and(|text| text.contains("pagesize")), "{unknown}");
}

#[tokio::test]
async fn an_error_for_a_grpc_client_is_a_grpc_status() {
    let state = State::new("envoy-grpc");
    let gateway = Envoy::start(options(&state)).await.expect("the gateway starts");
    let call = reqwest::Client::new()
        .post(format!("{}/mallbots.stores.v1.StoresService/GetStores", gateway.url()))
        .header("content-type", "application/grpc")
        .body(vec![0; 5]);
    let answer = call.send().await.expect("the gateway answers");
    assert_eq!(answer.headers()["grpc-status"], "14");
    assert_eq!(answer.headers()["grpc-message"], "the service is not available");
}

#[tokio::test]
async fn a_gateway_that_drains_is_not_ready() {
    let state = State::new("envoy-drain");
    let gateway = Envoy::start(options(&state)).await.expect("the gateway starts");
    let ready = format!("{}/readyz", gateway.url());
    let status = async || reqwest::get(&ready).await.expect("the gateway answers").status().as_u16();
    assert_eq!(status().await, 200);
    let mut drain = tokio::process::Command::new(env!("CARGO_BIN_EXE_mall"));
    drain.args(["gateway", "drain", &gateway.admin_url(), "--least", "0"]);
    assert!(drain.status().await.expect("`mall` starts").success());
    assert_eq!(status().await, 503);
}
