//! What AWS's error codes mean.
//!
//! May depend on `model`. Invariant: a code that is not listed is a rejection, which nobody repeats.
//!
//! Sources: the API references of the services that the table of the tests names, and the SDK's
//! rules of what is throttling and what passes.

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
    } else if is_quota(code) {
        // Before denials: SNS says with 403 that a limit is reached.
        FaultClass::Quota
    } else if is_denied(code, status) {
        FaultClass::Denied
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
                | "Throttled"
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
        "ValidationException" => ["Unable to assume IAM role", "ECS service doesn't exist"]
            .iter()
            .any(|text| message.contains(text)),
        // Application Auto Scaling reaches CloudWatch in the name of whoever calls.
        "FailedResourceAccessException" => [
            "is not authorized to perform",
            "token included in the request is invalid",
        ]
        .iter()
        .any(|text| message.contains(text)),
        "MalformedPolicyDocument" | "MalformedPolicy" => {
            message.contains("Invalid principal in policy")
        }
        // The load balancer's first look at its bucket (Elastic Load Balancing user guide).
        "InvalidConfigurationRequest" => ["Access Denied for bucket", "transient issue"]
            .iter()
            .any(|text| message.contains(text)),
        // Lambda, of a role that was just made.
        "InvalidParameterValueException" => [
            "cannot be assumed by Lambda",
            "execution role does not have permissions",
            "throttled by EC2",
            "KMS key is invalid for CreateGrant",
            "provided principal was invalid",
        ]
        .iter()
        .any(|text| message.contains(text)),
        // Secrets Manager, of a function whose policy was just made.
        "AccessDeniedException" => message.contains("cannot invoke the specified Lambda function"),
        "WAFUnavailableEntityException"
        | "WAFServiceLinkedRoleErrorException"
        | "RequestInProgressException" => true,
        // CloudFront does not see a new certificate or web ACL at once.
        "InvalidViewerCertificate" => !message.contains("doesn't cover the alternate domain name"),
        "CertificateNotFound" | "InvalidWebACLId" => true,
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
                | "NoSuchBucket"
                | "NoSuchBucketPolicy"
                | "NoSuchKey"
                | "NoSuchLifecycleConfiguration"
                | "NoSuchPublicAccessBlockConfiguration"
                | "NoSuchTagSet"
                | "ServerSideEncryptionConfigurationNotFoundError"
                | "RepositoryNotFoundException"
                | "ImageNotFoundException"
                | "LifecyclePolicyNotFoundException"
                | "NoSuchHostedZone"
                | "NoSuchDistribution"
                | "NoSuchFunctionExists"
                | "NoSuchCachePolicy"
                | "NoSuchOriginRequestPolicy"
                | "NoSuchResponseHeadersPolicy"
                | "NoSuchResource"
                | "WAFNonexistentItemException"
                | "ObjectNotFoundException"
                | "ResourceNotFound"
                | "DashboardNotFoundError"
                | "NotFound"
                | "NotFoundException"
        )
        || code == "InvalidChangeBatch" && message.contains("but it was not found")
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
                | "ConditionalRequestConflict"
                | "OperationAbortedException"
                | "UpdateInProgressException"
                | "ClusterContainsServicesException"
                | "ClusterContainsTasksException"
                | "ClusterContainsContainerInstancesException"
                | "ClusterContainsCapacityProviderException"
        )
        || matches!(
            code,
            "WAFAssociatedItemException"
                | "WAFOptimisticLockException"
                | "ConcurrentUpdateException"
                | "ConcurrentAccess"
                | "StaleTag"
        )
        // Lambda says the same of what is being changed and of what exists.
        || code == "ResourceConflictException" && !message.contains(" exist")
        || code == "InvalidRequestException" && message.contains("was deleted")
        || matches!(
            code,
            "FunctionInUse"
                | "CachePolicyInUse"
                | "OriginRequestPolicyInUse"
                | "ResponseHeadersPolicyInUse"
                | "DistributionNotDisabled"
                | "PreconditionFailed"
                | "InvalidIfMatchVersion"
        )
        || code == "InvalidChangeBatch" && message.contains("do not match the current values")
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
        || matches!(
            code,
            "ServiceQuotaExceededException"
                | "LimitsExceeded"
                | "WAFLimitsExceededException"
                | "CodeStorageExceededException"
                | "PolicyLengthExceededException"
        )
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
            // The reference is unique in a run, so an earlier try of the same create was heard.
            | "DistributionAlreadyExists"
            | "WAFInternalErrorException"
            | "WAFTagOperationInternalErrorException"
    )
}

#[cfg(test)]
#[path = "codes_tests.rs"]
mod tests;
