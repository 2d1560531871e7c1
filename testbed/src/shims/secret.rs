//! Secrets and their versions.
//!
//! - `CreateSecret`: on AWS the `ClientRequestToken` is the version's id, and the same call again
//!   gives the same secret; ministack ignores the token. Of a name that is scheduled for deletion:
//!   AWS refuses with `InvalidRequestException`; both emulators with `ResourceExistsException`.
//! - `PutSecretValue` with a token that has another value: AWS refuses with
//!   `ResourceExistsException`; both emulators overwrite.
//! - `PutSecretValue` with a label that another version bears: AWS moves it; in both emulators two
//!   versions bear it then.
//! - `GetSecretValue`, and `PutSecretValue` of a new current version, after `UpdateSecretVersionStage`:
//!   AWS goes by the label `AWSCURRENT`; moto by the version that was current first, and then has two.
//! - `TagResource` of a secret that is scheduled for deletion: AWS refuses with
//!   `InvalidRequestException`; moto tags it.
//! - `DescribeSecret`, `ListSecrets`, `ListSecretVersionIds`: AWS leaves out versions that bear no
//!   label (unless `IncludeDeprecated`), and gives the ARN as `ARN`; the emulators list them, and moto
//!   gives what was asked with as `ARN`.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;

const SERVICE: &str = "secretsmanager";

/// The label of the current version.
const CURRENT: &str = "AWSCURRENT";

/// A label that a version bears for a moment.
const STEP: &str = "TESTBED";

pub(crate) struct Secret;

impl Shim for Secret {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "secretsmanager:CreateSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:TagResource",
            "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecrets",
            "secretsmanager:ListSecretVersionIds",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "CreateSecret" => create(request, next).await,
                "GetSecretValue" => get(request, next).await,
                "PutSecretValue" => put(request, next).await,
                "TagResource" => tag(request, next).await,
                "ListSecretVersionIds" => versions(request, next).await,
                _ => read(request, next).await,
            }
        })
    }
}

async fn create(request: &Request, next: Next<'_>) -> Result<Reply> {
    let name = request.text("Name");
    let token = request.text("ClientRequestToken");
    let reply = next.forward(request).await?;
    if reply.code() == "ResourceExistsException" {
        let found = next
            .json(SERVICE, "DescribeSecret", &json!({ "SecretId": name }))
            .await?;
        if !found["DeletedDate"].is_null() {
            let message = "You can't create this secret because a secret with this name is already \
                           scheduled for deletion.";
            return Ok(refusal(request, "InvalidRequestException", message));
        }
        if value_of(next, name, token).await?.as_ref() == Some(&value(&request.parameters)) {
            let same = json!({ "ARN": found["ARN"], "Name": name, "VersionId": token });
            return Ok(Reply::json(&same));
        }
        return Ok(reply);
    }
    let mut body = reply.value();
    let made = body["VersionId"].as_str().unwrap_or("").to_owned();
    if !reply.is_success() || token.is_empty() || made.is_empty() || made == token {
        return Ok(reply);
    }
    // The value again under the token, and no label for the version that has an id of its own.
    let mut again = value(&request.parameters);
    again.insert("SecretId".to_owned(), json!(name));
    again.insert("ClientRequestToken".to_owned(), json!(token));
    let unlabel = json!({
        "SecretId": name, "VersionStage": "AWSPREVIOUS", "RemoveFromVersionId": made,
    });
    for (operation, body) in [
        ("PutSecretValue", Value::Object(again)),
        ("UpdateSecretVersionStage", unlabel),
    ] {
        next.emulator_json(SERVICE, operation, &body).await?;
    }
    body["VersionId"] = json!(token);
    Ok(reply.with_value(&body))
}

async fn get(request: &Request, next: Next<'_>) -> Result<Reply> {
    if !request.text("VersionId").is_empty() {
        return next.forward(request).await;
    }
    let label = match request.text("VersionStage") {
        "" => CURRENT,
        label => label,
    };
    let Some(version) = bearer(next, request.text("SecretId"), label).await? else {
        return next.forward(request).await;
    };
    let mut asked = request.parameters.clone();
    asked["VersionId"] = json!(version);
    next.forward(&request.with_value(asked)).await
}

async fn put(request: &Request, next: Next<'_>) -> Result<Reply> {
    let (id, token) = (request.text("SecretId"), request.text("ClientRequestToken"));
    let there = value_of(next, id, token).await?;
    if there
        .as_ref()
        .is_some_and(|there| *there != value(&request.parameters))
    {
        let message = format!(
            "You can't use ClientRequestToken {token} because that value is already in use for a \
             version of this secret."
        );
        return Ok(refusal(request, "ResourceExistsException", &message));
    }
    let labels = &request.parameters["VersionStages"];
    let becomes_current = labels.is_null() || *labels == json!([CURRENT]);
    let current = bearer(next, id, CURRENT).await?;
    let (Some(current), true, None) = (current, becomes_current, there) else {
        for label in labels.as_array().into_iter().flatten() {
            take_label(next, id, label.as_str().unwrap_or("")).await?;
        }
        return next.forward(request).await;
    };
    // Under a label of its own first; then the current one moves, and takes the previous one along.
    let mut sent = request.parameters.clone();
    sent["VersionStages"] = json!([STEP]);
    let reply = next.forward(&request.with_value(sent)).await?;
    let mut body = reply.value();
    if !reply.is_success() {
        return Ok(reply);
    }
    let made = body["VersionId"].clone();
    let moved = json!({
        "SecretId": id, "VersionStage": CURRENT, "MoveToVersionId": made,
        "RemoveFromVersionId": current,
    });
    let unlabel = json!({ "SecretId": id, "VersionStage": STEP, "RemoveFromVersionId": made });
    for change in [moved, unlabel] {
        next.emulator_json(SERVICE, "UpdateSecretVersionStage", &change)
            .await?;
    }
    body["VersionStages"] = json!([CURRENT]);
    Ok(reply.with_value(&body))
}

/// The version that bears a label, if one does.
async fn bearer(next: Next<'_>, id: &str, label: &str) -> Result<Option<String>> {
    let asked = json!({ "SecretId": id });
    let found = next
        .emulator_json(SERVICE, "DescribeSecret", &asked)
        .await?
        .value();
    let versions = found["VersionIdsToStages"].as_object();
    let bearer = versions.into_iter().flatten().find(|(_, stages)| {
        let mut stages = stages.as_array().into_iter().flatten();
        stages.any(|stage| stage == label)
    });
    Ok(bearer.map(|(version, _)| version.clone()))
}

/// Takes a label from whatever version bears it, but for the one of the current version, which always
/// has one.
pub(super) async fn take_label(next: Next<'_>, id: &str, label: &str) -> Result<()> {
    if label == CURRENT {
        return Ok(());
    }
    if let Some(version) = bearer(next, id, label).await? {
        let taken = json!({
            "SecretId": id, "VersionStage": label, "RemoveFromVersionId": version,
        });
        next.emulator_json(SERVICE, "UpdateSecretVersionStage", &taken)
            .await?;
    }
    Ok(())
}

/// The fields of a value as it is sent and given back.
fn value(fields: &Value) -> Map<String, Value> {
    ["SecretString", "SecretBinary"]
        .into_iter()
        .filter(|field| !fields[field].is_null())
        .map(|field| (field.to_owned(), fields[field].clone()))
        .collect()
}

/// The value of a version, if it is there.
async fn value_of(next: Next<'_>, id: &str, version: &str) -> Result<Option<Map<String, Value>>> {
    if version.is_empty() {
        return Ok(None);
    }
    let asked = json!({ "SecretId": id, "VersionId": version });
    let reply = next
        .emulator_json(SERVICE, "GetSecretValue", &asked)
        .await?;
    Ok(reply.is_success().then(|| value(&reply.value())))
}

async fn tag(request: &Request, next: Next<'_>) -> Result<Reply> {
    let asked = json!({ "SecretId": request.text("SecretId") });
    let found = next.json(SERVICE, "DescribeSecret", &asked).await?;
    if found["DeletedDate"].is_null() {
        return next.forward(request).await;
    }
    let message = "You can't perform this operation on the secret because it was marked for \
                   deletion.";
    Ok(refusal(request, "InvalidRequestException", message))
}

async fn versions(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if !reply.is_success() {
        return Ok(reply);
    }
    let mut body = reply.value();
    let asked = json!({ "SecretId": request.text("SecretId") });
    body["ARN"] = next.json(SERVICE, "DescribeSecret", &asked).await?["ARN"].clone();
    if let Some(versions) = body["Versions"].as_array_mut() {
        let all = request.parameters["IncludeDeprecated"] == json!(true);
        versions.retain(|version| all || labelled(&version["VersionStages"]));
    }
    if body["NextToken"] == json!("") {
        body.as_object_mut()
            .and_then(|body| body.remove("NextToken"));
    }
    Ok(reply.with_value(&body))
}

async fn read(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    let mut body = reply.value();
    for secret in body["SecretList"].as_array_mut().into_iter().flatten() {
        keep_labelled(&mut secret["SecretVersionsToStages"]);
    }
    if body["VersionIdsToStages"].is_object() {
        keep_labelled(&mut body["VersionIdsToStages"]);
    }
    Ok(reply.with_value(&body))
}

fn keep_labelled(versions: &mut Value) {
    if let Some(versions) = versions.as_object_mut() {
        versions.retain(|_, stages| labelled(stages));
    }
}

fn labelled(stages: &Value) -> bool {
    stages.as_array().is_some_and(|stages| !stages.is_empty())
}
