//! `mall bench --quick`: every figure is there. Needs the nine binaries (`make test`).

use std::{fs, process::Command};

use serde_json::Value;

#[test]
fn a_quick_bench_finds_every_figure() {
    let file = std::env::temp_dir().join(format!("mall-bench-{}.json", std::process::id()));
    let mut mall = Command::new(env!("CARGO_BIN_EXE_mall"));
    let output = mall.args(["bench", "--quick", "--json"]).arg(&file).output().expect("mall runs");
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");
    let text = fs::read_to_string(&file).expect("the figures are written");
    let report: Value = serde_json::from_str(&text).expect("as JSON");
    fs::remove_file(file).expect("the file is ours");

    let figures = [
        "/one_in_flight/checkout_to_approved_ms/p50",
        "/one_in_flight/rest_checkout_to_approval_read_ms/p99",
        "/low/per_order/cpu_ms",
        "/low/per_order/units_of_work",
        "/low/per_order/relay_batches",
        "/low/per_order/statements",
        "/low/per_order/wal_bytes",
        "/low/per_order/messages",
        "/low/per_order/produce_requests",
        "/rates/0/checkout_to_approved_ms/p99",
        "/idle/statements",
        "/memory_mib/ordering",
        "/commit_to_consumer_ms/p50",
        "/history/cpu_factor",
        "/consumer_batches/alone/postgresql_us_per_message",
        "/consumer_batches/together/messages_per_batch",
        "/outbox_drain/last_tenth_rows_per_s",
    ];
    for figure in figures {
        let value = report.pointer(figure).and_then(Value::as_f64);
        assert!(value.is_some_and(|value| value > 0.0), "{figure} is {value:?}\n{shown}");
    }
    assert_eq!(report["rates"][0]["approved"], report["rates"][0]["sent"], "{shown}");
}
