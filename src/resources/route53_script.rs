//! Route 53 as a script, for the tests of the kinds that have records.
//!
//! May depend on `aws`. Invariant: replies have the form of the Route 53 API reference.

use crate::aws::scripted::Answer;

/// The one zone of the account: `example.com`.
pub(super) fn zones() -> Answer {
    Answer::Reply(
        200,
        "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id>\
         <Name>example.com.</Name><CallerReference>a</CallerReference></HostedZone></HostedZones>\
         <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>"
            .to_owned(),
    )
}

/// A change was accepted.
pub(super) fn changed() -> Answer {
    Answer::Reply(
        200,
        "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id>\
         <Status>PENDING</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo>\
         </ChangeResourceRecordSetsResponse>"
            .to_owned(),
    )
}
