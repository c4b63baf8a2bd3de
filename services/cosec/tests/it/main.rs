//! Cosec through its messages: what it commands, and how it moves on with each answer.

mod cancel;
mod create;
mod plans;

use std::collections::HashMap;

use mall_messaging::{SagaHeaders, event};
use mall_persistence::{CommandIdentity, Direction, Outgoing, sqlx};
use mall_proto::google::r#type::Money;
use mall_proto::ordering::v1::{OrderCanceled, OrderCreated, order_created};
use mall_proto::saga::v1::{Done, Refused, Reply, reply};
use mall_testkit::Harness;
use prost::{Message, Name};
use uuid::Uuid;

const ORDER: &str = "018f4e2a-7c1b-7000-8000-000000000001";
const CUSTOMER: &str = "018f4e2a-7c1b-7000-8000-000000000002";
const PAYMENT: &str = "018f4e2a-7c1b-7000-8000-000000000003";
const TEA: &str = "018f4e2a-7c1b-7000-8000-000000000004";
const STORE: &str = "018f4e2a-7c1b-7000-8000-000000000006";

const CREATE: &str = "cosec.CreateOrder";
const CANCEL: &str = "cosec.CancelOrder";

async fn start() -> Harness {
    Harness::start(cosec::service).await
}

/// 12.50
fn total() -> Option<Money> {
    Some(Money { currency_code: "USD".to_owned(), units: 12, nanos: 500_000_000 })
}

fn created() -> Outgoing {
    let tea = order_created::Item {
        product_id: TEA.to_owned(),
        store_id: STORE.to_owned(),
        product_name: "Tea".to_owned(),
        store_name: "Teas".to_owned(),
        price: total(),
        quantity: 1,
    };
    let created = OrderCreated {
        id: ORDER.to_owned(),
        customer_id: CUSTOMER.to_owned(),
        payment_id: PAYMENT.to_owned(),
        items: vec![tea],
        total: total(),
    };
    event(ORDER, &created)
}

fn canceled() -> Outgoing {
    let canceled = OrderCanceled {
        id: ORDER.to_owned(),
        customer_id: CUSTOMER.to_owned(),
        payment_id: PAYMENT.to_owned(),
        reason: "it was canceled on request".to_owned(),
    };
    event(ORDER, &canceled)
}

/// The answer to step `step` of `saga`.
fn answer(saga: &str, step: i16, direction: Direction, result: reply::Result) -> Outgoing {
    let saga_id = Uuid::try_parse(ORDER).expect("an id");
    let identity = CommandIdentity { saga: saga.to_owned(), saga_id, step, direction, round: 0 };
    let headers = SagaHeaders { identity, attempt: "1".to_owned(), reply_to: "cosec.replies".to_owned() };
    Outgoing {
        topic: "cosec.replies".to_owned(),
        key: ORDER.to_owned(),
        message_type: Reply::full_name(),
        payload: Reply { result: Some(result) }.encode_to_vec(),
        subject: ORDER.to_owned(),
        headers: headers.to_headers(),
    }
}

fn done(saga: &str, step: i16) -> Outgoing {
    answer(saga, step, Direction::Do, reply::Result::Done(Done {}))
}

fn undone(step: i16) -> Outgoing {
    answer(CREATE, step, Direction::Undo, reply::Result::Done(Done {}))
}

fn refused(step: i16, text: &str) -> Outgoing {
    let refused = Refused { reason: "A_RULE".to_owned(), text: text.to_owned() };
    answer(CREATE, step, Direction::Do, reply::Result::Refused(refused))
}

/// The commands sent so far: short name, saga, step and direction of each.
async fn commands(shop: &Harness) -> Vec<String> {
    type Row = (String, sqlx::types::Json<HashMap<String, String>>);
    let rows: Vec<Row> = sqlx::query_as("select type, headers from outbox where seq > 0 order by seq")
        .fetch_all(shop.database().pool())
        .await
        .expect("the outbox can be read");
    rows.into_iter()
        .map(|(message_type, headers)| {
            let name = message_type.rsplit('.').next().unwrap_or_default();
            let saga = headers["ce_saga"].rsplit('.').next().unwrap_or_default();
            format!("{name}: {saga} {} {}", headers["ce_direction"], headers["ce_step"])
        })
        .collect()
}

/// How far a saga has come.
async fn status(shop: &Harness, saga: &str) -> Option<String> {
    sqlx::query_scalar("select status from sagas where id = $1 and name = $2")
        .bind(Uuid::try_parse(ORDER).expect("an id"))
        .bind(saga)
        .fetch_optional(shop.database().pool())
        .await
        .expect("sagas can be read")
}

/// An order whose steps up to `step` are done.
async fn done_up_to(step: i16) -> Harness {
    let shop = start().await;
    shop.deliver(created()).await;
    for step in 1..=step {
        shop.deliver(done(CREATE, step)).await;
    }
    shop
}
