//! What a file names outside of its tests.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::source::for_tests;

#[derive(Default)]
pub struct Names {
    pub paths: Vec<Named>,
    /// Names that the file's own `use` items bring in, for itself and for whoever asks it for them.
    pub imports: Vec<Import>,
    /// The lines of `.await`.
    pub awaits: Vec<usize>,
    /// The lines of calls of a method named `connect` or `connect_timeout`, GObject's `connect("signal", ..)` left out.
    pub connects: Vec<usize>,
}

/// A path as written in a `use`, an expression, a type, a macro or an attribute.
pub struct Named {
    pub path: Vec<String>,
    pub line: usize,
    /// How many modules `mod x { .. }` of this file stand around it.
    pub depth: usize,
}

pub struct Import {
    pub name: String,
    pub path: Vec<String>,
}

pub fn of(ast: &syn::File) -> Names {
    let mut reader = Reader::default();
    reader.visit_file(ast);
    reader.names
}

#[derive(Default)]
struct Reader {
    names: Names,
    depth: usize,
}

impl Reader {
    fn path(&mut self, path: &[String], at: Span) {
        self.names.paths.push(Named {
            path: path.to_owned(),
            line: at.start().line,
            depth: self.depth,
        });
    }

    fn import(&mut self, name: &syn::Ident, path: &[String]) {
        if self.depth == 0 {
            self.names.imports.push(Import {
                name: name.to_string(),
                path: path.to_owned(),
            });
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.use_tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(item, before)),
            syn::UseTree::Name(syn::UseName { ident }) => {
                if ident == "self" {
                    let own = before.last().map(|name| syn::Ident::new(name, ident.span()));
                    own.into_iter().for_each(|own| self.import(&own, before));
                    self.path(before, ident.span());
                    return;
                }
                before.push(ident.to_string());
                self.import(ident, before);
                self.path(before, ident.span());
                before.pop();
            }
            syn::UseTree::Rename(syn::UseRename { ident, rename, .. }) => {
                before.push(ident.to_string());
                self.import(rename, before);
                self.path(before, ident.span());
                before.pop();
            }
            syn::UseTree::Glob(glob) => self.path(before, glob.span()),
        }
    }

    /// Paths inside a macro's or an attribute's tokens: identifiers joined by `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut at = Span::call_site();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                other => {
                    if path.len() > 1 {
                        self.path(&path, at);
                    }
                    path.clear();
                    match other {
                        TokenTree::Ident(ident) => {
                            at = ident.span();
                            path.push(ident.to_string());
                        }
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        _ => {}
                    }
                }
            }
            colons = 0;
        }
        if path.len() > 1 {
            self.path(&path, at);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Mod(i) => &i.attrs,
            syn::Item::Fn(i) => &i.attrs,
            syn::Item::Impl(i) => &i.attrs,
            syn::Item::Use(i) => &i.attrs,
            _ => &[],
        };
        if !for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, module);
        self.depth -= 1;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.path(&names, path.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let signal = matches!(
            call.args.first(),
            Some(syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(_),
                ..
            }))
        );
        if (call.method == "connect" || call.method == "connect_timeout") && !signal {
            self.names.connects.push(call.method.span().start().line);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_await(&mut self, expression: &'ast syn::ExprAwait) {
        self.names.awaits.push(expression.await_token.span.start().line);
        visit::visit_expr_await(self, expression);
    }
}
