//! Every rule has a test that breaks it: each refusal's variant, and each reason that the API gives by itself, is what
//! some test expects.
//!
//! A variant counts when a test of its own crate names it, or the reason that it is told by (where no other refusal of
//! the crate has the same); only code of tests is looked at, no comment, no `use`. So it cannot be told from a test that
//! names a refusal and expects another, but a rule that nobody ever breaks is found.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{Field, ItemEnum, ItemMod, visit::Visit};

use super::{
    assert_none,
    habits::files_below,
    packages, root,
    source::{Names, is_for_tests, names},
};

/// One variant of a refusal.
#[derive(Debug, PartialEq)]
struct Rule {
    refusal: String,
    variant: String,
    /// The refusal that it only passes on.
    passes_on: Option<String>,
}

#[derive(Default)]
struct Rules(Vec<Rule>);

impl<'a> Visit<'a> for Rules {
    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        if !module.attrs.iter().any(is_for_tests) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_enum(&mut self, item: &'a ItemEnum) {
        let refusal = item.ident.to_string();
        if refusal.ends_with("Refusal") {
            self.0.extend(item.variants.iter().map(|variant| Rule {
                refusal: refusal.clone(),
                variant: variant.ident.to_string(),
                passes_on: variant.fields.iter().find_map(passed_on),
            }));
        }
    }
}

/// The type of a field that is `#[from]` another refusal.
fn passed_on(field: &Field) -> Option<String> {
    let syn::Type::Path(path) = &field.ty else { return None };
    let name = path.path.segments.last()?.ident.to_string();
    (name.ends_with("Refusal") && field.attrs.iter().any(|attribute| attribute.path().is_ident("from"))).then_some(name)
}

/// What the tests of a file name.
struct Tests(Names);

impl<'a> Visit<'a> for Tests {
    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        match module.attrs.iter().any(is_for_tests) {
            true => module.content.iter().flat_map(|(_, items)| items).for_each(|item| self.0.visit_item(item)),
            false => syn::visit::visit_item_mod(self, module),
        }
    }
}

fn named_by_tests(file: &Path, text: &str) -> Names {
    if file.ends_with("tests.rs") || file.components().any(|part| part.as_os_str() == "tests") {
        return names(text);
    }
    let mut tests = Tests(Names::default());
    tests.visit_file(&syn::parse_file(text).expect("a file of the workspace is Rust"));
    tests.0
}

/// The rules of a crate that none of its tests expects to be broken.
fn breaches(files: &[(&Path, &str)]) -> Vec<String> {
    let mut rules = Rules::default();
    let (mut paths, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for (file, text) in files {
        rules.visit_file(&syn::parse_file(text).expect("a file of the workspace is Rust"));
        let Names { paths: more_paths, texts: more_texts, .. } = named_by_tests(file, text);
        paths.extend(more_paths.iter().flat_map(|path| last_two(path)));
        texts.extend(more_texts);
    }
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    for rule in &rules.0 {
        *reasons.entry(upper_snake(&rule.variant)).or_default() += 1;
    }
    let is_expected = |rule: &&Rule| {
        let reason = upper_snake(&rule.variant);
        paths.contains(&format!("{}::{}", rule.refusal, rule.variant))
            || (texts.contains(&reason) && reasons[&reason] == 1)
            || rule.passes_on.iter().any(|inner| paths.iter().any(|path| path.starts_with(&format!("{inner}::"))))
    };
    let forgotten = rules.0.iter().filter(|rule| !is_expected(rule));
    forgotten.map(|rule| format!("no test breaks {}::{}", rule.refusal, rule.variant)).collect()
}

/// `Enum::Variant` of a path, which may have brackets about it where a macro holds it.
fn last_two(path: &str) -> Option<String> {
    let path = path.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let (before, variant) = path.rsplit_once("::")?;
    let refusal = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    Some(format!("{refusal}::{variant}"))
}

fn upper_snake(camel: &str) -> String {
    let mut snake = String::new();
    for letter in camel.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_uppercase());
    }
    snake
}

fn sources(folder: &Path) -> Vec<(std::path::PathBuf, String)> {
    let files = files_below(folder).into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    files.map(|file| (file.clone(), fs::read_to_string(&file).expect("a source can be read"))).collect()
}

#[test]
fn every_refusal_has_a_test_that_provokes_it() {
    let mut forgotten = Vec::new();
    // The toy of the testkit is provoked by the tests of the core.
    for package in packages().iter().filter(|package| package.name != "mall-testkit") {
        let sources = sources(&package.folder);
        let files: Vec<(&Path, &str)> = sources.iter().map(|(file, text)| (file.as_path(), text.as_str())).collect();
        forgotten.extend(breaches(&files).iter().map(|breach| format!("{}: {breach}", package.name)));
    }
    assert_none(&forgotten);
}

/// A reason, as `google.rpc.ErrorInfo` has it.
fn is_reason(text: &str) -> bool {
    text.len() > 4 && !text.starts_with("MALL_") && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// What is refused before a domain sees it is named by a text, in what services share.
#[test]
fn every_reason_that_is_a_text_is_expected_by_a_test() {
    let shared = ["crates/domain/src", "crates/service/src"].map(|folder| sources(&root().join(folder)));
    let mut given: BTreeSet<String> = BTreeSet::new();
    for (_, text) in shared.iter().flatten() {
        given.extend(names(text).texts.into_iter().filter(|text| is_reason(text)));
    }
    assert!(given.contains("INVALID_PAGE_TOKEN") && given.contains("NOT_FOUND"), "{given:?}");
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for (file, text) in ["crates", "services", "e2e"].iter().flat_map(|folder| sources(&root().join(folder))) {
        if !file.ends_with("architecture/refusals.rs") {
            expected.extend(named_by_tests(&file, &text).texts);
        }
    }
    let forgotten: Vec<String> =
        given.difference(&expected).map(|reason| format!("no test expects {reason}")).collect();
    assert_none(&forgotten);
}

#[test]
fn a_rule_that_no_test_breaks_is_found() {
    const DOOR: &str = "//! A door.
        enum DoorRefusal { Shut, Locked { by: u8 }, Key(#[from] KeyRefusal) }
        fn open() -> Result<(), DoorRefusal> { Err(DoorRefusal::Shut) }";
    let all = ["Shut", "Locked", "Key"].map(|variant| format!("no test breaks DoorRefusal::{variant}"));
    let (source, test) = (Path::new("src/door.rs"), Path::new("tests/it/door.rs"));
    assert_eq!(breaches(&[(source, DOOR)]), all);
    let tests = "//! Tests.
        use crate::DoorRefusal;
        // DoorRefusal::Locked
        fn t() { assert_eq!(open(), Err(DoorRefusal::Shut)); refused(KeyRefusal::Bent.into()); }";
    assert_eq!(breaches(&[(source, DOOR), (test, tests)]), all[1..2]);
    let by_reason = "//! Tests.\nfn t() { assert_eq!(reason(&status), \"LOCKED\"); }";
    assert_eq!(breaches(&[(source, DOOR), (test, tests), (test, by_reason)]), [""; 0]);
    let within = format!(
        "{DOOR}\n#[cfg(test)] mod tests {{ fn t() {{ given().then_refused(DoorRefusal::Locked {{ by: 1 }}) }} }}"
    );
    assert_eq!(breaches(&[(source, &within), (test, tests)]), [""; 0]);
}
