//! The rights that policies grant, where IAM has other names than the APIs.
//!
//! Depends on nothing else of this crate. Invariant: an operation that is not listed is its own right.

/// Operations for which IAM has another name.
const PERMISSIONS: [(&str, &str); 22] = [
    (
        "cloudfront:CreateDistributionWithTags",
        "cloudfront:CreateDistribution",
    ),
    ("lambda:Invoke", "lambda:InvokeFunction"),
    ("s3:DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("s3:DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
    (
        "s3:DeleteBucketOwnershipControls",
        "s3:PutBucketOwnershipControls",
    ),
    ("s3:DeleteBucketTagging", "s3:PutBucketTagging"),
    ("s3:DeleteObjects", "s3:DeleteObject"),
    (
        "s3:DeletePublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
    ),
    ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    (
        "s3:GetBucketLifecycleConfiguration",
        "s3:GetLifecycleConfiguration",
    ),
    (
        "s3:GetBucketNotificationConfiguration",
        "s3:GetBucketNotification",
    ),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:HeadBucket", "s3:ListBucket"),
    ("s3:HeadObject", "s3:GetObject"),
    ("s3:ListBuckets", "s3:ListAllMyBuckets"),
    ("s3:ListObjectVersions", "s3:ListBucketVersions"),
    ("s3:ListObjects", "s3:ListBucket"),
    ("s3:ListObjectsV2", "s3:ListBucket"),
    ("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    (
        "s3:PutBucketLifecycleConfiguration",
        "s3:PutLifecycleConfiguration",
    ),
    (
        "s3:PutBucketNotificationConfiguration",
        "s3:PutBucketNotification",
    ),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
];

/// The right that a policy must grant for an operation.
pub(crate) fn permission(name: &str) -> String {
    PERMISSIONS
        .iter()
        .find(|(operation, _)| *operation == name)
        .map_or(name, |(_, right)| right)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_have_the_names_of_iam() {
        assert_eq!(
            permission("s3:PutPublicAccessBlock"),
            "s3:PutBucketPublicAccessBlock"
        );
        assert_eq!(permission("lambda:CreateFunction"), "lambda:CreateFunction");
    }
}
