//! Notifications through its edge: what it hears, what it writes down, and what it sends.

mod hearing;
mod sending;

use mall_messaging::event;
use mall_persistence::Database;
use mall_persistence::sqlx;
use mall_proto::customers::v1::CustomerRegistered;
use mall_proto::google::r#type::Money;
use mall_testkit::Harness;

const ORDER: &str = "018f4e2a-7c1b-7000-8000-000000abcdef";
const ADA: &str = "018f4e2a-7c1b-7000-8000-000000000ada";
const NUMBER: &str = "+4930123456";

fn cents(cents: i64) -> Option<Money> {
    let nanos = i32::try_from(cents % 100).expect("small") * 10_000_000;
    Some(Money { currency_code: "USD".to_owned(), units: cents / 100, nanos })
}

async fn register(shop: &Harness) {
    let (name, sms_number) = ("Ada".to_owned(), NUMBER.to_owned());
    shop.deliver(event(ADA, &CustomerRegistered { id: ADA.to_owned(), name, sms_number })).await;
}

/// Kind, state and attempts of all texts.
async fn texts(database: &Database) -> Vec<(String, String, i32)> {
    sqlx::query_as("select kind, state, attempts from texts order by order_id, kind")
        .fetch_all(database.pool())
        .await
        .expect("the texts can be read")
}
