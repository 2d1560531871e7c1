//! The SDK's clients, made once from the SDK's own configuration.
//!
//! May depend on the rest of `aws`. Invariant: every client counts its calls and repeats only reads.

use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::sync::OnceCell;

use super::fault::{Call, required};
use super::images::ImageBuilder;
use super::licence::{Licence, Permit};
use super::meter::{CallStats, Meter};
use super::notes::Notes;
use super::once::{Once, Shared};
use super::repeat::{self, NotWhenRefused, ReadsOnly};
use super::rounds::{self, Rounds};
use super::vault::Vault;
use crate::model::{Contents, Fault, FaultClass, Owner};

/// How long one attempt may take, in seconds.
const ATTEMPT_TIMEOUT_S: u64 = 30;
/// How long connecting may take, in seconds.
const CONNECT_TIMEOUT_S: u64 = 5;

/// A client of a service by a configuration, which counts its calls under the service's name.
macro_rules! client_of {
    ($sdk:ident, $service:literal, $config:expr, $meter:expr, $licence:expr, $pace:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::from($config)
                .retry_config(repeat::reads($pace))
                .retry_classifier(NotWhenRefused)
                .interceptor(ReadsOnly)
                .interceptor($licence.clone())
                .interceptor($meter.interceptor($service))
                .build(),
        )
    };
}

/// What the command line says about the connection.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The region, where it is not left to the SDK's configuration.
    pub region: Option<String>,
    /// The profile of the SDK's configuration files.
    pub profile: Option<String>,
    /// The pause before a read is repeated, about, where it is not a second.
    pub pace: Option<Duration>,
}

/// Who makes the calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account's number, 12 digits.
    pub account: String,
    /// The ARN of the user or role.
    pub arn: String,
}

/// There is no way to reach AWS.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No region is known.
    #[error("no region is configured; give `region:` in stack.yaml, --region or AWS_REGION")]
    NoRegion,
}

/// Clients for every service.
#[derive(Clone)]
pub struct Clients {
    /// Application Auto Scaling.
    pub autoscaling: aws_sdk_applicationautoscaling::Client,
    /// CloudFront, whose control plane is in us-east-1.
    pub cloudfront: aws_sdk_cloudfront::Client,
    /// CloudWatch: alarms and dashboards.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// ECR: container images.
    pub ecr: aws_sdk_ecr::Client,
    /// EventBridge: schedules.
    pub events: aws_sdk_eventbridge::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// Route 53, whose control plane is in us-east-1.
    pub route53: aws_sdk_route53::Client,
    /// S3, for what is not the stack's: the lease is renewed also when the right by it is ending.
    pub own_s3: aws_sdk_s3::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// SNS: topics.
    pub sns: aws_sdk_sns::Client,
    /// WAF for CloudFront, whose control plane is in us-east-1.
    pub wafv2: aws_sdk_wafv2::Client,
    /// EC2: networks.
    pub ec2: aws_sdk_ec2::Client,
    /// ECS: containers.
    pub ecs: aws_sdk_ecs::Client,
    /// Elastic Load Balancing.
    pub elbv2: aws_sdk_elasticloadbalancingv2::Client,
    /// IAM: roles.
    pub iam: aws_sdk_iam::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    sts: aws_sdk_sts::Client,
    acm: aws_sdk_acm::Client,
    acm_global: aws_sdk_acm::Client,
    config: SdkConfig,
    pace: Duration,
    region: String,
    owner: Option<Owner>,
    contents: Arc<Contents>,
    builder: Option<Arc<dyn ImageBuilder>>,
    vault: Arc<Vault>,
    notes: Arc<Notes>,
    meter: Arc<Meter>,
    licence: Licence,
    once: Arc<Once>,
    rounds: Arc<Rounds>,
    caller: Arc<OnceCell<Caller>>,
}

impl Clients {
    /// Clients by the SDK's configuration: environment, profiles, SSO, web identity, roles and
    /// endpoint overrides.
    ///
    /// # Errors
    /// [`ConnectError`] where no region is known.
    pub async fn connect(settings: &Settings) -> Result<Self, ConnectError> {
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts());
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        let pace = settings.pace.unwrap_or(repeat::PACE);
        Self::at_pace(&loader.load().await, pace)
    }

    /// Clients by a ready SDK configuration.
    ///
    /// # Errors
    /// [`ConnectError`] where it has no region.
    pub fn from_config(config: &SdkConfig) -> Result<Self, ConnectError> {
        Self::at_pace(config, repeat::PACE)
    }

    fn at_pace(config: &SdkConfig, pace: Duration) -> Result<Self, ConnectError> {
        let region = config.region().ok_or(ConnectError::NoRegion)?.to_string();
        let meter = Arc::new(Meter::default());
        let licence = Licence::default();
        let global = config
            .to_builder()
            .region(Region::new(global_region(&region)))
            .build();
        macro_rules! client {
            ($sdk:ident, $service:literal) => {
                client!($sdk, $service, config)
            };
            ($sdk:ident, $service:literal, $config:expr) => {
                client_of!($sdk, $service, $config, meter, licence, pace)
            };
        }
        Ok(Self {
            acm: client!(aws_sdk_acm, "acm"),
            acm_global: client!(aws_sdk_acm, "acm", &global),
            autoscaling: client!(aws_sdk_applicationautoscaling, "application-autoscaling"),
            cloudfront: client!(aws_sdk_cloudfront, "cloudfront", &global),
            cloudwatch: client!(aws_sdk_cloudwatch, "cloudwatch"),
            ec2: client!(aws_sdk_ec2, "ec2"),
            ecr: client!(aws_sdk_ecr, "ecr"),
            ecs: client!(aws_sdk_ecs, "ecs"),
            elbv2: client!(aws_sdk_elasticloadbalancingv2, "elasticloadbalancing"),
            events: client!(aws_sdk_eventbridge, "events"),
            iam: client!(aws_sdk_iam, "iam"),
            lambda: client!(aws_sdk_lambda, "lambda"),
            logs: client!(aws_sdk_cloudwatchlogs, "logs"),
            route53: client!(aws_sdk_route53, "route53", &global),
            own_s3: client_of!(aws_sdk_s3, "s3", config, meter, Licence::default(), pace),
            s3: client!(aws_sdk_s3, "s3"),
            secrets: client!(aws_sdk_secretsmanager, "secretsmanager"),
            sns: client!(aws_sdk_sns, "sns"),
            sts: client!(aws_sdk_sts, "sts"),
            wafv2: client!(aws_sdk_wafv2, "wafv2", &global),
            config: config.clone(),
            pace,
            region,
            owner: None,
            contents: Arc::default(),
            builder: None,
            vault: Arc::default(),
            notes: Arc::default(),
            meter,
            licence,
            once: Arc::default(),
            rounds: Arc::default(),
            caller: Arc::default(),
        })
    }

    /// The same clients, working for this stack, with what its digests stand for.
    #[must_use]
    pub fn working_for(mut self, owner: Owner, contents: Arc<Contents>) -> Self {
        self.vault = Arc::new(Vault::of(&owner));
        self.owner = Some(owner);
        self.contents = contents;
        self
    }

    /// The stack that the clients work for.
    pub fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    /// What digests stand for: code and images that are not in AWS yet.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The same clients with something that builds container images.
    #[must_use]
    pub fn with_builder(mut self, builder: Arc<dyn ImageBuilder>) -> Self {
        self.builder = Some(builder);
        self
    }

    /// From now on no call changes anything that this permit does not allow.
    pub fn limit(&self, permit: Permit) {
        self.licence.limit(permit);
    }

    /// What builds container images, if anything does.
    pub fn builder(&self) -> Option<&dyn ImageBuilder> {
        self.builder.as_deref()
    }

    /// The secrets that were read or made in this run.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Remembers something that a person should know about what was read; once, however often.
    pub fn note(&self, note: impl Into<String>) {
        self.notes.add(note.into());
    }

    /// What was noted so far, which is then forgotten.
    pub fn take_notes(&self) -> Vec<String> {
        self.notes.take()
    }

    /// ACM in a region.
    pub fn acm(&self, region: &str) -> aws_sdk_acm::Client {
        if region == self.region {
            return self.acm.clone();
        }
        if region == self.global_region() {
            return self.acm_global.clone();
        }
        let config = self.config.to_builder();
        let config = config.region(Region::new(region.to_owned())).build();
        client_of!(
            aws_sdk_acm,
            "acm",
            &config,
            self.meter,
            self.licence,
            self.pace
        )
    }

    /// The region of what all regions share: CloudFront, its certificates and its web ACLs.
    pub fn global_region(&self) -> &'static str {
        global_region(&self.region)
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The AWS partition of the region, as in ARNs.
    pub fn partition(&self) -> &'static str {
        partition_of(&self.region)
    }

    /// Who makes the calls; asked of AWS once.
    ///
    /// # Errors
    /// The fault of the call.
    pub async fn caller(&self) -> Result<Caller, Fault> {
        self.caller
            .get_or_try_init(|| async {
                let reading = self.rounds.start(None).is_some();
                let (caller, depth) = rounds::chain(0, self.ask_for_caller()).await;
                if !reading {
                    self.rounds.all_waited(depth);
                }
                caller
            })
            .await
            .cloned()
    }

    async fn ask_for_caller(&self) -> Result<Caller, Fault> {
        let operation = "sts:GetCallerIdentity";
        let reply = self.sts.get_caller_identity().send().await.at(operation)?;
        Ok(Caller {
            account: required(operation, "the account", reply.account)?,
            arn: required(operation, "the ARN", reply.arn)?,
        })
    }

    /// What was called so far.
    pub fn stats(&self) -> CallStats {
        self.meter.stats()
    }

    /// While a snapshot is read, equal reads are made once, and the rounds of calls are counted.
    pub fn reading(&self, on: bool) {
        self.once.switch(on);
        self.rounds.switch(on);
    }

    /// Makes the reads of a kind, which waited for those of the kind `after`.
    ///
    /// This changes nothing but the count of rounds in [`CallStats`].
    pub async fn chain<T>(
        &self,
        kind: &str,
        after: Option<&str>,
        reads: impl Future<Output = T>,
    ) -> T {
        let Some(start) = self.rounds.start(after) else {
            return reads.await;
        };
        let (value, depth) = rounds::chain(start, reads).await;
        self.rounds.end(kind, depth);
        value
    }

    /// Makes a read once where several kinds want the same while a snapshot is read, else each time.
    ///
    /// `key` names the read with all its parameters.
    ///
    /// # Errors
    /// The fault of the read.
    pub async fn once<T, F, R>(&self, key: String, read: R) -> Result<Arc<T>, Fault>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
        R: FnOnce(Self) -> F,
    {
        let Some(cell) = self.once.cell(key) else {
            return read(self.clone()).await.map(Arc::new);
        };
        let shared = cell
            .get_or_try_init(|| async {
                let start = rounds::depth().unwrap_or_default();
                let (value, depth) = rounds::chain(start, read(self.clone())).await;
                value.map(|value| Shared {
                    value: Arc::new(value),
                    depth,
                })
            })
            .await?;
        rounds::reach(shared.depth);
        Arc::clone(&shared.value)
            .downcast()
            .map_err(|_| unreadable("", "two reads of different types share a key"))
    }

    /// A text of a reply as one of our types.
    ///
    /// # Errors
    /// A fault where AWS's text is not of the expected form.
    pub fn parse<T: FromStr>(&self, operation: &str, text: Option<&str>) -> Result<T, Fault> {
        let text = text.unwrap_or_default();
        text.parse().map_err(|_| {
            unreadable(
                operation,
                &format!("AWS answered with the unexpected `{text}`"),
            )
        })
    }
}

/// The AWS partition of a region, as in ARNs.
pub fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// The region in which a partition keeps what all its regions share.
fn global_region(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "cn-northwest-1"
    } else if region.starts_with("us-gov-") {
        "us-gov-west-1"
    } else {
        "us-east-1"
    }
}

/// How long a call may take.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(ATTEMPT_TIMEOUT_S))
        .connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_S))
        .build()
}

/// A reply that this program does not understand.
fn unreadable(operation: &str, what: &str) -> Fault {
    Fault::own(FaultClass::Rejected, operation, what)
}
