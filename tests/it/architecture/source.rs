//! The source files, and to which room each belongs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One source file.
pub struct Source {
    /// Below `src`, with slashes; a member of the workspace stands there as a room of its name, with `lib.rs` as its `mod.rs`.
    pub path: String,
    pub text: String,
    /// Of a member, whose arrows to others its manifest says.
    pub of_a_member: bool,
}

/// All sources of the program and of the members of the workspace.
pub fn all(root: &Path) -> Vec<Source> {
    let mut files = below(&root.join("src"));
    for member in std::fs::read_dir(root.join("crates")).expect("the members of the workspace") {
        let member = member.expect("a readable entry");
        let name = member.file_name().to_string_lossy().replace('-', "_");
        for file in below(&member.path().join("src")) {
            let below = if file.path == "lib.rs" { "mod.rs" } else { &file.path };
            files.push(Source {
                path: format!("{name}/{below}"),
                of_a_member: true,
                ..file
            });
        }
    }
    files
}

/// The sources of a folder.
pub fn below(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a readable src") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path
                    .strip_prefix(folder)
                    .expect("below src")
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push(Source {
                    path: below,
                    text: std::fs::read_to_string(&path).expect("readable source"),
                    of_a_member: false,
                });
            }
        }
    }
    found
}

/// `ui/tile.rs` and `log.rs` are of the rooms `ui` and `log`; what main.rs declares is of room `main`.
pub fn room_of(path: &str, of_the_binary: &BTreeSet<String>) -> String {
    let name = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
    if of_the_binary.contains(name) {
        "main".to_owned()
    } else {
        name.to_owned()
    }
}

/// The modules that main.rs declares.
pub fn modules_of_the_binary(files: &[Source]) -> BTreeSet<String> {
    let main = files.iter().find(|file| file.path == "main.rs");
    let ast = main.and_then(|file| syn::parse_file(&file.text).ok());
    let items = ast.map(|ast| ast.items).unwrap_or_default();
    let name = |item: &syn::Item| match item {
        syn::Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}

/// The modules from the root to the one that a file is: `ui/views/mod.rs` is `ui`, `views`.
pub fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let names = path.split('/').filter(|name| !matches!(*name, "lib" | "main"));
    names.map(str::to_owned).collect()
}

/// Where the modules of a file have their files, with a slash at the end.
pub fn folder_of(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, "mod.rs")) => format!("{folder}/"),
        None if path == "lib.rs" || path == "main.rs" => String::new(),
        _ => format!("{}/", path.trim_end_matches(".rs")),
    }
}

/// Files that `#[cfg(test)] mod x;` pulls in.
pub fn test_files(path: &str, ast: &syn::File) -> Vec<String> {
    let folder = folder_of(path);
    ast.items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) if module.content.is_none() && for_tests(&module.attrs) => {
                Some(module.ident.to_string())
            }
            _ => None,
        })
        .flat_map(|name| [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")])
        .collect()
}

/// Whether `#[cfg(test)]` is among them.
pub fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test")))
}
