//! THE HANDBOOK for those who install and operate Monomi: one text a language (`docs/handbook`), and the page that a browser shows without a network.
//!
//! Belongs here: the text, its pictures, and how they become one page. Does not belong here: writing the page (`store`), opening it (`main`).

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::i18n::Language;

#[derive(rust_embed::RustEmbed)]
#[folder = "docs/images/handbook"]
struct Pictures;

/// Where the text names its pictures, seen from its own folder.
const PICTURES: &str = "../images/handbook/";

/// The text as it is written, in Markdown.
#[must_use]
pub fn text(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("../docs/handbook/en.md"),
        Language::Ja => include_str!("../docs/handbook/ja.md"),
    }
}

/// The name of its file, such as `monomi-handbook-ja.html`.
#[must_use]
pub fn file_name(language: Language) -> String {
    format!("monomi-handbook-{}.html", language.tag())
}

/// The handbook as one HTML page that needs nothing beside it: pictures and looks are inside, and there is no script.
#[must_use]
pub fn page(language: Language) -> String {
    let text = text(language);
    let body = in_html(text);
    let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
    let (tag, version) = (language.tag(), env!("CARGO_PKG_VERSION"));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}<footer>Monomi {version}</footer>\n</body>\n</html>\n"
    )
}

/// The text in HTML: headings can be linked to by their words, as in other viewers of Markdown, and pictures are inside.
fn in_html(text: &str) -> String {
    let mut events: Vec<Event<'_>> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let mut taken = HashMap::new();
    for at in 0..events.len() {
        let words = words_of_heading(&events[at..]);
        match &mut events[at] {
            Event::Start(Tag::Heading { id, level, .. }) if *level > HeadingLevel::H1 => {
                *id = Some(anchor(&words, &mut taken).into());
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                if let Some(inside) = dest_url.strip_prefix(PICTURES).and_then(picture) {
                    *dest_url = CowStr::from(inside);
                }
            }
            _ => {}
        }
    }
    let mut page = String::new();
    html::push_html(&mut page, events.into_iter());
    page
}

/// The words of the heading that these events begin with.
fn words_of_heading(events: &[Event<'_>]) -> String {
    if !matches!(events.first(), Some(Event::Start(Tag::Heading { .. }))) {
        return String::new();
    }
    let inside = events
        .iter()
        .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    let words = inside.filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(&**text),
        _ => None,
    });
    words.collect()
}

/// What a link to this heading names: small letters, digits and hyphens for spaces; the second of one name has a number behind it.
fn anchor(heading: &str, taken: &mut HashMap<String, usize>) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_ ー".contains(*c));
    let name: String = kept
        .flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect();
    let before = taken.entry(name.clone()).or_default();
    *before += 1;
    match *before {
        1 => name,
        number => format!("{name}-{}", number - 1),
    }
}

/// The picture of this name as an address that holds it.
fn picture(name: &str) -> Option<String> {
    let file = Pictures::get(name)?;
    Some(format!("data:image/png;base64,{}", STANDARD.encode(&file.data)))
}

const STYLE: &str = "
:root { color-scheme: light dark; --text: #1b1f27; --weak: #5b6472; --line: #d5dae2; --shade: #f2f4f8; --back: #fff; --link: #1565c0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --weak: #9aa4b2; --line: #343b47; --shade: #1e232c; --back: #14181f; --link: #6db3f8; }
}
body { max-width: 50rem; margin: 0 auto; padding: 1.5rem; color: var(--text); background: var(--back);
  font: 1rem/1.7 system-ui, 'Yu Gothic UI', 'Hiragino Sans', 'Noto Sans CJK JP', 'Noto Sans JP', sans-serif; }
h1, h2, h3 { line-height: 1.3; break-after: avoid; }
h2 { margin-top: 3rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2rem; }
a { color: var(--link); }
em { font-style: normal; font-weight: 600; }
strong { display: inline-block; line-height: 1.4; font-weight: 600; padding: 0 .35em; border: 1px solid var(--line); border-radius: 4px; background: var(--shade); }
img { max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; break-inside: avoid; }
code, pre { font-family: ui-monospace, Consolas, 'BIZ UDGothic', 'Noto Sans Mono CJK JP', monospace; font-size: .92em; background: var(--shade); }
code { padding: .1em .3em; border-radius: 4px; }
pre { padding: .8rem 1rem; border-radius: 6px; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { padding: 0; font-size: 1em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .35rem .7rem; text-align: left; vertical-align: top; }
th { background: var(--shade); }
blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: 4px solid var(--link); background: var(--shade); }
footer { margin-top: 4rem; color: var(--weak); font-size: .9rem; }
@media print { body { max-width: none; font-size: 10.5pt; } pre, table, blockquote { break-inside: avoid; } }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_needs_nothing_beside_it() {
        for language in Language::ALL {
            let page = page(language);
            assert!(
                page.contains(&format!("<html lang=\"{}\">", language.tag())),
                "{language:?}"
            );
            assert!(page.len() <= 2 * 1024 * 1024, "{language:?}: {} bytes", page.len());
            let sources = page.split("src=\"").skip(1);
            let sources: Vec<&str> = sources.filter_map(|rest| rest.split('"').next()).collect();
            assert!(
                (6..=10).contains(&sources.len()),
                "{language:?}: {} pictures",
                sources.len()
            );
            for source in sources {
                let start = &source[..source.len().min(60)];
                assert!(
                    source.starts_with("data:image/png;base64,iVBOR"),
                    "{language:?}: {start}"
                );
            }
            assert!(!page.contains("<script") && !page.contains("<link"), "{language:?}");
        }
    }

    #[test]
    fn every_link_of_the_text_leads_to_a_heading() {
        for language in Language::ALL {
            let page = page(language);
            let links = text(language)
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next());
            let links: Vec<&str> = links.filter(|link| !link.starts_with(PICTURES)).collect();
            assert!(links.len() > 8, "{language:?}: {links:?}");
            for link in links {
                let name = link
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("{language:?}: {link} leads elsewhere"));
                assert!(page.contains(&format!("id=\"{name}\"")), "{language:?}: {link}");
            }
        }
    }

    #[test]
    fn headings_of_one_name_are_told_apart() {
        let mut taken = HashMap::new();
        assert_eq!(anchor("The first recorder", &mut taken), "the-first-recorder");
        assert_eq!(anchor("The first recorder", &mut taken), "the-first-recorder-1");
        assert_eq!(anchor("障害のとき（例）", &mut taken), "障害のとき例");
    }
}
