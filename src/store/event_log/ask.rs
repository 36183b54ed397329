//! What is asked of the log: one part of the answer after the other, each along an index from where the last one ended.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::row::{self, COLUMNS, place, signed};
use device::search_form;
use events::{Category, EventQuery, EventRecord, LogCount, LogPage, LogPlace, LogStart, Severity};

/// No more than this is counted.
const MOST_COUNTED: usize = 10_000;

/// So many events with the words that are looked for are sorted; where there are more, one of them stands near every place in time.
const MOST_SORTED: i64 = 50_000;

/// What was found of the words that are looked for, for as long as the same are.
#[derive(Default)]
pub(super) struct Found {
    text: String,
    called: Vec<String>,
    /// The highest number of the words that were looked through.
    until: i64,
    prepared: bool,
}

/// The events from `start` on, `most` of them at most.
pub(super) fn page(
    connection: &Connection,
    found: &mut Found,
    query: &EventQuery,
    start: LogStart,
    most: usize,
) -> rusqlite::Result<LogPage> {
    let few = found.find(connection, query)?;
    let asked = Asked::new(query, few);
    let mut events = asked.events(connection, start, most + 1)?;
    let more = events.len() > most;
    events.truncate(most);
    let begins_at_an_end = matches!(start, LogStart::Newest | LogStart::Oldest);
    let count = match more {
        _ if !begins_at_an_end => None,
        false => Some(LogCount::Exactly(events.len())),
        true => Some(asked.count(connection)?),
    };
    if start.goes_up() {
        events.reverse();
    }
    Ok(LogPage { events, more, count })
}

impl Found {
    /// What was found may not be there any more.
    pub(super) fn forget(&mut self) {
        self.text.clear();
    }

    /// Looks for the words of the query; whether few events have them. `None`: no words are looked for.
    fn find(&mut self, connection: &Connection, query: &EventQuery) -> rusqlite::Result<Option<bool>> {
        let text = search_form(query.text.trim());
        if text.is_empty() {
            return Ok(None);
        }
        if !std::mem::replace(&mut self.prepared, true) {
            connection.execute_batch("CREATE TEMP TABLE IF NOT EXISTS matching (id INTEGER PRIMARY KEY)")?;
        }
        let called: Vec<String> = query.called.iter().cloned().collect();
        if (&self.text, &self.called) != (&text, &called) {
            connection.execute("DELETE FROM temp.matching", [])?;
            *self = Self {
                text,
                called,
                until: 0,
                prepared: true,
            };
        }
        let until: i64 = connection.query_row("SELECT coalesce(max(id), 0) FROM words", [], |row| row.get(0))?;
        if until > self.until {
            let of = vec!["?"; self.called.len()].join(", ");
            let find = format!(
                "INSERT OR IGNORE INTO temp.matching SELECT id FROM words WHERE id > ? AND (instr(text, ?) > 0 OR what IN ({of}))"
            );
            let given = [Value::from(self.until), Value::from(self.text.clone())];
            let called = self.called.iter().cloned().map(Value::from);
            connection.execute(&find, params_from_iter(given.into_iter().chain(called)))?;
            self.until = until;
        }
        let count: i64 = connection.query_row(
            "SELECT count(*) FROM (SELECT 1 FROM temp.matching CROSS JOIN event INDEXED BY by_words \
             ON event.words = matching.id WHERE parent IS NULL LIMIT ?1)",
            [MOST_SORTED + 1],
            |row| row.get(0),
        )?;
        Ok(Some(count <= MOST_SORTED))
    }
}

/// A query as a part of a statement.
struct Asked {
    index: &'static str,
    conditions: Vec<String>,
    given: Vec<Value>,
    /// Those that are read each along its own part of the index, because what several rare ones have stands far apart in time.
    /// Empty: the index is read as one.
    categories: Vec<i64>,
}

impl Asked {
    fn new(query: &EventQuery, few: Option<bool>) -> Self {
        let index = match (query.of, few, query.device, query.site) {
            (Some(_), ..) => "by_parent",
            (_, Some(true), ..) => "by_words",
            (_, _, Some(_), _) => "by_device",
            (_, _, None, Some(_)) => "by_site",
            _ if query.alarms => "by_alarm",
            _ if !query.categories.is_empty() => "by_category",
            _ => "by_time",
        };
        let categories = query.categories.iter().map(|category| place(Category::ALL, *category));
        let mut asked = Self {
            index,
            conditions: Vec::new(),
            given: Vec::new(),
            categories: Vec::new(),
        };
        match query.of {
            Some(parent) => asked.add("parent = ?", [signed(parent.0)]),
            None => asked.add("parent IS NULL", []),
        }
        if few.is_some() {
            asked.add("words IN (SELECT id FROM temp.matching)", []);
        }
        if let Some(device) = query.device {
            asked.add("device = ?", [signed(device.0)]);
        }
        if let Some(site) = query.site {
            asked.add("site = ?", [signed(site.0)]);
        }
        if query.alarms {
            // The index of alarms is found by the number itself.
            asked.add(&format!("severity = {}", place(Severity::ALL, Severity::Alarm)), []);
        }
        if index == "by_category" {
            asked.categories = categories.collect();
        } else if !query.categories.is_empty() {
            let of = vec!["?"; query.categories.len()].join(", ");
            asked.add(&format!("category IN ({of})"), categories);
        }
        if let Some(from) = query.from {
            asked.add("since >= ?", [signed(from.0)]);
        }
        if let Some(before) = query.before {
            asked.add("since < ?", [signed(before.0)]);
        }
        asked
    }

    fn add(&mut self, condition: &str, given: impl IntoIterator<Item = i64>) {
        self.conditions.push(condition.to_owned());
        self.given.extend(given.into_iter().map(Value::from));
    }

    /// The way that `start` goes.
    fn events(&self, connection: &Connection, start: LogStart, most: usize) -> rusqlite::Result<Vec<EventRecord>> {
        let (mut conditions, mut given) = (self.conditions.clone(), self.given.clone());
        let beyond = match start {
            LogStart::Newest | LogStart::Oldest => None,
            LogStart::At(place) => Some(("<=", place)),
            LogStart::Older(place) => Some(("<", place)),
            LogStart::Newer(place) => Some((">", place)),
        };
        if let Some((than, LogPlace { since, id })) = beyond {
            conditions.push(format!("(since, id) {than} (?, ?)"));
            given.extend([since.0, id.0].map(|number| Value::from(signed(number))));
        }
        let order = if start.goes_up() { "ASC" } else { "DESC" };
        let order = format!("ORDER BY since {order}, id {order} LIMIT ?");
        let (found, given) = self.found("id, since", &conditions, given, &order, most);
        let statement = format!("SELECT {COLUMNS} FROM event WHERE id IN (SELECT id FROM ({found})) {order}");
        let given = given.into_iter().chain([limit(most)]);
        row::all(&mut connection.prepare_cached(&statement)?, params_from_iter(given))
    }

    /// What is found along the index, of each category for itself where they are read so: the statement, and what it is given.
    fn found(
        &self,
        columns: &str,
        conditions: &[String],
        given: Vec<Value>,
        order: &str,
        most: usize,
    ) -> (String, Vec<Value>) {
        let part = |more: &[&str]| {
            let conditions = conditions.iter().map(String::as_str).chain(more.iter().copied());
            let conditions = conditions.collect::<Vec<_>>().join(" AND ");
            format!(
                "SELECT {columns} FROM event INDEXED BY {} WHERE {conditions} {order}",
                self.index
            )
        };
        if self.categories.is_empty() {
            return (part(&[]), given.into_iter().chain([limit(most)]).collect());
        }
        // A part with an order of its own stands in a bracket of its own.
        let each = format!("SELECT * FROM ({})", part(&["category = ?"]));
        let statement = vec![each; self.categories.len()].join(" UNION ALL ");
        let of = |category: &i64| {
            given
                .iter()
                .cloned()
                .chain([Value::from(*category), limit(most)])
                .collect::<Vec<_>>()
        };
        (statement, self.categories.iter().flat_map(of).collect())
    }

    fn count(&self, connection: &Connection) -> rusqlite::Result<LogCount> {
        let most = MOST_COUNTED + 1;
        let (found, given) = self.found("1", &self.conditions, self.given.clone(), "LIMIT ?", most);
        let statement = format!("SELECT count(*) FROM (SELECT 1 FROM ({found}) LIMIT ?)");
        let given = given.into_iter().chain([limit(most)]);
        let count: i64 = connection
            .prepare_cached(&statement)?
            .query_row(params_from_iter(given), |row| row.get(0))?;
        let count = usize::try_from(count).unwrap_or(0);
        Ok(if count > MOST_COUNTED {
            LogCount::MoreThan(MOST_COUNTED)
        } else {
            LogCount::Exactly(count)
        })
    }
}

fn limit(most: usize) -> Value {
    Value::from(i64::try_from(most).unwrap_or(i64::MAX))
}
