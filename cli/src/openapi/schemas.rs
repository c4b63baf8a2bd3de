//! JSON schemas of protobuf's messages, as their JSON is written.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use crate::declared::{self, Rpc};

/// Every message that was referred to, described once.
pub(super) struct Schemas {
    /// Full names of what callers send: there what is required must be given. In what only the fleet sends, every field
    /// that has a default is there.
    sent: BTreeSet<String>,
    described: BTreeMap<String, Value>,
}

/// `{"$ref": ..}` to a component.
pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

impl Schemas {
    pub(super) fn new(rpcs: &[Rpc]) -> Self {
        let mut sent = BTreeSet::new();
        let mut left: Vec<MessageDescriptor> = rpcs.iter().map(|rpc| rpc.method.input()).collect();
        while let Some(message) = left.pop() {
            if sent.insert(message.full_name().to_owned()) {
                left.extend(message.fields().filter_map(|field| field.kind().as_message().cloned()));
            }
        }
        Self { sent, described: BTreeMap::new() }
    }

    /// A reference to the message, which is described if it was not yet.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        if message.full_name() == "google.protobuf.Timestamp" {
            return json!({"type": "string", "format": "date-time"});
        }
        let name = component(message);
        if !self.described.contains_key(&name) {
            // Before its fields, so that a message which holds itself would end.
            self.described.insert(name.clone(), Value::Null);
            let schema = self.object(message, &message.fields().collect::<Vec<_>>());
            self.described.insert(name.clone(), schema);
        }
        reference("schemas", &name)
    }

    /// The body of a request: the message without what is in the path.
    pub(super) fn body(&mut self, rpc: &Rpc) -> Value {
        let message = rpc.method.input();
        let fields: Vec<FieldDescriptor> = message.fields().filter(|field| !rpc.is_in_path(field)).collect();
        if fields.len() == message.fields().len() { self.message(&message) } else { self.object(&message, &fields) }
    }

    fn object(&mut self, message: &MessageDescriptor, fields: &[FieldDescriptor]) -> Value {
        let is_sent = self.sent.contains(message.full_name());
        let mut schema = json!({"type": "object"});
        let about = declared::comment(&message.parent_file(), message.path());
        if !about.is_empty() {
            schema["description"] = json!(about);
        }
        let required: Vec<&str> = fields
            .iter()
            .filter(|field| if is_sent { declared::is_required(field) } else { !field.supports_presence() })
            .map(FieldDescriptor::json_name)
            .collect();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        let properties: Map<String, Value> =
            fields.iter().map(|field| (field.json_name().to_owned(), self.field(field))).collect();
        schema["properties"] = Value::Object(properties);
        schema
    }

    /// The field's schema, with its comment.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        let one = match field.kind() {
            Kind::Message(_) if field.is_map() => json!({"type": "object", "additionalProperties": {"type": "string"}}),
            Kind::Message(message) => self.message(&message),
            Kind::String => self.text(field),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Int32 => json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX}),
            Kind::Int64 => json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"}),
            other => unreachable!("{}: no declaration uses {other:?} yet", field.full_name()),
        };
        let mut schema = match field.is_list() {
            true => json!({"type": "array", "items": one}),
            false => one,
        };
        let about = declared::comment(&field.parent_message().parent_file(), field.path());
        if !about.is_empty() {
            schema["description"] = json!(about);
        }
        schema
    }

    /// Ids are UUIDs. In an answer one may be empty, where there is none yet.
    fn text(&self, field: &FieldDescriptor) -> Value {
        let is_id = field.name() == "id" || field.name().ends_with("_id") || field.name() == "ids";
        let is_id = is_id || field.name().ends_with("_ids");
        match is_id && self.sent.contains(field.parent_message().full_name()) {
            true => json!({"type": "string", "format": "uuid"}),
            false => json!({"type": "string"}),
        }
    }

    /// What every error looks like: `google.rpc.Status` with the two details that the fleet uses.
    pub(super) fn error(&mut self, pool: &DescriptorPool) -> Value {
        let details: Vec<Value> = ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]
            .iter()
            .map(|name| {
                let message = pool.get_message_by_name(name).expect("it is imported");
                let mut detail = self.object(&message, &message.fields().collect::<Vec<_>>());
                detail["properties"]["@type"] = json!({"const": format!("type.googleapis.com/{name}")});
                detail["required"] = json!(["@type"]);
                detail
            })
            .collect();
        let status = pool.get_message_by_name("google.rpc.Status").expect("it is imported");
        let plain: Vec<FieldDescriptor> = status.fields().filter(|field| field.name() != "details").collect();
        let mut error = self.object(&status, &plain);
        // What the gateway itself refuses has none.
        error["properties"]["details"] = json!({"type": "array", "items": {"anyOf": details}});
        self.described.insert("Error".to_owned(), error);
        reference("schemas", "Error")
    }

    pub(super) fn finished(self) -> BTreeMap<String, Value> {
        self.described
    }
}

/// `mallbots.stores.v1.Store` as `stores.Store`.
fn component(message: &MessageDescriptor) -> String {
    let name = message.full_name();
    name.strip_prefix("mallbots.").unwrap_or(name).replacen(".v1.", ".", 1)
}
