//! ARCHITECTURE.md names a test for each rule, and each that it names exists.

use std::{collections::BTreeSet, fs};

use syn::{ItemFn, visit::Visit};

use super::{assert_none, habits::files_below, root};

/// A name is a sentence, and so has more words than what else is written in snake case.
const WORDS: usize = 4;

#[derive(Default)]
struct Tests(BTreeSet<String>);

impl<'a> Visit<'a> for Tests {
    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        let is_test = |path: &syn::Path| path.segments.last().is_some_and(|segment| segment.ident == "test");
        if function.attrs.iter().any(|attribute| is_test(attribute.path())) {
            self.0.insert(function.sig.ident.to_string());
        }
    }
}

/// All tests of the workspace.
fn tests() -> BTreeSet<String> {
    let mut tests = Tests::default();
    for folder in ["crates", "services", "cli", "e2e"] {
        for file in files_below(&root().join(folder)) {
            if file.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(file).expect("a source can be read");
                tests.visit_file(&syn::parse_file(&text).expect("a file of the workspace is Rust"));
            }
        }
    }
    tests.0
}

/// What a text names: every second piece between backticks, if it reads like the name of a test.
fn named(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_name = |word: &&str| {
        // Metrics are named `mall_..`.
        word.split('_').count() >= WORDS
            && !word.starts_with("mall_")
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    quoted.filter(is_name).collect()
}

fn breaches(document: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let missing = named(document).into_iter().filter(|name| !tests.contains(*name));
    let mut breaches: Vec<String> = missing.map(|name| format!("there is no test {name}")).collect();
    for row in document.lines() {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [rule, .., shown] = cells[..] else { continue };
        let Some(rule) = rule.strip_prefix("| ") else { continue };
        let is_rule = rule.strip_prefix(|c: char| c.is_ascii_uppercase()).is_some_and(|c| c.parse::<u8>().is_ok());
        if is_rule && named(shown).is_empty() && !shown.contains("the compiler") {
            breaches.push(format!("no test shows {rule}"));
        }
    }
    breaches
}

#[test]
fn every_rule_names_a_test_and_every_named_test_exists() {
    let document = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("it can be read");
    assert_none(&breaches(&document, &tests()));
}

#[test]
fn a_test_that_does_not_exist_and_a_rule_without_one_are_found() {
    let tests = BTreeSet::from(["a_test_that_is".to_owned()]);
    for (document, said) in [
        ("| W1 | rule | why `a` | `a_test_that_is` p |", vec![]),
        ("| W1 | rule | why | `a_test_that_is`, `a_test_that_was` p |", vec!["there is no test a_test_that_was"]),
        ("| W1 | rule | why | the compiler |", vec![]),
        ("| W1 | rule | `a_test_that_is` | *no test yet* |", vec!["no test shows W1"]),
        ("| R12 | rule | why | soon |", vec!["no test shows R12"]),
        ("- `a_test_that_was`: gone", vec!["there is no test a_test_that_was"]),
    ] {
        assert_eq!(breaches(document, &tests), said, "{document}");
    }
}
