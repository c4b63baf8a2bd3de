//! The outbox as the relay sees it: reading by number, who may still be writing, and the cursor.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgListener};
use sqlx::types::Json;
use sqlx::{ConnectOptions, Connection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Database, Error};

/// The advisory lock that makes a relay the only one of its database.
const RELAY_LOCK: i64 = 0x6d61_6c6c_7265_6c61;
/// Rows per outbox partition, as `make_outbox_partition` makes them.
const PARTITION_ROWS: i64 = 1_000_000;
/// Partitions made ahead of the newest row.
const PARTITIONS_AHEAD: i64 = 2;

/// One waiting message.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// Its number: the total order of this service.
    pub seq: i64,
    /// The outbox's epoch when it was written.
    pub epoch: i32,
    /// The topic.
    pub topic: String,
    /// The partition key.
    pub partition_key: String,
    /// The message's id (`ce_id`).
    pub message_id: Uuid,
    /// The full name of the protobuf message (`ce_type`).
    pub message_type: String,
    /// The aggregate's version (`ce_version`); 0 for messages of no aggregate.
    pub version: i64,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The message, protobuf.
    pub payload: Vec<u8>,
    /// When it was written (`ce_time`).
    pub created_at: OffsetDateTime,
}

/// Where the relay is: the cursor's row.
#[derive(Clone, Debug, PartialEq)]
pub struct RelayState {
    /// The outbox's epoch; raised by an operator after a restore.
    pub epoch: i32,
    /// Every row up to this number has been published, or is proved never to appear.
    pub cursor: i64,
    /// `epoch:seq` last sent to each topic and partition (`topic/partition`).
    pub last_sent: BTreeMap<String, String>,
}

/// The relay's own connection, which holds the lock: while it lives, no other relay of this database runs.
pub struct RelaySession {
    connection: PgConnection,
    database: String,
}

impl RelaySession {
    /// Takes the relay's lock; `None` while another process holds it.
    ///
    /// The server frees the lock of a host that is gone or frozen, so that another relay takes over within 4 s: an idle
    /// session after `idle_session_timeout`; one whose answer nobody takes after `tcp_user_timeout`; and one for which
    /// the server still works when keepalives (1 s, twice) were in vain, which it looks for twice a second.
    pub async fn acquire(database: &Database) -> Result<Option<Self>, Error> {
        let options = database.connect_options().clone().application_name("relay").options([
            ("tcp_keepalives_idle", "1"),
            ("tcp_keepalives_interval", "1"),
            ("tcp_keepalives_count", "2"),
            ("tcp_user_timeout", "3s"),
            ("client_connection_check_interval", "500ms"),
            ("idle_session_timeout", "3s"),
        ]);
        let mut connection = options.connect().await?;
        let locked: bool =
            sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(RELAY_LOCK).fetch_one(&mut connection).await?;
        if !locked {
            connection.close().await?;
            return Ok(None);
        }
        let name: String = sqlx::query_scalar("select current_database()::text").fetch_one(&mut connection).await?;
        Ok(Some(Self { connection, database: name }))
    }

    /// Where the relay is.
    pub async fn state(&mut self) -> Result<RelayState, Error> {
        let (epoch, cursor, last_sent): (i32, i64, Json<BTreeMap<String, String>>) =
            sqlx::query_as("select epoch, cursor, partitions from relay where id = 1")
                .fetch_one(&mut self.connection)
                .await?;
        Ok(RelayState { epoch, cursor, last_sent: last_sent.0 })
    }

    /// The rows after `cursor` that are visible now, by number, at most `limit`.
    pub async fn read(&mut self, cursor: i64, limit: i64) -> Result<Vec<OutboxRow>, Error> {
        let rows = sqlx::query(
            "select seq, epoch, topic, partition_key, message_id, type, version, headers, payload, created_at
             from outbox where seq > $1 order by seq limit $2",
        )
        .bind(cursor)
        .bind(limit)
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(OutboxRow {
                    seq: row.try_get(0)?,
                    epoch: row.try_get(1)?,
                    topic: row.try_get(2)?,
                    partition_key: row.try_get(3)?,
                    message_id: row.try_get(4)?,
                    message_type: row.try_get(5)?,
                    version: row.try_get(6)?,
                    headers: row.try_get::<Json<BTreeMap<String, String>>, _>(7)?.0,
                    payload: row.try_get(8)?,
                    created_at: row.try_get(9)?,
                })
            })
            .collect::<Result<Vec<_>, sqlx::Error>>()
            .map_err(Error::from)
    }

    /// Who may still make a number appear: the transactions that hold the lock which `nextval` takes on the outbox's
    /// sequence. They keep it until they end, and end after their rows became visible.
    pub async fn writers(&mut self) -> Result<HashSet<String>, Error> {
        let writers: Vec<String> = sqlx::query_scalar(
            "select virtualtransaction from pg_locks
             where locktype = 'relation' and mode = 'RowExclusiveLock'
               and relation = pg_get_serial_sequence('outbox', 'seq')::regclass
               and database = (select oid from pg_database where datname = current_database())",
        )
        .fetch_all(&mut self.connection)
        .await?;
        Ok(writers.into_iter().collect())
    }

    /// Moves the cursor by compare-and-set; [`Error::Moved`] where another relay was here.
    pub async fn advance(&mut self, from: &RelayState, to: &RelayState) -> Result<(), Error> {
        sqlx::query(
            "with moved as (
                 update relay set cursor = $1, partitions = $2 where id = 1 and cursor = $3 and epoch = $4 returning 1
             ) select 1 / (select count(*) from moved)",
        )
        .bind(to.cursor)
        .bind(Json(&to.last_sent))
        .bind(from.cursor)
        .bind(from.epoch)
        .execute(&mut self.connection)
        .await
        .map_err(Error::of_compare_and_set)?;
        Ok(())
    }

    /// Makes partitions ahead of the newest row, so that no writer ever waits for one. Gives how many were made.
    pub async fn make_partitions_ahead(&mut self, newest: i64) -> Result<usize, Error> {
        let needed = newest / PARTITION_ROWS + PARTITIONS_AHEAD;
        let last: i64 = sqlx::query_scalar(
            "select max(substring(c.relname from '[0-9]+$')::bigint) from pg_inherits i join pg_class c on c.oid = i.inhrelid
             where i.inhparent = 'outbox'::regclass",
        )
        .fetch_one(&mut self.connection)
        .await?;
        for number in last + 1..=needed {
            sqlx::query("select make_outbox_partition($1)").bind(number).execute(&mut self.connection).await?;
        }
        Ok(usize::try_from(needed - last).unwrap_or(0))
    }

    /// The name of the database whose lock this session holds.
    pub fn database(&self) -> &str {
        &self.database
    }
}

impl Database {
    /// How many numbers the relay has still to pass (its messages, and the holes among them), and for how many seconds
    /// the oldest message has waited. The cost does not grow with the backlog.
    pub async fn outbox_waiting(&self) -> Result<(i64, f64), Error> {
        let waiting = sqlx::query_as(
            "select coalesce((select seq from outbox where seq > cursor order by seq desc limit 1) - cursor, 0),
                    coalesce(extract(epoch from now() - (select created_at from outbox where seq > cursor order by seq limit 1)), 0)::float8
             from relay where id = 1",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(waiting)
    }

    /// Wakes the relay where it runs in another process: one notification, outside every business transaction.
    pub async fn notify_relay(&self) -> Result<(), Error> {
        sqlx::query("select pg_notify('outbox', '')").execute(self.pool()).await?;
        Ok(())
    }

    /// Listens for [`Self::notify_relay`].
    pub async fn listen_for_relay(&self) -> Result<PgListener, Error> {
        let mut listener = PgListener::connect_with(self.pool()).await?;
        listener.listen("outbox").await?;
        Ok(listener)
    }
}

/// How long the relay sleeps at most before it looks at the outbox by itself; it also keeps the session busy.
pub const SWEEP: Duration = Duration::from_secs(1);
