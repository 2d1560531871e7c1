//! The commands of each page, run in their order in one folder.

use crate::fate::{Fate, fate};
use crate::pages::{Block, page, root};
use crate::place::{Place, can_run};
use crate::transcript;

/// Where the commands of a page are run.
pub(crate) struct Scene {
    pub(crate) page: &'static str,
    pub(crate) stack: Stack,
    /// Whether the stack is there already.
    pub(crate) is_up: bool,
    /// What else is there.
    pub(crate) prepare: fn(&Place),
    /// What a command is to print: a part of the command, and a part of the output.
    pub(crate) prints: &'static [(&'static str, &'static str)],
}

/// Which stack file there is.
pub(crate) enum Stack {
    /// That of this repository.
    Whole,
    /// The one in the README.
    Shop,
    /// The first one on the page itself.
    Own,
}

impl Stack {
    pub(crate) fn text(&self, of: &str) -> String {
        match self {
            Self::Whole => std::fs::read_to_string(root().join("stack.yaml")).expect("a stack"),
            Self::Shop => first_stack("README.md"),
            Self::Own => first_stack(of),
        }
    }
}

fn first_stack(name: &str) -> String {
    let mut blocks = page(name).blocks.into_iter();
    let found = blocks.find(|block| fate(block) == Fate::Stack);
    found.expect("a stack on the page").text
}

impl Scene {
    /// The place, before anything is run.
    fn set(&self) -> Place {
        let stack = self.stack.text(self.page);
        let place = if self.is_up {
            Place::brought_up(&stack)
        } else {
            Place::with(&stack)
        };
        (self.prepare)(&place);
        place
    }

    /// Runs everything that the page has, in its order.
    pub(crate) fn play(&self, place: &Place) {
        let mut printed = vec![false; self.prints.len()];
        for block in page(self.page).blocks {
            match fate(&block) {
                Fate::Shell => self.run(place, &block, &mut printed),
                Fate::Transcript => transcript::compare(place, &block),
                _ => {}
            }
        }
        for ((command, _), was) in self.prints.iter().zip(printed) {
            assert!(was, "{} has no command with {command}", self.page);
        }
    }

    fn run(&self, place: &Place, block: &Block, printed: &mut [bool]) {
        let asked = |text: &str| self.prints.iter().position(|(part, _)| text.contains(part));
        let number = asked(&block.text);
        if let Some(number) = number {
            printed[number] = true;
        }
        if !can_run(&block.text) {
            return;
        }
        let ran = place.run(&block.text).expect(0, &block.place());
        if let Some((_, part)) = number.map(|number| self.prints[number]) {
            assert!(
                ran.out.contains(part),
                "{}: {part}:\n{ran:?}",
                block.place()
            );
        }
    }
}

/// Nothing else is there.
pub(crate) fn nothing(_: &Place) {}

/// What a clone of the repository has, as far as commands look at it.
fn a_clone(place: &Place) {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    place.write("Cargo.toml", &manifest);
}

/// The stack file no longer has what the sandbox has.
fn without_nat(place: &Place) {
    let stack = Stack::Shop.text("");
    let open = stack.replace("nat: single", "nat: none");
    place.write(
        "stack.yaml",
        &open.replace("port: 8000", "port: 8000\n    subnets: public"),
    );
}

macro_rules! scenes {
    ($($name:ident: $scene:expr;)*) => {
        /// Every scene.
        pub(crate) const SCENES: &[Scene] = &[crate::deploying::SCENE, $($scene),*];

        $(
            #[test]
            fn $name() {
                let scene = $scene;
                scene.play(&scene.set());
            }
        )*
    };
}

scenes! {
    the_readme: Scene {
        page: "README.md",
        stack: Stack::Whole,
        is_up: true,
        prepare: a_clone,
        prints: &[],
    };
    the_pictures: Scene {
        page: "docs/pictures.md",
        stack: Stack::Shop,
        is_up: true,
        prepare: nothing,
        prints: &[],
    };
    the_guide: Scene {
        page: "docs/guide.md",
        stack: Stack::Own,
        is_up: false,
        prepare: nothing,
        prints: &[("qpiac output url", "https://www.example.com\n")],
    };
    shell_and_editor: Scene {
        page: "docs/editor.md",
        stack: Stack::Shop,
        is_up: false,
        prepare: nothing,
        prints: &[("man qpiac-plan", "SYNOPSIS")],
    };
    operation: Scene {
        page: "docs/operation.md",
        stack: Stack::Shop,
        is_up: true,
        prepare: nothing,
        prints: &[],
    };
    output_for_programs: Scene {
        page: "docs/reference/json.md",
        stack: Stack::Shop,
        is_up: true,
        prepare: without_nat,
        prints: &[
            ("select(.action == \"delete\")", "nat-gateway/a\n"),
            ("select(.outcome == \"failed\")", "requests spread over tasks\n"),
        ],
    };
    the_workload: Scene {
        page: "workload/README.md",
        stack: Stack::Shop,
        is_up: false,
        prepare: nothing,
        prints: &[],
    };
}
