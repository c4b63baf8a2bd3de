//! The gateway's own errors: for what never reaches a service. They look like the others, but name no reason.

use reqwest::{Client, Method};
use serde_json::Value;

use crate::mall::{Mall, shared, turn};

/// HTTP status and JSON of the answer to what need not be JSON.
async fn ask(mall: &Mall, method: Method, path: &str, body: &'static str) -> (u16, Value) {
    let client = Client::builder().no_proxy().build().expect("a client without TLS has nothing that can fail");
    let request = client.request(method, format!("{}{path}", mall.fleet.rest_url())).body(body);
    let answer = request.header("content-type", "application/json").send().await.expect("somebody answers");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("an error is JSON, too"))
}

#[tokio::test]
async fn the_gateways_own_errors_look_like_the_others() {
    let _turn = turn().await;
    let mall = shared().await;
    for (method, path, body, http, code) in [
        (Method::GET, "/api/nothing", "", 404, 5),
        (Method::PATCH, "/api/stores", "", 404, 5),
        (Method::GET, "/api/stores?colour=red", "", 400, 3),
        (Method::GET, "/api/stores?pageSize=many", "", 400, 3),
        (Method::POST, "/api/stores", "{", 400, 3),
        (Method::POST, "/api/stores", "[]", 400, 3),
        (Method::POST, "/api/stores", r#"{"name": {"de": "Tee"}}"#, 400, 3),
        (Method::PUT, "/api/baskets/x/addItem", r#"{"quantity": 2147483648}"#, 400, 3),
        (Method::POST, "/api/search/orders", r#"{"filters": {"after": "yesterday"}}"#, 400, 3),
    ] {
        let (status, error) = ask(&mall, method.clone(), path, body).await;
        let case = format!("{method} {path} {body} was answered {status} {error}");
        assert_eq!((status, error["code"].as_i64()), (http, Some(code)), "{case}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(' ')), "{case}");
    }
}
