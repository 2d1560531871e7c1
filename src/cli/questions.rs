//! The questions of `qpiac init`: what is asked, what is taken without an answer, and what is wrong
//! with one.
//!
//! May depend on `spec` and `render`. Invariant: an answer is looked at by the rules of the file
//! itself, at once, and asked for again until it keeps them.

use std::io;
use std::path::Path;

use anyhow::bail;

use super::arguments::authoring::Init;
use super::init::said;
use super::terminal::Terminal;
use crate::render::message;
use crate::spec::draft::{Draft, Runs};
use crate::spec::{Diagnostics, Severity};

/// An image that answers on its port without anything beside it.
const USUAL_IMAGE: &str = "public.ecr.aws/nginx/nginx:stable";
/// The port of that image.
const USUAL_IMAGE_PORT: &str = "80";
/// The port of an image of one's own.
const USUAL_PORT: &str = "8000";

/// The question whose answer is no where nobody can be asked.
const CDN: &str = "--cdn";

/// Something that `init` wants to know.
#[derive(Clone, Copy)]
pub(super) struct Question {
    /// What answers it on the command line.
    pub(super) flag: &'static str,
    words: &'static str,
    is_given: fn(&Init) -> bool,
    /// What a draft says to it.
    shown: fn(&Draft) -> String,
    /// Puts an answer into a draft.
    take: fn(&mut Draft, &str, &Path),
}

/// All of them, in the order in which they are asked.
const QUESTIONS: [Question; 6] = [
    Question {
        flag: "--name",
        words: "Name of the stack",
        is_given: |given| given.name.is_some(),
        shown: |draft| draft.name.clone(),
        take: |draft, answer, _| answer.clone_into(&mut draft.name),
    },
    Question {
        flag: "--region",
        words: "Region",
        is_given: |given| given.region.is_some(),
        shown: |draft| draft.region.clone(),
        take: |draft, answer, _| answer.clone_into(&mut draft.region),
    },
    Question {
        flag: "--image or --build",
        words: "Container image, or directory with a Dockerfile",
        is_given: |given| given.image.is_some() || given.build.is_some(),
        shown: |draft| match &draft.runs {
            Runs::Image(text) | Runs::Build(text) => text.clone(),
        },
        take: |draft, answer, directory| {
            draft.runs = runs(answer, directory);
            draft.port = usual_port(&draft.runs, directory);
        },
    },
    Question {
        flag: "--port",
        words: "Port that the container listens to",
        is_given: |given| given.port.is_some(),
        shown: |draft| draft.port.clone(),
        take: |draft, answer, _| answer.clone_into(&mut draft.port),
    },
    Question {
        flag: "--health",
        words: "Path that is asked to see whether it is well",
        is_given: |given| given.health.is_some(),
        shown: |draft| draft.health.clone(),
        take: |draft, answer, _| answer.clone_into(&mut draft.health),
    },
    Question {
        flag: CDN,
        words: "CloudFront in front of it, yes or no",
        is_given: |given| given.cdn.is_some(),
        shown: |draft| if draft.cdn { "yes" } else { "no" }.to_owned(),
        take: |draft, answer, _| draft.cdn = is_yes(answer) == Some(true),
    },
];

/// The questions that the command line leaves open.
pub(super) fn open(given: &Init) -> Vec<Question> {
    let is_open = |question: &Question| !(question.is_given)(given);
    QUESTIONS.into_iter().filter(is_open).collect()
}

/// Those of them that must be answered where nobody can be asked, by what answers them.
pub(super) fn missing(given: &Init) -> Vec<&'static str> {
    let flags = open(given).into_iter().map(|question| question.flag);
    flags.filter(|flag| *flag != CDN).collect()
}

/// What is taken where nothing is said.
pub(super) fn usual(given: &Init, directory: &Path) -> Draft {
    let runs = match (&given.image, &given.build) {
        (Some(image), _) => Runs::Image(image.clone()),
        (None, Some(build)) => Runs::Build(normal(build)),
        (None, None) if directory.join("Dockerfile").is_file() => Runs::Build(".".to_owned()),
        (None, None) => Runs::Image(USUAL_IMAGE.to_owned()),
    };
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let region = variables.iter().find_map(|name| std::env::var(name).ok());
    let domain = given.domain.clone().map(|name| {
        let zone = given.zone.clone().unwrap_or_else(|| zone_of(&name));
        (name, zone)
    });
    let mut draft = Draft {
        name: "shop".to_owned(),
        region: "us-east-1".to_owned(),
        port: usual_port(&runs, directory),
        runs,
        health: "/".to_owned(),
        count: given.count.clone(),
        cdn: false,
        domain,
    };
    // Only what the file would take: a folder may have any name.
    let file = std::path::absolute(directory.join("stack.yaml")).ok();
    let folder = file.as_deref().and_then(Path::parent);
    let folder = folder.and_then(Path::file_name);
    let folder = folder.map(|name| slug(&name.to_string_lossy()));
    for (name, region) in [(folder, None), (None, region)] {
        let guess = Draft {
            name: name.unwrap_or_else(|| draft.name.clone()),
            region: region.unwrap_or_else(|| draft.region.clone()),
            domain: None,
            runs: Runs::Image(USUAL_IMAGE.to_owned()),
            port: USUAL_PORT.to_owned(),
            count: "1".to_owned(),
            ..draft.clone()
        };
        if guess.text().is_ok() {
            draft.name = guess.name;
            draft.region = guess.region;
        }
    }
    draft
}

/// The same with an image, where a Dockerfile was found and not named.
pub(super) fn without_dockerfile(given: &Init, draft: &Draft) -> Option<Draft> {
    let is_found = given.build.is_none() && matches!(draft.runs, Runs::Build(_));
    let port = given.port.clone();
    is_found.then(|| Draft {
        runs: Runs::Image(USUAL_IMAGE.to_owned()),
        port: port.unwrap_or_else(|| USUAL_IMAGE_PORT.to_owned()),
        ..draft.clone()
    })
}

/// What the command line says, and the usual for the rest.
pub(super) fn given(given: &Init, usual: &Draft) -> Draft {
    let or = |given: &Option<String>, usual: &String| given.as_ref().unwrap_or(usual).clone();
    Draft {
        name: or(&given.name, &usual.name),
        region: or(&given.region, &usual.region),
        port: or(&given.port, &usual.port),
        health: or(&given.health, &usual.health),
        cdn: given.cdn.unwrap_or(usual.cdn),
        ..usual.clone()
    }
}

/// Asks a person.
pub(super) struct Questions<'a> {
    pub(super) given: &'a Init,
    /// Where the file will be.
    pub(super) directory: &'a Path,
    /// Whether a draft can become a file.
    pub(super) check: &'a dyn Fn(&Draft, &Path) -> Result<String, Diagnostics>,
    pub(super) terminal: &'a Terminal,
}

impl Questions<'_> {
    /// The draft with all answers.
    pub(super) fn answered(&self, mut draft: Draft) -> anyhow::Result<Draft> {
        for question in open(self.given) {
            draft = self.ask(&question, &draft)?;
        }
        Ok(draft)
    }

    fn ask(&self, question: &Question, draft: &Draft) -> anyhow::Result<Draft> {
        loop {
            let usual = (question.shown)(draft);
            self.terminal
                .say(&format!("{} [{usual}]: ", question.words));
            let mut answer = String::new();
            if io::stdin().read_line(&mut answer)? == 0 {
                self.terminal.line("");
                bail!("nothing was answered, so nothing was written");
            }
            let answer = match answer.trim() {
                "" => usual,
                answer => answer.to_owned(),
            };
            let mut answered = draft.clone();
            let port = answered.port.clone();
            (question.take)(&mut answered, &answer, self.directory);
            if self.given.port.is_some() {
                answered.port = port;
            }
            match self.problem(question, &answered, &answer) {
                None => return Ok(answered),
                Some(problem) => self.terminal.line(&problem),
            }
        }
    }

    /// What is wrong with an answer. What was said before has been looked at.
    fn problem(&self, question: &Question, answered: &Draft, answer: &str) -> Option<String> {
        if question.flag == CDN && is_yes(answer).is_none() {
            return Some(message::error("expected yes or no"));
        }
        let problems = (self.check)(answered, self.directory).err()?;
        let mut errors = problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        errors.next().map(said)
    }
}

fn is_yes(answer: &str) -> Option<bool> {
    match answer.to_lowercase().as_str() {
        "yes" | "y" | "true" => Some(true),
        "no" | "n" | "false" => Some(false),
        _ => None,
    }
}

/// A directory that is there is built, all else is an image.
fn runs(answer: &str, directory: &Path) -> Runs {
    let build = normal(answer);
    if directory.join(&build).is_dir() || answer.starts_with("./") {
        Runs::Build(build)
    } else {
        Runs::Image(answer.to_owned())
    }
}

/// A path as the file spells it.
fn normal(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match path.trim_end_matches('/') {
        "" if !path.starts_with('/') => ".".to_owned(),
        "" => path.to_owned(),
        shorter => shorter.to_owned(),
    }
}

/// The port that a Dockerfile exposes, else that of the image.
fn usual_port(runs: &Runs, directory: &Path) -> String {
    let port = match runs {
        Runs::Image(image) if image == USUAL_IMAGE => Some(USUAL_IMAGE_PORT.to_owned()),
        Runs::Image(_) => None,
        Runs::Build(build) => exposed(&directory.join(build).join("Dockerfile")),
    };
    port.unwrap_or_else(|| USUAL_PORT.to_owned())
}

fn exposed(dockerfile: &Path) -> Option<String> {
    let text = std::fs::read_to_string(dockerfile).ok()?;
    let mut ports = text.lines().rev().filter_map(|line| {
        let (word, rest) = line.trim().split_once(' ')?;
        let port = rest.split(['/', ' ']).find(|part| !part.is_empty())?;
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        (word.eq_ignore_ascii_case("EXPOSE") && is_port).then(|| port.to_owned())
    });
    ports.next()
}

/// What follows the first dot of a name, where that is a name of its own.
fn zone_of(name: &str) -> String {
    match name.split_once('.') {
        Some((_, parent)) if parent.contains('.') => parent.to_owned(),
        Some(_) | None => name.to_owned(),
    }
}

/// A text as the name of a stack, as far as it goes.
fn slug(text: &str) -> String {
    let folded = text.to_lowercase();
    let words = folded.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_is_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(
            folder.path().join("Dockerfile"),
            "FROM x\nexpose 9000/tcp\nEXPOSE $PORT\n",
        )
        .expect("a file");
        assert!(matches!(runs(".", folder.path()), Runs::Build(path) if path == "."));
        assert!(matches!(runs("./app/", folder.path()), Runs::Build(path) if path == "app"));
        assert!(matches!(runs("app", folder.path()), Runs::Image(_)));
        assert_eq!(
            usual_port(&Runs::Build(".".to_owned()), folder.path()),
            "9000"
        );
        assert_eq!(
            usual_port(&Runs::Image("app".to_owned()), folder.path()),
            USUAL_PORT
        );
        assert_eq!(zone_of("www.example.com"), "example.com");
        assert_eq!(zone_of("example.com"), "example.com");
        assert_eq!(slug("My Shop_2"), "my-shop-2");
    }

    #[test]
    fn there_are_at_most_six_questions_and_each_can_be_answered_by_a_flag() {
        assert!(QUESTIONS.len() <= 6);
        assert!(
            QUESTIONS
                .iter()
                .all(|question| question.flag.starts_with("--"))
        );
    }
}
