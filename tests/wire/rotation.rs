//! Rotations by the function as it is delivered, step by step as Secrets Manager asks for them, and
//! again with a crash in every step: while visitors come and go, the plan stays empty, and nobody is
//! refused.

mod header;
mod signing;
mod traffic;

use aws_sdk_ecs::primitives::DateTime;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};
use testbed::{Reply, Rule, StatusCode};

use crate::live::Live;

const STACK: &str = "qp-iac-cdn-headers";
/// What Secrets Manager asks of a function, in order.
const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// When a function ends before its time: at a call that was not carried out, or after one that was.
#[derive(Clone, Copy, Debug)]
enum Crash {
    Before(&'static str),
    After(&'static str),
}

/// A rotation that has begun.
struct Rotation<'a> {
    live: &'a Live,
    secret: String,
    token: String,
}

impl<'a> Rotation<'a> {
    /// Announces a version of a secret, and nothing more.
    async fn begin(live: &'a Live, name: &str, number: u8) -> Self {
        let secrets = &live.aws.secrets;
        let token = format!("{number:032}");
        let rotate = secrets.rotate_secret().client_request_token(&token);
        let rotate = rotate.secret_id(format!("{STACK}/{name}"));
        let secret = rotate.send().await.unwrap().arn.unwrap();
        let rotation = Self {
            live,
            secret,
            token,
        };
        rotation.live.program.assert_in_sync().await;
        rotation
    }

    /// Has the function do one step; what it says where it fails. There is nothing to plan after.
    async fn step(&self, step: &str) -> Result<(), String> {
        let event = json!({
            "Step": step, "SecretId": self.secret, "ClientRequestToken": self.token,
        });
        let done = self.live.invoke_rotation(&event).await.map(drop);
        self.live.program.assert_in_sync().await;
        done
    }

    /// A step that fails at a call, and then is done by all steps up to it from the first one.
    async fn crash(&self, step: &str, crash: Crash) {
        self.live.crash(crash);
        let failed = self.step(step).await;
        self.live.program.bed.clear_faults();
        let why = failed.expect_err("the step does not make that call");
        assert!(why.contains("it ends here"), "{why}");
        for earlier in STEPS.into_iter().take_while(|earlier| *earlier != step) {
            self.step(earlier).await.unwrap();
        }
    }

    /// The value of the secret's version with this label.
    async fn value(&self, label: &str) -> String {
        let get = self.live.aws.secrets.get_secret_value();
        let get = get.secret_id(&self.secret).version_stage(label);
        get.send().await.unwrap().secret_string.unwrap()
    }

    /// Whether the announced version is the current one.
    async fn is_over(&self) -> bool {
        let get = self.live.aws.secrets.get_secret_value();
        let get = get.secret_id(&self.secret).version_stage("AWSCURRENT");
        get.send().await.unwrap().version_id.unwrap() == self.token
    }
}

impl Live {
    /// When the service's newest deployment began.
    async fn deployed_at(&self) -> Option<DateTime> {
        let cluster = format!("{STACK}-cluster");
        let services = self.aws.ecs.describe_services().cluster(cluster);
        let services = services.services(format!("{STACK}-app-service"));
        let services = services.send().await.unwrap();
        let deployments = services.services()[0].deployments().iter();
        deployments
            .filter_map(|one| one.created_at().copied())
            .max()
    }

    /// Calls the function; what it returns, or what it ends with.
    async fn invoke_rotation(&self, event: &Value) -> Result<Value, String> {
        let name = format!("{STACK}-rotation");
        let invoke = self.aws.lambda.invoke().function_name(name);
        let invoke = invoke.payload(Blob::new(event.to_string()));
        let told = invoke.send().await.unwrap();
        let text = String::from_utf8(told.payload.unwrap().into_inner()).unwrap();
        match told.function_error {
            None => Ok(serde_json::from_str(&text).unwrap()),
            Some(_) => Err(text),
        }
    }

    /// What the schedule does.
    async fn reconcile(&self) -> Result<Value, String> {
        self.invoke_rotation(&json!({ "Step": "reconcile" })).await
    }

    /// From now on the function ends at this call.
    fn crash(&self, crash: Crash) {
        let (Crash::Before(call) | Crash::After(call)) = crash;
        let of_function = Rule::on(call)
            .having(|request| request.access_key == testbed::ACCOUNT)
            .first(1);
        let code = "AccessDeniedException";
        let message = "it ends here";
        self.program.bed.inject(match crash {
            Crash::Before(_) => of_function.error_with_status(403, code, message),
            Crash::After(_) => of_function.replaced(move |request, _| {
                Reply::error(request, StatusCode::FORBIDDEN, code, message)
            }),
        });
    }
}
