//! XML as createrepo_c writes it: a root, entries in it, and in each entry elements with attributes and plain text. Anything
//! by which two readers could see different things (a DTD, another encoding, references inside what we read) is a fault.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::packed::Fed;

/// Elements of one entry that are kept; an entry of a package has 9, and its file list, which is not kept, any number.
const FIELDS_MAX: usize = 64;

/// Why reading ended.
pub(super) enum Error<E> {
    /// It is not such XML.
    Xml(String),
    /// What was done with an entry failed.
    Ours(E),
}

/// An element, an attribute of it (empty for its text), and the value.
#[derive(Debug, Default)]
pub(super) struct Element(Vec<(String, String, String)>);

/// The elements of an entry.
pub(super) struct Fields<'a>(&'a Element);

impl Element {
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields(self)
    }

    /// What the root or entry itself says.
    pub(super) fn text(&self, element: &str, attribute: &str) -> Option<&str> {
        self.fields().text(element, attribute)
    }

    fn add(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = tag.name().as_ref().to_owned();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let key = attribute.key.as_ref().to_owned();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| error.to_string())?.into_owned();
            self.push(name.clone(), key, value)?;
        }
        // Its text, which may be none; there is one for each element, so that two of a name show.
        self.push(name, String::new(), String::new())
    }

    fn push(&mut self, element: String, attribute: String, value: String) -> Result<(), String> {
        if self.0.len() >= FIELDS_MAX {
            return Err("an entry with far too many elements".to_owned());
        }
        self.0.push((element, attribute, value));
        Ok(())
    }

    /// More text of the element that was added last.
    fn append(&mut self, text: &str) {
        if let Some((_, _, value)) = self.0.last_mut() {
            value.push_str(text);
        }
    }
}

impl<'a> Fields<'a> {
    /// The value, if it is there exactly once.
    pub(super) fn text(&self, element: &str, attribute: &str) -> Option<&'a str> {
        let mut found = self
            .0
            .0
            .iter()
            .filter(|(its, key, _)| its == element && key == attribute)
            .map(|(_, _, value)| value.trim());
        let first = found.next();
        first.filter(|_| found.next().is_none())
    }
}

/// How deep an element lies.
#[derive(Default)]
struct Place {
    depth: usize,
    root: Element,
    entry: Option<Element>,
    /// Whether the text here belongs to an element of an entry.
    is_field: bool,
    is_over: bool,
}

/// Calls `take` with every entry of the root; what the root itself says. `names` are those of the root and its entries.
pub(super) fn each<R: BufRead, E>(
    reader: Fed<R>,
    names: (&str, &str),
    mut take: impl FnMut(Element) -> Result<(), E>,
) -> Result<Element, Error<E>> {
    let mut reader = Reader::from_reader(reader);
    let (mut place, mut held) = (Place::default(), Vec::new());
    loop {
        held.clear();
        reader.get_mut().feed();
        let event = reader.read_event_into(&mut held);
        let event = event.map_err(|error| Error::Xml(error.to_string()))?;
        match place.step(event, names).map_err(Error::Xml)? {
            Step::Entry(entry) => take(entry).map_err(Error::Ours)?,
            Step::On => {}
            Step::End => return Ok(place.root),
        }
    }
}

enum Step {
    On,
    Entry(Element),
    End,
}

impl Place {
    fn step(&mut self, event: Event<'_>, names: (&str, &str)) -> Result<Step, String> {
        match event {
            Event::Start(tag) => {
                self.open(&tag, names)?;
                self.is_field = self.entry.is_some() && self.depth == 2;
                self.depth += 1;
            }
            Event::Empty(tag) => {
                self.open(&tag, names)?;
                self.is_field = false;
                return Ok(self.close());
            }
            Event::End(_) => {
                self.is_field = false;
                self.depth = self.depth.saturating_sub(1);
                return Ok(self.close());
            }
            Event::Text(text) => self.text(&text)?,
            Event::CData(text) => self.text(&text)?,
            Event::GeneralRef(_) if self.is_field => {
                // Names and numbers need none; which character it is depends on the reader.
                return match self.entry.as_ref().is_some_and(is_read) {
                    true => Err("a reference (&...;) where a name or number should be".to_owned()),
                    false => Ok(Step::On),
                };
            }
            Event::Decl(declared) => encoding(declared.encoding())?,
            Event::DocType(_) => return Err("a document type, which no metadata have".to_owned()),
            Event::GeneralRef(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if self.is_over => return Ok(Step::End),
            Event::Eof => return Err("it ends in the middle".to_owned()),
        }
        Ok(Step::On)
    }

    fn open(&mut self, tag: &BytesStart<'_>, (root, entry): (&str, &str)) -> Result<(), String> {
        let is = |name: &str| tag.name().as_ref() == name;
        match (self.depth, &mut self.entry) {
            (0, _) if !is(root) || self.is_over => return Err(format!("its root is not <{root}>")),
            (0, _) => self.root.add(tag)?,
            (1, _) if is(entry) => {
                let mut new = Element::default();
                new.add(tag)?;
                self.entry = Some(new);
            }
            (2, Some(entry)) => entry.add(tag)?,
            _ => {}
        }
        Ok(())
    }

    /// After an element has ended, at the depth of what it stood in.
    fn close(&mut self) -> Step {
        self.is_over |= self.depth == 0;
        match self.depth {
            1 => self.entry.take().map_or(Step::On, Step::Entry),
            _ => Step::On,
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match &mut self.entry {
            Some(entry) if self.is_field => entry.append(text),
            Some(_) | None => {}
        }
        match self.depth == 0 && !text.trim().is_empty() {
            true => Err("text outside its root".to_owned()),
            false => Ok(()),
        }
    }
}

/// Whether the element that was added last is one that we read, and not a summary or description.
fn is_read(entry: &Element) -> bool {
    const READ: [&str; 4] = ["name", "arch", "checksum", "size"];
    let last = entry.0.last();
    last.is_some_and(|(element, _, _)| READ.contains(&element.as_str()))
}

fn encoding<E>(named: Option<Result<Cow<'_, str>, E>>) -> Result<(), String> {
    match named {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("UTF-8") => Ok(()),
        Some(_) => Err("an encoding other than UTF-8".to_owned()),
    }
}
