//! What is wrong with any request that has a certain kind of field: an id, an amount, a page, one that is required.

use mall_cli::declared;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use super::{
    rpc::Rpc,
    table::{Bad, Code},
};

const NOBODY: &str = "018f4e2a-7c1b-7000-8000-123456abcdef";

/// Requests that are `good` but for one field, each with the error it leads to.
pub(super) fn of(rpc: &Rpc, good: &Value) -> Vec<(Value, Bad)> {
    let mut mistakes = Vec::new();
    for field in rpc.request().fields() {
        if rpc.is_in_path(&field) {
            let bad = Bad { patch: json!({}), code: Code::NotFound, reason: Some("NOT_FOUND"), field: None };
            let mut request = good.clone();
            request[field.json_name()] = json!(NOBODY);
            mistakes.push((request, bad));
        }
        if declared::is_required(&field) {
            let blamed = Some(field.json_name().to_owned());
            let bad = Bad { patch: json!({}), code: Code::InvalidArgument, reason: None, field: blamed };
            let mut request = good.clone();
            request.as_object_mut().expect("a request is an object").remove(field.json_name());
            mistakes.push((request, bad));
        }
    }
    collect(&rpc.request(), good, "", "", &mut mistakes);
    mistakes
}

/// `pointer` leads to this message in the request, `blamed` is what its fields' names begin with in errors.
fn collect(message: &MessageDescriptor, good: &Value, pointer: &str, blamed: &str, all: &mut Vec<(Value, Bad)>) {
    for field in message.fields() {
        let pointer = format!("{pointer}/{}", field.json_name());
        let blamed = format!("{blamed}{}", field.json_name());
        for (value, reason) in wrong_values(&field, good.pointer(&pointer).is_some()) {
            let mut request = good.clone();
            set(&mut request, &pointer, value);
            all.push((request, Bad::invalid(json!({}), reason, &blamed)));
        }
        // Below what the good request has.
        let below = if field.is_list() { format!("{pointer}/0") } else { pointer };
        if let (Kind::Message(message), true) = (field.kind(), good.pointer(&below).is_some_and(Value::is_object)) {
            collect(&message, good, &below, &format!("{blamed}."), all);
        }
    }
}

fn wrong_values(field: &FieldDescriptor, is_given: bool) -> Vec<(Value, &'static str)> {
    match (field.name(), field.kind()) {
        ("page_size" | "limit", _) => [0, -1, 101].map(|size| (json!(size), "PAGE_SIZE_OUT_OF_RANGE")).into(),
        ("page_token" | "next", _) => {
            ["nonsense", "!", "bm90IGEga2V5"].map(|token| (json!(token), "INVALID_PAGE_TOKEN")).into()
        }
        (name, Kind::String) if field.is_list() && name.ends_with("ids") => {
            vec![(json!(["not-an-id"]), "INVALID_ID"), (json!(vec![NOBODY; 101]), "TOO_MANY_IDS")]
        }
        (name, Kind::String) if name == "id" || name.ends_with("_id") => vec![(json!("not-an-id"), "INVALID_ID")],
        (_, Kind::Message(message)) if message.full_name() == "google.type.Money" && is_given => [
            (json!({"currencyCode": "EUR", "units": "1"}), "OTHER_CURRENCY"),
            (json!({"currencyCode": "", "units": "1"}), "OTHER_CURRENCY"),
            (json!({"currencyCode": "USD", "units": "1", "nanos": -10_000_000}), "MALFORMED_MONEY"),
            (json!({"currencyCode": "USD", "units": "1", "nanos": 5_000_000}), "NOT_WHOLE_CENTS"),
            (json!({"currencyCode": "USD", "units": i64::MAX.to_string()}), "TOO_LARGE"),
        ]
        .into(),
        _ => Vec::new(),
    }
}

/// Sets what is there, or adds it to the object that it would be in.
fn set(request: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    request.pointer_mut(parent).expect("its parent is there")[name] = value;
}
