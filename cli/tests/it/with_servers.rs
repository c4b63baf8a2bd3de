//! `mall with-servers`: the command sees the servers, and its exit code comes out.

use std::process::Command;

#[test]
fn a_command_gets_servers_and_gives_its_exit_code() {
    let script = r#"echo "$MALL_TEST_POSTGRES ${MALL_TEST_KAFKA:-no broker}"; exit 7"#;
    let mut mall = Command::new(env!("CARGO_BIN_EXE_mall"));
    let output = mall.args(["with-servers", "--no-kafka", "--", "sh", "-c", script]).output();
    let output = output.expect("mall runs");
    assert_eq!(output.status.code(), Some(7));
    let text = String::from_utf8(output.stdout).expect("addresses are text");
    let (url, broker) = text.trim().split_once(' ').expect("two words and more");
    assert!(url.starts_with("postgres://mall@127.0.0.1:") && url.ends_with("/postgres"), "{url}");
    assert_eq!(broker, "no broker");
}
