//! What the program has cost over time, as the log tells it.

/// What a line of the log says that has the program's own figures, in fields `name=number`.
pub const FIGURES_LINE: &str = "own figures";

/// The columns after the time.
const COLUMNS: [&str; 9] = [
    "cpu_permille",
    "memory_kib",
    "threads",
    "live",
    "wanted",
    "half_open",
    "attempts_last_minute",
    "attempts",
    "failed",
];

/// The figures in these logs as CSV, the oldest first. `logs`: the newest first, as they are numbered.
#[must_use]
pub fn figures_table<'a>(logs: impl DoubleEndedIterator<Item = &'a str>) -> String {
    let mut table = format!("time,{}\n", COLUMNS.join(","));
    for line in logs
        .rev()
        .flat_map(str::lines)
        .filter(|line| line.contains(FIGURES_LINE))
    {
        let time = line.split_whitespace().next().unwrap_or_default();
        let value = |column: &&str| {
            let value = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix(*column)?.strip_prefix('='));
            value.unwrap_or_default().to_owned()
        };
        let values: Vec<String> = COLUMNS.iter().map(value).collect();
        table += &format!("{time},{}\n", values.join(","));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_from_all_logs_in_their_order() {
        let new = "2026-11-29T02:00:00Z  INFO monomi::engine: own figures cpu_permille=31 memory_kib=9000 live=4 attempts=7\nother\n";
        let old = "2026-11-29T01:00:00Z  INFO monomi::engine: own figures memory_kib=8000 threads=20\n";
        assert_eq!(
            figures_table([new, old].into_iter()),
            "time,cpu_permille,memory_kib,threads,live,wanted,half_open,attempts_last_minute,attempts,failed\n\
             2026-11-29T01:00:00Z,,8000,20,,,,,,\n\
             2026-11-29T02:00:00Z,31,9000,,4,,,,7,\n"
        );
    }
}
