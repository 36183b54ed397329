//! The handbook says what is on the screen: its bold words are held against the words of the program, its commands against the program's own help.

use std::collections::BTreeSet;
use std::process::Command;

use monomi::handbook;
use monomi::i18n::Language;
use serde_json::Value;

use crate::watch::{BINARY, monomi};

/// The whole messages of a language that have one line and no argument: the words that can be quoted.
pub fn words_on_screen(language: Language) -> BTreeSet<String> {
    let path = format!("{}/locales/{}/monomi.ftl", env!("CARGO_MANIFEST_DIR"), language.tag());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let messages = text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let values = messages.filter_map(|line| Some(line.split_once(" = ")?.1.to_owned()));
    values.filter(|value| !value.contains('{')).collect()
}

/// What stands in bold: words of the screen, with arrows between those that lead to each other.
pub fn paths(language: Language) -> BTreeSet<Vec<String>> {
    let bold = handbook::text(language).split("**").skip(1).step_by(2);
    bold.map(|path| path.split(" → ").map(str::to_owned).collect())
        .collect()
}

#[test]
fn what_stands_in_bold_is_on_the_screen_in_these_words() {
    for language in Language::ALL {
        let on_screen = words_on_screen(language);
        let paths = paths(language);
        assert!(paths.len() > 50, "{language:?}: {}", paths.len());
        let wrong: Vec<&String> = paths
            .iter()
            .flatten()
            .filter(|part| !on_screen.contains(*part))
            .collect();
        assert!(
            wrong.is_empty(),
            "{language:?}: the program says none of these: {wrong:?}"
        );
    }
}

/// Lines of the text in grey boxes, with what precedes them on their line (blanks) taken away.
fn in_boxes(text: &str) -> Vec<&str> {
    let boxes = text.split("```").skip(1).step_by(2);
    boxes.flat_map(str::lines).map(str::trim).collect()
}

/// Every `monomi …` of the text, in boxes and in sentences.
fn commands(language: Language) -> Vec<&'static str> {
    let text = handbook::text(language);
    let sentences = text.split("```").step_by(2);
    let codes = sentences.flat_map(|part| part.split('`').skip(1).step_by(2));
    let all = in_boxes(text).into_iter().chain(codes);
    all.filter(|line| line.starts_with("monomi ")).collect()
}

/// The names of the commands that `line` begins with, and its options; what follows `<` or `>` is the shell's.
fn parts(line: &str) -> (Vec<&str>, Vec<&str>) {
    let words: Vec<&str> = line
        .split_whitespace()
        .take_while(|word| !["<", ">"].contains(word))
        .collect();
    let is_name = |word: &&&str| {
        [
            "device", "site", "settings", "backup", "profile", "report", "export", "verify", "watch", "status",
        ]
        .contains(*word)
    };
    let mut names: Vec<&str> = words.iter().skip(1).take(1).filter(is_name).copied().collect();
    if ["device", "site", "settings", "backup", "profile"]
        .iter()
        .any(|name| names.first() == Some(name))
    {
        names.extend(words.get(2));
    }
    let options = words.iter().filter(|word| word.starts_with("--")).copied().collect();
    (names, options)
}

#[test]
fn every_command_and_option_is_in_the_help_of_the_program() {
    for language in Language::ALL {
        let commands = commands(language);
        assert!(commands.len() > 10, "{language:?}: {commands:?}");
        for line in commands {
            let (names, options) = parts(line);
            let output = Command::new(BINARY)
                .args(&names)
                .args(["--help"])
                .output()
                .expect("the binary");
            assert!(output.status.success(), "{language:?}: {line}");
            let help = String::from_utf8_lossy(&output.stdout).replace("monomi.exe", "monomi");
            let usage = format!("monomi {}", names.join(" "));
            assert!(
                help.contains(usage.trim_end()),
                "{language:?}: no command {usage}: {line}"
            );
            for option in options {
                let known = help.split_whitespace().any(|word| word == option);
                assert!(known, "{language:?}: {usage} knows no {option}: {line}");
            }
        }
    }
}

#[test]
fn every_setting_that_a_command_names_is_one() {
    let profile = tempfile::tempdir().unwrap();
    let output = monomi(profile.path())
        .args(["settings", "list", "--json"])
        .output()
        .expect("the binary");
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list of settings");
    let names: BTreeSet<&str> = list.iter().filter_map(|setting| setting["name"].as_str()).collect();
    assert!(names.len() > 20, "{names:?}");
    for language in Language::ALL {
        let set: Vec<&str> = commands(language)
            .into_iter()
            .filter_map(|line| line.strip_prefix("monomi settings set "))
            .collect();
        assert!(!set.is_empty(), "{language:?}");
        for line in set {
            let name = line.split_whitespace().next().unwrap_or_default();
            assert!(names.contains(name), "{language:?}: {line}");
        }
    }
}

#[test]
fn both_languages_say_the_same() {
    let outline = |language| -> Vec<String> {
        let text = handbook::text(language);
        let lines = text.lines().filter_map(|line| {
            let picture = line.strip_prefix("![").and_then(|line| line.rsplit('/').next());
            let heading = line
                .starts_with('#')
                .then(|| line.split(' ').next().unwrap_or_default());
            let row = line.starts_with("| ").then_some("|");
            let number = line
                .split_once(". ")
                .is_some_and(|(number, _)| number.parse::<u8>().is_ok());
            let item = (number || line.starts_with("- ")).then_some("item");
            picture.or(heading).or(row).or(item).map(str::to_owned)
        });
        lines.collect()
    };
    assert_eq!(outline(Language::En), outline(Language::Ja));
}

#[test]
fn no_mark_of_the_text_is_left_on_the_page() {
    for language in Language::ALL {
        let page = handbook::page(language);
        // A picture is one long word of letters, digits, + and /.
        let left = ["**", " *", "* ", "](", "&lt;strong", "```"].into_iter().find(|mark| {
            let said = page.split("</style>").nth(1).unwrap_or_default();
            said.contains(mark)
        });
        assert_eq!(left, None, "{language:?}");
    }
}
