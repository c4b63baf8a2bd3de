//! Errors through the gateway: one shape, the right status, the refusal's name, the field to blame.

use mall_cli::rest::dollars;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, detail};
use crate::mall::{Mall, shared, turn};

const NOBODY: &str = "018f4e2a-7c1b-7000-8000-123456abcdef";

fn assert_shape(answer: &(u16, Value), http: u16, code: i64, reason: &str) {
    let (status, error) = answer;
    assert_eq!((*status, &error["code"]), (http, &json!(code)), "{error}");
    let keys: Vec<&str> = error.as_object().expect("an error is an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["code", "details", "message"], "{error}");
    assert!(!error["message"].as_str().unwrap_or_default().is_empty(), "{error}");
    let info = detail(error, "google.rpc.ErrorInfo");
    assert_eq!((&info["reason"], &info["domain"]), (&json!(reason), &json!("mallbots")), "{error}");
}

async fn post(mall: &Mall, path: &str, body: Value) -> (u16, Value) {
    ask(Method::POST, &format!("{}{path}", mall.fleet.rest_url()), Some(body), &[]).await
}

async fn get(mall: &Mall, path: &str) -> (u16, Value) {
    ask(Method::GET, &format!("{}{path}", mall.fleet.rest_url()), None, &[]).await
}

#[tokio::test]
async fn an_invalid_argument_names_its_field() {
    let _turn = turn().await;
    let mall = shared().await;
    let blank = post(&mall, "/api/customers", json!({"name": " ", "smsNumber": "+12025550100"})).await;
    assert_shape(&blank, 400, 3, "INVALID_NAME");
    let violations = &detail(&blank.1, "google.rpc.BadRequest")["fieldViolations"];
    assert_eq!(violations[0]["field"], "name", "{violations}");
    let (status, error) = get(&mall, "/api/stores/not-an-id").await;
    assert_eq!((status, &error["code"]), (400, &json!(3)), "{error}");
}

#[tokio::test]
async fn an_unknown_id_is_not_found() {
    let _turn = turn().await;
    let mall = shared().await;
    for path in ["stores", "stores/products", "customers", "baskets", "payments", "payments/invoices", "ordering"] {
        assert_shape(&get(&mall, &format!("/api/{path}/{NOBODY}")).await, 404, 5, "NOT_FOUND");
    }
    for path in ["depot/shopping", "search/orders"] {
        assert_shape(&get(&mall, &format!("/api/{path}/{NOBODY}")).await, 404, 5, "NOT_FOUND");
    }
}

#[tokio::test]
async fn what_exists_already_and_what_breaks_a_rule_are_told_apart() {
    let _turn = turn().await;
    let mall = shared().await;
    let people = mall.people();
    let store = people.open_store("Twice").await;
    people.add_product(&store, "Twin", 100).await;
    let twin = json!({"name": "Other", "description": "", "sku": "Twin", "price": dollars(100)});
    let (status, error) = post(&mall, &format!("/api/stores/{store}/products"), twin).await;
    assert_eq!((status, &error["code"]), (409, &json!(6)), "{error}");
    let customer = people.register("Twice").await;
    people.disable(&customer).await;
    let url = format!("{}/api/customers/{customer}/disable", mall.fleet.rest_url());
    let again = ask(Method::PUT, &url, Some(json!({})), &[]).await;
    assert_shape(&again, 400, 9, "ALREADY_DISABLED");
}

#[tokio::test]
async fn the_gateways_own_errors_look_the_same() {
    let _turn = turn().await;
    let mall = shared().await;
    let (status, error) = get(&mall, "/api/nothing").await;
    assert_eq!((status, &error["code"]), (404, &json!(5)), "{error}");
    assert!(error["message"].is_string());
    let (status, error) = get(&mall, "/api/stores?colour=red").await;
    assert_eq!((status, &error["code"]), (400, &json!(3)), "{error}");
}
