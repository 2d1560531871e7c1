//! The policy of a bucket that delivery of access logs needs.
//!
//! May depend on `aws` and `model`. Invariant: pure; the same bucket has the same policy.

use crate::aws::partition_of;
use crate::model::{Document, PolicyDocument};

/// The service that writes the access logs of load balancers.
const LOG_DELIVERY: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

/// The accounts from which load balancers write access logs, in the regions that are older than
/// the service principal for it (Elastic Load Balancing user guide, "Enable access logs").
const LOG_DELIVERY_ACCOUNTS: [(&str, &str); 26] = [
    ("af-south-1", "098369216593"),
    ("ap-east-1", "754344448648"),
    ("ap-northeast-1", "582318560864"),
    ("ap-northeast-2", "600734575887"),
    ("ap-northeast-3", "383597477331"),
    ("ap-south-1", "718504428378"),
    ("ap-southeast-1", "114774131450"),
    ("ap-southeast-2", "783225319266"),
    ("ap-southeast-3", "589379963580"),
    ("ca-central-1", "985666609251"),
    ("cn-north-1", "638102146993"),
    ("cn-northwest-1", "037604701340"),
    ("eu-central-1", "054676820928"),
    ("eu-north-1", "897822967062"),
    ("eu-south-1", "635631232127"),
    ("eu-west-1", "156460612806"),
    ("eu-west-2", "652711504416"),
    ("eu-west-3", "009996457667"),
    ("me-south-1", "076674570225"),
    ("sa-east-1", "507241528517"),
    ("us-east-1", "127311923021"),
    ("us-east-2", "033677994240"),
    ("us-gov-east-1", "190560391635"),
    ("us-gov-west-1", "048591011584"),
    ("us-west-1", "027434742980"),
    ("us-west-2", "797873946194"),
];

/// A bucket for access logs.
#[derive(Clone, Copy, Debug)]
pub struct LogBucket<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the names of the logs begin with, without a slash at the end.
    pub prefix: Option<&'a str>,
    /// The account whose load balancers write to it.
    pub account: &'a str,
    /// Their region.
    pub region: &'a str,
}

impl LogBucket<'_> {
    /// The policy that lets the load balancers of the account and region write their access logs,
    /// and nobody anything else.
    pub fn policy(&self) -> PolicyDocument {
        let partition = partition_of(self.region);
        let mut principals = vec![("Service", Document::from(LOG_DELIVERY))];
        if let Some(account) = log_delivery_account(self.region) {
            let root = format!("arn:{partition}:iam::{account}:root");
            principals.push(("AWS", Document::from(root.as_str())));
        }
        let prefix = self.prefix.map(|p| format!("{p}/")).unwrap_or_default();
        let (name, account) = (self.name, self.account);
        let logs = format!("arn:{partition}:s3:::{name}/{prefix}AWSLogs/{account}/*");
        PolicyDocument::of_statements(vec![Document::object([
            ("Effect", Document::from("Allow")),
            ("Principal", Document::object(principals)),
            ("Action", Document::from("s3:PutObject")),
            ("Resource", Document::from(logs.as_str())),
        ])])
    }
}

/// The account from which load balancers write access logs in an older region.
fn log_delivery_account(region: &str) -> Option<&'static str> {
    let known = LOG_DELIVERY_ACCOUNTS.iter().find(|(of, _)| *of == region);
    known.map(|(_, account)| *account)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn text(region: &str, prefix: Option<&str>) -> String {
        let bucket = LogBucket {
            name: "logs",
            prefix,
            account: "123456789012",
            region,
        };
        bucket.policy().to_json_text().expect("a known text")
    }

    #[test]
    fn old_regions_have_both_principals_and_new_ones_the_service() {
        let old = text("eu-west-1", None);
        assert!(old.contains("arn:aws:iam::156460612806:root"), "{old}");
        assert!(old.contains(LOG_DELIVERY), "{old}");
        assert!(
            old.contains("arn:aws:s3:::logs/AWSLogs/123456789012/*"),
            "{old}"
        );
        let new = text("il-central-1", None);
        assert!(new.contains(LOG_DELIVERY) && !new.contains("iam"), "{new}");
        let china = text("cn-north-1", Some("alb"));
        assert!(
            china.contains("arn:aws-cn:iam::638102146993:root"),
            "{china}"
        );
        assert!(
            china.contains("arn:aws-cn:s3:::logs/alb/AWSLogs/123456789012/*"),
            "{china}"
        );
    }

    #[test]
    fn accounts_have_twelve_digits_and_regions_are_told_once() {
        let regions: BTreeSet<&str> = LOG_DELIVERY_ACCOUNTS.iter().map(|(r, _)| *r).collect();
        assert_eq!(regions.len(), LOG_DELIVERY_ACCOUNTS.len());
        for (region, account) in LOG_DELIVERY_ACCOUNTS {
            let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
            assert!(is_account, "{region}");
        }
    }
}
