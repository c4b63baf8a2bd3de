//! The texts: what customers are to be told, and how far that has come.

use std::collections::BTreeMap;

use mall_domain::{AggregateId, OffsetDateTime};
use mall_persistence::{Database, Error, Projection};
use sqlx::{FromRow, PgConnection};
use time::Duration;
use uuid::Uuid;

use crate::domain::Text;

/// How long a text that was claimed is left to the one who claimed it.
const LEASE: Duration = Duration::minutes(1);

pub struct Texts;

impl Projection for Texts {
    type Input = Text;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Text]) -> Result<(), sqlx::Error> {
        let mut first: BTreeMap<(Uuid, &str), &Text> = BTreeMap::new();
        for text in inputs {
            first.entry((text.order.uuid(), text.kind)).or_insert(text);
        }
        sqlx::query(
            "insert into texts (order_id, kind, text_id, customer_id, body, state, fault)
             select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
             on conflict (order_id, kind) do nothing",
        )
        .bind(first.keys().map(|(order, _)| *order).collect::<Vec<_>>())
        .bind(first.keys().map(|(_, kind)| *kind).collect::<Vec<_>>())
        .bind(first.values().map(|text| text.id).collect::<Vec<_>>())
        .bind(first.values().map(|text| text.customer.uuid()).collect::<Vec<_>>())
        .bind(first.values().map(|text| text.body.as_str()).collect::<Vec<_>>())
        .bind(first.values().map(|text| State::first(text).as_str()).collect::<Vec<_>>())
        .bind(first.values().map(|text| text.fault).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// A text to be sent now.
#[derive(Clone, Debug, FromRow)]
pub struct DueText {
    pub text_id: Uuid,
    pub body: String,
    /// How often it was tried, with this time.
    pub attempts: i32,
    /// Unknown as long as nothing was heard of the customer.
    pub sms_number: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Attempted {
    pub text_id: Uuid,
    pub state: State,
    /// When to try again, if at all.
    pub due_at: OffsetDateTime,
    /// Why it was not sent.
    pub fault: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Sent,
    GivenUp,
}

impl State {
    fn first(text: &Text) -> Self {
        if text.fault.is_some() { Self::GivenUp } else { Self::Waiting }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::GivenUp => "given-up",
        }
    }
}

/// Takes up to 100 texts that are due at `now` away from other senders for a while. If the sender dies meanwhile, they
/// are due again after that.
pub async fn claim(database: &Database, now: OffsetDateTime) -> Result<Vec<DueText>, Error> {
    let due = sqlx::query_as(
        "update texts set attempts = attempts + 1, due_at = $2
         where text_id = any(array(
             select text_id from texts where state = 'waiting' and due_at <= $1
             order by due_at limit 100 for update skip locked))
         returning text_id, body, attempts,
                   (select sms_number from customers where customer_id = texts.customer_id) as sms_number",
    )
    .bind(now)
    .bind(now + LEASE)
    .fetch_all(database.pool())
    .await?;
    Ok(due)
}

/// Writes down how attempts ended.
pub async fn record(database: &Database, attempted: &[Attempted]) -> Result<(), Error> {
    sqlx::query(
        "update texts
         set state = ($2::text[])[array_position($1::uuid[], text_id)],
             due_at = ($3::timestamptz[])[array_position($1::uuid[], text_id)],
             fault = ($4::text[])[array_position($1::uuid[], text_id)]
         where text_id = any($1::uuid[])",
    )
    .bind(attempted.iter().map(|attempted| attempted.text_id).collect::<Vec<_>>())
    .bind(attempted.iter().map(|attempted| attempted.state.as_str()).collect::<Vec<_>>())
    .bind(attempted.iter().map(|attempted| attempted.due_at).collect::<Vec<_>>())
    .bind(attempted.iter().map(|attempted| attempted.fault.as_deref()).collect::<Vec<_>>())
    .execute(database.pool())
    .await?;
    Ok(())
}
