//! YAML text into a tree.
//!
//! Depends on the tree and the diagnostics of this room. Invariant: size and depth of a tree are
//! bounded, whatever the text says, so that everything behind it may recurse and copy.

use std::collections::HashMap;

use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, StrInput, StructureStyle};

use super::diagnostic::{Diagnostic, Span};
use super::tree::{Content, Entry, Node, Scalar};

/// Largest text that is read, in bytes.
const TEXT_LIMIT: usize = 1 << 20;
/// Largest number of values in a tree, copies made by aliases included.
const NODE_LIMIT: usize = 20_000;
/// Deepest nesting of lists and maps.
pub(crate) const DEPTH_LIMIT: usize = 32;

/// Reads a text as one tree, together with problems that leave it usable.
///
/// # Errors
/// What makes the text no YAML, or too large.
pub(crate) fn parse(text: &str) -> Result<(Node, Vec<Diagnostic>), Vec<Diagnostic>> {
    if text.len() > TEXT_LIMIT {
        let message = format!("the file has {} bytes", text.len());
        let problem = Diagnostic::error(Span::default(), message);
        let problem = problem
            .expected(format!("at most {TEXT_LIMIT} bytes"))
            .hint("is this the right file?");
        return Err(vec![problem]);
    }
    let mut options = granit_parser::options! {
        flow_nesting_limit: DEPTH_LIMIT,
        block_nesting_limit: DEPTH_LIMIT,
    };
    options.set_emit_comments(false);
    let mut builder = Builder {
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        nodes: 0,
        problems: Vec::new(),
    };
    match builder.document() {
        Ok(root) => Ok((root, builder.problems)),
        Err(problem) => {
            builder.problems.push(problem);
            Err(builder.problems)
        }
    }
}

struct Builder<'text> {
    parser: Parser<'text, StrInput<'text>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    problems: Vec<Diagnostic>,
}

type Parsed<'text> = (Event<'text>, granit_parser::Span);

impl<'text> Builder<'text> {
    fn next(&mut self) -> Result<Parsed<'text>, Diagnostic> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax_error(&error)),
            None => Ok((Event::StreamEnd, granit_parser::Span::default())),
        }
    }

    fn document(&mut self) -> Result<Node, Diagnostic> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root.unwrap_or_else(|| Node::null(place(span)))),
                Event::DocumentStart(..) if root.is_some() => {
                    return Err(Diagnostic::error(
                        place(span),
                        "a second document begins here",
                    )
                    .expected("one document in the file")
                    .hint("put the other stack into a file of its own and name it with --file"));
                }
                Event::DocumentStart(..) => {
                    let first = self.next()?;
                    root = Some(self.node(first, 0)?);
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, (event, span): Parsed<'text>, depth: usize) -> Result<Node, Diagnostic> {
        let place = place(span);
        self.nodes += 1;
        if self.nodes > NODE_LIMIT {
            let message = format!("the file holds more than {NODE_LIMIT} values");
            return Err(Diagnostic::error(place, message)
                .expected("a stack file")
                .hint("aliases count as often as they are used"));
        }
        if depth > DEPTH_LIMIT {
            return Err(Diagnostic::error(
                place,
                format!("lists and maps are nested more than {DEPTH_LIMIT} deep"),
            )
            .expected("the sections of a stack file")
            .hint("look at the indentation"));
        }
        match event {
            Event::Alias(id) => self.alias(id, place, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let as_text = tag.as_ref().and_then(|tag| tag.core_suffix()) == Some("str");
                if let (Some(tag), false) = (&tag, as_text) {
                    self.problems.push(unknown_tag(place, &tag.original()));
                }
                let content = Content::Scalar(Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain && !as_text,
                });
                Ok(self.keep(anchor, place, content))
            }
            Event::SequenceStart(style, anchor, tag) => {
                if let Some(tag) = &tag {
                    self.problems.push(unknown_tag(place, &tag.original()));
                }
                let (items, end) = self.list(style, place, depth)?;
                Ok(self.keep(anchor, end, Content::List(items)))
            }
            Event::MappingStart(style, anchor, tag) => {
                if let Some(tag) = &tag {
                    self.problems.push(unknown_tag(place, &tag.original()));
                }
                let (entries, end) = self.map(style, place, depth)?;
                Ok(self.keep(anchor, end, Content::Map(entries)))
            }
            _ => Err(Diagnostic::error(place, "a value is missing here")
                .expected("a text, a list or a section")
                .hint("look at the indentation")),
        }
    }

    fn keep(&mut self, anchor: usize, span: Span, content: Content) -> Node {
        let node = Node {
            span,
            subject: span,
            content,
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        node
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<Node, Diagnostic> {
        let Some(target) = self.anchors.get(&id) else {
            return Err(
                Diagnostic::error(span, "an alias stands inside its own value")
                    .expected("an alias behind the value that it repeats")
                    .hint("write the value out here"),
            );
        };
        let (size, height) = extent(target);
        self.nodes += size;
        if self.nodes > NODE_LIMIT || depth + height > DEPTH_LIMIT {
            return Err(Diagnostic::error(span, "aliases make the file too large")
                .expected(format!(
                    "at most {NODE_LIMIT} values, nested at most {DEPTH_LIMIT} deep"
                ))
                .hint("write out what is needed"));
        }
        Ok(target.clone())
    }

    fn list(
        &mut self,
        style: StructureStyle,
        start: Span,
        depth: usize,
    ) -> Result<(Vec<Node>, Span), Diagnostic> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let last = items.last().map(|item| item.span);
                return Ok((items, closed(style, start, last, span)));
            }
            items.push(self.node((event, span), depth + 1)?);
        }
    }

    fn map(
        &mut self,
        style: StructureStyle,
        start: Span,
        depth: usize,
    ) -> Result<(Vec<Entry>, Span), Diagnostic> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        let mut last = None;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                self.merge(&mut entries, merged);
                return Ok((entries, closed(style, start, last, span)));
            }
            let key = self.node((event, span), depth + 1)?;
            let after_key = self.next()?;
            let mut value = self.node(after_key, depth + 1)?;
            if value.is_null() && value.span.start == value.span.end {
                value.span = key.span;
            }
            last = Some(value.span);
            match key.content {
                Content::Scalar(Scalar { text, plain: true }) if text == "<<" => merged.push(value),
                Content::Scalar(scalar) => {
                    value.subject = key.span;
                    self.add(&mut entries, scalar.text, key.span, value);
                }
                Content::List(_) | Content::Map(_) => {
                    let problem = Diagnostic::error(key.span, "a key is a list or a map");
                    self.problems.push(
                        problem
                            .expected("text as the key")
                            .hint("look at the colons and brackets"),
                    );
                }
            }
        }
    }

    fn add(&mut self, entries: &mut Vec<Entry>, key: String, span: Span, value: Node) {
        if let Some(first) = entries.iter().find(|entry| entry.key == key) {
            let problem = Diagnostic::error(span, format!("the key `{key}` stands twice"))
                .expected("each key once")
                .hint("remove one of them, or put both values under one key")
                .related(first.span, "first here");
            self.problems.push(problem);
            return;
        }
        entries.push(Entry { key, span, value });
    }

    /// `<<: *other` brings the entries of another map, behind those that stand here themselves.
    fn merge(&mut self, entries: &mut Vec<Entry>, merged: Vec<Node>) {
        for node in merged {
            let maps = match node.content {
                Content::List(items) => items,
                Content::Scalar(_) | Content::Map(_) => vec![node],
            };
            for map in maps {
                let Content::Map(found) = map.content else {
                    let problem =
                        Diagnostic::error(map.span, "`<<` merges something else than a map");
                    let problem = problem
                        .expected("an alias of a map")
                        .hint("for example `<<: *common`");
                    self.problems.push(problem);
                    continue;
                };
                for entry in found {
                    if entries.iter().all(|own| own.key != entry.key) {
                        entries.push(entry);
                    }
                }
            }
        }
    }
}

/// Number of values in a tree, and how deep it goes.
fn extent(node: &Node) -> (usize, usize) {
    let under = |children: &mut dyn Iterator<Item = &Node>| {
        children.map(extent).fold((1, 1), |(size, height), child| {
            (size + child.0, height.max(child.1 + 1))
        })
    };
    match &node.content {
        Content::Scalar(_) => (1, 0),
        Content::List(items) => under(&mut items.iter()),
        Content::Map(entries) => under(&mut entries.iter().map(|entry| &entry.value)),
    }
}

/// Where a collection lies: block collections end with their last value, not with the next token.
fn closed(
    style: StructureStyle,
    start: Span,
    last: Option<Span>,
    end: granit_parser::Span,
) -> Span {
    let end = match style {
        StructureStyle::Flow => place(end).end,
        StructureStyle::Block => last.map_or(start.end, |last| last.end),
    };
    Span {
        start: start.start,
        end: end.max(start.start),
    }
}

fn place(span: granit_parser::Span) -> Span {
    let byte = |marker: granit_parser::Marker| marker.byte_offset().unwrap_or(marker.index());
    Span {
        start: byte(span.start),
        end: byte(span.end),
    }
}

fn unknown_tag(span: Span, tag: &str) -> Diagnostic {
    Diagnostic::error(span, format!("the YAML tag `{tag}` means nothing here"))
        .expected("a value without a tag")
        .hint("quotes make a text of a number")
}

fn syntax_error(error: &granit_parser::ScanError) -> Diagnostic {
    use granit_parser::ErrorKind;
    let marker = *error.marker();
    let at = marker.byte_offset().unwrap_or(marker.index());
    let span = Span {
        start: at,
        end: at + 1,
    };
    let problem =
        Diagnostic::error(span, format!("this is not YAML: {}", error.info())).expected("YAML 1.2");
    match error.kind() {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
            problem.hint("indent with spaces; YAML admits no tabs there")
        }
        ErrorKind::UnknownAnchor => {
            problem.hint("put a text that begins with `*` into quotes, or define the anchor first")
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            problem.hint("put the text into quotes, such as \"@value\"")
        }
        _ => problem.hint("look at the indentation, the colons and the quotes up to this place"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, node: &Node, out: &mut Vec<String>) {
        out.push(text[node.span.start..node.span.end].to_owned());
        match &node.content {
            Content::Scalar(_) => {}
            Content::List(items) => items.iter().for_each(|item| shown(text, item, out)),
            Content::Map(entries) => {
                for entry in entries {
                    out.push(format!("{} =", &text[entry.span.start..entry.span.end]));
                    shown(text, &entry.value, out);
                }
            }
        }
    }

    #[test]
    fn keys_and_values_know_their_text() {
        let text = "a: 1 # note\n\"b\":\n  - x y\n  - 'é'\nc: { d: [e, f] }\ng:\n  h: |\n    i\n";
        let (root, problems) = parse(text).expect("YAML");
        assert!(problems.is_empty());
        let mut out = Vec::new();
        shown(text, &root, &mut out);
        let block = "- x y\n  - 'é'";
        let expected = [
            "a =",
            "1",
            "\"b\" =",
            block,
            "x y",
            "'é'",
            "c =",
            "{ d: [e, f] }",
            "d =",
            "[e, f]",
            "e",
            "f",
            "g =",
        ];
        assert_eq!(out[1..14], expected);
        assert!(out[0].starts_with("a: 1") && out[15] == "h =");
    }

    #[test]
    fn sizes_are_bounded() {
        let deep = "[".repeat(100_000);
        let long = format!("a: {}", "x".repeat(TEXT_LIMIT));
        let wide = format!("[{}]", "x,".repeat(NODE_LIMIT + 1));
        // Each alias is one level deeper than the one before.
        let nested: String = (1..200).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
            format!("{text}a{level}: &a{level} [*a{}]\n", level - 1)
        });
        for text in [deep, long, wide, nested] {
            assert!(parse(&text).is_err(), "{}", &text[..20]);
        }
    }
}
