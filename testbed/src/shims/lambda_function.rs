//! Lambda functions.
//!
//! - Replies that hold a configuration: AWS gives `LoggingConfig` with what was sent, or its defaults;
//!   moto drops it.
//! - `UpdateFunctionCode` with `Architectures`: AWS changes them; moto keeps the old ones.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Answer, Next, Shim, memory};
use crate::operation::Request;

/// What moto does not keep of what is sent.
const KEPT: [&str; 2] = ["LoggingConfig", "Architectures"];

#[derive(Default)]
pub(crate) struct LambdaFunction {
    /// What was sent, by the function's ARN and the field.
    sent: Mutex<BTreeMap<(String, &'static str), Value>>,
}

impl Shim for LambdaFunction {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "lambda:CreateFunction",
            "lambda:GetFunction",
            "lambda:GetFunctionConfiguration",
            "lambda:ListFunctions",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let reply = next.forward(request).await?;
            if !reply.is_success() {
                return Ok(reply);
            }
            let mut body = reply.value();
            if let Some(arn) = body["FunctionArn"].as_str() {
                for field in KEPT {
                    let key = (arn.to_owned(), field);
                    let sent = &request.parameters[field];
                    if !sent.is_null() {
                        memory(&self.sent).insert(key, sent.clone());
                    } else if request.operation == "CreateFunction" {
                        memory(&self.sent).remove(&key);
                    }
                }
            }
            if body["FunctionArn"].is_string() {
                self.restore(&mut body);
            }
            if body["Configuration"].is_object() {
                self.restore(&mut body["Configuration"]);
            }
            for function in body["Functions"].as_array_mut().into_iter().flatten() {
                self.restore(function);
            }
            Ok(reply.with_value(&body))
        })
    }
}

impl LambdaFunction {
    fn restore(&self, function: &mut Value) {
        let arn = function["FunctionArn"].as_str().unwrap_or("");
        let name = function["FunctionName"].as_str().unwrap_or("");
        let mut logging = json!({ "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}") });
        let sent = |field| memory(&self.sent).get(&(arn.to_owned(), field)).cloned();
        for (field, value) in sent("LoggingConfig")
            .iter()
            .filter_map(Value::as_object)
            .flatten()
        {
            logging[field] = value.clone();
        }
        let architectures = sent("Architectures");
        function["LoggingConfig"] = logging;
        if let Some(architectures) = architectures {
            function["Architectures"] = architectures;
        }
    }
}
