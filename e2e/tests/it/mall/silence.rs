//! A service whose relay is kept from its office: it serves and writes, but nothing that it tells leaves its database.

use std::time::Duration;

use mall_persistence::SWEEP;
use sqlx::PgConnection;

use super::Ledger;

/// A relay that has just lost its office may publish what its process commits until it next asks its session something:
/// a sweep later at the latest.
const UNTIL_IT_KNOWS: Duration = SWEEP.saturating_add(Duration::from_millis(500));

/// Its news arrive again when this is dropped.
#[derive(Debug)]
pub(crate) struct Silence {
    /// Holds the lock that makes a relay the only one.
    _office: PgConnection,
}

impl Ledger {
    /// Takes the office of a service's relay, and keeps it.
    pub(crate) async fn silence(&self, service: &str) -> Silence {
        const LOCK: &str = "select (classid::bigint << 32) | objid::bigint from pg_locks
             where locktype = 'advisory' and granted
               and database = (select oid from pg_database where datname = current_database())";
        const WAITED_FOR: &str = "select exists (select from pg_locks where locktype = 'advisory' and not granted
               and database = (select oid from pg_database where datname = current_database()))";
        const REMOVE_HOLDER: &str = "select pg_terminate_backend(pid) from pg_locks
             where locktype = 'advisory' and granted
               and database = (select oid from pg_database where datname = current_database())";
        let mut connection = self.open(service).await;
        let lock: i64 = mall_testkit::eventually("a relay is in office", async || {
            sqlx::query_scalar(LOCK).fetch_optional(&mut self.open(service).await).await.expect("a database answers")
        })
        .await;
        let mut office = self.open(service).await;
        let taken = tokio::spawn(async move {
            let take = sqlx::query("select pg_advisory_lock($1)").bind(lock);
            take.execute(&mut office).await.expect("the lock is ours at last");
            office
        });
        // Who waits comes before anybody who tries later.
        self.wait("the office is waited for", service, WAITED_FOR, |query| query).await;
        sqlx::query(REMOVE_HOLDER).execute(&mut connection).await.expect("the relay's session ends");
        let office = taken.await.expect("it only waits");
        tokio::time::sleep(UNTIL_IT_KNOWS).await;
        Silence { _office: office }
    }
}
