//! The ways of arrows.
//!
//! Invariant: a way consists of level and upright lines, and begins and ends at its figures.

use super::boxes::Frame;

/// How far apart the ways of different arrows are in one gap, in pixels.
const LANE: f32 = 9.0;
/// How far from a figure a way may turn, in pixels.
const TURN: f32 = 16.0;

/// How high the gap below a gateway is, in pixels.
const GAP: f32 = 48.0;
/// How far below the upper end of an upright way the words about it stand, in pixels.
const NEAR: f32 = 30.0;

/// A point, in pixels.
pub(super) type Point = (f32, f32);

/// The way from one figure to another; `lane` tells it from others that go the same way. One that turns at
/// once does so below the first figure, where nothing stands between it and those that it goes past.
pub(super) fn way(from: Frame, to: Frame, lane: usize, turns_at_once: bool) -> Vec<Point> {
    let shift = lane as f32 * LANE;
    if to.y >= from.bottom() {
        let way = upright(from, from.bottom(), to, to.y, shift);
        return match way[..] {
            [begin, (x, _), _, _] if turns_at_once => {
                let y = from.bottom() + TURN + GAP / 4.0 + shift;
                let end_x = to.right() - TURN - shift;
                vec![begin, (x, y), (end_x, y), (end_x, to.y)]
            }
            _ => way,
        };
    }
    if to.bottom() <= from.y {
        return upright(from, from.y, to, to.bottom(), shift);
    }
    // Side by side.
    let y = from.middle_y().clamp(from.y + 8.0, from.bottom() - 8.0) + shift;
    let end_y = to.middle_y();
    if to.x >= from.right() {
        let turn = to.x - TURN - shift;
        return vec![(from.right(), y), (turn, y), (turn, end_y), (to.x, end_y)];
    }
    let turn = to.right() + TURN + shift;
    vec![(from.x, y), (turn, y), (turn, end_y), (to.right(), end_y)]
}

/// The way around everything, along the right edge of a page that is so wide.
pub(super) fn around(from: Frame, to: Frame, page_width: f32, lane: usize) -> Vec<Point> {
    let shift = lane as f32 * LANE;
    let (leaves_y, edge_x) = (from.middle_y(), page_width - 10.0 - shift);
    let turn_y = to.y - TURN - shift;
    let end_x = to.right() - TURN - shift;
    vec![
        (from.right(), leaves_y),
        (edge_x, leaves_y),
        (edge_x, turn_y),
        (end_x, turn_y),
        (end_x, to.y),
    ]
}

fn upright(from: Frame, leaves_y: f32, to: Frame, enters_y: f32, shift: f32) -> Vec<Point> {
    let (left, right) = (from.x.max(to.x), from.right().min(to.right()));
    if right - left >= 40.0 {
        // Both have room at the same place: to the right, where less stands.
        let x = (right - TURN - shift).max(left + 8.0);
        return vec![(x, leaves_y), (x, enters_y)];
    }
    // Words stand on the left.
    let x = from.right() - TURN - shift;
    let end_x = to.middle_x() + shift;
    let direction = if enters_y > leaves_y { 1.0 } else { -1.0 };
    let turn_y = enters_y - direction * (TURN + shift);
    vec![
        (x, leaves_y),
        (x, turn_y),
        (end_x, turn_y),
        (end_x, enters_y),
    ]
}

/// Where the words about a way stand: on its longest level part, else near its upper end.
pub(super) fn words_at(way: &[Point]) -> Point {
    let [(x, leaves_y), (_, enters_y)] = way else {
        return middle_of_longest_level(way);
    };
    // Below whatever is above: there is a gap, where titles stand further down.
    let half = (enters_y - leaves_y).abs() / 2.0;
    (*x, leaves_y.min(*enters_y) + half.min(NEAR))
}

fn middle_of_longest_level(way: &[Point]) -> Point {
    let length = |part: &&[Point]| (part[0].0 - part[1].0).abs();
    let longest = way
        .windows(2)
        .max_by(|one, other| length(one).total_cmp(&length(other)));
    longest.map_or((0.0, 0.0), |part| {
        (f32::midpoint(part[0].0, part[1].0), part[0].1)
    })
}
