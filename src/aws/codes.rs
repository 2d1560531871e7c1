//! What AWS's error codes mean.
//!
//! May depend on `model`. Invariant: a code that is not listed is a rejection, which nobody repeats.
//!
//! Sources: the API references of EC2, Elastic Load Balancing, ECS, IAM, CloudWatch Logs and STS,
//! and the SDK's rules of what is throttling and what passes.

use crate::model::FaultClass;

/// What an error code means, with AWS's message and the HTTP status.
pub fn of_code(code: &str, message: &str, status: u16) -> FaultClass {
    // The order matters: some codes mean two things, told apart by the message.
    if is_throttled(code, message, status) {
        FaultClass::Throttled
    } else if is_not_yet(code, message) {
        FaultClass::NotYet
    } else if is_missing(code, message) {
        FaultClass::Missing
    } else if is_conflict(code, message) {
        FaultClass::Conflict
    } else if is_denied(code, status) {
        FaultClass::Denied
    } else if is_quota(code) {
        FaultClass::Quota
    } else if status >= 500 || is_passing(code) {
        FaultClass::Unknown
    } else {
        FaultClass::Rejected
    }
}

fn is_throttled(code: &str, message: &str, status: u16) -> bool {
    // `LimitExceededException` is a quota in some services and throttling in others.
    let by_message = message.contains("Rate exceeded") || message.contains("rate exceeded");
    by_message
        || status == 429
        || matches!(
            code,
            "Throttling"
                | "ThrottlingException"
                | "ThrottledException"
                | "RequestThrottled"
                | "RequestThrottledException"
                | "TooManyRequestsException"
                | "ProvisionedThroughputExceededException"
                | "TransactionInProgressException"
                | "RequestLimitExceeded"
                | "BandwidthLimitExceeded"
                | "SlowDown"
                | "PriorRequestNotComplete"
                | "EC2ThrottledException"
        )
}

/// Messages by which AWS says that something which was just made is not visible everywhere.
fn is_not_yet(code: &str, message: &str) -> bool {
    match code {
        "InvalidParameterException" | "ClientException" => [
            "Unable to assume the service linked role",
            "verify that the ECS service role being passed",
            "does not have an associated load balancer",
            "Role is not valid",
        ]
        .iter()
        .any(|text| message.contains(text)),
        "MalformedPolicyDocument" => message.contains("Invalid principal in policy"),
        "CertificateNotFound" => true,
        _ => false,
    }
}

fn is_missing(code: &str, message: &str) -> bool {
    code.ends_with(".NotFound")
        || matches!(
            code,
            "NatGatewayNotFound"
                | "Gateway.NotAttached"
                | "NoSuchEntity"
                | "NoSuchEntityException"
                | "ResourceNotFoundException"
                | "LoadBalancerNotFound"
                | "TargetGroupNotFound"
                | "ListenerNotFound"
                | "RuleNotFound"
                | "SubnetNotFound"
                | "AllocationIdNotFound"
                | "InvalidSecurityGroup"
                | "ClusterNotFoundException"
                | "ServiceNotFoundException"
                | "ServiceNotActiveException"
        )
        || code == "ClientException" && message.contains("Unable to describe task definition")
}

fn is_conflict(code: &str, message: &str) -> bool {
    code.ends_with(".InUse")
        || matches!(
            code,
            "DependencyViolation"
                | "IncorrectState"
                | "InvalidState"
                | "Resource.AlreadyAssociated"
                | "InvalidSubnet.Conflict"
                | "ResourceInUse"
                | "ResourceInUseException"
                | "PriorityInUse"
                | "DeleteConflict"
                | "DeleteConflictException"
                | "ConcurrentModification"
                | "ConcurrentModificationException"
                | "OperationAborted"
                | "OperationAbortedException"
                | "UpdateInProgressException"
                | "ClusterContainsServicesException"
                | "ClusterContainsTasksException"
                | "ClusterContainsContainerInstancesException"
                | "ClusterContainsCapacityProviderException"
        )
        || [
            "Cluster was not ACTIVE",
            "The service cannot be stopped while deployments are active",
            "still Draining",
        ]
        .iter()
        .any(|text| message.contains(text))
}

fn is_denied(code: &str, status: u16) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "AuthFailure"
            | "Blocked"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "IncompleteSignature"
            | "InvalidClientTokenId"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "NotAuthorized"
            | "OptInRequired"
            | "PendingVerification"
            | "RegionDisabledException"
            | "RequestExpired"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException"
    ) || matches!(status, 401 | 403)
}

fn is_quota(code: &str) -> bool {
    code.ends_with("LimitExceeded")
        || code.ends_with("LimitExceededException")
        || code.starts_with("TooMany")
        || code == "ServiceQuotaExceededException"
}

fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "InternalError"
            | "InternalFailure"
            | "InternalServerError"
            | "RequestTimeout"
            | "RequestTimeoutException"
            | "ServerException"
            | "ServiceFailure"
            | "ServiceFailureException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "Unavailable"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use FaultClass::{Conflict, Denied, Missing, NotYet, Quota, Rejected, Throttled, Unknown};

    /// Code, message, status, class.
    const CASES: &[(&str, &str, u16, FaultClass)] = &[
        // EC2
        (
            "RequestLimitExceeded",
            "Request limit exceeded.",
            503,
            Throttled,
        ),
        (
            "InvalidVpcID.NotFound",
            "The vpc ID 'vpc-1' does not exist",
            400,
            Missing,
        ),
        ("InvalidSubnetID.NotFound", "", 400, Missing),
        ("InvalidInternetGatewayID.NotFound", "", 400, Missing),
        ("InvalidRouteTableID.NotFound", "", 400, Missing),
        ("InvalidRouteTableId.NotFound", "", 400, Missing),
        ("InvalidRoute.NotFound", "", 400, Missing),
        ("InvalidAssociationID.NotFound", "", 400, Missing),
        ("InvalidGroup.NotFound", "", 400, Missing),
        ("InvalidPermission.NotFound", "", 400, Missing),
        ("InvalidSecurityGroupRuleId.NotFound", "", 400, Missing),
        ("InvalidAllocationID.NotFound", "", 400, Missing),
        ("InvalidVpcEndpointId.NotFound", "", 400, Missing),
        ("NatGatewayNotFound", "", 400, Missing),
        ("Gateway.NotAttached", "", 400, Missing),
        ("InvalidVpcID.Malformed", "", 400, Rejected),
        (
            "DependencyViolation",
            "has dependencies and cannot be deleted",
            400,
            Conflict,
        ),
        ("InvalidGroup.InUse", "", 400, Conflict),
        ("InvalidIPAddress.InUse", "", 400, Conflict),
        ("IncorrectState", "", 400, Conflict),
        ("Resource.AlreadyAssociated", "", 400, Conflict),
        (
            "InvalidSubnet.Conflict",
            "conflicts with another subnet",
            400,
            Conflict,
        ),
        (
            "InvalidPermission.Duplicate",
            "the specified rule already exists",
            400,
            Rejected,
        ),
        ("InvalidGroup.Duplicate", "already exists", 400, Rejected),
        ("RouteAlreadyExists", "", 400, Rejected),
        ("InvalidParameterValue", "", 400, Rejected),
        ("OperationNotPermitted", "", 400, Rejected),
        ("AddressLimitExceeded", "", 400, Quota),
        ("VpcLimitExceeded", "", 400, Quota),
        ("NatGatewayLimitExceeded", "", 400, Quota),
        ("RulesPerSecurityGroupLimitExceeded", "", 400, Quota),
        (
            "UnauthorizedOperation",
            "You are not authorized",
            403,
            Denied,
        ),
        ("AuthFailure", "", 401, Denied),
        ("RequestExpired", "", 400, Denied),
        ("InternalError", "", 500, Unknown),
        ("Unavailable", "", 503, Unknown),
        // Elastic Load Balancing
        ("Throttling", "Rate exceeded", 400, Throttled),
        ("ThrottlingException", "", 400, Throttled),
        ("LoadBalancerNotFound", "", 400, Missing),
        ("TargetGroupNotFound", "", 400, Missing),
        ("ListenerNotFound", "", 400, Missing),
        ("RuleNotFound", "", 400, Missing),
        ("SubnetNotFound", "", 400, Missing),
        ("InvalidSecurityGroup", "", 400, Missing),
        ("CertificateNotFound", "", 400, NotYet),
        ("ResourceInUse", "Target group is in use", 400, Conflict),
        ("PriorityInUse", "", 400, Conflict),
        ("DuplicateLoadBalancerName", "", 400, Rejected),
        ("DuplicateTargetGroupName", "", 400, Rejected),
        ("DuplicateListener", "", 400, Rejected),
        (
            "OperationNotPermitted",
            "deletion protection is enabled",
            400,
            Rejected,
        ),
        ("TooManyLoadBalancers", "", 400, Quota),
        ("TooManyTargetGroups", "", 400, Quota),
        // ECS
        ("ClusterNotFoundException", "", 400, Missing),
        ("ServiceNotFoundException", "", 400, Missing),
        ("ServiceNotActiveException", "", 400, Missing),
        (
            "ClientException",
            "Unable to describe task definition.",
            400,
            Missing,
        ),
        ("ClientException", "Role is not valid", 400, NotYet),
        (
            "ClientException",
            "Invalid 'cpu' setting for task.",
            400,
            Rejected,
        ),
        (
            "InvalidParameterException",
            "Unable to assume the service linked role.",
            400,
            NotYet,
        ),
        (
            "InvalidParameterException",
            "The target group with targetGroupArn x does not have an associated load balancer.",
            400,
            NotYet,
        ),
        (
            "InvalidParameterException",
            "Unable to Start a service that is still Draining.",
            400,
            Conflict,
        ),
        (
            "InvalidParameterException",
            "Creation of service was not idempotent.",
            400,
            Rejected,
        ),
        ("ClusterContainsServicesException", "", 400, Conflict),
        ("UpdateInProgressException", "", 400, Conflict),
        (
            "LimitExceededException",
            "The limit for the resource was exceeded.",
            400,
            Quota,
        ),
        ("LimitExceededException", "Rate exceeded", 400, Throttled),
        ("ServerException", "", 500, Unknown),
        ("AccessDeniedException", "", 400, Denied),
        // IAM
        ("NoSuchEntity", "", 404, Missing),
        ("EntityAlreadyExists", "", 409, Rejected),
        (
            "DeleteConflict",
            "must detach all policies first",
            409,
            Conflict,
        ),
        ("ConcurrentModification", "", 409, Conflict),
        (
            "LimitExceeded",
            "Cannot exceed quota for PoliciesPerRole: 10",
            409,
            Quota,
        ),
        (
            "MalformedPolicyDocument",
            "Invalid principal in policy: x",
            400,
            NotYet,
        ),
        (
            "MalformedPolicyDocument",
            "Syntax errors in policy.",
            400,
            Rejected,
        ),
        ("AccessDenied", "", 403, Denied),
        ("ServiceFailure", "", 500, Unknown),
        // CloudWatch Logs
        ("ResourceNotFoundException", "", 400, Missing),
        ("ResourceAlreadyExistsException", "", 400, Rejected),
        ("OperationAbortedException", "", 400, Conflict),
        (
            "LimitExceededException",
            "Resource limit exceeded.",
            400,
            Quota,
        ),
        ("ServiceUnavailableException", "", 500, Unknown),
        // STS
        ("ExpiredToken", "", 403, Denied),
        ("InvalidClientTokenId", "", 403, Denied),
        ("RegionDisabledException", "", 403, Denied),
        // no code at all
        ("", "", 403, Denied),
        ("", "", 429, Throttled),
        ("", "", 502, Unknown),
        ("", "", 400, Rejected),
    ];

    #[test]
    fn codes_mean_what_aws_says() {
        for (code, message, status, class) in CASES {
            let found = of_code(code, message, *status);
            assert_eq!(found, *class, "{code} `{message}` {status}");
        }
    }
}
