//! PostgreSQL: keeps what it was told through stop, crash and restart, and is gone with its handle.

use mall_cli::servers::{Error, Postgres, PostgresOptions, ports};
use sqlx::{Connection, PgConnection};

use crate::state::State;

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server is ready")
}

async fn count(url: &str) -> i64 {
    let mut connection = connect(url).await;
    let count = sqlx::query_scalar("select count(*) from kept").fetch_one(&mut connection).await;
    count.expect("the table is there")
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_committed() {
    let state = State::new("crash");
    let options = PostgresOptions::free(state.path()).expect("a machine has free ports");
    let mut server = Postgres::start(options).await.expect("the server starts");
    let url = server.url();
    let mut connection = connect(&url).await;
    sqlx::query("create table kept as select 1 as one").execute(&mut connection).await.expect("the table is new");
    let before = server.pid();

    server.kill();
    server.restart().await.expect("the server recovers");

    assert_ne!(server.pid(), before);
    assert_eq!(count(&url).await, 1);
}

#[tokio::test]
async fn settings_are_those_of_the_file_and_durability_is_on() {
    let state = State::new("settings");
    let options = PostgresOptions::free(state.path()).expect("a machine has free ports");
    let server = Postgres::start(options).await.expect("the server starts");
    let mut connection = connect(&server.url()).await;
    let settings: Vec<String> = sqlx::query_scalar(
        "select name || '=' || setting from pg_settings where name = any (array['fsync', 'synchronous_commit', \
         'full_page_writes', 'track_commit_timestamp', 'max_connections', 'listen_addresses']) order by name",
    )
    .fetch_all(&mut connection)
    .await
    .expect("settings can be read");
    let expected = [
        "fsync=on",
        "full_page_writes=on",
        "listen_addresses=127.0.0.1",
        "max_connections=300",
        "synchronous_commit=on",
        "track_commit_timestamp=on",
    ];
    assert_eq!(settings, expected);
}

#[tokio::test]
async fn a_paused_server_answers_again_after_resume() {
    let state = State::new("pause");
    let options = PostgresOptions::free(state.path()).expect("a machine has free ports");
    let mut server = Postgres::start(options).await.expect("the server starts");
    let mut connection = connect(&server.url()).await;

    server.pause();
    let asked = tokio::spawn(async move {
        let one: i32 = sqlx::query_scalar("select 1").fetch_one(&mut connection).await.expect("the server goes on");
        one
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!asked.is_finished(), "a paused backend must not answer");
    server.resume();

    assert_eq!(asked.await.expect("the question does not panic"), 1);
}

#[tokio::test]
async fn a_dropped_handle_frees_the_port_and_a_left_one_can_be_adopted() {
    let state = State::new("drop");
    let options = PostgresOptions::free(state.path()).expect("a machine has free ports");
    let mut server = Postgres::start(options.clone()).await.expect("the server starts");
    server.leave();
    drop(server);
    assert!(!ports::is_free(options.port), "a server that was left runs on");

    let mut adopted = Postgres::adopt(options.clone()).expect("the pid file names it");
    adopted.stop().await;
    assert!(ports::is_free(options.port));
    assert!(Postgres::adopt(options).is_none());
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let state = State::new("taken");
    let options = PostgresOptions::free(state.path()).expect("a machine has free ports");
    let _taken = std::net::TcpListener::bind(ports::loopback(options.port)).expect("the port is free");
    let error = Postgres::start(options).await.expect_err("the port is taken");
    assert!(matches!(error, Error::Died { .. }), "{error}");
    assert!(error.to_string().contains("Address already in use"), "{error}");
}
