//! A stack with nearly everything, on which actions are denied in turn.

use std::collections::BTreeSet;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use testbed::{Protocol, Reply, Request, Rule, StatusCode};

use super::How;
use crate::observer::Observer;
use crate::program::{Program, Ran, WHOLE_STACK, edited};

/// What a run does without, and only warns of where there is something to warn of.
const OPTIONAL: [(&str, &str); 3] = [
    (
        "secretsmanager:GetSecretValue",
        "what CloudFront sends stands for the secret",
    ),
    (
        "iam:CreateServiceLinkedRole",
        "the account has the role already, or the call that needs it says so",
    ),
    (
        "acm:ListCertificates",
        "while deleting: the DNS records of a certificate stay",
    ),
];
/// How long a run may take, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(300);
/// On what AWS is said to have denied it.
const RESOURCE: &str = "arn:aws:any:us-east-1:123456789012:thing/one";

/// What became of a denied action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// The run ended with its name and the statement.
    Told,
    /// It was not called, or the run does without it.
    Passed,
}

pub(super) struct Sweep {
    program: Program,
    stack: String,
    changed: String,
    called: Vec<(How, BTreeSet<String>)>,
    is_applied: bool,
}

impl Sweep {
    /// Makes, reads, changes and destroys the stack once, and takes down what was called.
    pub(super) async fn begin() -> Self {
        let stack = stack();
        let changed = edited(&stack, "{ project: cdn-headers }", "{ team: web }");
        let changed = edited(&changed, "memory: 512", "memory: 1024");
        let changed = edited(&changed, "{ cache: 30 }", "{ cache: 60 }");
        let mut sweep = Self {
            program: Program::whole().await,
            stack,
            changed,
            called: Vec::new(),
            is_applied: false,
        };
        sweep.add_zone().await;
        sweep.program.write(&sweep.stack);
        sweep.take_down(How::Create, &["apply", "--yes"]).await;
        sweep.take_down(How::Read, &["plan"]).await;
        sweep.take_down(How::Explain, &["status"]).await;
        sweep.program.write(&sweep.changed);
        sweep.take_down(How::Update, &["apply", "--yes"]).await;
        sweep.take_down(How::Delete, &["destroy", "--yes"]).await;
        sweep.program.write(&sweep.stack);
        sweep
    }

    async fn take_down(&mut self, how: How, arguments: &[&str]) {
        self.program.bed.clear_journal();
        let ran = self.program.run(arguments).await;
        assert!(how == How::Explain || ran.code == 0, "{}", ran.err);
        let called = self.permissions();
        self.called.push((how, called));
    }

    fn permissions(&self) -> BTreeSet<String> {
        let calls = self.program.bed.calls();
        calls.iter().map(testbed::Call::permission).collect()
    }

    /// Whether this way of calling comes to this action, and no simpler one does.
    pub(super) fn calls(&self, how: How, action: &str) -> bool {
        let is_called = |one: &How| {
            let known = self.called.iter().find(|(how, _)| how == one);
            known.is_some_and(|(_, called)| called.contains(action))
        };
        let is_read = how != How::Read && is_called(&How::Read);
        is_called(&how) && !is_read
    }

    /// Denies an action while it is needed.
    pub(super) async fn deny(&mut self, how: How, action: &str) -> Tried {
        match how {
            How::Create => self.start_anew().await,
            How::Read | How::Explain | How::Update | How::Delete => self.have_it().await,
        }
        self.program.bed.inject(refusing(action));
        self.program.bed.clear_journal();
        let tried = match how {
            How::Read => self.deny_read(action).await,
            How::Explain => {
                let ran = self.program.run(&["status"]).await;
                self.told(action, &ran)
            }
            How::Create => self.deny_change(action, "apply").await,
            How::Update => {
                self.program.write(&self.changed);
                let tried = self.deny_change(action, "apply").await;
                self.program.write(&self.stack);
                tried
            }
            How::Delete => self.deny_change(action, "destroy").await,
        };
        self.program.bed.clear_faults();
        tried
    }

    /// Forgets what a failed try left.
    pub(super) fn recover(&mut self) {
        self.program.bed.clear_faults();
        self.program.write(&self.stack);
        self.is_applied = false;
    }

    /// Neither a plan nor an apply goes on without having read everything.
    async fn deny_read(&mut self, action: &str) -> Tried {
        let plan = self.program.run(&["plan"]).await;
        let tried = self.told(action, &plan);
        if is_optional(action) {
            return tried;
        }
        assert_eq!(plan.code, 1, "{action}: {}{}", plan.out, plan.err);
        assert_eq!(plan.out, "", "half a plan without {action}");
        let apply = self.program.run(&["apply", "--yes"]).await;
        assert_eq!(apply.code, 1, "{action}: {}", apply.err);
        self.told(action, &apply);
        let changing = self.program.bed.mutating();
        assert!(changing.is_empty(), "without {action}: {changing:?}");
        tried
    }

    async fn deny_change(&mut self, action: &str, verb: &str) -> Tried {
        self.is_applied = false;
        let ran = self.stopped_in_the_end(verb).await;
        if is_optional(action) || !self.permissions().contains(action) {
            assert_eq!(ran.code, 0, "{action}: {}", ran.err);
            return Tried::Passed;
        }
        assert_eq!(ran.code, 1, "{verb} without {action}: {}", ran.err);
        self.told(action, &ran)
    }

    /// Runs, and stops the run where it takes longer.
    async fn stopped_in_the_end(&self, verb: &str) -> Ran {
        let mut command = self.program.command(&[verb, "--yes"]);
        let running = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = running.spawn().expect("the program runs");
        let id = running.id().expect("a process").to_string();
        let mut ended = pin!(running.wait_with_output());
        loop {
            match tokio::time::timeout(LIMIT, &mut ended).await {
                Ok(output) => return Ran::from(output.expect("an end")),
                Err(_) => {
                    let mut signal = tokio::process::Command::new("kill");
                    signal.args(["-INT", &id]).status().await.unwrap();
                }
            }
        }
    }

    /// That what was printed names the action and the statement to add.
    #[track_caller]
    fn told(&self, action: &str, ran: &Ran) -> Tried {
        let said = format!("{}{}", ran.out, ran.err);
        assert!(!said.contains("panicked"), "{action}: {said}");
        assert!(said.contains(action), "{action} is not named:\n{said}");
        let resource = if action.starts_with("s3:") {
            "*"
        } else {
            RESOURCE
        };
        let statement =
            format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#);
        let hint = format!("hint: allow it with {statement}");
        assert!(said.contains(&hint), "{action} without {hint}:\n{said}");
        Tried::Told
    }

    async fn start_anew(&mut self) {
        self.program.bed.reset().await.expect("empty emulators");
        self.add_zone().await;
        self.is_applied = false;
    }

    async fn have_it(&mut self) {
        if !self.is_applied {
            self.start_anew().await;
            self.program.apply().await;
            self.is_applied = true;
        }
    }

    async fn add_zone(&self) {
        let aws = Observer::of(&self.program.bed);
        let zone = aws.route53.create_hosted_zone().name("example.com");
        zone.caller_reference("test").send().await.unwrap();
    }
}

/// The whole stack, with a domain, a firewall and somebody to notify.
fn stack() -> String {
    let domain = "\ndomain: { name: www.example.com, zone: example.com }\nsecrets:";
    let stack = edited(WHOLE_STACK, "\nsecrets:", domain);
    let stack = edited(&stack, "  # waf:", "  waf:");
    edited(&stack, "  # notify:", "  notify:")
}

fn is_optional(action: &str) -> bool {
    OPTIONAL.iter().any(|(optional, _)| *optional == action)
}

fn refusing(action: &str) -> Rule {
    let action = action.to_owned();
    let named = action.clone();
    Rule::on_every()
        .having(move |request| request.permission() == named)
        .answered(move |request| refusal(request, &action))
}

/// How the service says that the caller lacks a right.
fn refusal(request: &Request, action: &str) -> Reply {
    let said = format!(
        "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: {action} on \
         resource: {RESOURCE} because no identity-based policy allows the {action} action"
    );
    let (status, code, message) = match (request.protocol, request.service.as_str()) {
        (Protocol::Ec2Query, _) => (
            StatusCode::FORBIDDEN,
            "UnauthorizedOperation",
            format!(
                "You are not authorized to perform this operation. {said}. Encoded authorization \
                 failure message: 5GxM"
            ),
        ),
        (_, "s3") => (
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "Access Denied".to_owned(),
        ),
        (_, "sns") => (StatusCode::FORBIDDEN, "AuthorizationError", said),
        (Protocol::Query | Protocol::RestXml, _) => (StatusCode::FORBIDDEN, "AccessDenied", said),
        (Protocol::Cbor, _) => (StatusCode::FORBIDDEN, "AccessDenied", said),
        (Protocol::Json, _) => (StatusCode::BAD_REQUEST, "AccessDeniedException", said),
        (Protocol::RestJson, _) => (StatusCode::FORBIDDEN, "AccessDeniedException", said),
    };
    Reply::error(request, status, code, &message)
}
