//! Emulators of AWS for tests, behind a proxy that counts calls, measures rounds, injects faults and
//! makes up for what the emulators get wrong.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use testbed::{Rule, Testbed};
//!
//! let bed = Testbed::start().await?;
//! bed.inject(Rule::on("ec2:CreateVpc").first(1).throttled());
//! // ... run a program with bed.environment() ...
//! assert_eq!(bed.count_of("ec2:CreateVpc"), 2);
//! # Ok(())
//! # }
//! ```
//!
//! The rooms: `python` and `emulator` run the emulators, and `homes` says which service lives in
//! which; `proxy` is the endpoint; `operation`, `rest` and `permission` recognise what a request asks for;
//! `viewer` carries the requests of an application's users; `journal`, `rounds` and `fault` are what
//! the proxy does for tests, `holds` what it does when they say so, and `halt` where it stops a program
//! that they kill; `hostile` does what the real AWS does to its callers; `onward` is the way through the
//! `shims`, which fill the emulators' gaps; `client`, `reply`, `cbor` and `xml` are the means.
//!
//! Invariant: a test bed shares its emulators with no other that lives at the same time.

pub mod cbor;
mod client;
mod emulator;
mod fault;
mod golden;
mod halt;
mod holds;
mod homes;
mod hostile;
mod journal;
mod onward;
mod operation;
mod permission;
mod proxy;
mod python;
mod reply;
mod rest;
mod rounds;
mod shims;
mod viewer;
mod xml;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hyper::{HeaderMap, Method};

pub use client::Client;
pub use fault::{Fault, Occasion, Rule};
pub use golden::golden;
pub use halt::{Halt, Side};
pub use hostile::{Harm, Hostility};
pub use hyper::StatusCode;
pub use journal::Call;
pub use operation::{Protocol, Request};
pub use python::environment as python_environment;
pub use reply::Reply;
pub use xml::Element;

use emulator::Emulators;
use homes::{Homes, SetUp};
use proxy::{OBSERVER, Proxy, Server};

/// The account of everything in the emulators, and the access key of the Lambda functions in them.
pub const ACCOUNT: &str = "123456789012";

/// The region that [`Testbed::environment`] names.
pub const REGION: &str = "us-east-1";

/// The access key that [`Testbed::environment`] names.
const ACCESS_KEY: &str = "AKIATESTBED000000000";

/// The quiet time after which replies are released, unless told otherwise.
pub const QUIET: Duration = Duration::from_millis(100);

/// Emulators of its own and the proxy in front of them. All end with it, or with the process.
pub struct Testbed {
    // The order matters: the server goes before the emulators that it uses.
    server: Server,
    proxy: Arc<Proxy>,
    emulators: Option<Emulators>,
    homes: Homes,
    endpoint: String,
}

impl Testbed {
    /// The control plane: everything is on moto, which is strict, and what moto lacks (CloudFront,
    /// CloudWatch) on ministack. Starts emulators, or empties those that an earlier test of this
    /// process left, and a proxy. The first start on a machine installs them, which takes about a
    /// minute.
    ///
    /// # Errors
    ///
    /// When Python 3.10 with venv and pip is missing, an emulator cannot be installed or does not
    /// start.
    pub async fn start() -> Result<Testbed> {
        Testbed::start_as(SetUp::ControlPlane).await
    }

    /// The data plane: everything is on ministack, which carries requests to applications and runs
    /// functions, and what ministack lacks (Application Auto Scaling) on moto.
    ///
    /// # Errors
    ///
    /// As of [`Testbed::start`].
    pub async fn start_data_plane() -> Result<Testbed> {
        Testbed::start_as(SetUp::DataPlane).await
    }

    async fn start_as(set_up: SetUp) -> Result<Testbed> {
        let emulators = tokio::task::spawn_blocking(Emulators::take)
            .await
            .context("starting the emulators failed")??;
        let homes = Homes::Shared {
            moto: emulators.moto(),
            ministack: emulators.ministack(),
            set_up,
        };
        let proxy = Arc::new(Proxy::new(Client::new(homes, ACCESS_KEY), set_up));
        let server = Server::start(Arc::clone(&proxy), emulators.socket()?)?;
        let endpoint = format!("http://127.0.0.1:{}", server.port());
        let bed = Testbed {
            server,
            proxy,
            emulators: Some(emulators),
            homes,
            endpoint,
        };
        bed.reset().await?;
        Ok(bed)
    }

    /// The address of the proxy, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where the users of an application send requests: with the domain name of a distribution, load
    /// balancer or function URL as `Host`, they go to it. It is the endpoint too; API calls are told
    /// apart by their `Host`, which is the loopback address.
    #[must_use]
    pub fn data_plane(&self) -> &str {
        &self.endpoint
    }

    /// What a program needs in its environment to talk to this test bed and to nothing else:
    /// endpoint, region and credentials, with the user's own AWS files out of the way.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environment_as(ACCESS_KEY)
    }

    /// The environment of an observer: its calls go through the shims, and are neither journaled,
    /// nor withheld, nor harmed by a fault.
    #[must_use]
    pub fn observer_environment(&self) -> Vec<(String, String)> {
        self.environment_as(OBSERVER)
    }

    fn environment_as(&self, access_key: &str) -> Vec<(String, String)> {
        let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
        [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", access_key),
            ("AWS_SECRET_ACCESS_KEY", "testbed"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", nothing),
            ("AWS_SHARED_CREDENTIALS_FILE", nothing),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Variables of the user's own AWS configuration that a child process must not inherit.
    pub const FOREIGN: [&str; 8] = [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];

    /// Empties the emulators; forgets calls, faults, what is held and what the shims remember.
    ///
    /// # Errors
    ///
    /// When an emulator does not answer.
    pub async fn reset(&self) -> Result<()> {
        self.proxy.forget();
        let Some(emulators) = &self.emulators else {
            return Ok(());
        };
        let (moto, ministack) = tokio::join!(
            empty(emulators.moto(), "/moto-api/reset"),
            empty(emulators.ministack(), "/_ministack/reset")
        );
        moto?;
        ministack
    }

    /// Calls through the proxy that stand in the journal, as the program's do.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(Homes::One(self.server.port()), ACCESS_KEY)
    }

    /// Calls through the proxy that nobody notices.
    #[must_use]
    pub fn observer(&self) -> Client {
        self.client().signing_as(OBSERVER)
    }

    /// Calls to the emulators themselves, past the proxy and its shims.
    #[must_use]
    pub fn emulator(&self) -> Client {
        Client::new(self.homes, ACCESS_KEY)
    }

    /// Every call since the journal was last cleared, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.proxy.journal.calls()
    }

    /// The calls that change something.
    #[must_use]
    pub fn mutating(&self) -> Vec<Call> {
        self.calls()
            .into_iter()
            .filter(|call| call.mutating)
            .collect()
    }

    /// The calls that count: without further pages and credentials.
    #[must_use]
    pub fn counted(&self) -> Vec<Call> {
        self.calls().into_iter().filter(Call::counts).collect()
    }

    /// How many calls of an operation there were, such as `ec2:DescribeVpcs`; pages included.
    #[must_use]
    pub fn count_of(&self, name: &str) -> usize {
        self.calls()
            .iter()
            .filter(|call| call.name() == name)
            .count()
    }

    /// Forgets the calls.
    pub fn clear_journal(&self) {
        self.proxy.journal.clear();
    }

    /// Withholds replies until no request has arrived for `quiet` (usually [`QUIET`]), then
    /// releases all together; counts from zero.
    pub fn measure_rounds(&self, quiet: Duration) {
        self.proxy.rounds.measure(Some(quiet));
    }

    /// Stops withholding replies.
    pub fn stop_measuring_rounds(&self) {
        self.proxy.rounds.measure(None);
    }

    /// How many times replies were released since measuring began.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.proxy.rounds.count()
    }

    /// From now on a configuration of a distribution reaches the edge locations when the test says so,
    /// with [`Testbed::deploy`].
    pub fn hold_deployments(&self) {
        self.proxy.holds.hold_deployments();
    }

    /// Every configuration of a distribution has reached all edge locations.
    pub fn deploy(&self) {
        self.proxy.holds.deploy();
    }

    /// From now on `RotateSecret` announces a version, and invokes no function: its steps are the
    /// test's to invoke.
    pub fn hold_rotations(&self) {
        self.proxy.holds.hold_rotations();
    }

    /// Adds a rule; the first that applies to a call decides.
    pub fn inject(&self, rule: Rule) {
        self.proxy.rules.add(rule);
    }

    /// Stops a program at the `number`-th of its changing calls, from 1. It has to sign its calls with
    /// [`Halt::access_key`]. Changing calls that were made earlier are carried out and answered; later
    /// ones are neither.
    #[must_use]
    pub fn halt_at(&self, number: u32, side: Side) -> Halt {
        self.proxy.halts.add(number, side)
    }

    /// From now on AWS is as hostile as the real one; calls are counted anew. Calls that a rule
    /// decides are not harmed otherwise.
    pub fn turn_hostile(&self, hostility: Hostility) {
        self.proxy.turn(Some(hostility));
    }

    /// AWS is friendly again, and everything is as the last change left it. Gives what was done
    /// meanwhile.
    pub fn turn_friendly(&self) -> Vec<Harm> {
        self.proxy.turn(None)
    }

    /// Takes back all rules.
    pub fn clear_faults(&self) {
        self.proxy.rules.clear();
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        if let Some(emulators) = self.emulators.take() {
            emulators.give_back();
        }
    }
}

/// Empties one emulator.
async fn empty(port: u16, path: &str) -> Result<()> {
    let client = Client::new(Homes::One(port), ACCESS_KEY);
    let reply = client
        .send(port, Method::POST, path, HeaderMap::new(), Bytes::new())
        .await?;
    if !reply.is_success() {
        bail!("{path} was refused: {}", reply.text());
    }
    Ok(())
}
