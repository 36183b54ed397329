//! The table of rooms in ARCHITECTURE.md: which may know which.

use std::collections::{BTreeMap, BTreeSet};

/// The rooms in the fenced block `rooms`: one line each, `room -> rooms it may know`; `*` is all.
pub struct Table(BTreeMap<String, Arrows>);

pub enum Arrows {
    All,
    To(BTreeSet<String>),
}

impl Table {
    pub fn parse(text: &str) -> Result<Self, String> {
        let block = text
            .split_once("```rooms\n")
            .ok_or("no block ```rooms")?
            .1
            .split_once("```")
            .ok_or("the block ```rooms has no end")?
            .0;
        let mut rooms = BTreeMap::new();
        for line in block
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (room, known) = line.split_once("->").ok_or(format!("no `->` in `{line}`"))?;
            let known: BTreeSet<String> = known
                .split(',')
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .collect();
            let arrows = if known.contains("*") {
                Arrows::All
            } else {
                Arrows::To(known)
            };
            if rooms.insert(room.trim().to_owned(), arrows).is_some() {
                return Err(format!("room `{}` stands twice in the table", room.trim()));
            }
        }
        Ok(Self(rooms))
    }

    pub fn rooms(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub fn has(&self, room: &str) -> bool {
        self.0.contains_key(room)
    }

    /// Whom a room may know; `None` where it may know all, or is not in the table.
    pub fn known_to(&self, room: &str) -> Option<&BTreeSet<String>> {
        match self.0.get(room)? {
            Arrows::To(known) => Some(known),
            Arrows::All => None,
        }
    }

    pub fn allows(&self, from: &str, to: &str) -> bool {
        match self.0.get(from) {
            Some(Arrows::All) => true,
            Some(Arrows::To(known)) => known.contains(to),
            None => false,
        }
    }

    /// Rooms that know each other in a ring, if there are any.
    pub fn cycle(&self) -> Option<Vec<String>> {
        self.0
            .keys()
            .find_map(|start| self.way_back(start, &mut vec![start.clone()]))
    }

    fn way_back(&self, start: &str, way: &mut Vec<String>) -> Option<Vec<String>> {
        let Some(Arrows::To(known)) = self.0.get(way.last()?) else {
            return None;
        };
        for next in known {
            if next == start {
                way.push(next.clone());
                return Some(way.clone());
            }
            if !way.contains(next) {
                way.push(next.clone());
                if let Some(ring) = self.way_back(start, way) {
                    return Some(ring);
                }
                way.pop();
            }
        }
        None
    }
}
