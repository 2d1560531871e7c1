//! Where every figure stands.
//!
//! Invariant: a figure is inside of the figure that holds it, and no two overlap otherwise. What
//! stands where is decided by the layout engine for flexible boxes, taffy.

use std::collections::BTreeMap;

use taffy::prelude::*;

use super::sheet::{Figure, Picture, Role};

/// Height of a line of text, in pixels.
pub(super) const LINE: f32 = 16.0;
/// Room around what is inside of a figure, in pixels.
const PADDING: f32 = 14.0;
/// Room between figures of a row, in pixels: arrows and what is said of them go there.
const COLUMN_GAP: f32 = 90.0;
/// Room between rows inside of a figure, in pixels: arrows and what is said of them go there.
const ROW_GAP: f32 = 56.0;
/// Room between the rows of the picture, in pixels.
const PAGE_GAP: f32 = 76.0;
/// Room around the picture, in pixels.
const MARGIN: f32 = 24.0;
/// How wide a character is at most on average, in pixels.
const CHARACTER: f32 = 6.9;
/// The most characters of a line.
const MOST_CHARACTERS: usize = 44;

/// Where a figure stands, in pixels from the top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Frame {
    pub(super) fn right(&self) -> f32 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f32 {
        self.y + self.height
    }

    pub(super) fn middle_x(&self) -> f32 {
        self.x + self.width / 2.0
    }

    pub(super) fn middle_y(&self) -> f32 {
        self.y + self.height / 2.0
    }
}

/// A picture with its places.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) width: f32,
    pub(super) height: f32,
    /// By the figure's identifier.
    pub(super) frames: BTreeMap<String, Frame>,
}

/// What is written in a figure, in lines that are short enough.
pub(super) fn lines(figure: &Figure) -> Vec<String> {
    let lines = figure.lines.iter();
    lines
        .flat_map(|line| textwrap::wrap(line, MOST_CHARACTERS))
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// How high what is written in a figure is.
fn written_height(figure: &Figure) -> f32 {
    let count = 1 + lines(figure).len();
    count as f32 * LINE + 4.0
}

fn written_width(figure: &Figure) -> f32 {
    let longest = lines(figure)
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or_default();
    // The title is bold.
    let title = figure.title.chars().count() + figure.title.chars().count() / 8;
    longest.max(title) as f32 * CHARACTER
}

/// Finds a place for every figure.
pub(super) fn place(picture: &Picture) -> Placed {
    let mut tree: TaffyTree<()> = TaffyTree::new();
    let mut nodes = Vec::new();
    let rows: Vec<NodeId> = picture
        .rows
        .iter()
        .map(|row| add_row(&mut tree, row, JustifyContent::CENTER, &mut nodes))
        .collect();
    let page = column(PAGE_GAP, MARGIN, MARGIN);
    let root = built(tree.new_with_children(page, &rows));
    built(tree.compute_layout(root, Size::MAX_CONTENT));
    let mut frames = BTreeMap::new();
    for (id, node) in nodes {
        frames.insert(id, frame(&tree, node));
    }
    let size = built(tree.layout(root)).size;
    Placed {
        width: size.width,
        height: size.height,
        frames,
    }
}

/// What cannot fail, since every node is of this tree.
fn built<T>(result: Result<T, taffy::TaffyError>) -> T {
    result.expect("every node is of this tree")
}

fn column(gap: f32, padding: f32, top: f32) -> Style {
    Style {
        display: Display::Flex,
        flex_direction: FlexDirection::Column,
        align_items: AlignItems::STRETCH,
        flex_grow: 1.0,
        gap: Size {
            width: length(0.0),
            height: length(gap),
        },
        padding: Rect {
            left: length(padding),
            right: length(padding),
            top: length(top),
            bottom: length(padding),
        },
        ..Style::default()
    }
}

fn add_row(
    tree: &mut TaffyTree<()>,
    row: &[Figure],
    justify_content: JustifyContent,
    nodes: &mut Vec<(String, NodeId)>,
) -> NodeId {
    let children: Vec<NodeId> = row.iter().map(|figure| add(tree, figure, nodes)).collect();
    let style = Style {
        display: Display::Flex,
        flex_direction: FlexDirection::Row,
        justify_content,
        align_items: AlignItems::STRETCH,
        gap: Size {
            width: length(COLUMN_GAP),
            height: length(0.0),
        },
        ..Style::default()
    };
    built(tree.new_with_children(style, &children))
}

/// On which side figures stand in their row: the way to what is below a public subnet is kept free.
fn justified(holder: &Figure) -> JustifyContent {
    if holder.role == Role::PublicSubnet {
        JustifyContent::START
    } else {
        JustifyContent::CENTER
    }
}

fn add(tree: &mut TaffyTree<()>, figure: &Figure, nodes: &mut Vec<(String, NodeId)>) -> NodeId {
    let rows: Vec<NodeId> = (figure.rows.iter())
        .map(|row| add_row(tree, row, justified(figure), nodes))
        .collect();
    let top = PADDING + written_height(figure);
    let style = Style {
        min_size: Size {
            width: length(written_width(figure) + 2.0 * PADDING),
            height: auto(),
        },
        flex_grow: if figure.is_wide { 1.0 } else { 0.0 },
        ..column(ROW_GAP, PADDING, top)
    };
    let node = built(tree.new_with_children(style, &rows));
    nodes.push((figure.id.clone(), node));
    node
}

/// Where a node stands on the page: places are told from the parent's corner.
fn frame(tree: &TaffyTree<()>, node: NodeId) -> Frame {
    let size = built(tree.layout(node)).size;
    let (mut x, mut y) = (0.0, 0.0);
    let mut next = Some(node);
    while let Some(node) = next {
        let place = built(tree.layout(node)).location;
        x += place.x;
        y += place.y;
        next = tree.parent(node);
    }
    Frame {
        x,
        y,
        width: size.width,
        height: size.height,
    }
}
