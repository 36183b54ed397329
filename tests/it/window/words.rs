//! No text on the screen bypasses the Fluent files, and every text of theirs can be drawn with the bundled fonts.

use std::path::{Path, PathBuf};

use monomi::i18n::Language;
use syn::visit::{self, Visit};

use super::rig::{WindowSetup, cameras};

/// What shows a text that it is given.
const PAINTERS: &[&str] = &[
    "button",
    "checkbox",
    "collapsing",
    "colored_label",
    "heading",
    "hint_text",
    "hyperlink_to",
    "label",
    "labeled",
    "link",
    "menu_button",
    "monospace",
    "on_disabled_hover_text",
    "on_hover_text",
    "radio",
    "selectable_label",
    "selected",
    "small",
    "strong",
    "text",
    "toggle_value",
    "weak",
];

/// Finds string literals with letters among the arguments of what shows text.
struct Search<'a> {
    path: &'a Path,
    found: Vec<String>,
}

impl Search<'_> {
    fn check<'e>(&mut self, name: &str, arguments: impl Iterator<Item = &'e syn::Expr>) {
        if !PAINTERS.contains(&name) && name != "new" {
            return;
        }
        for argument in arguments {
            let syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) = argument
            else {
                continue;
            };
            let is_word = text.value().chars().any(char::is_alphabetic);
            if is_word {
                self.found
                    .push(format!("{}: {name}({:?})", self.path.display(), text.value()));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Path>()
                    .is_ok_and(|path| path.is_ident("test"))
        });
        if !is_test {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.check(&call.method.to_string(), call.args.iter());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func {
            let names: Vec<String> = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            let shows = ["Button", "Label", "RichText", "WidgetInfo", "Checkbox", "Window"];
            if names.len() >= 2 && shows.contains(&names[names.len() - 2].as_str()) {
                self.check(&names[names.len() - 1], call.args.iter());
            }
        }
        visit::visit_expr_call(self, call);
    }
}

fn literals(path: &Path, source: &str) -> Vec<String> {
    let mut search = Search {
        path,
        found: Vec::new(),
    };
    search.visit_file(&syn::parse_file(source).unwrap());
    search.found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn no_text_on_the_screen_bypasses_the_language_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = sources(&root.join("ui"));
    files.extend(sources(&root.join("settings_dialog")));
    files.extend(sources(&root.join("app")));
    assert!(files.len() > 10);
    let found: Vec<String> = files
        .iter()
        .flat_map(|path| literals(path, &std::fs::read_to_string(path).unwrap()))
        .collect();
    assert!(found.is_empty(), "texts that no translator sees:\n{}", found.join("\n"));
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let found = literals(
        Path::new("x"),
        "fn f() { ui.label(\"Hello\"); ui.add(Button::new(\"Go\")); ui.label(fl!(w, \"id\")); ui.label(\"·\"); Id::new(\"a\"); }
         #[cfg(test)] mod tests { fn g() { ui.label(\"Fine\"); } }",
    );
    assert_eq!(found, ["x: label(\"Hello\")", "x: new(\"Go\")"]);
}

#[test]
fn the_bundled_fonts_draw_every_text_of_every_language() {
    let rig = WindowSetup::new(Language::Ja, cameras(1)).open();
    let ctx = &rig.harness.ctx;
    for language in Language::ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("locales")
            .join(language.tag())
            .join("monomi.ftl");
        let text = std::fs::read_to_string(path).unwrap();
        let names = "本店①号機　【正面】※夜間〇●◎■□→㈱髙﨑塡ｶﾒﾗ仝侫倏匣ΑЖ";
        for letter in text
            .chars()
            .chain(names.chars())
            .filter(|letter| !letter.is_whitespace())
        {
            let font = egui::FontId::proportional(13.0);
            assert!(
                ctx.fonts_mut(|fonts| fonts.has_glyph(&font, letter)),
                "{letter} ({language:?})"
            );
        }
    }
}

#[test]
fn japanese_keeps_one_word_for_one_thing_and_one_style() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/ja/monomi.ftl");
    let text = std::fs::read_to_string(file).unwrap();
    let is_japanese = |c: char| matches!(c, 'ぁ'..='ヺ' | 'ー' | '一'..='龠');
    let mut wrong = Vec::new();
    for line in text.lines() {
        let Some((name, said)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else {
            continue;
        };
        for (never, instead) in [
            ("デバイス", "機器"),
            ("録画機", "レコーダー"),
            ("パソコン", "PC"),
            ("レイアウト", "画面分割"),
            ("出来", "でき"),
            ("下さい", "ください"),
        ] {
            // What happened is a word of its own.
            if said.replace("出来事", "").contains(never) {
                wrong.push(format!("{name}: {instead}, not {never}"));
            }
        }
        // A URL is written as URLs are.
        let beside = |pair: &[char]| is_japanese(pair[0]) && ":,.!?()[]".contains(pair[1]);
        let letters: Vec<char> = said.chars().collect();
        if name != "problem-bad-url"
            && letters
                .windows(2)
                .any(|pair| beside(pair) || beside(&[pair[1], pair[0]]))
        {
            wrong.push(format!("{name}: punctuation is full-width"));
        }
        let close = |pair: &[char]| is_japanese(pair[0]) && pair[1].is_ascii_alphanumeric();
        if letters.windows(2).any(|pair| close(pair) || close(&[pair[1], pair[0]])) {
            wrong.push(format!("{name}: a space stands beside Latin letters and digits"));
        }
        if said.trim_end_matches('。').contains('。') && !said.ends_with('。') {
            wrong.push(format!("{name}: of several sentences all end with 。"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
