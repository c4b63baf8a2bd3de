//! No money is made or lost: held + captured + released + voided = authorized for every payment that there is, and what
//! was captured is what an invoice has asked for. Reckoned by SQL, from the events alone.

use sqlx::PgConnection;

use super::Ledger;

/// Every payment and invoice that does not add up, in words.
const FAULTS: &str = "
    with money as (
        select kind, stream_id, type, payload ->> 'order' as of_order, (payload -> 'amount' ->> 'minor')::bigint as minor
        from events where kind in ('payments.Payment', 'payments.Invoice')
    ), payment as (
        select stream_id,
               coalesce(sum(minor) filter (where type = 'Authorized'), 0) as authorized,
               coalesce(sum(minor) filter (where type = 'Captured'), 0) as captured,
               coalesce(sum(minor) filter (where type in ('Released', 'RestReleased')), 0) as released,
               coalesce(sum(minor) filter (where type = 'Voided'), 0) as voided,
               count(*) filter (where type in ('Captured', 'Released', 'Voided')) as endings,
               count(*) filter (where type = 'Confirmed') as takers,
               bool_or(minor < 0) as negative
        from money where kind = 'payments.Payment' group by stream_id
    ), paid as (
        select stream_id::text as of_order, minor from money where kind = 'payments.Invoice' and type = 'Paid'
    ), captured as (
        select of_order, minor from money where kind = 'payments.Payment' and type = 'Captured'
    )
    select format('payment %s: %s authorized, %s captured, %s released, %s voided, ended %s times, taken %s times',
                  stream_id, authorized, captured, released, voided, endings, takers)
    from payment
    where (case endings when 0 then authorized else 0 end) + captured + released + voided <> authorized
       or endings > 1 or takers > 1 or negative
    union all
    select format('order %s: its invoice was paid with %s, %s was captured', of_order, paid.minor, captured.minor)
    from paid full join captured using (of_order)
    where paid.minor is distinct from captured.minor";

/// Of the whole fleet, whatever it does at the moment: what belongs together is committed together.
pub(crate) async fn assert_money_adds_up(ledger: &Ledger) {
    assert_eq!(faults(&mut ledger.open("payments").await).await, Vec::<String>::new());
}

async fn faults(payments: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(FAULTS).fetch_all(payments).await.expect("events can be read")
}

#[tokio::test]
async fn money_that_got_lost_is_found() {
    use sqlx::Connection;
    let mut connection = PgConnection::connect(&mall_testkit::postgres_url()).await.expect("the test server answers");
    const TABLE: &str = "create temporary table events (kind text, stream_id uuid, type text, payload jsonb)";
    sqlx::query(TABLE).execute(&mut connection).await.expect("a table of this session");
    let mut record = async |kind: &str, stream: u128, kind_of_event: &str, payload: &str| {
        sqlx::query("insert into events values ($1, $2, $3, $4::jsonb)")
            .bind(kind)
            .bind(uuid::Uuid::from_u128(stream))
            .bind(kind_of_event)
            .bind(payload)
            .execute(&mut connection)
            .await
            .expect("an event can be written");
        faults(&mut connection).await
    };
    let (payment, invoice) = ("payments.Payment", "payments.Invoice");
    let of_order = |cents: i64| {
        format!(
            r#"{{"order": "00000000-0000-0000-0000-000000000007", "amount": {{"currency": "USD", "minor": {cents}}}}}"#
        )
    };
    assert_eq!(record(payment, 1, "Authorized", &of_order(2000)).await, [""; 0]);
    assert_eq!(record(payment, 1, "Confirmed", &of_order(1500)).await, [""; 0]);
    assert_eq!(record(payment, 1, "OrderBarred", r#"{"order": "8"}"#).await, [""; 0]);
    let unpaid = record(payment, 1, "Captured", &of_order(1500)).await;
    assert_eq!(unpaid.len(), 2, "500 is nowhere, and no invoice asked for 1500: {unpaid:?}");
    assert_eq!(record(payment, 1, "RestReleased", &of_order(500)).await.len(), 1, "still no invoice");
    assert_eq!(record(invoice, 7, "Paid", &of_order(1500)).await, [""; 0]);
    assert_eq!(record(payment, 2, "Authorized", &of_order(10)).await, [""; 0]);
    assert_eq!(record(payment, 2, "Voided", &of_order(9)).await.len(), 1);
}
