//! A table of texts, for spreadsheets and for paper.

/// What is printed or written to a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthTable {
    pub title: String,
    /// When it was made, and for what.
    pub subtitle: String,
    /// The tag of its language, such as `ja`.
    pub language: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl HealthTable {
    /// For spreadsheets: UTF-8 with its mark, so that they know it, commas, and lines that end as RFC 4180 has them.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = String::from("\u{feff}");
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// One page for a browser, which prints it: without a script, and with nothing from elsewhere.
    #[must_use]
    pub fn to_html(&self) -> String {
        let row = |cells: &[String], tag: &str| -> String {
            let cells = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)));
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        };
        let rows: String = self.rows.iter().map(|cells| row(cells, "td")).collect();
        format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{title}</title>\n\
             <style>body{{font:13px sans-serif;margin:1.5em}}table{{border-collapse:collapse;width:100%}}th,td{{border-bottom:1px solid #bbb;\
             padding:.3em .6em;text-align:left;vertical-align:top}}th{{border-bottom:2px solid #555}}thead{{display:table-header-group}}\
             tr{{break-inside:avoid}}@page{{size:A4 landscape;margin:12mm}}</style>\n\
             <h1>{title}</h1>\n<p>{subtitle}</p>\n<table>\n<thead>\n{head}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n</html>\n",
            language = escaped(&self.language),
            title = escaped(&self.title),
            subtitle = escaped(&self.subtitle),
            head = row(&self.head, "th"),
        )
    }
}

/// A cell that begins with what is a formula to a spreadsheet has an apostrophe in front.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = format!("{}{cell}", if formula { "'" } else { "" });
    match cell.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> HealthTable {
        HealthTable {
            title: "状態一覧 <1>".to_owned(),
            subtitle: "a & b".to_owned(),
            language: "ja".to_owned(),
            head: vec!["拠点".to_owned(), "機器".to_owned()],
            rows: vec![
                vec!["=cmd()".to_owned(), "a,\"b\"".to_owned()],
                vec!["新宿".to_owned(), "<script>".to_owned()],
            ],
        }
    }

    #[test]
    fn a_spreadsheet_reads_no_formula() {
        assert_eq!(
            table().to_csv(),
            "\u{feff}拠点,機器\r\n'=cmd(),\"a,\"\"b\"\"\"\r\n新宿,<script>\r\n"
        );
    }

    #[test]
    fn a_page_holds_nothing_that_runs() {
        let page = table().to_html();
        assert!(
            page.contains("<td>&lt;script&gt;</td>") && !page.contains("<script"),
            "{page}"
        );
        assert!(
            page.contains("<title>状態一覧 &lt;1&gt;</title>") && page.contains("<p>a &amp; b</p>"),
            "{page}"
        );
    }
}
