//! What a Rust file names: the paths it uses, the texts it holds.

use syn::{Attribute, ExprStruct, ItemMod, LitStr, Macro, UseTree, visit::Visit};

/// What was found in a file, but for its `#[cfg(test)]` modules.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Every path of the file, `use` trees laid flat: `mall_domain::Money`.
    pub(super) paths: Vec<String>,
    /// Every string literal.
    pub(super) texts: Vec<String>,
    /// The type of every value that is built field by field, by its last name.
    pub(super) built: Vec<String>,
}

pub(super) fn names(text: &str) -> Names {
    let file = syn::parse_file(text).expect("a file of the workspace is Rust");
    let mut names = Names::default();
    names.visit_file(&file);
    names
}

impl Names {
    fn flatten(&mut self, before: &str, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.flatten(&format!("{before}{}::", path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.flatten(before, tree)),
            UseTree::Name(name) => self.paths.push(format!("{before}{}", name.ident)),
            UseTree::Rename(rename) => self.paths.push(format!("{before}{}", rename.ident)),
            UseTree::Glob(_) => self.paths.push(format!("{before}*")),
        }
    }

    /// What stands between a macro's brackets is no syntax yet: paths are read from its words, and so are texts of one
    /// word.
    fn scan(&mut self, tokens: &str) {
        let words: Vec<&str> = tokens.split_whitespace().collect();
        let is_word = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        self.texts.extend(tokens.split('"').filter(is_word).map(str::to_owned));
        let mut path = String::new();
        for (at, word) in words.iter().enumerate() {
            let joins = *word == "::" || at > 0 && words[at - 1] == "::";
            if !joins {
                self.paths.extend(path.contains("::").then(|| std::mem::take(&mut path)));
                path.clear();
            }
            path.push_str(word);
        }
        self.paths.extend(path.contains("::").then_some(path));
    }
}

impl<'a> Visit<'a> for Names {
    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        if !module.attrs.iter().any(is_for_tests) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_use_tree(&mut self, tree: &'a UseTree) {
        self.flatten("", tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.paths.push(segments.join("::"));
        syn::visit::visit_path(self, path);
    }

    fn visit_expr_struct(&mut self, built: &'a ExprStruct) {
        self.built.extend(built.path.segments.last().map(|segment| segment.ident.to_string()));
        syn::visit::visit_expr_struct(self, built);
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        self.scan(&call.tokens.to_string());
        syn::visit::visit_macro(self, call);
    }

    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.texts.push(text.value());
    }
}

pub(super) fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let found = names(
        "use a::{b, c::{self, D as E}, f::*};
         fn g(x: h::I<j::K>) { l::m!(n::o::P, 1); let _ = q::r(); }
         #[cfg(test)] mod tests { use s::t; }",
    );
    for path in ["a::b", "a::c::self", "a::c::D", "a::f::*", "h::I", "j::K", "l::m", "n::o::P", "q::r"] {
        assert!(found.paths.iter().any(|found| found == path), "{path} is not in {:?}", found.paths);
    }
    assert!(!found.paths.iter().any(|found| found == "s::t"));
}

#[test]
fn texts_and_built_values_are_found() {
    let found = names("fn f() { g(\"select 1\", &v1::Told { id: Id { a } }) }");
    assert_eq!(found.texts, ["select 1"]);
    assert_eq!(found.built, ["Told", "Id"]);
    assert_eq!(names("fn f() { assert_eq!(broken(x), rule(\"NOT_OPEN\")) }").texts, ["NOT_OPEN"]);
}
