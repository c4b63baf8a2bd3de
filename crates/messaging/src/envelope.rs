//! The envelope of a message on Kafka: a CloudEvent in binary mode, its attributes in headers.

use std::collections::BTreeMap;

use mall_persistence::{CommandIdentity, Context, Direction, Mark, OutboxRow};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// A message as it came from Kafka, not yet understood.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The partition key.
    pub key: Vec<u8>,
    /// The message, protobuf.
    pub payload: Vec<u8>,
    /// The headers; a later one of the same name replaces an earlier one.
    pub headers: BTreeMap<String, String>,
}

/// The headers, understood.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// `ce_id`
    pub id: Uuid,
    /// `ce_source`: the service that sent it.
    pub source: String,
    /// `ce_type`: the full name of the protobuf message.
    pub message_type: String,
    /// `ce_time`
    pub time: OffsetDateTime,
    /// `ce_version`: the aggregate's version; 0 for messages of no aggregate.
    pub version: i64,
    /// `ce_epoch` and `ce_sequence`: its place in the source's total order.
    pub place: Mark,
    /// `ce_prev`: the place of what the source sent to this topic and partition just before.
    pub previous: Option<Mark>,
    /// The journey, with this message as the cause of what follows.
    pub context: Context,
    /// On commands and replies.
    pub saga: Option<SagaHeaders>,
}

/// What commands add and replies echo.
#[derive(Clone, Debug, PartialEq)]
pub struct SagaHeaders {
    /// What makes two commands the same command.
    pub identity: CommandIdentity,
    /// `ce_attempt`: which sending of the command this is; for tracing only.
    pub attempt: String,
    /// `ce_replyto`: the topic for the reply.
    pub reply_to: String,
}

impl SagaHeaders {
    /// As headers of an outgoing message.
    pub fn to_headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ce_saga", self.identity.saga.clone()),
            ("ce_sagaid", self.identity.saga_id.to_string()),
            ("ce_step", self.identity.step.to_string()),
            ("ce_direction", self.identity.direction.as_str().to_owned()),
            ("ce_round", self.identity.round.to_string()),
            ("ce_attempt", self.attempt.clone()),
            ("ce_replyto", self.reply_to.clone()),
        ]
    }
}

impl Incoming {
    /// Reads the headers; an error says which one is missing or broken.
    pub fn envelope(&self) -> Result<Envelope, String> {
        let id: Uuid = self.parsed("ce_id")?;
        let time = OffsetDateTime::parse(self.header("ce_time")?, &Rfc3339).map_err(|e| format!("ce_time: {e}"))?;
        let saga = if self.headers.contains_key("ce_saga") { Some(self.saga_headers()?) } else { None };
        Ok(Envelope {
            id,
            source: self.header("ce_source")?.to_owned(),
            message_type: self.header("ce_type")?.to_owned(),
            time,
            version: self.parsed("ce_version")?,
            place: Mark { epoch: self.parsed("ce_epoch")?, seq: self.parsed("ce_sequence")? },
            previous: self.headers.get("ce_prev").map(|text| parse_place(text)).transpose()?,
            context: Context {
                correlation_id: self.parsed("ce_correlationid")?,
                causation_id: Some(id),
                traceparent: self.headers.get("traceparent").cloned(),
            },
            saga,
        })
    }

    /// The source and the place in its order, where at least these can be read: enough to move a mark past a message
    /// that is broken otherwise.
    pub(crate) fn source_and_place(&self) -> Option<(String, Mark)> {
        let source = self.header("ce_source").ok()?.to_owned();
        Some((source, Mark { epoch: self.parsed("ce_epoch").ok()?, seq: self.parsed("ce_sequence").ok()? }))
    }

    fn saga_headers(&self) -> Result<SagaHeaders, String> {
        let direction = self.header("ce_direction")?;
        Ok(SagaHeaders {
            identity: CommandIdentity {
                saga: self.header("ce_saga")?.to_owned(),
                saga_id: self.parsed("ce_sagaid")?,
                step: self.parsed("ce_step")?,
                direction: Direction::parse(direction).ok_or_else(|| format!("ce_direction: {direction:?}"))?,
                round: self.parsed("ce_round")?,
            },
            attempt: self.header("ce_attempt")?.to_owned(),
            reply_to: self.header("ce_replyto")?.to_owned(),
        })
    }

    fn header(&self, name: &'static str) -> Result<&str, String> {
        self.headers.get(name).map(String::as_str).ok_or_else(|| format!("the header {name} is missing"))
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&self, name: &'static str) -> Result<T, String> {
        self.header(name)?.parse().map_err(|error| format!("{name}: {error}"))
    }
}

/// `3:1234` -> epoch 3, number 1234
fn parse_place(text: &str) -> Result<Mark, String> {
    let broken = || format!("ce_prev: {text:?}");
    let (epoch, seq) = text.split_once(':').ok_or_else(broken)?;
    Ok(Mark { epoch: epoch.parse().map_err(|_| broken())?, seq: seq.parse().map_err(|_| broken())? })
}

/// The headers under which the relay publishes an outbox row.
pub fn headers_of(row: &OutboxRow, source: &str, previous: Option<&str>) -> BTreeMap<String, String> {
    let mut headers = row.headers.clone();
    let mut put = |name: &str, value: String| headers.insert(name.to_owned(), value);
    put("ce_specversion", "1.0".to_owned());
    put("ce_id", row.message_id.to_string());
    put("ce_source", source.to_owned());
    put("ce_type", row.message_type.clone());
    put("ce_time", row.created_at.format(&Rfc3339).expect("a stored time has a text form"));
    put("ce_version", row.version.to_string());
    put("ce_sequence", row.seq.to_string());
    put("ce_epoch", row.epoch.to_string());
    put("content-type", "application/protobuf".to_owned());
    if let Some(previous) = previous {
        put("ce_prev", previous.to_owned());
    }
    headers
}
