//! XML replies as trees, to look into them and to put into them what is missing.
//!
//! Depends on nothing else of this crate. Invariant: an element has text or children, never both,
//! as in every reply of AWS.

use std::fmt::{self, Write as _};

use anyhow::{Context, Result, bail};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::reply::escape;

/// One element with what stands in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The tag's name.
    pub name: String,
    /// The namespace, where the element declares one.
    pub namespace: Option<String>,
    /// The text, empty where there are children.
    pub text: String,
    /// The elements inside.
    pub children: Vec<Element>,
}

impl Element {
    /// An element that holds text.
    #[must_use]
    pub fn text(name: &str, text: &str) -> Element {
        Element {
            name: name.to_owned(),
            text: text.to_owned(),
            ..Element::default()
        }
    }

    /// An element that holds others.
    #[must_use]
    pub fn list(name: &str, children: Vec<Element>) -> Element {
        Element {
            name: name.to_owned(),
            children,
            ..Element::default()
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// When it is not well-formed XML with one root.
    pub fn parse(document: &str) -> Result<Element> {
        let mut reader = Reader::from_str(document);
        let mut open: Vec<Element> = Vec::new();
        loop {
            match reader.read_event().context("the reply is not XML")? {
                Event::Start(start) => open.push(opened(&start)?),
                Event::Empty(start) => {
                    let element = opened(&start)?;
                    if let Some(root) = close(&mut open, element) {
                        return Ok(root);
                    }
                }
                Event::End(_) => {
                    let mut element = open.pop().context("an element ends that did not begin")?;
                    if !element.children.is_empty() {
                        element.text.clear();
                    }
                    if let Some(root) = close(&mut open, element) {
                        return Ok(root);
                    }
                }
                Event::Text(text) => add(&mut open, &text.decode()?),
                Event::CData(text) => add(&mut open, &text.decode()?),
                Event::GeneralRef(reference) => {
                    let name = reference.decode()?;
                    add(
                        &mut open,
                        &quick_xml::escape::unescape(&format!("&{name};"))?,
                    );
                }
                Event::Eof => bail!("the reply has no XML in it"),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    /// The first child of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first child of that name, to change it.
    #[must_use]
    pub fn child_mut(&mut self, name: &str) -> Option<&mut Element> {
        self.children.iter_mut().find(|child| child.name == name)
    }

    /// The text at a path of names such as `vpc/vpcId`; empty if it is not there.
    #[must_use]
    pub fn at(&self, path: &str) -> &str {
        path.split('/')
            .try_fold(self, |element, name| element.child(name))
            .map_or("", |element| &element.text)
    }

    /// The members of the list at a path: the children of that element.
    #[must_use]
    pub fn members(&self, path: &str) -> &[Element] {
        path.split('/')
            .try_fold(self, |element, name| element.child(name))
            .map_or(&[], |list| &list.children)
    }

    /// The members of the list at a path, to change them.
    #[must_use]
    pub fn members_mut(&mut self, path: &str) -> Option<&mut Vec<Element>> {
        path.split('/')
            .try_fold(self, |element, name| element.child_mut(name))
            .map(|list| &mut list.children)
    }

    /// Every element of that name, at any depth.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&Element> {
        let mut found: Vec<&Element> = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }

    /// Does something to every element of that name, at any depth.
    pub fn change_all(&mut self, name: &str, change: &mut dyn FnMut(&mut Element)) {
        for child in &mut self.children {
            child.change_all(name, change);
            if child.name == name {
                change(child);
            }
        }
    }

    /// Puts a child in place of the one of the same name, or adds it.
    pub fn put(&mut self, child: Element) {
        match self.child_mut(&child.name) {
            Some(old) => *old = child,
            None => self.children.push(child),
        }
    }

    /// Takes out the children of that name.
    pub fn remove(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }
}

impl fmt::Display for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<{}", self.name)?;
        if let Some(namespace) = &self.namespace {
            write!(formatter, " xmlns=\"{}\"", escape(namespace))?;
        }
        formatter.write_char('>')?;
        formatter.write_str(&escape(&self.text))?;
        for child in &self.children {
            child.fmt(formatter)?;
        }
        write!(formatter, "</{}>", self.name)
    }
}

fn opened(start: &BytesStart<'_>) -> Result<Element> {
    let namespace = match start.try_get_attribute("xmlns")? {
        Some(attribute) => Some(attribute.unescape_value()?.into_owned()),
        None => None,
    };
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    Ok(Element {
        name,
        namespace,
        ..Element::default()
    })
}

fn close(open: &mut [Element], element: Element) -> Option<Element> {
    match open.last_mut() {
        Some(parent) => {
            parent.children.push(element);
            None
        }
        None => Some(element),
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        // White space between elements is layout; an element without children is trimmed by no one.
        if element.children.is_empty() && !(element.text.is_empty() && text.trim().is_empty()) {
            element.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const DOCUMENT: &str = "<?xml version=\"1.0\"?>\n<R xmlns=\"http://a/\">\n  <set>\n    <item><id>a &amp; b&#34;</id></item>\n\
        <item><id>c</id><empty/></item>\n  </set>\n</R>";

    #[test]
    fn documents_are_read_and_written() {
        let mut root = Element::parse(DOCUMENT).unwrap();
        assert_eq!(root.members("set").len(), 2);
        assert_eq!(root.members("set")[0].at("id"), "a & b\"");
        assert_eq!(root.members("set")[1].at("nothing/there"), "");
        assert_eq!(root.all("id").len(), 2);
        root.members_mut("set").unwrap()[1].put(Element::text("id", "d<"));
        root.members_mut("set").unwrap()[1].remove("empty");
        assert_eq!(
            root.to_string(),
            "<R xmlns=\"http://a/\"><set><item><id>a &amp; b&quot;</id></item><item><id>d&lt;</id></item></set></R>"
        );
        assert_eq!(Element::parse(&root.to_string()).unwrap(), root);
    }

    #[test]
    fn what_is_not_xml_is_refused() {
        assert!(Element::parse("").is_err());
        assert!(Element::parse("{}").is_err());
        assert!(Element::parse("<a><b></a>").is_err());
    }
}
