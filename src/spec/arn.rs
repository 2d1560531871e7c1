//! ARNs, and the parts of IAM statements.
//!
//! Depends on the text types of this room. Invariant: a typed ARN names a resource of that type.

use super::leaf::region;
use super::text::{all, only, texts};

texts! {
    /// ARN of a certificate in AWS Certificate Manager.
    CertificateArn {
        name: "the ARN of a certificate",
        expected: "arn:aws:acm:REGION:ACCOUNT:certificate/ID",
        example: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-4e5f-6789-abcd-ef0123456789",
        pattern: r"^arn:aws(-cn|-us-gov)?:acm:[a-z]{2}(-[a-z]+){1,2}-[1-9]:[0-9]{12}:certificate/[0-9a-f-]{36}$",
        length: 60..=140,
        read: |text| match arn(text) {
            Some(["acm", of, account, resource]) => {
                region(of)?;
                all(account, |byte| byte.is_ascii_digit())?;
                let id = resource.strip_prefix("certificate/").ok_or(None)?;
                only(account.len() == 12 && id.len() == 36)?;
                all(id, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
            }
            Some(["iam", ..]) => Err(Some("import the certificate into ACM".to_owned())),
            Some(_) | None => Err(None),
        },
    }

    /// ARN of a managed IAM policy.
    PolicyArn {
        name: "the ARN of a managed policy",
        expected: "arn:aws:iam::ACCOUNT:policy/NAME, where ACCOUNT is aws or 12 digits",
        example: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        pattern: r"^arn:aws(-cn|-us-gov)?:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]+$",
        length: 25..=2048,
        read: |text| match arn(text) {
            Some(["iam", "", account, resource]) => {
                let name = resource.strip_prefix("policy/").ok_or(None)?;
                let number = account.len() == 12 && all(account, |byte| byte.is_ascii_digit()).is_ok();
                only(account == "aws" || number)?;
                all(name, |byte| byte.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&byte))
            }
            Some(_) | None => Err(None),
        },
    }

    /// Action of an IAM statement.
    IamAction {
        name: "an IAM action",
        expected: "SERVICE:ACTION with * and ? as wildcards, or *",
        example: "s3:GetObject",
        pattern: r"^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$",
        length: 1..=128,
        read: |text| {
            if text == "*" {
                return Ok(());
            }
            let (service, action) = text.split_once(':').ok_or(None)?;
            all(service, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')?;
            all(action, |byte| byte.is_ascii_alphanumeric() || b"*?".contains(&byte))
        },
    }

    /// Resource of an IAM statement.
    IamResource {
        name: "an ARN",
        expected: "an ARN with * as wildcard, or *",
        example: "arn:aws:s3:::shop-images/*",
        pattern: r"^(\*|arn:[!-~]+)$",
        length: 1..=2048,
        read: |text| {
            if text == "*" {
                return Ok(());
            }
            all(text.strip_prefix("arn:").ok_or(None)?, |byte| byte.is_ascii_graphic())
        },
    }
}

impl CertificateArn {
    /// Region that holds the certificate.
    pub fn region(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }

    /// Account that owns it.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }
}

/// Service, region, account and resource of an ARN.
fn arn(text: &str) -> Option<[&str; 4]> {
    let mut parts = text.splitn(6, ':');
    if parts.next() != Some("arn") {
        return None;
    }
    if !["aws", "aws-cn", "aws-us-gov"].contains(&parts.next()?) {
        return None;
    }
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}
