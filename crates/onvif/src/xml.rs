//! XML as devices write it, read into a small tree by local names.
//!
//! Devices leave prefixes undeclared, write `&` as it is, send bytes that are no UTF-8, cut their answers off. A reader that keeps to
//! XML 1.0 refuses most of that. Nothing that can be understood is refused here: names count without their prefix, an end that fits
//! no beginning ends what is open, and what came before a fault is kept. Entities of a DTD are never expanded, so that no text grows.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How much of a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlLimits {
    /// The most bytes of the text.
    pub bytes: usize,
    /// The most elements inside of each other.
    pub depth: usize,
    /// The most elements and attributes together.
    pub nodes: usize,
}

impl XmlLimits {
    /// For an answer over HTTP: the profiles of a recorder with 64 channels are some hundreds of kilobytes.
    pub const ANSWER: Self = Self {
        bytes: 4 << 20,
        depth: 64,
        nodes: 200_000,
    };
    /// For a datagram: the longest that UDP carries.
    pub const DATAGRAM: Self = Self {
        bytes: 1 << 16,
        depth: 32,
        nodes: 2_000,
    };
}

/// Why a text is not read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("there is no element in it")]
    NoElement,
    #[error("it has more than {0} bytes")]
    TooLong(usize),
    #[error("its elements are nested more than {0} deep")]
    TooDeep(usize),
    #[error("it has more than {0} elements and attributes")]
    TooMany(usize),
}

/// Where a piece of [`XmlTree::kept`] lies.
type Piece = (u32, u32);

/// A text that was read. It holds at most three times the bytes of the text, and 48 bytes for each node.
#[derive(Clone, Debug)]
pub struct XmlTree {
    /// Names, values and character data, one after the other.
    kept: String,
    /// The first one is no element: its children are the elements at the top.
    nodes: Vec<Node>,
    attributes: Vec<(Piece, Piece)>,
}

#[derive(Clone, Debug)]
struct Node {
    name: Piece,
    text: Piece,
    attributes: Piece,
    first_child: Option<u32>,
    last_child: u32,
    next: Option<u32>,
}

/// An element of a [`XmlTree`].
#[derive(Clone, Copy, Debug)]
pub struct XmlElement<'d> {
    document: &'d XmlTree,
    index: u32,
}

impl XmlTree {
    /// Reads a text, in UTF-8 or, if it begins so, UTF-16. Bytes that are no text become U+FFFD, and control characters are left out.
    ///
    /// # Errors
    /// [`XmlError`], where a limit is passed or where there is no element before the first fault.
    pub fn read(bytes: &[u8], limits: XmlLimits) -> Result<Self, XmlError> {
        if bytes.len() > limits.bytes {
            return Err(XmlError::TooLong(limits.bytes));
        }
        let text = decoded(bytes);
        let mut reader = Reader::from_str(&text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        let mut growing = Growing::new(limits);
        // A fault of the text ends it: what came before is kept.
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(start) => growing.start(&start)?,
                Event::Empty(start) => {
                    growing.start(&start)?;
                    growing.end_innermost();
                }
                Event::End(end) => growing.end(end.local_name().as_ref()),
                Event::Text(text) => growing.text(&text.xml10_content()),
                Event::CData(text) => growing.text(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let written = reference.xml10_content();
                    match reference.resolve_char_ref() {
                        Ok(Some(character)) => growing.text(character.encode_utf8(&mut [0; 4])),
                        Ok(None) | Err(_) => growing.entity(&written),
                    }
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
                Event::Eof => break,
            }
        }
        if growing.document.nodes.len() < 2 {
            return Err(XmlError::NoElement);
        }
        Ok(growing.document)
    }

    /// What holds the elements at the top, of which a sloppy text may have several. It has no name.
    pub fn top(&self) -> XmlElement<'_> {
        XmlElement {
            document: self,
            index: 0,
        }
    }

    /// The first element with this local name, wherever it is.
    pub fn find(&self, name: &str) -> Option<XmlElement<'_>> {
        self.top().find(name)
    }

    /// How many bytes are held.
    pub fn footprint(&self) -> usize {
        self.kept.capacity()
            + self.nodes.capacity() * size_of::<Node>()
            + self.attributes.capacity() * size_of::<(Piece, Piece)>()
    }

    fn piece(&self, (from, to): Piece) -> &str {
        self.kept.get(from as usize..to as usize).unwrap_or_default()
    }

    fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }
}

impl<'d> XmlElement<'d> {
    /// Without its prefix.
    pub fn name(&self) -> &'d str {
        self.node().map_or("", |node| self.document.piece(node.name))
    }

    /// The character data before the first element in it, without blanks around it.
    pub fn text(&self) -> &'d str {
        self.node().map_or("", |node| self.document.piece(node.text).trim())
    }

    /// The value of the first attribute with this local name.
    pub fn attribute(&self, name: &str) -> Option<&'d str> {
        let (from, to) = self.node()?.attributes;
        let attributes = self.document.attributes.get(from as usize..to as usize)?;
        let (_, value) = attributes.iter().find(|(of, _)| self.document.piece(*of) == name)?;
        Some(self.document.piece(*value).trim())
    }

    /// The elements in it, in their order.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'d> {
        let document = self.document;
        let next = move |index: &u32| document.node(*index).and_then(|node| node.next);
        std::iter::successors(self.node().and_then(|node| node.first_child), next)
            .map(move |index| Self { document, index })
    }

    /// The first element in it with this local name.
    pub fn child(&self, name: &str) -> Option<Self> {
        self.children().find(|child| child.name() == name)
    }

    /// Follows one name after the other, each from the first element that has it.
    pub fn path(&self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(*self, |element, name| element.child(name))
    }

    /// What [`XmlElement::path`] leads to says, where that is anything.
    pub fn text_of(&self, names: &[&str]) -> Option<&'d str> {
        self.path(names)
            .map(|found| found.text())
            .filter(|text| !text.is_empty())
    }

    /// All elements below it, in the order of the text.
    pub fn below(&self) -> impl Iterator<Item = Self> + use<'d> {
        let document = self.document;
        // Nodes stand in the order of the text, so that what is below one ends where the next one beside it, or above it, begins.
        let end = self.end();
        (self.index + 1..end).map(move |index| Self { document, index })
    }

    /// The first element below it with this local name.
    pub fn find(&self, name: &str) -> Option<Self> {
        self.below().find(|element| element.name() == name)
    }

    /// All elements below it with this local name.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Self> + use<'d, 'n> {
        self.below().filter(move |element| element.name() == name)
    }

    fn node(&self) -> Option<&'d Node> {
        self.document.node(self.index)
    }

    /// Behind the last node below it.
    fn end(&self) -> u32 {
        let mut last = self.index;
        while let Some(node) = self.document.node(last).filter(|node| node.first_child.is_some()) {
            last = node.last_child;
        }
        last + 1
    }
}

fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let units = |from: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].as_chunks::<2>().0.iter().map(|pair| from(*pair));
        let characters = char::decode_utf16(pairs).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        characters.collect::<String>().into()
    };
    match bytes {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// A document while it is read.
struct Growing {
    document: XmlTree,
    limits: XmlLimits,
    /// What has begun and not ended, outermost first; the first one is the place of the elements at the top.
    open: Vec<u32>,
}

impl Growing {
    fn new(limits: XmlLimits) -> Self {
        let top = Node {
            name: (0, 0),
            text: (0, 0),
            attributes: (0, 0),
            first_child: None,
            last_child: 0,
            next: None,
        };
        Self {
            document: XmlTree {
                kept: String::new(),
                nodes: vec![top],
                attributes: Vec::new(),
            },
            limits,
            open: vec![0],
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), XmlError> {
        // The first of the open ones is no element.
        if self.open.len() > self.limits.depth {
            return Err(XmlError::TooDeep(self.limits.depth));
        }
        let name = self.keep(start.local_name().as_ref());
        let first_attribute = self.document.attributes.len();
        for attribute in start.attributes().with_checks(false).flatten() {
            self.room()?;
            let name = self.keep(attribute.key.local_name().as_ref());
            // A raw `&` is what it looks like.
            let value = quick_xml::escape::unescape(&attribute.value).unwrap_or(Cow::Borrowed(&attribute.value));
            let value = self.keep(&value);
            self.document.attributes.push((name, value));
        }
        self.room()?;
        let index = self.document.nodes.len() as u32;
        let here = self.document.kept.len() as u32;
        self.document.nodes.push(Node {
            name,
            text: (here, here),
            attributes: (first_attribute as u32, self.document.attributes.len() as u32),
            first_child: None,
            last_child: index,
            next: None,
        });
        let parent = self.open.last().copied().unwrap_or_default() as usize;
        if let Some(parent) = self.document.nodes.get_mut(parent) {
            let before = std::mem::replace(&mut parent.last_child, index);
            match parent.first_child {
                None => parent.first_child = Some(index),
                Some(_) => {
                    if let Some(before) = self.document.nodes.get_mut(before as usize) {
                        before.next = Some(index);
                    }
                }
            }
        }
        self.open.push(index);
        Ok(())
    }

    /// Ends the innermost element with this name and what is open in it; where none has it, a misspelt end was meant for the innermost.
    fn end(&mut self, name: &str) {
        let document = &self.document;
        let is_it = |index: &u32| {
            document
                .node(*index)
                .is_some_and(|node| document.piece(node.name) == name)
        };
        match self.open.iter().rposition(is_it) {
            Some(place) if place > 0 => self.open.truncate(place),
            _ => self.end_innermost(),
        }
    }

    fn end_innermost(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    fn text(&mut self, text: &str) {
        let Some(index) = self.open.last().filter(|index| **index != 0) else {
            return;
        };
        let Some(node) = self.document.nodes.get_mut(*index as usize) else {
            return;
        };
        // What stands between and behind elements is nothing in ONVIF, and would not lie beside what came before.
        if node.first_child.is_some() {
            return;
        }
        let kept = &mut self.document.kept;
        kept.extend(text.chars().filter(|character| !is_junk(*character)));
        node.text.1 = kept.len() as u32;
    }

    fn entity(&mut self, name: &str) {
        match name {
            "amp" => self.text("&"),
            "lt" => self.text("<"),
            "gt" => self.text(">"),
            "quot" => self.text("\""),
            "apos" => self.text("'"),
            // Of a DTD, or a raw `&` with a `;` somewhere behind it, as in the query of an address.
            other => {
                self.text("&");
                self.text(other);
                self.text(";");
            }
        }
    }

    fn keep(&mut self, text: &str) -> Piece {
        let kept = &mut self.document.kept;
        let from = kept.len() as u32;
        kept.extend(text.chars().filter(|character| !is_junk(*character)));
        (from, kept.len() as u32)
    }

    /// Whether there is room for one more node.
    fn room(&self) -> Result<(), XmlError> {
        if self.document.nodes.len() + self.document.attributes.len() > self.limits.nodes {
            return Err(XmlError::TooMany(self.limits.nodes));
        }
        Ok(())
    }
}

/// What no text of a device means: it would only confuse who reads it, or whatever shows it.
fn is_junk(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> XmlTree {
        XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).expect("a tree")
    }

    /// What the element `Model` says, in each text of the list.
    fn model(text: &[u8]) -> String {
        let document = XmlTree::read(text, XmlLimits::ANSWER).expect("a tree");
        document
            .find("Model")
            .map(|model| model.text())
            .unwrap_or("none")
            .to_owned()
    }

    #[test]
    fn sloppy_texts_are_read() {
        let texts: &[&[u8]] = &[
            b"<s:Envelope><s:Body><tds:Model>X&amp;1</tds:Model></s:Body></s:Envelope>", // undeclared prefixes
            b"\xef\xbb\xbf<?xml version=\"1.0\"?><a><Model>X&amp;1</Model></a>",         // a byte order mark
            b"\r\n <?xml version=\"1.0\"?><a><Model>X&amp;1</Model></a>", // a blank before the declaration
            b"<a><Model>X&amp;1</Model></a>\0\0",                         // NULs behind it
            b"1f4\r\n<a><Model>X&amp;1</Model></a>\r\n0\r\n",             // junk before and behind
            b"<a><Model>X&1</Model></a>",                                 // a raw ampersand
            b"<a><Model>X\x01&#38;1</Model></a>", // a control character, and a character by number
            b"<!DOCTYPE a [<!ENTITY x \"y\">]><a><Model>X&amp;1</Model></a>", // a DTD
            b"<b/><a><Model>X&amp;1</Model></a>", // two at the top
            b"<a><Model>X&amp;1</Model><Seri",    // cut off in a name
            b"<a><Model>X&amp;1",                 // cut off in the text
            b"<a><Model>X&amp;1</Mode></a>",      // a wrong end
            b"<a><x><Model>X&amp;1</a>",          // ends that are missing
            b"<a></y><Model>X&amp;1</Model></a>", // an end too many
            b"<a z=\"1\" z=\"2\" q=\"&\"><Model>X&amp;1</Model></a>", // an attribute twice, and a raw ampersand in one
            b"<a><Model><![CDATA[X&1]]></Model></a>",
            b"<a><!-- <Model>no</Model> --><Model>\n  X<!-- -->&amp;1\t</Model></a>",
        ];
        for text in texts {
            assert_eq!(model(text), "X&1", "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(model(b"<Model>\xff\x83A</Model>"), "\u{fffd}\u{fffd}A");
        assert_eq!(model(b"<Model>?a=1&b=2;&c=&unknown;</Model>"), "?a=1&b=2;&c=&unknown;");
        let wide: Vec<u8> = "\u{feff}<Model>監視</Model>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(model(&wide), "監視");
    }

    #[test]
    fn a_tree_is_walked_by_names() {
        let document = read(
            "<t:Profiles token='p1' fixed=\"true\"><Name>main</Name><R><Width>1</Width></R></t:Profiles>\
             <t:Profiles token='p2'><R><Width>2</Width><Width>3</Width></R></t:Profiles><end/>",
        );
        let profiles: Vec<_> = document.top().all("Profiles").collect();
        assert_eq!(profiles.len(), 2);
        assert_eq!(profiles[0].attribute("token"), Some("p1"));
        assert_eq!(profiles[0].attribute("name"), None);
        assert_eq!(profiles[0].text_of(&["R", "Width"]), Some("1"));
        assert_eq!(profiles[0].text_of(&["Width"]), None);
        assert_eq!(
            profiles[1].text_of(&["Name"]),
            None,
            "what is below one ends where the next begins"
        );
        assert_eq!(
            profiles[1].all("Width").map(|width| width.text()).collect::<Vec<_>>(),
            ["2", "3"]
        );
        let names: Vec<&str> = document.top().children().map(|child| child.name()).collect();
        assert_eq!(names, ["Profiles", "Profiles", "end"]);
    }

    #[test]
    fn limits_hold() {
        let read = |text: &str| XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).map(|_| ());
        assert_eq!(read(""), Err(XmlError::NoElement));
        assert_eq!(read("no angle bracket"), Err(XmlError::NoElement));
        let most = XmlLimits::ANSWER;
        assert_eq!(read(&" ".repeat(most.bytes + 1)), Err(XmlError::TooLong(most.bytes)));
        assert_eq!(read(&"<a>".repeat(most.depth + 1)), Err(XmlError::TooDeep(most.depth)));
        assert_eq!(read(&"<a>".repeat(most.depth)), Ok(()));
        assert_eq!(read(&"<a/>".repeat(most.nodes + 1)), Err(XmlError::TooMany(most.nodes)));
        let attributes = format!("<a {}/>", "b='' ".repeat(most.nodes + 1));
        assert_eq!(read(&attributes), Err(XmlError::TooMany(most.nodes)));
    }

    #[test]
    fn entities_make_no_text_grow() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxx'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]><a>&c;&c;</a>";
        assert_eq!(read(bomb).find("a").map(|a| a.text()), Some("&c;&c;"));
        let text = format!("<a>{}</a>", "&#38;".repeat(10_000));
        assert!(read(&text).kept.len() <= text.len());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_within_the_memory_that_was_said(
            pieces in prop::collection::vec(prop::sample::select(vec![
                &b"<a>"[..], b"<b c='d'", b"/>", b"</a>", b"</", b"&", b"&#x41;", b";", b"<![CDATA[", b"]]>", b"<!--", b"-->",
                b"<?", b"?>", b"\xff", b"\xfe\xff", b"text", b" ", b"'", b"\"", b"<!DOCTYPE", b">", b"<", b"\0",
            ]), 0..200),
        ) {
            let bytes = pieces.concat();
            if let Ok(document) = XmlTree::read(&bytes, XmlLimits::DATAGRAM) {
                // Vectors grow by doubling, and no text is shorter than its elements.
                let most = 2 * (3 * bytes.len() + 64) + 2 * (bytes.len() / 3 + 4) * (size_of::<Node>() + size_of::<(Piece, Piece)>());
                prop_assert!(document.footprint() <= most, "{} of {}", document.footprint(), bytes.len());
                prop_assert_eq!(document.top().below().count() + 1, document.nodes.len());
                for element in document.top().below() {
                    prop_assert!(element.below().all(|below| below.index > element.index));
                }
            }
        }
    }
}
