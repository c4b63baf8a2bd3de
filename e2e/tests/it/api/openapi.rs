//! The OpenAPI document: it is what the declarations give, it is valid, and the gateway answers as it says.

use std::{fs, path::Path, process::Stdio, time::Instant};

use mall_cli::{openapi::document, servers::tools};
use tokio::process::Command;

use crate::{
    mall::{shared, turn},
    root, say,
};

const DOCUMENT: &str = "docs/openapi.json";
/// Random requests for each operation, besides those at the borders of its schema.
const EXAMPLES: &str = "8";
const SEED: &str = "2026";
/// Whatever is sent. That the rules of the shop refuse what the schema allows is no failure, nor is it that a field of
/// the wrong type is ignored: the gateway does not look at what it does not know.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

#[test]
fn the_committed_document_is_what_the_declarations_give() {
    let committed = fs::read_to_string(root().join(DOCUMENT)).expect("it is committed");
    let made = serde_json::to_string_pretty(&document()).expect("it is JSON");
    assert!(committed.trim_end() == made, "{DOCUMENT} is not that of /proto any more: run `make openapi`");
}

#[tokio::test]
async fn the_document_is_valid() {
    let mut python = Command::new(tools::api_checkers().await.expect("Python and PyPI are there"));
    let output = python.args(["-m", "openapi_spec_validator"]).arg(root().join(DOCUMENT)).output().await;
    let output = output.expect("the validator runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long to look is said from outside")]
async fn whatever_is_asked_is_answered_as_the_document_says() {
    let _turn = turn().await;
    let mall = shared().await;
    let examples = std::env::var("MALL_FUZZ_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let mut python = Command::new(tools::api_checkers().await.expect("Python and PyPI are there"));
    python.args(["-m", "schemathesis.cli", "--no-color", "run"]).arg(root().join(DOCUMENT));
    python.args(["--url", &mall.fleet.rest_url(), "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    python.args(["--max-examples", &examples, "--seed", SEED, "--warnings", "off", "--continue-on-failure"]);
    // It keeps what it has found beside it.
    python.current_dir(Path::new(env!("CARGO_TARGET_TMPDIR"))).stdin(Stdio::null());
    let begin = Instant::now();
    let output = python.output().await.expect("schemathesis runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (seconds, summary) = (begin.elapsed().as_secs(), text.lines().rev().take(12).collect::<Vec<_>>());
    say(&format!("schemathesis, {examples} examples an operation, {seconds} s:"));
    summary.iter().rev().for_each(|line| say(line));
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}
