//! The habits of every file: a heading, a bounded length, nothing left to do, no test switched off.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Macro, visit::Visit};

use super::{assert_none, root};

const LONGEST: usize = 400;
/// Where files of ours are; only what is written by hand.
const FOLDERS: [&str; 6] = ["crates", "services", "cli", "e2e", "proto", "deploy"];
const KINDS: [&str; 8] = ["rs", "proto", "sql", "feature", "yaml", "toml", "conf", "properties"];

/// All files below a folder, but for what builds leave.
pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace can be read") {
            let path = entry.expect("an entry of it, too").path();
            match path.is_dir() {
                true if path.ends_with("target") => {}
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files
}

struct Unfinished(Vec<String>);

impl<'a> Visit<'a> for Unfinished {
    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if attribute.path().is_ident("ignore") {
            self.0.push("a test is switched off".to_owned());
        }
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        let is_left = call.path.is_ident("todo") || call.path.is_ident("unimplemented");
        self.0.extend(is_left.then(|| "something is left to do".to_owned()));
    }
}

fn breaches(name: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        breaches.push(format!("{lines} lines are more than {LONGEST}"));
    }
    if name.ends_with(".rs") {
        if !text.starts_with("//! ") {
            breaches.push("no `//!` says what it is for".to_owned());
        }
        let mut unfinished = Unfinished(Vec::new());
        unfinished.visit_file(&syn::parse_file(text).expect("a file of the workspace is Rust"));
        breaches.extend(unfinished.0);
    }
    breaches.iter().map(|breach| format!("{name}: {breach}")).collect()
}

#[test]
fn every_file_keeps_the_habits() {
    let mut all = Vec::new();
    for file in FOLDERS.iter().flat_map(|folder| files_below(&root().join(folder))) {
        let is_ours = file.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known));
        if is_ours {
            let name = file.strip_prefix(root()).expect("it is below").display().to_string();
            all.extend(breaches(&name, &fs::read_to_string(&file).expect("a source can be read")));
        }
    }
    assert_none(&all);
}

#[test]
fn a_broken_habit_is_found() {
    let long = format!("//! Long.\n{}", "\n".repeat(400));
    for (name, text, said) in [
        ("a.rs", "fn f() {}", "a.rs: no `//!` says what it is for"),
        ("a.rs", "//! A.\n#[test]\n#[ignore]\nfn f() {}", "a.rs: a test is switched off"),
        ("a.rs", "//! A.\n#[test]\n#[ignore = \"slow\"]\nfn f() {}", "a.rs: a test is switched off"),
        ("a.rs", "//! A.\nfn f() { todo!() }", "a.rs: something is left to do"),
        ("a.rs", "//! A.\nfn f() { g(unimplemented!(\"later\")) }", "a.rs: something is left to do"),
        ("a.rs", long.as_str(), "a.rs: 401 lines are more than 400"),
        ("a.sql", long.as_str(), "a.sql: 401 lines are more than 400"),
    ] {
        assert_eq!(breaches(name, text), [said]);
    }
    assert_none(&breaches("a.rs", "//! A.\nfn f() { g(\"todo!()\") }"));
}
