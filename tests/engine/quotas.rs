//! The account's limits before the first change.

use qpiac::engine::{QuotaError, check_quotas};
use qpiac::model::{FaultClass, Milestone, State};

use crate::cloud::{Cloud, Strike};
use crate::scene::{Sketch, found, kind, settings, thing, tower};

#[tokio::test(start_paused = true)]
async fn a_plan_beyond_a_quota_is_refused() {
    let mut sketch = Sketch::default();
    sketch.create("thing/a", thing(1, &[]));
    sketch.create("thing/b", thing(1, &[]));
    sketch.create("tower/t", tower(1, &[]));
    let plan = sketch.plan();
    for (used, fits) in [(3, true), (4, false), (5, false)] {
        let cloud = Cloud::new();
        cloud.quota(&kind("thing"), 5, used);
        let checked = check_quotas(&plan, &cloud, &settings()).await;
        assert_eq!(checked.is_ok(), fits, "{used} in use");
        assert_eq!(cloud.calls_of("quota").len(), 2);
    }
    let cloud = Cloud::new();
    cloud.quota(&kind("thing"), 5, 4);
    let refused = check_quotas(&plan, &cloud, &settings())
        .await
        .expect_err("too many");
    assert_eq!(
        refused.to_string(),
        "the account's quotas do not allow this plan\n\
         number of things (alpha/L-0001): 5 allowed, 4 in use, 2 more needed for thing\n\
         hint: aws service-quotas request-service-quota-increase --service-code alpha \
         --quota-code L-0001 --desired-value 6"
    );
}

#[tokio::test(start_paused = true)]
async fn what_makes_way_first_leaves_its_place() {
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let cloud = Cloud::new();
    cloud.quota(&kind("thing"), 1, 1);
    let mut delete_first = Sketch::default();
    let gone = delete_first.delete(&old);
    let new = delete_first.create("thing/a", thing(2, &[]));
    delete_first.after(new, gone, Milestone::Gone);
    let checked = check_quotas(&delete_first.plan(), &cloud, &settings()).await;
    assert_eq!(checked, Ok(()));
    let mut create_first = Sketch::default();
    let new = create_first.create("thing/a", thing(2, &[]));
    let gone = create_first.delete(&old);
    create_first.after(gone, new, Milestone::Ready);
    let checked = check_quotas(&create_first.plan(), &cloud, &settings()).await;
    assert!(matches!(checked, Err(QuotaError::Short(short)) if short[0].needed == 1));
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_cannot_be_read_is_an_error() {
    let mut sketch = Sketch::default();
    sketch.create("thing/a", thing(1, &[]));
    let cloud = Cloud::new();
    cloud.strike(
        "quota thing",
        Strike::Fails(FaultClass::Denied, "alpha:DescribeQuota"),
    );
    let checked = check_quotas(&sketch.plan(), &cloud, &settings()).await;
    let error = checked.expect_err("it is not allowed").to_string();
    assert_eq!(
        error,
        "cannot read the quota of thing: alpha:DescribeQuota: the cloud says no\n\
         hint: allow it with \
         {\"Effect\":\"Allow\",\"Action\":\"alpha:DescribeQuota\",\"Resource\":\"*\"}"
    );
}
