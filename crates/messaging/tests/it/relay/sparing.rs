//! The relay asks and stores no more than it must.

use std::time::Duration;

use super::{open, stop};

/// At a low load a message costs its commit and nothing else: its row is not read again, and the cursor moves now and
/// then.
#[tokio::test]
async fn what_was_just_committed_is_published_without_a_read() {
    let line = open().await;
    let relay = line.relay();
    line.write(&["a"]).await.expect("written");
    line.until_drained().await;
    mall_testkit::reset_statements(&line.database).await;
    for _ in 0..20 {
        line.write(&["a"]).await.expect("written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let asked = mall_testkit::statements(&line.database).await;
    let count = |text: &str| -> i64 {
        asked.texts.iter().filter(|(known, _)| known.contains(text)).map(|(_, calls)| calls).sum()
    };
    assert!(count("select seq, epoch, topic") <= 5, "{asked:?}");
    assert!(count("update relay") <= 5, "{asked:?}");
    line.until_drained().await;
    assert_eq!(line.effective(), line.outbox().await);
    stop(relay).await;
}

/// A relay that ends stores how far it is: the next one publishes nothing again.
#[tokio::test]
async fn a_relay_that_is_stopped_stores_its_cursor() {
    let line = open().await;
    let relay = line.relay();
    line.write(&["a"]).await.expect("written");
    line.until_drained().await;
    line.write(&["b"]).await.expect("written");
    stop(relay).await;
    let relay = line.relay();
    line.until_drained().await;
    stop(relay).await;
    assert_eq!(line.published().len(), 2);
}
