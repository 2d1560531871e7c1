//! A picture as data: figures inside of figures, and arrows between them.
//!
//! May depend on nothing. Invariant: every figure has an identifier of its own.

use std::collections::BTreeSet;

/// What a figure stands for, which decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whoever is outside.
    Outside,
    /// In front of the network.
    Edge,
    /// The VPC.
    Network,
    /// An availability zone.
    Zone,
    /// A subnet that the internet reaches.
    PublicSubnet,
    /// A subnet that it does not reach.
    PrivateSubnet,
    /// Something that passes traffic on.
    Gateway,
    /// Something that runs.
    Compute,
    /// Something that AWS runs.
    Managed,
    /// A group of figures.
    Group,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What arrows call it.
    pub id: String,
    /// What it is.
    pub title: String,
    /// What is said of it.
    pub lines: Vec<String>,
    /// What it stands for.
    pub role: Role,
    /// What is inside: rows of figures.
    pub rows: Vec<Vec<Figure>>,
    /// Whether it takes the room that its row has.
    pub is_wide: bool,
}

impl Figure {
    /// A figure with nothing inside.
    pub(super) fn new(
        role: Role,
        id: impl Into<String>,
        title: impl Into<String>,
        lines: Vec<String>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            lines,
            role,
            rows: Vec::new(),
            is_wide: false,
        }
    }

    /// The same, as wide as its row lets it be.
    pub(super) fn wide(mut self) -> Self {
        self.is_wide = true;
        self
    }

    /// The same with these rows inside, but for empty ones.
    pub(super) fn with(mut self, rows: Vec<Vec<Self>>) -> Self {
        self.rows = rows.into_iter().filter(|row| !row.is_empty()).collect();
        self.is_wide = true;
        self
    }

    /// This figure and all inside.
    pub(super) fn all(&self) -> Vec<&Self> {
        let inside = self.rows.iter().flatten().flat_map(Self::all);
        std::iter::once(self).chain(inside).collect()
    }
}

/// Who talks to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Who begins.
    pub from: String,
    /// Who answers.
    pub to: String,
    /// How, and what lets it through.
    pub label: Vec<String>,
    /// Whether it is not on the way of a visitor's request.
    pub is_aside: bool,
}

impl Arrow {
    /// An arrow on the way of a request.
    pub(super) fn request(from: &str, to: &str, label: Vec<String>) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            label,
            is_aside: false,
        }
    }

    /// Any other arrow.
    pub(super) fn aside(from: &str, to: &str, label: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            label: vec![label.to_owned()],
            is_aside: true,
        }
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Whose it is.
    pub title: String,
    /// Rows of figures, from the internet inwards.
    pub rows: Vec<Vec<Figure>>,
    /// Who talks to whom.
    pub arrows: Vec<Arrow>,
}

impl Picture {
    /// All figures, those inside after what they are in.
    pub fn figures(&self) -> Vec<&Figure> {
        self.rows.iter().flatten().flat_map(Figure::all).collect()
    }

    /// The identifiers of all figures.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.figures().iter().map(|one| one.id.clone()).collect()
    }
}
