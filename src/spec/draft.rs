//! A first stack file, from a few answers.
//!
//! Depends on the reader and the layout of this room. Invariant: a draft becomes a file only when
//! that is read without an error, and then it is in its usual form.

use std::fmt::Write as _;

use super::diagnostic::Diagnostics;
use super::layout::{self, Unformatted};
use super::parse::parse;
use super::read;
use super::tree::Content;

/// Where a draft's file finds its schema, relative to itself.
pub const SCHEMA_FILE: &str = ".qpiac/stack.schema.json";

/// What the file is to say. Nothing of it has been looked at.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The stack's name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// What the service runs.
    pub runs: Runs,
    /// The port that the container listens to.
    pub port: String,
    /// The path of the health check.
    pub health: String,
    /// The number of tasks.
    pub count: String,
    /// Whether there is a CDN.
    pub cdn: bool,
    /// A name of one's own, with its zone.
    pub domain: Option<(String, String)>,
}

/// What a service runs.
#[derive(Clone, Debug)]
pub enum Runs {
    /// An image.
    Image(String),
    /// What is built from a directory.
    Build(String),
}

impl Draft {
    /// The text of the file.
    ///
    /// # Errors
    /// What is wrong with the answers, at their places in the file.
    pub fn text(&self) -> Result<String, Diagnostics> {
        let written = self.written();
        match layout::format("stack.yaml", &written) {
            Ok(text) => Ok(text),
            Err(Unformatted::Problems(problems)) => Err(problems),
            // It is valid all the same.
            Err(Unformatted::Unsafe) => read("stack.yaml", &written).map(|_| written),
        }
    }

    fn written(&self) -> String {
        let mut text = format!(
            "# yaml-language-server: $schema={SCHEMA_FILE}\n\
             #\n\
             # `qpiac apply --sandbox` tries this without an AWS account, `qpiac explain KEY` says what a key\n\
             # means. Whatever is left out has a default, the secure and cheap one.\n\n\
             stack: {} # every name on AWS begins with it\n\
             region: {}\n\
             # account: \"123456789012\" # refuse to change any other account\n\n",
            scalar(&self.name),
            scalar(&self.region),
        );
        text.push_str(match (self.cdn, &self.domain) {
            (true, _) => "load_balancer: {} # behind the CDN it admits nobody else\n\n",
            (false, Some(_)) => {
                "load_balancer: {} # HTTPS on port 443; port 80 sends clients there\n\n"
            }
            (false, None) => "load_balancer: {} # HTTP on port 80; a `domain` brings HTTPS\n\n",
        });
        self.write_edge(&mut text);
        self.write_service(&mut text);
        text
    }

    fn write_edge(&self, text: &mut String) {
        if self.cdn {
            text.push_str(
                "cdn:\n  auth: cdn-auth # the secret header by which the load balancer knows CloudFront\n",
            );
            if self.domain.is_some() {
                text.push_str("  origin_protocol: https\n");
            }
            text.push_str(
                "  behaviors: {} # what is cached, such as { /static/*: 3600 } for an hour\n\n",
            );
        }
        if let Some((name, zone)) = &self.domain {
            let _ = write!(
                text,
                "domain:\n  name: {}\n  zone: {} # a hosted zone of the account\n\n",
                scalar(name),
                scalar(zone)
            );
        }
        if self.cdn {
            text.push_str("secrets:\n  cdn-auth: {} # generated, and never shown\n\n");
        }
    }

    fn write_service(&self, text: &mut String) {
        let runs = match &self.runs {
            Runs::Image(image) => format!("image: {}", scalar(image)),
            Runs::Build(directory) => {
                format!(
                    "build: {} # built again whenever it changes",
                    scalar(directory)
                )
            }
        };
        let _ = write!(
            text,
            "services:\n  app:\n    {runs}\n    \
             port: {} # only the load balancer can reach it\n    \
             health: {} # asked to see whether a task is well\n    \
             count: {} # tasks, spread over the zones\n    \
             # cpu: 256 # 1024 are one core\n    \
             # environment: {{ LOG_LEVEL: info }}\n",
            scalar(&self.port),
            scalar(&self.health),
            scalar(&self.count),
        );
    }
}

/// A text as a value: without quotes where it is read back as it is.
fn scalar(text: &str) -> String {
    let read_back = || {
        let (root, problems) = parse(&format!("k: {text} # c\n")).ok()?;
        let Content::Map(entries) = root.content else {
            return None;
        };
        match entries.as_slice() {
            [only] if problems.is_empty() => match &only.value.content {
                Content::Scalar(scalar) => Some(scalar.text == text && scalar.plain),
                Content::List(_) | Content::Map(_) => None,
            },
            _ => None,
        }
    };
    if !text.is_empty() && read_back() == Some(true) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            name: "shop".to_owned(),
            region: "eu-west-1".to_owned(),
            runs: Runs::Image("ghcr.io/example/app:1.0".to_owned()),
            port: "8000".to_owned(),
            health: "/health".to_owned(),
            count: "2".to_owned(),
            cdn: false,
            domain: None,
        }
    }

    #[test]
    fn every_draft_is_valid_and_in_its_form() {
        let domain = Some(("www.example.com".to_owned(), "example.com".to_owned()));
        let runs = [
            Runs::Image("app".to_owned()),
            Runs::Build("a dir/#x: y".to_owned()),
        ];
        for runs in runs {
            for cdn in [false, true] {
                for domain in [None, domain.clone()] {
                    let draft = Draft {
                        runs: runs.clone(),
                        cdn,
                        domain,
                        health: "/a#b:".to_owned(),
                        ..draft()
                    };
                    let text = draft.text().unwrap_or_else(|problems| panic!("{problems}"));
                    let form = layout::format("stack.yaml", &text).expect("a form");
                    assert_eq!(text, form);
                    assert_eq!(text, draft.written(), "written in its form at once");
                }
            }
        }
    }

    #[test]
    fn an_answer_is_a_value_and_nothing_else() {
        for answer in [
            "",
            "x\nservices: {}",
            "a: b",
            "{",
            "&a",
            "*a",
            "# c",
            "x # y",
            "\u{1b}[0m",
            "'",
            "\"",
            "~",
            "\0",
        ] {
            let problems = Draft {
                name: answer.to_owned(),
                ..draft()
            }
            .text();
            let problems = problems.expect_err(answer);
            let first = problems.iter().next().expect("a problem");
            assert_eq!(
                problems.position(first.span).line,
                6,
                "{answer:?}: {problems}"
            );
        }
    }
}
