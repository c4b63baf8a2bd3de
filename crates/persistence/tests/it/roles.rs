//! The role that a service runs under: what it does every day it may, the rest it may not.

use mall_persistence::{Context, Database, DatabaseOptions, Error, RelaySession, sqlx};
use mall_testkit::toy::Counted;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{NO_TABLES, core};

/// A database with its owner's handle, and the handle of a role of its own that has been let in.
async fn with_role() -> (Database, Database) {
    let owner = core().await;
    let role = format!("app_{}", Uuid::now_v7().simple());
    sqlx::query(AssertSqlSafe(format!("create role {role} login"))).execute(owner.pool()).await.expect("a new role");
    owner.grant_to(&role).await.expect("granted");
    let name: String =
        sqlx::query_scalar("select current_database()::text").fetch_one(owner.pool()).await.expect("a name");
    let server = mall_testkit::postgres_url();
    let (_, address) = server.split_once('@').expect("a URL names its user");
    let (address, _) = address.rsplit_once('/').expect("a URL ends in a database");
    let url = format!("postgres://{role}@{address}/{name}");
    let options = DatabaseOptions { url, service: "toy", connections: 4 };
    (owner, Database::new(&options).expect("our own URL"))
}

/// `None` = done, else the SQLSTATE.
async fn refused(database: &Database, statement: &'static str) -> Option<String> {
    match sqlx::query(statement).execute(database.pool()).await {
        Ok(_) => None,
        Err(error) => Some(error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned()),
    }
}

#[tokio::test]
async fn a_service_may_add_facts_and_never_change_them() {
    const NOT_PERMITTED: Option<&str> = Some("42501");
    let (_owner, application) = with_role().await;
    for statement in [
        "update events set payload = '{}'",
        "delete from events",
        "truncate events",
        "update outbox set topic = ''",
        "delete from outbox",
        "delete from outbox_0",
        "delete from relay",
        "update core_migrations set success = false",
        "create table strangers (id integer)",
        "alter table inbox add column x integer",
        "drop table parked",
        "alter sequence outbox_seq_seq restart",
    ] {
        assert_eq!(refused(&application, statement).await.as_deref(), NOT_PERMITTED, "{statement}");
    }
    for statement in [
        "insert into events (kind, stream_id, version, schema_version, payload, metadata, recorded_at)
         values ('toy.Thing', gen_random_uuid(), 1, 1, '{\"type\": \"Made\"}', '{}', now())",
        "select * from events",
        "delete from parked",
        "update parked_keys set replay = true",
        "delete from outcomes",
    ] {
        assert_eq!(refused(&application, statement).await, None, "{statement}");
    }
}

#[tokio::test]
async fn the_relay_needs_no_more_rights_than_the_service() {
    let (owner, application) = with_role().await;
    let mut work = application.begin(Context::begin());
    work.send(mall_messaging::event("key", &Counted::default())).expect("buffered");
    work.commit().await.expect("a service may send");
    let mut relay = RelaySession::acquire(&application).await.expect("the server answers").expect("nobody else");
    assert_eq!(relay.read(0, 10).await.expect("rows").len(), 1);
    let before = relay.state().await.expect("a state");
    let after = mall_persistence::RelayState { cursor: 1, ..before.clone() };
    relay.advance(&before, &after).await.expect("it may move the cursor");
    assert_eq!(relay.make_partitions_ahead(2_999_999).await.expect("its owner's function makes them"), 2);
    let owners: Vec<String> =
        sqlx::query_scalar("select distinct tableowner::text from pg_tables where tablename like 'outbox%'")
            .fetch_all(owner.pool())
            .await
            .expect("a list");
    assert_eq!(owners.len(), 1, "partitions belong to whom the outbox belongs to: {owners:?}");
}

#[tokio::test]
async fn a_schema_is_there_when_all_migrations_have_run() {
    let (owner, application) = with_role().await;
    assert!(application.is_migrated(&NO_TABLES).await.expect("it may look"));
    sqlx::query("delete from core_migrations where version = 2").execute(owner.pool()).await.expect("forgotten");
    assert!(!application.is_migrated(&NO_TABLES).await.expect("it may look"));
    sqlx::query("drop table core_migrations").execute(owner.pool()).await.expect("gone");
    assert!(!application.is_migrated(&NO_TABLES).await.expect("it may look"));
}

#[tokio::test]
async fn nobody_else_may_make_partitions() {
    let (owner, _application) = with_role().await;
    let stranger = format!("stranger_{}", Uuid::now_v7().simple());
    sqlx::query(AssertSqlSafe(format!("create role {stranger}"))).execute(owner.pool()).await.expect("a new role");
    let may: bool =
        sqlx::query_scalar("select has_function_privilege($1::text::name, 'make_outbox_partition(bigint)', 'execute')")
            .bind(&stranger)
            .fetch_one(owner.pool())
            .await
            .expect("an answer");
    assert!(!may);
    assert!(matches!(owner.grant_to("no-such-role").await, Err(Error::Database(_))));
}
