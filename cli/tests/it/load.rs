//! `mall load` against a fleet: people come, buy, pay, and bots collect. Needs the nine binaries (`make test`).

use std::process::Command;

use mall_cli::{Fleet, FleetOptions, servers::PrivateServers};
use serde_json::Value;

#[tokio::test]
async fn everybody_who_comes_is_served() {
    let servers = PrivateServers::start(true).await.expect("the servers start");
    let kafka = servers.kafka.as_ref().expect("it was asked for").bootstrap();
    let options = FleetOptions::new(servers.state(), &servers.postgres.url(), &kafka).expect("ports are free");
    let fleet = Fleet::launch(options).await.expect("the fleet starts");
    let file = servers.state().join("load.json");
    let mut mall = Command::new(env!("CARGO_BIN_EXE_mall"));
    mall.args([
        "load",
        "--rate",
        "20",
        "--seconds",
        "5",
        "--mix",
        "browse=1,basket=1,checkout=2,cancel=1,pay=2,bots=2",
    ]);
    mall.args(["--gateway", &fleet.rest_url(), "--json"]).arg(&file);
    let output = tokio::task::spawn_blocking(move || mall.output()).await.expect("no panic").expect("mall runs");
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");

    let text = std::fs::read_to_string(&file).expect("the figures are written");
    let report: Value = serde_json::from_str(&text).expect("as JSON");
    for kind in ["browse", "basket", "checkout", "cancel", "pay", "bots"] {
        let visits = &report["visits"][kind];
        assert!(visits["served"].as_u64() > Some(0), "{kind}: {visits}\n{shown}");
        assert!(visits["p99_ms"].as_f64() > Some(0.0), "{kind}: {visits}\n{shown}");
    }
}

#[test]
fn a_mix_that_is_none_is_told() {
    let mut mall = Command::new(env!("CARGO_BIN_EXE_mall"));
    let output = mall.args(["load", "--mix", "sleep=1"]).output().expect("mall runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("\"sleep\" is none of browse, basket"));
}
