//! Lambda functions, their permissions and URLs.

use serde_json::{Value, json};
use testbed::Client;

use super::{gap, gap_of_ministack, rest_outcome};

const LAMBDA: &str = "lambda";

/// What rotates a secret, in Python.
const CODE: &str = include_str!("rotation.py");

/// A zip file with one file in it, stored and not packed, in base64.
fn zip(name: &str, text: &str) -> String {
    let (name, data) = (name.as_bytes(), text.as_bytes());
    let sizes = |bytes: &mut Vec<u8>| {
        bytes.extend(crc32(data).to_le_bytes());
        bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        bytes.extend(0_u16.to_le_bytes());
    };
    let mut file = b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0".to_vec();
    sizes(&mut file);
    file.extend(name);
    file.extend(data);
    let directory = u32::try_from(file.len()).unwrap();
    let mut entry = b"PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\0".to_vec();
    sizes(&mut entry);
    entry.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xa4, 0x81, 0, 0, 0, 0]);
    entry.extend(name);
    file.extend(&entry);
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend(u32::try_from(entry.len()).unwrap().to_le_bytes());
    file.extend(directory.to_le_bytes());
    file.extend([0, 0]);
    base64(&file)
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in data.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

async fn rest(client: &Client, method: &str, path: &str, body: &Value) -> Value {
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let reply = client.rest(LAMBDA, method, path, &[], &text).await.unwrap();
    assert!(reply.is_success(), "{method} {path}: {}", reply.text());
    reply.value()
}

fn settings(role: &str) -> Value {
    json!({
        "FunctionName": "f", "Runtime": "python3.13", "Role": role, "Handler": "rotation.handler",
        "Timeout": 20, "Code": { "ZipFile": zip("rotation.py", CODE) },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": "/logs/f" },
    })
}

/// Makes the function `f` and waits for it; gives its ARN.
pub(crate) async fn function(client: &Client) -> String {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust)];
    let role = client.read("iam", "CreateRole", &role).await.unwrap();
    let role = role.at("CreateRoleResult/Role/Arn");
    let made = rest(client, "POST", "/2015-03-31/functions", &settings(role)).await;
    let path = "/2015-03-31/functions/f/configuration";
    while rest(client, "GET", path, &Value::Null).await["State"] == "Pending" {
        tokio::task::yield_now().await;
    }
    made["FunctionArn"].as_str().unwrap().to_owned()
}

/// Lets Secrets Manager invoke the function.
pub(crate) async fn rotating(client: &Client) {
    permit(
        client,
        "rotation",
        &json!({ "Principal": "secretsmanager.amazonaws.com" }),
    )
    .await;
}

fn permission(id: &str, further: &Value) -> Value {
    let mut sent = json!({ "StatementId": id, "Action": "lambda:InvokeFunction" });
    for (field, value) in further.as_object().unwrap() {
        sent[field] = value.clone();
    }
    sent
}

async fn permit(client: &Client, id: &str, further: &Value) -> Value {
    let path = "/2015-03-31/functions/f/policy";
    rest(client, "POST", path, &permission(id, further)).await
}

#[tokio::test]
async fn logging_and_architectures_are_kept() {
    let scenario = async |client: &Client| {
        function(client).await;
        let path = "/2015-03-31/functions/f/code";
        let code = json!({ "ZipFile": zip("rotation.py", CODE), "Architectures": ["arm64"] });
        rest(client, "PUT", path, &code).await;
        let found = rest(client, "GET", "/2015-03-31/functions/f", &Value::Null).await;
        let all = rest(client, "GET", "/2015-03-31/functions", &Value::Null).await;
        format!(
            "{} {} {}",
            found["Configuration"]["LoggingConfig"]["LogGroup"],
            all["Functions"][0]["LoggingConfig"]["LogGroup"],
            found["Configuration"]["Architectures"]
        )
    };
    gap(scenario, r#""/logs/f" "/logs/f" ["arm64"]"#).await;
}

#[tokio::test]
async fn a_permissions_id_is_taken_once_and_its_limits_are_conditions() {
    let scenario = async |client: &Client| {
        function(client).await;
        let url = json!({ "Principal": "*", "FunctionUrlAuthType": "AWS_IAM" });
        permit(client, "url", &url).await;
        permit(
            client,
            "via",
            &json!({ "Principal": "*", "InvokedViaFunctionUrl": true }),
        )
        .await;
        let path = "/2015-03-31/functions/f/policy";
        let again = permission("url", &url).to_string();
        let again = rest_outcome(client, LAMBDA, "POST", path, &again).await;
        let found = rest(client, "GET", path, &Value::Null).await;
        let policy: Value = serde_json::from_str(found["Policy"].as_str().unwrap()).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let conditions: Vec<String> = statements
            .iter()
            .map(|statement| statement["Condition"].to_string())
            .collect();
        format!("{again}, {}", conditions.join(" "))
    };
    let aws = r#"ResourceConflictException, {"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}} {"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}"#;
    gap(scenario, aws).await;
}

#[tokio::test]
async fn a_function_without_permissions_has_no_policy() {
    let scenario = async |client: &Client| {
        function(client).await;
        rest_outcome(client, LAMBDA, "GET", "/2015-03-31/functions/f/policy", "").await
    };
    gap_of_ministack(scenario, "ResourceNotFoundException").await;
}

#[tokio::test]
async fn a_function_has_one_url() {
    let scenario = async |client: &Client| {
        function(client).await;
        let path = "/2021-10-31/functions/f/url";
        let sent = json!({ "AuthType": "AWS_IAM" });
        let made = rest(client, "POST", path, &sent).await;
        let url = made["FunctionUrl"].as_str().unwrap();
        let again = rest_outcome(client, LAMBDA, "POST", path, &sent.to_string()).await;
        let listed = "/2021-10-31/functions/f/urls";
        let listed = client.rest(LAMBDA, "GET", listed, &[], "").await.unwrap();
        format!(
            "{} {} {again} {}",
            url.ends_with('/'),
            made["InvokeMode"],
            listed.value()["FunctionUrlConfigs"][0]["FunctionUrl"] == url
        )
    };
    gap(
        scenario,
        r#"true "BUFFERED" ResourceConflictException true"#,
    )
    .await;
}
