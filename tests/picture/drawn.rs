//! That a drawing can be read: nothing lies over anything else, and nothing lies outside.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use crate::program::Place;
use crate::run;

/// A figure's place.
#[derive(Clone, Copy, Debug)]
struct Frame {
    x: f32,
    y: f32,
    right: f32,
    bottom: f32,
}

impl Frame {
    fn of(rect: Node<'_, '_>) -> Self {
        let number = |name: &str| rect.attribute(name).unwrap().parse::<f32>().unwrap();
        let (x, y) = (number("x"), number("y"));
        Self {
            x,
            y,
            right: x + number("width"),
            bottom: y + number("height"),
        }
    }

    fn holds(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.right >= other.right
            && self.bottom >= other.bottom
    }

    fn touches(&self, other: &Self) -> bool {
        self.x < other.right
            && other.x < self.right
            && self.y < other.bottom
            && other.y < self.bottom
    }
}

fn frames(document: &Document<'_>) -> BTreeMap<String, Frame> {
    let groups = document.descendants().filter(|node| node.has_tag_name("g"));
    groups
        .filter_map(|group| {
            let id = group.attribute("data-id")?;
            let rect = group.children().find(|node| node.has_tag_name("rect"))?;
            Some((id.to_owned(), Frame::of(rect)))
        })
        .collect()
}

#[test]
fn figures_lie_inside_of_others_or_beside_them() {
    let place = Place::new();
    let drawing = run(&place, &["diagram", "--format", "svg"]);
    let document = Document::parse(&drawing).unwrap();
    let frames = frames(&document);
    for id in [
        "viewers",
        "distribution/main",
        "vpc/main",
        "zone/us-east-1a",
        "subnet/private-b",
        "ecs-service/app@private-a",
        "nat-gateway/a",
        "secretsmanager",
        "cloudwatch",
    ] {
        assert!(frames.contains_key(id), "{id}: {frames:?}");
    }
    for (one, frame) in &frames {
        for (other, second) in frames.iter().filter(|(other, _)| *other != one) {
            let nested = frame.holds(second) || second.holds(frame);
            assert!(nested || !frame.touches(second), "{one} and {other}");
        }
    }
    let holds = |outer: &str, inner: &str| frames[outer].holds(&frames[inner]);
    assert!(holds("vpc/main", "zone/us-east-1b"));
    assert!(holds("subnet/public-a", "nat-gateway/a"));
    assert!(holds("subnet/private-b", "ecs-service/app@private-b"));
    assert!(!holds("vpc/main", "secretsmanager"));
}

#[test]
fn arrows_join_figures_and_say_what_lets_them_through() {
    let place = Place::new();
    let drawing = run(&place, &["diagram", "--format", "svg"]);
    let document = Document::parse(&drawing).unwrap();
    let frames = frames(&document);
    let root = document.root_element();
    let page_width: f32 = root.attribute("width").unwrap().parse().unwrap();
    let arrows: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("polyline"))
        .collect();
    assert!(arrows.len() >= 10, "{}", arrows.len());
    for arrow in arrows {
        let points: Vec<(f32, f32)> = arrow
            .attribute("points")
            .unwrap()
            .split(' ')
            .map(|point| point.split_once(',').unwrap())
            .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
            .collect();
        let near = |name: &str, (x, y): (f32, f32)| {
            let frame = frames[arrow.attribute(name).unwrap()];
            x >= frame.x - 1.0
                && x <= frame.right + 1.0
                && y >= frame.y - 1.0
                && y <= frame.bottom + 1.0
        };
        assert!(near("data-from", points[0]), "{arrow:?}");
        assert!(near("data-to", *points.last().unwrap()), "{arrow:?}");
        for part in points.windows(2) {
            let is_straight = part[0].0 == part[1].0 || part[0].1 == part[1].1;
            assert!(is_straight, "{arrow:?}");
            assert!(part[1].0 <= page_width, "{arrow:?}");
        }
    }
    for words in [
        "security group app: tcp 8000 from alb",
        "HTTP 80 with X-CDN-Auth",
        "prefers-color-scheme: dark",
    ] {
        assert!(drawing.contains(words), "{words}");
    }
}
