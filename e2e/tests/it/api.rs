//! What is the same for every API of the fleet: errors, health, reflection, outages, and an orderly end.

mod calls;
mod errors;
mod health;
mod manual;
mod openapi;
mod outages;

use reqwest::{Method, Response};
use serde_json::Value;

/// An answer as it is: HTTP status and JSON.
async fn ask(method: Method, url: &str, body: Option<Value>, headers: &[(&str, &str)]) -> (u16, Value) {
    let answer = send(method, url, body, headers).await;
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("an answer has an end");
    let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url} answered {status}, not JSON: {text}"));
    (status, json)
}

async fn send(method: Method, url: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Response {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client without TLS has nothing that can fail");
    let mut request = client.request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.expect("somebody answers")
}

/// The detail of an error that has this type, as `google.rpc.ErrorInfo`.
fn detail<'a>(error: &'a Value, name: &str) -> &'a Value {
    let details = error["details"].as_array().expect("an error has details");
    let found = details.iter().find(|detail| detail["@type"].as_str().is_some_and(|kind| kind.ends_with(name)));
    found.unwrap_or_else(|| panic!("there is no {name} in {error}"))
}
