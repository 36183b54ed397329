use proptest::prelude::*;

use super::*;

/// 2026-12-01T00:00:00Z.
const FIRST: i64 = 1_796_083_200;

fn said(feed: &str) -> Option<(String, Option<i64>)> {
    let entry = newest(feed.as_bytes()).unwrap()?;
    Some((entry.title, entry.at.map(|at| at - FIRST)))
}

#[test]
fn the_newest_entry_of_each_kind_of_feed_is_told() {
    let atom = r#"<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Status</title>
        <entry><title>Old</title><updated>2026-11-30T00:00:00Z</updated></entry>
        <entry><title type="html">Line cut in &lt;b&gt;Osaka&lt;/b&gt; &amp;amp; Kobe</title>
          <published>2026-11-01T00:00:00Z</published><updated>2026-12-01T09:30:00+09:00</updated></entry></feed>"#;
    assert_eq!(said(atom), Some(("Line cut in Osaka & Kobe".to_owned(), Some(1_800))));
    let rss = "<rss version=\"2.0\"><channel><title>Status</title>\
        <item><title><![CDATA[回線障害（大阪）]]></title><pubDate>Tue, 01 Dec 2026 09:00:10 +0900</pubDate></item>\
        <item><title>Earlier</title><pubDate>Mon, 30 Nov 26 23:00 GMT</pubDate></item></channel></rss>";
    assert_eq!(said(rss), Some(("回線障害（大阪）".to_owned(), Some(10))));
    let rdf = "<rdf:RDF xmlns:rdf=\"x\"><channel/><item><title>A</title><dc:date>2026-12-01T00:00:00Z</dc:date></item></rdf:RDF>";
    assert_eq!(said(rdf), Some(("A".to_owned(), Some(0))));
    let json = r#" {"version":"https://jsonfeed.org/version/1.1","items":[
        {"id":"1","content_text":"No title\n here","date_published":"2026-12-01T00:00:00.250Z"},
        {"id":"2","title":"Older","date_published":"2026-11-01T00:00:00Z"}]}"#;
    assert_eq!(said(json), Some(("No title here".to_owned(), Some(0))));
}

#[test]
fn without_times_the_first_counts_and_without_entries_none_does() {
    let rss = "<rss><channel><item><title>First</title></item><item><title>Second</title><pubDate>soon</pubDate></item></channel></rss>";
    assert_eq!(said(rss), Some(("First".to_owned(), None)));
    assert_eq!(said("<feed></feed>"), None);
    assert_eq!(said(r#"{"items":[]}"#), None);
    assert_eq!(said("<feed><entry/></feed>"), Some((String::new(), None)));
    let xhtml = "<feed><entry><title type=\"xhtml\"><div>Power <b>cut</b></div></title></entry></feed>";
    assert_eq!(said(xhtml), Some(("Power cut".to_owned(), None)));
}

#[test]
fn a_sign_of_less_than_cuts_no_title() {
    for (title, plain) in [
        ("Loss < 5 % <b>in</b> Osaka", "Loss < 5 % in Osaka"),
        ("Delay <5 ms, later >10 ms", "Delay <5 ms, later >10 ms"),
        ("Line a<b is down", "Line a<b is down"),
        ("<!-- x -->Cut<br/>now", "Cut now"),
    ] {
        let feed = format!(r#"{{"version":"https://jsonfeed.org/version/1.1","items":[{{"title":"{title}"}}]}}"#);
        assert_eq!(said(&feed), Some((plain.to_owned(), None)));
    }
}

#[test]
fn what_is_no_feed_is_said_to_be_none() {
    for text in [
        "",
        "<html><body>Login</body></html>",
        "{}",
        "[]",
        "{\"items\":3}",
        "\0\0\0",
        "<rss/>",
        "nonsense",
    ] {
        assert_eq!(newest(text.as_bytes()), Err(FeedError::NoFeed), "{text}");
    }
    assert_eq!(newest(&vec![b' '; MOST_BYTES + 1]), Err(FeedError::TooLong));
    let deep = "[".repeat(100_000);
    assert_eq!(newest(format!("{{\"items\":{deep}").as_bytes()), Err(FeedError::NoFeed));
}

#[test]
fn a_title_is_one_short_line_whatever_is_in_it() {
    let long = format!(
        "<feed><entry><title>{}\u{202E}evil</title></entry></feed>",
        "長い ".repeat(50_000 / 8)
    );
    let (title, _) = said(&long).unwrap();
    assert_eq!(title.chars().count(), FeedEntry::MOST_TITLE);
    let turned = said("<feed><entry><title>a\u{202E}b\nc</title></entry></feed>")
        .unwrap()
        .0;
    assert_eq!(turned, "a\u{FFFD}b c");
}

#[test]
fn dates_are_read_in_the_forms_that_are_in_use() {
    for (text, at) in [
        ("2026-12-01T00:00:00Z", Some(0)),
        ("2026-12-01 09:00:00+09:00", Some(0)),
        ("2026-12-01", Some(0)),
        ("Tue, 1 Dec 2026 00:00:00 JST", Some(-32_400)),
        ("01 December 2026 00:00:60 UT", Some(60)),
        ("Mon, 30 Nov 2026 19:00:00 EST", Some(0)),
        ("2026-13-01T00:00:00Z", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-12-01T25:00:00Z", None),
        ("Tue, 01 Dec 2026 00:00:00 +9", None),
        ("yesterday", None),
        ("", None),
    ] {
        assert_eq!(date::read(text).map(|at| at - FIRST), at, "{text}");
    }
}

proptest! {
    /// Whatever bytes come: no panic, and a short line at most.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(Some(entry)) = newest(&bytes) {
            prop_assert!(entry.title.chars().count() <= FeedEntry::MOST_TITLE);
        }
    }

    #[test]
    fn any_pieces_of_feeds_are_read_or_refused(parts in prop::collection::vec(prop_oneof![
        Just("<feed>"), Just("<rss>"), Just("<channel>"), Just("<item>"), Just("<entry>"), Just("<title>"), Just("</title>"),
        Just("<![CDATA["), Just("]]>"), Just("&#x202E;"), Just("<updated>2026-12-01T00:00:00Z"), Just("{\"items\":["), Just("é<"), Just("\u{0}"),
    ], 0..40)) {
        if let Ok(Some(entry)) = newest(parts.concat().as_bytes()) {
            let is_plain = !entry.title.contains(['\n', '\u{202E}', '\0']);
            prop_assert!(is_plain);
        }
    }
}
