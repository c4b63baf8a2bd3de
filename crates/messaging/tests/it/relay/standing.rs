//! An outbox row that must not be published: the relay stands before it and raises an alarm. What comes behind waits
//! until somebody has mended the row, and nothing is lost.

use std::time::Duration;

use mall_persistence::sqlx;
use mall_testkit::eventually;

use super::{Line, open, stop};

/// Two rows, one that `broken` makes of a good one, and two more. The relay publishes the first two only, until `mended`.
async fn stands_until_mended(broken: &'static str, mended: &'static str) {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let figures = recorder.handle();
    // The relay runs on this thread, as everything does in such a test.
    let _alarms = metrics::set_default_local_recorder(&recorder);
    let line = open().await;
    line.write(&["a", "b", "a", "b", "a"]).await.expect("written");
    let stored = line.outbox().await;
    assert_eq!(stored, [1, 2, 3, 4, 5]);
    change_the_third(&line, broken).await;

    let relay = line.relay();
    eventually("it alarms", async || figures.render().contains("mall_relay_refusals_total").then_some(())).await;
    eventually("the first are published", async || (line.waiting().await == 3).then_some(())).await;
    line.write(&["b"]).await.expect("written");
    // Long enough for several more looks at the row.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(line.waiting().await, 4, "it must not step over the row");
    assert_eq!(line.effective(), [1, 2]);

    change_the_third(&line, mended).await;
    line.until_drained().await;
    stop(relay).await;
    assert_eq!(line.effective(), [1, 2, 3, 4, 5, 6]);
}

async fn change_the_third(line: &Line, statement: &'static str) {
    sqlx::query(statement).bind(line.topic).execute(line.database.pool()).await.expect("a superuser may do so");
    // As after a start: what is published is what the table says.
    line.database.fresh().clear();
}

/// A row that was written past `Work::send`, which refuses an empty key.
#[tokio::test]
async fn the_relay_stands_before_a_row_without_a_key() {
    stands_until_mended(
        "update outbox set partition_key = '' where seq = 3 and topic = $1",
        "update outbox set partition_key = 'a' where seq = 3 and topic = $1",
    )
    .await;
}

#[tokio::test]
async fn the_relay_stands_before_a_row_of_a_topic_that_is_not_declared() {
    stands_until_mended(
        "update outbox set topic = 'undeclared.events' where seq = 3 and topic = $1",
        "update outbox set topic = $1 where seq = 3",
    )
    .await;
}
