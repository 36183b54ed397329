//! Tables of limits, targets and measured figures.

/// One row of the table.
pub struct Row {
    what: String,
    limit: f64,
    target: Option<f64>,
    unit: &'static str,
    measured: f64,
}

impl Row {
    pub fn new(
        what: impl Into<String>,
        limit: f64,
        target: impl Into<Option<f64>>,
        unit: &'static str,
        measured: f64,
    ) -> Self {
        Self {
            what: what.into(),
            limit,
            target: target.into(),
            unit,
            measured,
        }
    }
}

/// Prints them at once: several cases may run at the same time.
///
/// # Panics
/// If a measured figure is over its hard limit, or is none.
pub fn print(title: &str, rows: &[Row]) {
    for row in rows {
        assert!(!row.measured.is_nan(), "{title}: nothing was measured of: {}", row.what);
    }
    let mut text = format!("\n### {title}\n\n| | hard limit | target | measured |\n|---|---|---|---|\n");
    for Row {
        what,
        limit,
        target,
        unit,
        measured,
    } in rows
    {
        let target = target.map(|target| format!("{target}{unit}")).unwrap_or_default();
        let over = if measured > limit { " **over**" } else { "" };
        let limit = if limit.is_finite() {
            format!("{limit}{unit}")
        } else {
            String::new()
        };
        text += &format!("| {what} | {limit} | {target} | {measured:.1}{unit}{over} |\n");
    }
    println!("{text}");
    let over: Vec<&str> = rows
        .iter()
        .filter(|row| row.measured > row.limit)
        .map(|row| row.what.as_str())
        .collect();
    assert!(over.is_empty(), "over the hard limit: {}", over.join(", "));
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// So many of a hundred are not above it.
pub fn percentile(values: &[f64], hundredths: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * hundredths).div_ceil(100).max(1) - 1]
}
