//! A payment that no order has taken is voided after a day.

use mall_persistence::{Context, Work};
use mall_proto::payments::v1::PaymentVoided;
use payments::app::Payments;
use time::Duration;

use crate::*;

/// A unit of work some time from now.
fn later(shop: &Harness, by: Duration) -> Work {
    let now = shop.database().begin(Context::begin()).now();
    shop.database().begin_at(Context::begin(), now + by)
}

async fn sweep(shop: &Harness, by: Duration) -> bool {
    let mut work = later(shop, by);
    let may_be_more = Payments.expire(&mut work).await.expect("the database answers");
    work.commit().await.expect("nobody else is at work");
    may_be_more
}

#[tokio::test]
async fn only_authorized_payments_expire_and_only_after_a_day() {
    let (shop, mut client) = start().await;
    let forgotten = authorize(&mut client).await;
    let taken = confirmed(&shop, &mut client).await;

    assert!(!sweep(&shop, Duration::hours(24)).await, "a minute of grace");
    assert_eq!(get(&mut client, &forgotten).await.expect("it is there").status, "authorized");
    assert!(sweep(&shop, Duration::hours(25)).await);
    assert_eq!(get(&mut client, &forgotten).await.expect("it is there").status, "voided");
    assert_eq!(get(&mut client, &taken).await.expect("it is there").status, "confirmed");
    let told = PaymentVoided { id: forgotten, customer_id: ADA.to_owned(), amount: cents(20_00) };
    assert_eq!(shop.sent::<PaymentVoided>().await, [told]);
}

#[tokio::test]
async fn a_payment_is_looked_at_once() {
    let (shop, mut client) = start().await;
    authorize(&mut client).await;
    assert!(sweep(&shop, Duration::hours(25)).await);
    assert!(!sweep(&shop, Duration::hours(25)).await, "the cursor is behind it");
    authorize(&mut client).await;
    assert!(sweep(&shop, Duration::hours(25)).await, "the next one comes after it");
    assert_eq!(shop.sent::<PaymentVoided>().await.len(), 2);
}
