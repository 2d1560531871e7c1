//! Functions on AWS Lambda: log group, role, code, and a URL where one is wanted.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: the log group is there before the
//! function and goes after it, and the function cannot make one.

use std::collections::BTreeMap;

use super::inputs::Inputs;
use super::policies::{read_secrets, role, write_logs};
use super::secrets::Secrets;
use crate::model::{Document, Graph, Ref, Text};
use crate::resources::{
    LambdaArchitecture, LambdaFunction, LambdaFunctionArn, LambdaFunctionOutputsRefs,
    LambdaFunctionUrl, LambdaPermission, LogGroup, LogGroupName, UrlAuthType,
};
use crate::spec::leaf::{self, UrlAccess};
use crate::spec::resolved::Function;
use crate::spec::{Spec, names};

/// Who takes on the roles.
const LAMBDA: &str = "lambda.amazonaws.com";

/// A function with its log.
pub(super) struct Deployed {
    pub(super) function: LambdaFunctionOutputsRefs,
    pub(super) log_group: Ref<LogGroupName>,
}

/// What a function has beside what the user gives it.
#[derive(Default)]
pub(super) struct Extra {
    pub(super) environment: BTreeMap<String, Text>,
    pub(super) statements: Vec<Document>,
}

pub(super) fn add(
    graph: &mut Graph,
    spec: &Spec,
    inputs: &Inputs,
    secrets: &Secrets,
    function: &Function,
    extra: Extra,
) -> Deployed {
    let name = function.name.to_string();
    let logs = graph.add(
        format!("fn-{name}"),
        &LogGroup {
            name: names::function_log_group(&spec.stack, &function.name),
            retention_in_days: Some(function.retention_days),
        },
    );
    let read = secrets.arns(&function.reads);
    let mut statements = vec![write_logs(&logs.arn)];
    statements.extend(read_secrets(read.iter().map(|(_, arn)| *arn)));
    statements.extend(extra.statements);
    let role = role(
        names::function_role(&spec.stack, &function.name, &spec.region),
        LAMBDA,
        statements,
        &function.permissions,
    );
    let role = graph.add(format!("fn-{name}"), &role).arn;
    let given = function.environment.iter();
    let mut environment = extra.environment;
    environment.extend(
        read.iter()
            .map(|(name, arn)| (names::secret_variable(name), Text::from(*arn))),
    );
    environment.extend(given.map(|(name, value)| (name.to_string(), Text::from(value.as_str()))));
    let resource = LambdaFunction {
        name: names::function(&spec.stack, &function.name),
        description: format!("{name} of {}", spec.stack),
        runtime: function.runtime.to_string(),
        handler: function.handler.to_string(),
        role,
        code_sha256: inputs.function(&name),
        architecture: match function.architecture {
            leaf::Architecture::X86 => LambdaArchitecture::X86,
            leaf::Architecture::Arm => LambdaArchitecture::Arm,
        },
        memory: function.memory,
        timeout_s: function.timeout_s,
        environment,
        log_group: logs.name.clone(),
    };
    let added = graph.add(name, &resource);
    if let Some(access) = function.url {
        add_url(graph, inputs, &added.arn, access);
    }
    Deployed {
        function: added,
        log_group: logs.name,
    }
}

/// The URL, with the two statements by which its callers may call: for the URL, and for the function
/// through the URL.
///
/// Source: AWS Lambda Developer Guide, "Control access to Lambda function URLs".
fn add_url(
    graph: &mut Graph,
    inputs: &Inputs,
    function: &Ref<LambdaFunctionArn>,
    access: UrlAccess,
) {
    let (auth_type, principal) = match access {
        UrlAccess::Iam => (UrlAuthType::Iam, inputs.account.as_str()),
        UrlAccess::Public => (UrlAuthType::None, "*"),
    };
    graph.add_child(&LambdaFunctionUrl {
        function: function.clone(),
        auth_type,
    });
    let statement = |statement_id: &str, action: &str| LambdaPermission {
        function: function.clone(),
        statement_id: statement_id.to_owned(),
        action: action.to_owned(),
        principal: principal.to_owned(),
        source_arn: None,
        source_account: None,
        function_url_auth_type: None,
        invoked_via_function_url: false,
    };
    graph.add_child(&LambdaPermission {
        function_url_auth_type: Some(auth_type),
        ..statement("url", "lambda:InvokeFunctionUrl")
    });
    graph.add_child(&LambdaPermission {
        invoked_via_function_url: true,
        ..statement("url-function", "lambda:InvokeFunction")
    });
}
