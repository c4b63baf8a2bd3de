//! The REST API as an OpenAPI 3.1 document, made from the declarations in `/proto` and their comments.

mod schemas;

use prost_reflect::{FieldDescriptor, FileDescriptor};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::declared::{self, Rpc};
use schemas::{Schemas, reference};

const ABOUT: &str = "The gateway of MallBots. Every path stands for an RPC of the same name. JSON is protobuf's: \
    lowerCamelCase, 64-bit numbers as texts, fields that are not given have their default. Unknown fields of a body are \
    ignored; unknown paths and query parameters are refused. Every error is `{code, message, details}`: a gRPC code, a \
    sentence that says what to change, and in `details` the name of the broken rule and the field to blame.";

/// HTTP status, the component that describes it, and which gRPC codes it stands for.
const ERRORS: [(u16, &str, &str); 5] = [
    (400, "Refused", "INVALID_ARGUMENT: a field is wrong; or FAILED_PRECONDITION: a rule does not allow it now."),
    (404, "NotFound", "NOT_FOUND: there is no such thing, or no such path."),
    (409, "Conflict", "ALREADY_EXISTS: what should be new is there; or ABORTED: a lost race, repeat the request."),
    (503, "Unavailable", "UNAVAILABLE: the service or something it needs is away, try again soon."),
    (504, "TooLate", "DEADLINE_EXCEEDED: no answer in time; what was asked may have happened."),
];

/// The whole document.
pub fn document() -> Value {
    let pool = declared::pool();
    let rpcs = declared::rpcs(&pool);
    let mut schemas = Schemas::new(&rpcs);
    let mut paths = Map::new();
    let mut tags: Vec<Value> = Vec::new();
    for rpc in &rpcs {
        let tag = json!({"name": rpc.context(), "description": comment_of_service(rpc)});
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        let path = paths.entry(path(rpc)).or_insert_with(|| json!({}));
        path[rpc.verb.as_str().to_lowercase()] = operation(rpc, &mut schemas);
    }
    let error = schemas.error(&pool);
    let responses: Map<String, Value> = ERRORS
        .iter()
        .map(|(_, name, about)| {
            ((*name).to_owned(), json!({"description": about, "content": {"application/json": {"schema": error}}}))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": "MallBots", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}},
        "servers": [{"url": "http://127.0.0.1:8080", "description": "`make up`"}],
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas.finished(), "responses": responses},
    })
}

/// With its fields as JSON calls them: `/api/stores/{storeId}/products`.
fn path(rpc: &Rpc) -> String {
    rpc.method.input().fields().filter(|field| rpc.is_in_path(field)).fold(rpc.path.clone(), |path, field| {
        path.replace(&format!("{{{}}}", field.name()), &format!("{{{}}}", field.json_name()))
    })
}

fn operation(rpc: &Rpc, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": rpc.name(),
        "tags": [rpc.context()],
        "responses": responses(rpc, schemas),
    });
    let about = declared::comment(&file_of(rpc), rpc.method.path());
    operation["summary"] = json!(words(rpc.method.name()));
    if !about.is_empty() {
        operation["description"] = json!(about);
    }
    let parameters = parameters(rpc, schemas);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if rpc.has_body() {
        let schema = schemas.body(rpc);
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

fn parameters(rpc: &Rpc, schemas: &mut Schemas) -> Vec<Value> {
    let fields = rpc.method.input().fields().collect::<Vec<FieldDescriptor>>();
    let (in_path, others): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| rpc.is_in_path(field));
    let in_query = if rpc.has_body() { Vec::new() } else { others };
    let mut parameter = |field: FieldDescriptor, place: &str| {
        let schema = schemas.field(&field);
        json!({"name": field.json_name(), "in": place, "required": place == "path", "schema": schema})
    };
    let mut parameters: Vec<Value> = in_path.into_iter().map(|field| parameter(field, "path")).collect();
    parameters.extend(in_query.into_iter().map(|field| parameter(field, "query")));
    parameters
}

fn responses(rpc: &Rpc, schemas: &mut Schemas) -> Value {
    let schema = schemas.message(&rpc.method.output());
    let mut responses = json!({
        "200": {"description": "Done.", "content": {"application/json": {"schema": schema}}},
    });
    for (status, name, _) in ERRORS.iter().filter(|(status, ..)| *status != 409 || rpc.verb != Method::GET) {
        responses[status.to_string()] = reference("responses", name);
    }
    responses
}

fn comment_of_service(rpc: &Rpc) -> String {
    declared::comment(&file_of(rpc), rpc.method.parent_service().path())
}

fn file_of(rpc: &Rpc) -> FileDescriptor {
    rpc.method.parent_service().parent_file()
}

/// `GetShoppingList` as `Get shopping list`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

#[test]
fn a_name_is_spelled_out() {
    assert_eq!(words("ChangeSmsNumber"), "Change sms number");
}
