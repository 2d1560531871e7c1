//! What becomes of each block: it is decided here alone, so that no block is overlooked.

use crate::exceptions::{EXCEPTIONS, Why};
use crate::pages::{Block, blocks, root};
use crate::scenes::SCENES;

/// What becomes of a block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A whole stack file, which is read.
    Stack,
    /// Keys of a stack file, which are read within one.
    Keys,
    /// It is parsed.
    Json,
    /// Commands that are run in the scene of the page.
    Shell,
    /// Commands that are run there, and what is said then.
    Transcript,
    /// The help of a command.
    Help,
    /// It stands in the list, under this number.
    Listed(usize),
    /// Nobody tries it.
    Nothing,
}

pub(crate) fn fate(block: &Block) -> Fate {
    if let Some(number) = EXCEPTIONS.iter().position(|it| it.is(block)) {
        return Fate::Listed(number);
    }
    let has_scene = SCENES.iter().any(|scene| scene.page == block.page);
    match block.language.as_str() {
        "yaml" if block.text.starts_with("stack:") => Fate::Stack,
        "yaml" => Fate::Keys,
        "json" => Fate::Json,
        "sh" if has_scene => Fate::Shell,
        "text" if block.text.starts_with("$ ") && has_scene => Fate::Transcript,
        "text" if block.page == "docs/reference/cli.md" => Fate::Help,
        _ => Fate::Nothing,
    }
}

/// The blocks with this fate.
pub(crate) fn of(wanted: &Fate) -> Vec<Block> {
    let all = blocks().into_iter();
    all.filter(|block| fate(block) == *wanted).collect()
}

#[test]
fn every_block_is_tried_or_stands_in_the_list() {
    let all = blocks();
    assert!(all.len() > 50, "{}", all.len());
    let forgotten: Vec<String> = all
        .iter()
        .filter(|block| fate(block) == Fate::Nothing)
        .map(|block| format!("{} ({})", block.place(), block.language))
        .collect();
    assert!(forgotten.is_empty(), "nothing tries these: {forgotten:#?}");
}

#[test]
fn nothing_stands_in_the_list_in_vain() {
    let all = blocks();
    for (number, exception) in EXCEPTIONS.iter().enumerate() {
        let count = all
            .iter()
            .filter(|block| fate(block) == Fate::Listed(number))
            .count();
        assert_eq!(count, 1, "{exception:?}");
        if let Why::Elsewhere(test) = exception.why {
            let text = std::fs::read_to_string(root().join(test)).expect("a test");
            let (_, name) = exception
                .page
                .rsplit_once('/')
                .unwrap_or(("", exception.page));
            assert!(text.contains(name), "{test} does not speak of {name}");
        }
    }
}

#[test]
fn every_scene_is_of_a_page_with_something_to_run() {
    let all = blocks();
    for scene in SCENES {
        let runs = |block: &&Block| matches!(fate(block), Fate::Shell | Fate::Transcript);
        let mut of_page = all.iter().filter(runs).map(|block| &block.page);
        assert!(of_page.any(|page| page == scene.page), "{}", scene.page);
    }
}
