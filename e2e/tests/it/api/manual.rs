//! `docs/api.md`, run from top to bottom: every block of commands in one shell, every answer that is shown compared.
//!
//! A `json` block shows what the `sh` block before it printed. Ids and times are those of the day it was written: an id
//! must stand for one id throughout, a time for a time, and a text that ends in `…` for one that begins alike.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use mall_cli::declared;
use serde_json::{Deserializer, Value};
use uuid::Uuid;

use crate::{
    mall::{Mall, shared, turn},
    root, say,
};

const MANUAL: &str = "docs/api.md";
/// What the manual calls the gateway.
const GATEWAY: &str = "127.0.0.1:8080";
/// Printed after each block.
const END: &str = "\u{1e}";

/// Commands, and the answer that is shown for them.
#[derive(Debug, PartialEq)]
struct Block {
    /// The number of its first line.
    line: usize,
    commands: String,
    answer: Option<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(&str, usize, Vec<&str>)> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language, number + 2, Vec::new())),
            (None, None) => {}
            (Some((_, _, lines)), None) => lines.push(line),
            (Some((language, line, lines)), Some(_)) => {
                let text = lines.join("\n");
                match *language {
                    "sh" => blocks.push(Block { line: *line, commands: text, answer: None }),
                    "json" => blocks.last_mut().expect("an answer follows its commands").answer = Some(text),
                    _ => {}
                }
                open = None;
            }
        }
    }
    blocks
}

/// What each block printed.
fn run(blocks: &[Block], mall: &Mall) -> Vec<String> {
    let gateway = mall.fleet.rest_url().replace("http://", "");
    let script: String =
        blocks.iter().map(|block| format!("{}\nprintf '{END}'\n", block.commands.replace(GATEWAY, &gateway))).collect();
    let mut shell = Command::new("bash");
    let shell = shell.args(["-u", "-o", "pipefail", "-s"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shell = shell.spawn().expect("there is bash");
    // It reads as it goes; what a shell still has to read is not lost on it when we are done.
    shell.stdin.take().expect("piped").write_all(script.as_bytes()).expect("bash reads it all");
    let output = shell.wait_with_output().expect("bash ends");
    let text = String::from_utf8(output.stdout).expect("answers are texts");
    text.split(END).map(str::to_owned).collect()
}

/// Which id of the manual stands for which of this run.
#[derive(Default)]
struct Ids {
    shown: BTreeMap<Uuid, Uuid>,
    found: BTreeMap<Uuid, Uuid>,
}

impl Ids {
    fn agree(&mut self, shown: Uuid, found: Uuid) -> bool {
        *self.shown.entry(shown).or_insert(found) == found && *self.found.entry(found).or_insert(shown) == shown
    }

    fn texts_agree(&mut self, shown: &str, found: &str) -> bool {
        if let Some(beginning) = shown.strip_suffix('…') {
            return found.starts_with(beginning);
        }
        let (shown, found) = (pieces(shown), pieces(found));
        shown.len() == found.len()
            && shown.iter().zip(&found).all(|(shown, found)| match (shown, found) {
                (Piece::Id(shown), Piece::Id(found)) => self.agree(*shown, *found),
                (Piece::Text(shown), Piece::Text(found)) => shown == found || (is_time(shown) && is_time(found)),
                _ => false,
            })
    }

    fn values_agree(&mut self, shown: &Value, found: &Value) -> bool {
        match (shown, found) {
            (Value::String(shown), Value::String(found)) => self.texts_agree(shown, found),
            (Value::Array(shown), Value::Array(found)) => {
                shown.len() == found.len() && shown.iter().zip(found).all(|(s, f)| self.values_agree(s, f))
            }
            (Value::Object(shown), Value::Object(found)) => {
                shown.len() == found.len()
                    && shown.iter().all(|(name, s)| found.get(name).is_some_and(|f| self.values_agree(s, f)))
            }
            _ => shown == found,
        }
    }
}

enum Piece<'a> {
    Text(&'a str),
    Id(Uuid),
}

/// A text, cut where ids are.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    const LENGTH: usize = 36;
    let at_id = |at: &usize| text.get(*at..at + LENGTH).and_then(|id| Uuid::try_parse(id).ok()).is_some();
    match (0..text.len()).find(at_id) {
        None => vec![Piece::Text(text)],
        Some(at) => {
            let id = Uuid::try_parse(&text[at..at + LENGTH]).expect("it was one just now");
            let mut all = vec![Piece::Text(&text[..at]), Piece::Id(id)];
            all.extend(pieces(&text[at + LENGTH..]));
            all
        }
    }
}

fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape.starts_with("0000-00-00T00:00:00") && shape.ends_with('Z')
}

/// Verb and path of every request that is made with curl, a variable as `{}`.
fn requests(blocks: &[Block]) -> BTreeSet<(String, String)> {
    let commands = blocks.iter().flat_map(|block| block.commands.split("curl ").skip(1));
    let requests = commands.filter_map(|command| {
        let (_, path) = command.split_once("$MALL")?;
        let path = path.split([' ', '?', '"', '\n', ')']).next().unwrap_or_default();
        let shape = |segment: &str| if segment.starts_with('$') { "{}".to_owned() } else { segment.to_owned() };
        let verb = command.split_once("-X ").and_then(|(_, verb)| verb.split(' ').next());
        let implied = if command.contains(" -d ") { "POST" } else { "GET" };
        Some((verb.unwrap_or(implied).to_owned(), path.split('/').map(shape).collect::<Vec<_>>().join("/")))
    });
    requests.collect()
}

fn values(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    Deserializer::from_str(text).into_iter().collect()
}

fn is_there(program: &str) -> bool {
    Command::new("which").arg(program).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[tokio::test]
async fn every_command_of_the_manual_answers_as_it_says() {
    let _turn = turn().await;
    let mall = shared().await;
    for program in ["bash", "curl", "jq"] {
        assert!(is_there(program), "{MANUAL} needs {program}: install the package");
    }
    let text = fs::read_to_string(root().join(MANUAL)).expect("the manual");
    let mut blocks = blocks(&text);
    if !is_there("grpcurl") {
        let before = blocks.len();
        blocks.retain(|block| !block.commands.contains("grpcurl"));
        say(&format!("SKIPPED: {} blocks of {MANUAL} need grpcurl, which is not installed", before - blocks.len()));
    }
    let printed = run(&blocks, &mall);
    assert_eq!(printed.len(), blocks.len() + 1, "the shell ended early: {printed:#?}");
    let mut ids = Ids::default();
    let mut wrong = String::new();
    for (block, printed) in blocks.iter().zip(&printed) {
        let Some(answer) = &block.answer else { continue };
        let shown = values(answer).unwrap_or_else(|error| panic!("{MANUAL}:{}: {error} in {answer}", block.line));
        let agree = values(printed).is_ok_and(|found| ids.values_agree(&shown.into(), &found.into()));
        if !agree {
            wrong += &format!("\n{MANUAL}:{}: answered\n{printed}", block.line);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rpc_is_in_the_manual() {
    let text = fs::read_to_string(root().join(MANUAL)).expect("the manual");
    let shown = requests(&blocks(&text));
    for rpc in declared::rpcs(&declared::pool()) {
        let shape = |segment: &str| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_owned() };
        let path = rpc.path.split('/').map(shape).collect::<Vec<_>>().join("/");
        let request = (rpc.verb.to_string(), path);
        assert!(shown.contains(&request), "{MANUAL} does not show {}: {request:?} is not in {shown:?}", rpc.name());
    }
}

#[test]
fn commands_and_their_answers_are_found() {
    let text = "Text.\n```sh\na\nb\n```\nmore\n```json\n{}\n```\n```text\nno\n```\n```sh\nc\n```\n";
    let block = |line, commands: &str, answer: Option<&str>| Block {
        line,
        commands: commands.to_owned(),
        answer: answer.map(str::to_owned),
    };
    assert_eq!(blocks(text), [block(3, "a\nb", Some("{}")), block(14, "c", None)]);
}

#[test]
fn an_answer_that_differs_is_found() {
    let one = "018f4e2a-7c1b-7000-8000-000000000001";
    let two = "018f4e2a-7c1b-7000-8000-000000000002";
    let mut ids = Ids::default();
    assert!(ids.texts_agree(one, two));
    assert!(ids.texts_agree(&format!("order {one} is {one}"), &format!("order {two} is {two}")));
    assert!(!ids.texts_agree(two, two), "it stands for another already");
    assert!(!ids.texts_agree(one, one), "another stands for it already");
    assert!(ids.texts_agree("2026-01-31T12:00:00Z", "2027-02-28T12:00:00.123456Z"));
    assert!(ids.texts_agree("AZ…", "AZq1") && !ids.texts_agree("AZ…", "BZ"));
    assert!(!ids.texts_agree("open", "closed"));
    assert!(!ids.values_agree(&serde_json::json!({"a": 1}), &serde_json::json!({"a": 1, "b": 2})));
}
