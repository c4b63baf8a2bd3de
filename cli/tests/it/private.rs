//! What a killed run leaves behind is gone with the next one, and nothing else is.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};

use mall_cli::servers::{Identity, Postgres, PostgresOptions, PrivateServers};
use uuid::Uuid;

/// A process that nobody but this test ends.
fn sleeper() -> Child {
    Command::new("sleep").arg("600").spawn().expect("there is sleep")
}

/// The folder of a run with this owner.
fn folder_of(owner: u32) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mallbots-servers-{}", Uuid::now_v7().simple()));
    name(owner, &folder.join("run/owner.pid"));
    folder
}

fn name(process: u32, file: &Path) {
    Identity::of(process).expect("it runs").write(file).expect("a file of our own");
}

fn has_ended(process: &mut Child) -> bool {
    process.try_wait().expect("it is our child").is_some()
}

fn end(mut process: Child) {
    process.kill().expect("it runs");
    process.wait().expect("it is our child");
}

#[tokio::test]
async fn a_killed_runs_servers_and_services_are_ended_by_the_next_run() {
    let owner = sleeper();
    let (killed, alive) = (folder_of(owner.id()), folder_of(std::process::id()));
    let mut server = Postgres::start(PostgresOptions::free(&killed).expect("ports")).await.expect("it starts");
    server.leave();
    let (mut service, mut neighbour, mut unrelated) = (sleeper(), sleeper(), sleeper());
    name(service.id(), &killed.join("run/mall/ordering.pid"));
    name(neighbour.id(), &alive.join("run/mall/ordering.pid"));
    // The number of a service that has ended, and is by now that of a process which began later.
    fs::write(killed.join("run/mall/depot.pid"), format!("{} 1\n", unrelated.id())).expect("a file of our own");
    end(owner);

    let next = PrivateServers::start(false).await.expect("the servers start");
    // Another test that starts servers now may have begun to sweep before us.
    for _ in 0..500 {
        if !killed.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!killed.exists(), "its data are gone");
    assert!(!server.is_running() && has_ended(&mut service), "both were of the killed run");
    assert!(alive.exists() && !has_ended(&mut neighbour), "that run is alive");
    assert!(!has_ended(&mut unrelated), "it is of no run");
    drop(next);
    end(neighbour);
    end(unrelated);
    fs::remove_dir_all(alive).expect("a folder of our own");
}
