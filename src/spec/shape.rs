//! What the file may hold, as data: the JSON Schema and the reference are made from it.
//!
//! Depends on nothing else of the crate. Invariant: a shape is made by the same declaration that
//! reads the value, so neither can say something else than the other.

/// What a value looks like.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    /// One of some whole numbers.
    Numbers(&'static [u32]),
    Text(TextShape),
    /// Text, number or boolean; its text counts as it was written.
    Literal,
    /// The word `off`; `false` says the same.
    Off,
    /// One of some words, each with its meaning.
    Words(&'static [(&'static str, &'static str)]),
    List {
        of: Box<Shape>,
        min: usize,
    },
    Map {
        key: TextShape,
        of: Box<Shape>,
    },
    /// One of some shapes.
    Either(Vec<Shape>),
    Section(SectionShape),
}

/// What a text looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextShape {
    /// What such a text is, such as "a stack name".
    pub(crate) name: &'static str,
    /// Its form in words, such as "a path that begins with /".
    pub(crate) expected: &'static str,
    /// Its form as a regular expression (ECMA 262).
    pub(crate) pattern: &'static str,
    /// One such text.
    pub(crate) example: &'static str,
    /// Fewest characters.
    pub(crate) min: usize,
    /// Most characters.
    pub(crate) max: usize,
}

/// A section and its keys.
#[derive(Debug, Clone)]
pub(crate) struct SectionShape {
    /// Name of the type.
    pub(crate) name: &'static str,
    /// What the section is for.
    pub(crate) doc: &'static str,
    /// Its keys, in the order of their declaration.
    pub(crate) keys: Vec<KeyShape>,
    /// How many of some keys there are.
    pub(crate) choice: Option<Choice>,
}

/// How many of some keys a section has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Choice {
    /// One of them, and no other.
    ExactlyOne(&'static [&'static str]),
    /// One of them or more.
    AtLeastOne(&'static [&'static str]),
}

/// A key of a section.
#[derive(Debug, Clone)]
pub(crate) struct KeyShape {
    /// The key.
    pub(crate) name: &'static str,
    /// What it decides.
    pub(crate) doc: &'static str,
    /// What its value looks like.
    pub(crate) shape: Shape,
    /// What holds where it is left out.
    pub(crate) presence: Presence,
    /// A value, as YAML.
    pub(crate) example: Option<&'static str>,
    /// Whether no item of the list stands twice.
    pub(crate) distinct: bool,
    /// Whether the list has an item.
    pub(crate) some: bool,
    /// A key of the same section without which it means nothing.
    pub(crate) needs: Option<&'static str>,
}

/// What holds where a key is left out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Presence {
    /// It may not be left out.
    Required,
    /// This value, as YAML.
    Default(&'static str),
    /// This, in words.
    Absent(&'static str),
}

impl Shape {
    /// The sections that a value is or holds, each with the path that leads to it; `any` stands for
    /// a name of the user's.
    pub(crate) fn sections(&self, path: &str, any: &str) -> Vec<(String, &SectionShape)> {
        match self {
            Self::Section(section) => vec![(path.to_owned(), section)],
            Self::Map { of, .. } => of.sections(&format!("{path}.{any}"), any),
            Self::List { of, .. } => of.sections(&format!("{path}[]"), any),
            Self::Either(shapes) => {
                let inner = shapes.iter().flat_map(|shape| shape.sections(path, any));
                inner.collect()
            }
            Self::Bool
            | Self::Integer { .. }
            | Self::Numbers(_)
            | Self::Text(_)
            | Self::Literal
            | Self::Off
            | Self::Words(_) => Vec::new(),
        }
    }

    /// What a value may be, in words.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Numbers(numbers) => {
                let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Text(shape) => shape.expected.to_owned(),
            Self::Literal => "text, number or boolean".to_owned(),
            Self::Off => "`off`".to_owned(),
            Self::Words(words) => {
                let words: Vec<String> =
                    words.iter().map(|(word, _)| format!("`{word}`")).collect();
                format!("one of {}", words.join(", "))
            }
            Self::List { of, .. } => format!("a list, each item {}", of.named()),
            Self::Map { key, of } => {
                format!(
                    "a section, each key {}, each value {}",
                    key.name,
                    of.named()
                )
            }
            Self::Either(shapes) => {
                let kinds: Vec<String> = shapes.iter().map(Self::named).collect();
                kinds.join(", or ")
            }
            Self::Section(_) => "a section".to_owned(),
        }
    }

    /// The same in fewer words, for the parts of a value.
    fn named(&self) -> String {
        match self {
            Self::Text(shape) => shape.name.to_owned(),
            Self::Bool
            | Self::Integer { .. }
            | Self::Numbers(_)
            | Self::Literal
            | Self::Off
            | Self::Words(_)
            | Self::List { .. }
            | Self::Map { .. }
            | Self::Either(_)
            | Self::Section(_) => self.described(),
        }
    }
}
