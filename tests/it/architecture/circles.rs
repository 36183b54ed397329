//! Circles between the files of one room: what is to be read, moved or tried alone must not need what needs it.
//!
//! A module and what lies in its folder are one thing, so that they may know each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::names::Names;
use super::source::{Source, module_of};

/// One file, the room it is of, and what it names.
pub struct Member<'a> {
    pub file: &'a Source,
    pub room: &'a str,
    pub names: &'a Names,
}

/// Which file takes which name from which other file of its room.
type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, String>>;

/// One circle for each group of files that reach each other.
pub fn faults(members: &[Member<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    let rooms: BTreeSet<&str> = members.iter().map(|member| member.room).collect();
    let tree = Tree::of(members);
    for room in rooms {
        let circles = circles(&tree.arrows(members, room));
        faults.extend(circles.iter().map(|circle| format!("`{room}` has a circle: {circle}")));
    }
    faults
}

/// All modules that are files, and what each imports.
struct Tree<'a> {
    files: BTreeMap<Vec<String>, &'a str>,
    imports: BTreeMap<(Vec<String>, &'a str), &'a [String]>,
    /// Rooms that are crates of their own.
    members: BTreeSet<&'a str>,
}

impl<'a> Tree<'a> {
    fn of(members: &[Member<'a>]) -> Self {
        let mut tree = Self {
            files: BTreeMap::new(),
            imports: BTreeMap::new(),
            members: BTreeSet::new(),
        };
        for Member { file, room, names } in members {
            let module = module_of(&file.path);
            for import in &names.imports {
                tree.imports
                    .insert((module.clone(), import.name.as_str()), import.path.as_slice());
            }
            tree.files.insert(module, file.path.as_str());
            if file.of_a_member {
                tree.members.insert(room);
            }
        }
        tree
    }

    fn arrows(&self, members: &[Member<'a>], room: &str) -> Arrows<'a> {
        let mut arrows = Arrows::new();
        for Member { file, names, .. } in members.iter().filter(|member| member.room == room) {
            let own = module_of(&file.path);
            for named in &names.paths {
                // `super` first leaves the modules that the file itself has.
                let inside = named.path.iter().take_while(|name| *name == "super").count();
                let path = &named.path[inside.min(named.depth)..];
                let Some(target) = self.resolve(&own, path, 8) else {
                    continue;
                };
                let same_room = members
                    .iter()
                    .any(|member| member.file.path == target && member.room == room);
                let other = module_of(target);
                if same_room && !own.starts_with(&other) && !other.starts_with(&own) {
                    let names = arrows.entry(file.path.as_str()).or_default();
                    let name = named.path.last().cloned().unwrap_or_default();
                    names.entry(target).or_insert(name);
                }
            }
        }
        arrows
    }

    /// The file in which a path that `module` writes ends; `None`: outside, or a name that the file brought in before.
    fn resolve(&self, module: &[String], path: &[String], hops: u8) -> Option<&'a str> {
        let first = path.first()?;
        match first.as_str() {
            "crate" => {
                let root = module.first().filter(|room| self.members.contains(room.as_str()));
                self.walk(root.map(std::slice::from_ref).unwrap_or_default(), &path[1..], hops)
            }
            "monomi" => self.walk(&[], &path[1..], hops),
            "self" => self.walk(module, &path[1..], hops),
            "super" => {
                let (_, parent) = module.split_last()?;
                match path.get(1).map(String::as_str) {
                    Some("super") => self.resolve(parent, &path[1..], hops),
                    _ => self.walk(parent, &path[1..], hops),
                }
            }
            _ => {
                let child = [module, std::slice::from_ref(first)].concat();
                let inside = self.files.contains_key(&child);
                inside.then(|| self.walk(&child, &path[1..], hops)).flatten()
            }
        }
    }

    /// Follows `path` down from `module`, through what its files import from others.
    fn walk(&self, module: &[String], path: &[String], hops: u8) -> Option<&'a str> {
        let Some(first) = path.first() else {
            return self.files.get(module).copied();
        };
        let child = [module, std::slice::from_ref(first)].concat();
        if self.files.contains_key(&child) {
            return self.walk(&child, &path[1..], hops);
        }
        match self.imports.get(&(module.to_vec(), first.as_str())) {
            Some(import) if hops > 0 => self.resolve(module, &[import, &path[1..]].concat(), hops - 1),
            _ => self.files.get(module).copied(),
        }
    }
}

/// The shortest circle of each group of files that reach each other.
fn circles(arrows: &Arrows<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for start in arrows.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(way) = way_back(arrows, start) {
            told.extend(way.iter().map(|(file, _)| *file));
            let steps = way.iter().map(|(file, name)| format!(" -({name})-> {file}"));
            found.push(format!("{start}{}", steps.collect::<String>()));
        }
    }
    found
}

/// The shortest way from a file back to itself: each file on it, and the name that leads there.
fn way_back<'a>(arrows: &'a Arrows<'_>, start: &str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut came: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(file) = next.pop_front() {
        for (target, name) in arrows.get(file).into_iter().flatten() {
            if came.contains_key(target) {
                continue;
            }
            came.insert(*target, (file, name.as_str()));
            if *target == start {
                let mut way = Vec::new();
                let mut at = *target;
                loop {
                    let (before, name) = came[at];
                    let (key, _) = came.get_key_value(at)?;
                    way.push((*key, name));
                    if before == start {
                        way.reverse();
                        return Some(way);
                    }
                    at = before;
                }
            }
            next.push_back(*target);
        }
    }
    None
}
