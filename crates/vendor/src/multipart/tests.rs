use proptest::prelude::*;

use super::*;

const END: &[u8] = b"</x>";

fn bodies(reader: &mut MultipartReader, bytes: &[u8]) -> Vec<String> {
    let parts = reader.feed(bytes);
    parts
        .into_iter()
        .map(|part| String::from_utf8_lossy(&part.body).into_owned())
        .collect()
}

fn read(content_type: &str, text: &str) -> Vec<String> {
    bodies(&mut MultipartReader::new(content_type, END), text.as_bytes())
}

const TYPE: &str = "multipart/mixed; boundary=boundary";

#[test]
fn parts_are_given_as_soon_as_they_are_whole() {
    let mut reader = MultipartReader::new(TYPE, END);
    let head = b"HELLO\r\n--boundary\r\nContent-Type: application/xml; charset=\"UTF-8\"\r\nContent-Length: 8\r\n\r\n";
    assert!(bodies(&mut reader, head).is_empty());
    assert!(bodies(&mut reader, b"<x>a</x").is_empty());
    assert_eq!(
        bodies(&mut reader, b">"),
        ["<x>a</x>"],
        "nothing behind it has come yet"
    );
    let second = b"\r\n--boundary\r\nContent-Type: application/xml\r\n\r\n<x>\r\nb</x>";
    assert_eq!(bodies(&mut reader, second), ["<x>\r\nb</x>"], "no length was said");
    assert_eq!(
        bodies(&mut reader, b"\r\n--boundary\r\n\r\nplain\r\n--boundary--\r\n"),
        ["plain"]
    );
}

#[test]
fn boundaries_and_lengths_are_read_as_devices_write_them() {
    let dahua = "--myboundary\r\nContent-Type: text/plain\r\nContent-Length:9\r\n\r\nHeartbeat\r\n\r\n--myboundary\r\nContent-Length:4\r\n\r\nnext\r\n";
    for boundary in ["myboundary", "\"myboundary\"", "--myboundary"] {
        let content_type = format!("multipart/x-mixed-replace;Boundary={boundary}");
        assert_eq!(read(&content_type, dahua), ["Heartbeat", "next"], "{boundary}");
    }
    assert_eq!(read("text/plain", dahua), ["Heartbeat", "next"], "none was named");
    assert_eq!(
        read(TYPE, &dahua.replace("myboundary", "another")),
        Vec::<String>::new()
    );
    assert_eq!(
        read(TYPE, "--boundary\n\na\n--boundary\n\nb\n--boundary\n"),
        ["a", "b"],
        "no carriage returns"
    );
}

#[test]
fn a_wrong_length_costs_one_part_at_most() {
    let part = |length: usize, body: &str| format!("--boundary\r\nContent-Length: {length}\r\n\r\n{body}\r\n");
    let short = part(4, "<x>a</x>") + &part(4, "<x>b</x>") + &part(8, "<x>c</x>");
    assert_eq!(read(TYPE, &short), ["<x>a", "<x>b</x>", "<x>c</x>"]);
    let long = part(900, "<x>a</x>") + &part(900, "<x>b</x>") + &part(8, "<x>c</x>");
    assert_eq!(read(TYPE, &long), ["<x>a</x>", "<x>b</x>", "<x>c</x>"]);
    let nothing = part(0, "<x>a</x>") + &part(0, "<x>b</x>");
    assert_eq!(read(TYPE, &nothing), ["<x>b</x>"]);
}

#[test]
fn pictures_and_what_is_too_long_are_passed_over() {
    let picture = "--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 20\r\n\r\n\n--boundary\r\n\r\nnot";
    let text = format!("{picture}xx\r\n--boundary\r\n\r\n<x>a</x>\r\n");
    assert_eq!(read(TYPE, &text), ["<x>a</x>"]);
    let unmeasured = "--boundary\r\nContent-Type: image/jpeg\r\n\r\n</x></x>\r\n--boundary\r\n\r\n<x>a</x>\r\n";
    assert_eq!(read(TYPE, unmeasured), ["<x>a</x>"]);
    let long = format!(
        "--boundary\r\n\r\n{}\r\n--boundary\r\n\r\n<x>a</x>",
        "y\n".repeat(MOST_PART)
    );
    assert_eq!(read(TYPE, &long), ["<x>a</x>"]);
    let head = format!(
        "--boundary\r\n{}\r\n\r\n--boundary\r\n\r\n<x>a</x>",
        "name: value\r\n".repeat(MOST_HEAD)
    );
    assert_eq!(read(TYPE, &head), ["<x>a</x>"]);
}

proptest! {
    #[test]
    fn any_bytes_are_cut_within_the_memory_that_was_said(
        pieces in prop::collection::vec(prop::sample::select(vec![
            &b"--boundary"[..], b"\r\n", b"\n", b"--", b"Content-Length: ", b"99", b"18446744073709551616", b"-1", b"7", b"\r\n\r\n",
            b"Content-Type: image/jpeg", b"</x>", b"<x>", b"\0\xff", b"text", b":", b";", b"boundary",
        ]), 0..400),
        repeated in 1_usize..40,
    ) {
        let bytes = pieces.concat().repeat(repeated);
        let mut reader = MultipartReader::new(TYPE, END);
        for chunk in bytes.chunks(7) {
            for part in reader.feed(chunk) {
                prop_assert!(!part.body.is_empty() && part.body.len() <= MOST_PART);
            }
            prop_assert!(reader.held() <= 2 * (MOST_PART + MOST_LINE));
        }
    }

    #[test]
    fn how_the_bytes_are_cut_does_not_matter(cuts in prop::collection::vec(1_usize..30, 1..40)) {
        let text = "--boundary\r\nContent-Length: 8\r\n\r\n<x>a</x>\r\n--boundary\r\n\r\n<x>\r\n b </x>\r\n--boundary\r\nContent-Type: image/jpeg\r\n\
                    Content-Length: 3\r\n\r\n\n\n\n\r\n--boundary\r\n\r\nc\r\n--boundary--\r\n";
        let mut reader = MultipartReader::new(TYPE, END);
        let (mut rest, mut got) = (text.as_bytes(), Vec::new());
        for cut in cuts.iter().cycle() {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            got.extend(bodies(&mut reader, now));
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(got, read(TYPE, text));
    }
}
