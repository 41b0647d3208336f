//! Which file of the program imports which: parsed with `syn`, so that groups, `super`, `self`, inline paths and
//! paths inside macros all count. Code under `#[cfg(test)]` is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// One source file: its path under `src`, and its text.
pub(crate) struct Source {
    /// Relative to `src`, such as `store/ledger/audit.rs`.
    pub(crate) path: PathBuf,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    /// A made-up file, for testing the checks themselves.
    pub(crate) fn planted(path: &str, text: &str) -> Source {
        Source { path: PathBuf::from(path), text: text.to_owned() }
    }

    /// Its module path: `store/ledger/mod.rs` and `store/ledger.rs` are both `store`, `ledger`.
    pub(crate) fn module(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.path.with_extension("").components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        if matches!(names.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            names.pop();
        }
        names
    }
}

/// One import: the importing file, the imported file, and the line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The file that imports.
    pub(crate) from: PathBuf,
    /// The file imported from.
    pub(crate) to: PathBuf,
    /// The line in `from`.
    pub(crate) line: usize,
}

/// All source files under a folder.
pub(crate) fn read(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(root).unwrap().to_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every import between two of these files.
pub(crate) fn imports(sources: &[Source]) -> BTreeSet<Import> {
    let files: BTreeMap<Vec<String>, &Path> =
        sources.iter().filter(|s| s.path != Path::new("main.rs")).map(|s| (s.module(), s.path.as_path())).collect();
    let mut found = BTreeSet::new();
    for source in sources {
        let file = syn::parse_file(&source.text).unwrap_or_else(|e| panic!("{}: {e}", source.path.display()));
        let mut paths = Paths { module: source.module(), depth: 0, found: Vec::new() };
        paths.visit_file(&file);
        for (path, line) in paths.found {
            let target = (0..=path.len()).rev().find_map(|n| files.get(&path[..n]));
            if let Some(target) = target.filter(|target| **target != source.path && **target != Path::new("lib.rs")) {
                found.insert(Import { from: source.path.clone(), to: (*target).to_owned(), line });
            }
        }
    }
    found
}

/// The functions of a file, without its tests, and how many lines each has.
pub(crate) fn functions(source: &Source) -> Vec<(String, usize)> {
    struct Functions(Vec<(String, usize)>);
    impl Functions {
        fn note(&mut self, name: &syn::Ident, lines: usize) {
            self.0.push((name.to_string(), lines));
        }
    }
    impl<'ast> Visit<'ast> for Functions {
        fn visit_item(&mut self, item: &'ast Item) {
            if !is_test(attributes(item)) {
                visit::visit_item(self, item);
            }
        }
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            self.note(&item.sig.ident, item.span().end().line - item.sig.span().start().line + 1);
            visit::visit_item_fn(self, item);
        }
        fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
            self.note(&item.sig.ident, item.span().end().line - item.sig.span().start().line + 1);
            visit::visit_impl_item_fn(self, item);
        }
    }
    let mut found = Functions(Vec::new());
    found.visit_file(&syn::parse_file(&source.text).unwrap());
    found.0
}

/// Groups of files that import each other, directly or through other files.
pub(crate) fn cycles(imports: &BTreeSet<Import>) -> Vec<Vec<PathBuf>> {
    let mut reach: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for import in imports {
        reach.entry(&import.from).or_default().insert(&import.to);
    }
    loop {
        let mut grown = false;
        let known = reach.clone();
        for reached in reach.values_mut() {
            let more: Vec<&Path> = reached.iter().filter_map(|next| known.get(next)).flatten().copied().collect();
            for path in more {
                grown |= reached.insert(path);
            }
        }
        if !grown {
            break;
        }
    }
    let mut cycles: Vec<Vec<PathBuf>> = Vec::new();
    for (file, reached) in &reach {
        if !reached.contains(file) || cycles.iter().flatten().any(|seen| seen == file) {
            continue;
        }
        let mutual = reached.iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)));
        cycles.push(mutual.map(|path| (*path).to_owned()).collect());
    }
    cycles
}

/// Collects the paths a file names, relative to the crate root.
struct Paths {
    module: Vec<String>,
    /// How many inline modules deep the visitor is.
    depth: usize,
    found: Vec<(Vec<String>, usize)>,
}

impl Paths {
    /// The path relative to the crate root; `None` for an empty path.
    fn absolute(&self, segments: &[String]) -> Option<Vec<String>> {
        let inline = std::iter::repeat_n("(inline)".to_owned(), self.depth);
        let mut base: Vec<String> = self.module.iter().cloned().chain(inline).collect();
        let mut rest = segments;
        match segments.first()?.as_str() {
            "crate" => return Some(segments[1..].to_vec()),
            "self" => rest = &segments[1..],
            "super" => {
                while rest.first().is_some_and(|s| s == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            // A child module, named without a prefix. A path outside this crate resolves to this file and is dropped.
            _ => {}
        }
        base.retain(|part| part != "(inline)");
        base.extend(rest.iter().cloned());
        Some(base)
    }

    fn note(&mut self, segments: &[String], line: usize) {
        if let Some(path) = self.absolute(segments) {
            self.found.push((path, line));
        }
    }

    fn note_tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.note_tree(&path.tree, &with(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => self.note(before, name.span().start().line),
            UseTree::Name(name) => self.note(&with(&name.ident), name.span().start().line),
            UseTree::Rename(name) => self.note(&with(&name.ident), name.span().start().line),
            UseTree::Glob(glob) => self.note(before, glob.span().start().line),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.note_tree(tree, before)),
        }
    }

    /// Paths in the tokens of a macro, which `syn` does not parse.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut colons, mut line) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    if colons == 1 && punct.spacing() == Spacing::Alone {
                        self.end_of_path(&mut path, line);
                    }
                }
                other => {
                    self.end_of_path(&mut path, line);
                    colons = 0;
                    match other {
                        TokenTree::Ident(ident) => {
                            line = ident.span().start().line;
                            path.push(ident.to_string());
                        }
                        TokenTree::Group(group) => self.note_tokens(group.stream()),
                        _ => {}
                    }
                }
            }
        }
        self.end_of_path(&mut path, line);
    }

    fn end_of_path(&mut self, path: &mut Vec<String>, line: usize) {
        if path.len() > 1 {
            self.note(path, line);
        }
        path.clear();
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test")))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_some() {
            self.depth += 1;
            visit::visit_item_mod(self, item);
            self.depth -= 1;
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 && path.leading_colon.is_none() {
            self.note(&segments, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.note_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}
