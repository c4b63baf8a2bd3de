//! An RPC as it is declared, and the two ways to call it. Both take the request as JSON and give the answer as JSON.

use mall_cli::declared;
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, SerializeOptions, prost::Message};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tonic::{
    Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};

use super::table::Code;
use crate::{api::ask, mall::Mall};

/// How a call ended: 200 with the answer, or an error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: Value,
}

/// What the fields of a list in pages are called, in JSON.
pub(super) struct Paging {
    pub(super) size: String,
    pub(super) token: String,
    pub(super) next: String,
    pub(super) entries: String,
}

/// All that the fleet declares.
pub(super) fn all() -> Vec<Rpc> {
    declared::rpcs(&declared::pool()).into_iter().map(Rpc).collect()
}

/// The RPC called `StoresService.GetStore`.
pub(super) fn named(name: &str) -> Rpc {
    all().into_iter().find(|rpc| rpc.0.name() == name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// A unary RPC.
pub(super) struct Rpc(declared::Rpc);

impl Rpc {
    /// `StoresService.GetStore`.
    pub(super) fn name(&self) -> String {
        self.0.name()
    }

    pub(super) fn request(&self) -> MessageDescriptor {
        self.0.method.input()
    }

    /// Whether it changes nothing.
    pub(super) fn is_read(&self) -> bool {
        self.0.verb == Method::GET || self.0.method.name().starts_with("Search")
    }

    /// Whether a field of the request is part of the path.
    pub(super) fn is_in_path(&self, field: &FieldDescriptor) -> bool {
        self.0.is_in_path(field)
    }

    /// How it is read page by page, if it is.
    pub(super) fn paging(&self) -> Option<Paging> {
        let json_name = |message: MessageDescriptor, names: [&str; 2]| {
            names.iter().find_map(|name| message.get_field_by_name(name)).map(|field| field.json_name().to_owned())
        };
        let entries = self.0.method.output().fields().find(FieldDescriptor::is_list)?.json_name().to_owned();
        Some(Paging {
            size: json_name(self.0.method.input(), ["page_size", "limit"])?,
            token: json_name(self.0.method.input(), ["page_token", "next"])?,
            next: json_name(self.0.method.output(), ["next_page_token", "next"])?,
            entries,
        })
    }

    /// Through the gateway. What is in the path is not in the body; a request without a body has a query.
    pub(super) async fn by_rest(&self, mall: &Mall, request: &Value) -> Answer {
        let mut left = request.as_object().expect("a request is an object").clone();
        let mut path = self.0.path.clone();
        for field in self.0.method.input().fields().filter(|field| self.is_in_path(field)) {
            let value = left.remove(field.json_name()).expect("what is in the path is in the request");
            path = path.replace(&format!("{{{}}}", field.name()), value.as_str().expect("it is a text"));
        }
        let mut url = Url::parse(&format!("{}{path}", mall.fleet.rest_url())).expect("a URL");
        if !self.0.has_body() && !left.is_empty() {
            let mut query = url.query_pairs_mut();
            for (name, value) in &left {
                let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                for value in values {
                    query.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                }
            }
        }
        let body = self.0.has_body().then_some(Value::Object(left));
        let (status, json) = ask(self.0.verb.clone(), url.as_str(), body, &[]).await;
        Answer { status, json }
    }

    /// At the service itself.
    pub(super) async fn by_grpc(&self, mall: &Mall, request: &Value) -> Answer {
        let service = self.0.method.parent_service();
        let url = format!("http://{}", mall.fleet.grpc_address(&self.0.context()));
        let channel = Endpoint::from_shared(url).expect("our own address").connect().await.expect("it listens");
        let message = DynamicMessage::deserialize(self.0.method.input(), request).expect("a request of its type");
        let path = format!("/{}/{}", service.full_name(), self.0.method.name());
        let path = PathAndQuery::try_from(path).expect("a path");
        let mut client: Grpc<Channel> = Grpc::new(channel);
        client.ready().await.expect("it is connected");
        match client.unary(tonic::Request::new(message), path, DynamicCodec(self.0.method.output())).await {
            Ok(response) => Answer { status: 200, json: to_json(response.get_ref()) },
            Err(status) => Answer { status: Code::of(status.code()).http(), json: error_to_json(&status) },
        }
    }
}

/// As the gateway shows it: with defaults, 64-bit numbers as texts.
fn to_json(message: &DynamicMessage) -> Value {
    let options = SerializeOptions::new().skip_default_fields(false);
    message.serialize_with_options(serde_json::value::Serializer, &options).expect("all of it is JSON")
}

/// A gRPC error carries a `google.rpc.Status`, which is the JSON that the gateway shows.
fn error_to_json(status: &Status) -> Value {
    if status.details().is_empty() {
        return json!({"code": i32::from(status.code()), "message": status.message(), "details": []});
    }
    let message = declared::pool().get_message_by_name("google.rpc.Status").expect("it is imported");
    to_json(&DynamicMessage::decode(message, status.details()).expect("details are a google.rpc.Status"))
}

/// Messages that are known by their descriptors only. Holds that of the answer.
struct DynamicCodec(MessageDescriptor);

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self(self.0.clone())
    }

    fn decoder(&mut self) -> Self {
        Self(self.0.clone())
    }
}

impl Encoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let message = DynamicMessage::decode(self.0.clone(), buffer);
        message.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
