//! Measures one file: its lines without test items, and its functions. Pure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, Meta, Signature, TraitItemFn,
};

/// A file, measured.
#[derive(Debug)]
pub(crate) struct File {
    /// From the repository's root.
    pub(crate) path: PathBuf,
    /// Lines outside test items.
    pub(crate) lines: usize,
    /// Functions outside test items.
    pub(crate) functions: Vec<Function>,
    /// Modules in files of their own that are compiled for tests only: name and, if given, path.
    pub(crate) test_modules: Vec<PathBuf>,
}

/// A function.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Where it begins.
    pub(crate) line: usize,
    /// From signature to closing brace; none if it has no body.
    pub(crate) lines: Option<usize>,
    /// Without `self`; none where a trait says which there are: our own traits are measured where they stand.
    pub(crate) parameters: Option<usize>,
}

/// Measures `text`, the contents of `path`.
pub(crate) fn file(path: &Path, text: &str) -> Result<File, syn::Error> {
    let mut walk = Walk::default();
    walk.visit_file(&syn::parse_file(text)?);
    let all = 1..=text.lines().count();
    Ok(File {
        path: path.to_owned(),
        lines: all.filter(|line| !walk.test_lines.contains(line)).count(),
        functions: walk.functions,
        test_modules: walk.test_modules,
    })
}

#[derive(Default)]
struct Walk {
    test_lines: BTreeSet<usize>,
    functions: Vec<Function>,
    test_modules: Vec<PathBuf>,
    in_trait_impl: bool,
}

impl Walk {
    fn leave_out(&mut self, span: Span) {
        self.test_lines.extend(span.start().line..=span.end().line);
    }

    /// A function, and whether its parameters are its author's own choice.
    fn function(&mut self, signature: &Signature, body: Option<&Block>, own: bool) {
        let line = signature.span().start().line;
        let inputs = signature.inputs.iter();
        let typed = inputs.filter(|input| matches!(input, syn::FnArg::Typed(_)));
        self.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            lines: body.map(|body| body.span().end().line + 1 - line),
            parameters: own.then(|| typed.count()),
        });
    }
}

impl Visit<'_> for Walk {
    fn visit_item(&mut self, item: &Item) {
        if !is_test(attributes(item)) {
            return visit::visit_item(self, item);
        }
        self.leave_out(item.span());
        if let Item::Mod(module @ ItemMod { content: None, .. }) = item {
            self.test_modules.push(file_of(module));
        }
    }

    fn visit_item_impl(&mut self, block: &ItemImpl) {
        let outside = std::mem::replace(&mut self.in_trait_impl, block.trait_.is_some());
        visit::visit_item_impl(self, block);
        self.in_trait_impl = outside;
    }

    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.function(&function.sig, Some(&function.block), true);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        if is_test(&function.attrs) {
            return self.leave_out(function.span());
        }
        let own = !self.in_trait_impl;
        self.function(&function.sig, Some(&function.block), own);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        self.function(&function.sig, function.default.as_ref(), true);
        visit::visit_trait_item_fn(self, function);
    }
}

/// The file a module names by `#[path]`, or its bare name.
fn file_of(module: &ItemMod) -> PathBuf {
    let named = module
        .attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(path) if path.path.is_ident("path") => match &path.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            Meta::NameValue(_) | Meta::Path(_) | Meta::List(_) => None,
        });
    PathBuf::from(named.unwrap_or_else(|| module.ident.to_string()))
}

/// `#[test]`, `#[tokio::test]` and the like, or `#[cfg(test)]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let words = words(list.tokens.clone());
            words.iter().any(|word| word == "test") && !words.iter().any(|word| word == "not")
        }
        meta => meta
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "test"),
    })
}

/// All identifiers, however deep.
fn words(tokens: TokenStream) -> Vec<String> {
    let words = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Ident(word) => vec![word.to_string()],
        TokenTree::Group(group) => words(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
    });
    words.collect()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        // Items nobody compiles for tests alone: extern crates, unions, trait aliases.
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"//! Doc.

use a::b;

/// Doc of f.
#[inline]
pub fn f(a: u8, b: u8) -> u8 {
    fn inside() {}
    a + b
}

trait T {
    fn bare(&self, x: u8);
    fn full(&mut self) {
        todo()
    }
}

impl T for U {
    fn bare(&self, x: u8) {}
}

#[cfg(not(test))]
fn real() {}

#[test]
fn case() {
    assert!(true);
}

/// Doc of the tests.
#[cfg(test)]
mod tests {
    fn helper() {}
}

#[cfg(all(test, unix))]
mod apart;
#[cfg(test)]
#[path = "far/away.rs"]
mod other;
#[tokio::test]
async fn slow() {}
"#;

    fn function(name: &str, line: usize, lines: usize, parameters: usize) -> Function {
        Function {
            name: name.to_owned(),
            line,
            lines: Some(lines),
            parameters: Some(parameters),
        }
    }

    #[test]
    fn only_test_items_are_left_out() {
        let file = file(Path::new("x.rs"), TEXT).unwrap();
        let bare = Function {
            lines: None,
            ..function("bare", 13, 0, 1)
        };
        let of_a_trait = Function {
            parameters: None,
            ..function("bare", 20, 1, 0)
        };
        let functions = [
            function("f", 7, 4, 2),
            function("inside", 8, 1, 0),
            bare,
            function("full", 14, 3, 0),
            of_a_trait,
            function("real", 24, 1, 0),
        ];
        assert_eq!(file.functions, functions);
        // 43 lines, less 4 of case, 5 of tests, 2 of apart, 3 of other, 2 of slow.
        assert_eq!((TEXT.lines().count(), file.lines), (43, 27));
        assert_eq!(
            file.test_modules,
            [Path::new("apart"), Path::new("far/away.rs")]
        );
    }

    #[test]
    fn what_does_not_parse_is_an_error() {
        assert!(file(Path::new("x.rs"), "fn f( {").is_err());
    }
}
