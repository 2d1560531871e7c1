//! Rotation of secrets.
//!
//! - `RotateSecret`: AWS notes the function and the rules, announces a version `AWSPENDING` that has
//!   no value yet, and has the function carry it through its four steps; where `RotateImmediately` is
//!   false it has the function try `testSecret` on a version that it takes away again. moto leaves
//!   that version; ministack makes it current; neither asks the function.
//! - `RotateSecret` with a function that Secrets Manager may not invoke: AWS refuses with
//!   `AccessDeniedException`; while another rotation is not complete: with `InvalidRequestException`.
//!   The emulators do not look.
//! - `CancelRotateSecret`: AWS turns rotation off and leaves the function and the rules; moto refuses
//!   it in some states, ministack does not know it.
//! - `DescribeSecret`, `ListSecrets`: AWS says all of that; `LastRotatedDate` is the time of a rotation
//!   that was finished.
//!
//! The function is asked where functions run, on ministack; elsewhere a rotation is only noted, and no
//! version is made. Where a test holds rotations, a version is announced and the function not asked;
//! the rotation ends when that version becomes the current one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::secret::take_label;
use super::{Answer, Next, Shim, memory, refusal};
use crate::holds::Holds;
use crate::homes::SetUp;
use crate::operation::Request;
use crate::reply::Reply;

const SERVICE: &str = "secretsmanager";

/// What Secrets Manager asks of a function, in order.
const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// What is said of a secret's rotation.
#[derive(Clone, Default)]
struct Rotation {
    enabled: bool,
    function: Value,
    rules: Value,
    /// Seconds since 1970.
    last_s: Option<u64>,
    /// The version that was announced; it may have no value yet.
    announced: Option<String>,
}

pub(crate) struct SecretRotation {
    /// Whether the emulator of the functions runs them.
    functions_run: bool,
    holds: Arc<Holds>,
    /// By the secret's ARN.
    rotations: Mutex<BTreeMap<String, Rotation>>,
}

impl Shim for SecretRotation {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "secretsmanager:RotateSecret",
            "secretsmanager:CancelRotateSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecrets",
            "secretsmanager:DeleteSecret",
            "secretsmanager:UpdateSecretVersionStage",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "RotateSecret" => self.rotate(request, next).await,
                "CancelRotateSecret" => self.cancel(request, next).await,
                "DeleteSecret" => self.delete(request, next).await,
                "UpdateSecretVersionStage" => self.label(request, next).await,
                _ => self.read(request, next).await,
            }
        })
    }
}

impl SecretRotation {
    pub(crate) fn new(set_up: SetUp, holds: Arc<Holds>) -> SecretRotation {
        SecretRotation {
            functions_run: set_up == SetUp::DataPlane,
            holds,
            rotations: Mutex::default(),
        }
    }

    async fn rotate(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let found = match described(request, next).await? {
            Ok(found) => found,
            Err(refused) => return Ok(refused),
        };
        let arn = found["ARN"].as_str().unwrap_or("").to_owned();
        let mut rotation = memory(&self.rotations)
            .get(&arn)
            .cloned()
            .unwrap_or_default();
        for (field, place) in [
            ("RotationLambdaARN", &mut rotation.function),
            ("RotationRules", &mut rotation.rules),
        ] {
            if !request.parameters[field].is_null() {
                *place = request.parameters[field].clone();
            }
        }
        if let Some(refused) = refused(request, next, &found, &rotation).await? {
            return Ok(refused);
        }
        let token = match request.text("ClientRequestToken") {
            "" => format!("testbed-rotation-{:032x}", now().1),
            token => token.to_owned(),
        };
        let function = rotation.function.as_str().unwrap_or("").to_owned();
        let at_once = request.parameters["RotateImmediately"] != json!(false);
        rotation.enabled = true;
        if self.functions_run && at_once {
            take_label(next, &arn, "AWSPENDING").await?;
            rotation.announced = Some(token.clone());
        }
        memory(&self.rotations).insert(arn.clone(), rotation);
        if self.functions_run && !at_once {
            try_out(next, &function, &arn, &token).await?;
        }
        let done = self.functions_run
            && at_once
            && !self.holds.holds_rotations()
            && carry_through(next, &function, &arn, &token).await?;
        if let (true, Some(rotation)) = (done, memory(&self.rotations).get_mut(&arn)) {
            rotation.last_s = Some(now().0);
            rotation.announced = None;
        }
        let answer = json!({ "ARN": arn, "Name": found["Name"], "VersionId": token });
        Ok(Reply::json(&answer))
    }

    /// Takes the label from a version that was announced and has no value, or ends the rotation of one
    /// that becomes the current one.
    async fn label(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        if request.text("VersionStage") == "AWSCURRENT" && reply.is_success() {
            self.end(&reply, request.text("MoveToVersionId"));
        }
        if request.text("VersionStage") != "AWSPENDING" {
            return Ok(reply);
        }
        let found = match described(request, next).await? {
            Ok(found) => found,
            Err(refused) => return Ok(refused),
        };
        let arn = found["ARN"].as_str().unwrap_or("");
        let taken = memory(&self.rotations).get_mut(arn).and_then(|rotation| {
            let from = request.text("RemoveFromVersionId");
            rotation.announced.take_if(|announced| announced == from)
        });
        Ok(match taken {
            Some(_) => Reply::json(&json!({ "ARN": arn, "Name": found["Name"] })),
            None => reply,
        })
    }

    /// Notes that a version which was announced is the current one.
    fn end(&self, reply: &Reply, version: &str) {
        let arn = reply.value()["ARN"].as_str().unwrap_or("").to_owned();
        if let Some(rotation) = memory(&self.rotations).get_mut(&arn)
            && rotation.announced.as_deref() == Some(version)
        {
            rotation.announced = None;
            rotation.last_s = Some(now().0);
        }
    }

    async fn cancel(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let found = match described(request, next).await? {
            Ok(found) => found,
            Err(refused) => return Ok(refused),
        };
        let arn = found["ARN"].as_str().unwrap_or("");
        if let Some(rotation) = memory(&self.rotations).get_mut(arn) {
            rotation.enabled = false;
            rotation.announced = None;
        }
        Ok(Reply::json(&json!({ "ARN": arn, "Name": found["Name"] })))
    }

    async fn delete(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        if reply.is_success() && request.parameters["ForceDeleteWithoutRecovery"] == json!(true) {
            let body = reply.value();
            memory(&self.rotations).remove(body["ARN"].as_str().unwrap_or(""));
        }
        Ok(reply)
    }

    async fn read(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        let mut body = reply.value();
        for secret in body["SecretList"].as_array_mut().into_iter().flatten() {
            self.restore(secret);
        }
        if body["ARN"].is_string() {
            self.restore(&mut body);
        }
        Ok(reply.with_value(&body))
    }

    /// Says of a secret what AWS says of its rotation.
    fn restore(&self, secret: &mut Value) {
        let rotation = memory(&self.rotations)
            .get(secret["ARN"].as_str().unwrap_or(""))
            .cloned();
        let Some(fields) = secret.as_object_mut() else {
            return;
        };
        for field in [
            "RotationEnabled",
            "RotationLambdaARN",
            "RotationRules",
            "LastRotatedDate",
            "NextRotationDate",
        ] {
            fields.remove(field);
        }
        let Some(rotation) = rotation else {
            return;
        };
        if let Some(announced) = rotation.announced {
            for list in ["VersionIdsToStages", "SecretVersionsToStages"] {
                if let Some(versions) = fields.get_mut(list).and_then(Value::as_object_mut) {
                    let label = json!(["AWSPENDING"]);
                    versions.entry(announced.clone()).or_insert(label);
                }
            }
        }
        fields.insert("RotationEnabled".to_owned(), json!(rotation.enabled));
        fields.insert("RotationLambdaARN".to_owned(), rotation.function);
        let days = rotation.rules["AutomaticallyAfterDays"].as_u64();
        fields.insert("RotationRules".to_owned(), rotation.rules);
        if let Some(last_s) = rotation.last_s {
            fields.insert("LastRotatedDate".to_owned(), json!(last_s));
        }
        if let (true, Some(days)) = (rotation.enabled, days) {
            let next_s = rotation.last_s.unwrap_or(now().0) + days * 24 * 60 * 60;
            fields.insert("NextRotationDate".to_owned(), json!(next_s));
        }
    }
}

/// The secret of a request as it is, or why it cannot be used.
async fn described(request: &Request, next: Next<'_>) -> Result<Result<Value, Reply>> {
    let asked = json!({ "SecretId": request.text("SecretId") });
    let found = next.json(SERVICE, "DescribeSecret", &asked).await?;
    if !found["ARN"].is_string() {
        let message = "Secrets Manager can't find the specified secret.";
        return Ok(Err(refusal(request, "ResourceNotFoundException", message)));
    }
    if !found["DeletedDate"].is_null() {
        let message = "You can't perform this operation on the secret because it was marked for \
                       deletion.";
        return Ok(Err(refusal(request, "InvalidRequestException", message)));
    }
    Ok(Ok(found))
}

/// Why AWS would not begin a rotation.
async fn refused(
    request: &Request,
    next: Next<'_>,
    found: &Value,
    rotation: &Rotation,
) -> Result<Option<Reply>> {
    let Some(function) = rotation.function.as_str() else {
        let message = "You tried to enable rotation on a secret that doesn't already have a Lambda \
                       function ARN configured and you didn't include such an ARN as a parameter in \
                       this call.";
        return Ok(Some(refusal(request, "InvalidRequestException", message)));
    };
    let versions = found["VersionIdsToStages"].as_object();
    let under_way = versions.into_iter().flatten().any(|(_, stages)| {
        let has = |label: &str| {
            let mut stages = stages.as_array().into_iter().flatten();
            stages.any(|stage| stage == label)
        };
        has("AWSPENDING") && !has("AWSCURRENT")
    });
    if under_way {
        let message = "A previous rotation isn't complete. That rotation will be reattempted.";
        return Ok(Some(refusal(request, "InvalidRequestException", message)));
    }
    let name = function.rsplit(':').next().unwrap_or(function);
    let path = format!("/2015-03-31/functions/{name}/policy");
    let (_, reply) = next.rest("lambda", "GET", &path, "").await?;
    let policy = reply.value()["Policy"].as_str().unwrap_or("").to_owned();
    if !policy.contains("secretsmanager.amazonaws.com") {
        let message = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the \
                       function policy grants access to the principal secretsmanager.amazonaws.com.";
        let status = StatusCode::BAD_REQUEST;
        let code = "AccessDeniedException";
        return Ok(Some(Reply::error(request, status, code, message)));
    }
    Ok(None)
}

/// Whether a step succeeded.
async fn step(next: Next<'_>, function: &str, step: &str, arn: &str, token: &str) -> Result<bool> {
    let name = function.rsplit(':').next().unwrap_or(function);
    let path = format!("/2015-03-31/functions/{name}/invocations");
    let event = json!({ "Step": step, "SecretId": arn, "ClientRequestToken": token });
    let (_, reply) = next
        .rest("lambda", "POST", &path, &event.to_string())
        .await?;
    Ok(reply.is_success() && !reply.headers.contains_key("x-amz-function-error"))
}

/// Has the function carry an announced version through its steps; tells whether all succeeded.
async fn carry_through(next: Next<'_>, function: &str, arn: &str, token: &str) -> Result<bool> {
    for name in STEPS {
        if !step(next, function, name, arn, token).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Has the function test a version, with the value of the current one, that is taken away again.
async fn try_out(next: Next<'_>, function: &str, arn: &str, token: &str) -> Result<()> {
    let asked = json!({ "SecretId": arn });
    let current = next
        .emulator_json(SERVICE, "GetSecretValue", &asked)
        .await?;
    let pending = json!({
        "SecretId": arn, "ClientRequestToken": token, "VersionStages": ["AWSPENDING"],
        "SecretString": current.value()["SecretString"],
    });
    next.emulator_json(SERVICE, "PutSecretValue", &pending)
        .await?;
    step(next, function, "testSecret", arn, token).await?;
    let unlabel = json!({
        "SecretId": arn, "VersionStage": "AWSPENDING", "RemoveFromVersionId": token,
    });
    next.emulator_json(SERVICE, "UpdateSecretVersionStage", &unlabel)
        .await?;
    Ok(())
}

/// Seconds and nanoseconds since 1970.
fn now() -> (u64, u128) {
    let age = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    (age.as_secs(), age.as_nanos())
}
