//! The layers of the architecture, from the internet inwards.
//!
//! May depend on nothing. Invariant: every service of AWS has a layer, and the order is fixed.

/// The layers with the services whose resources stand in them, named as in IAM actions.
const LAYERS: [(&str, &[&str]); 9] = [
    ("Edge", &["cloudfront", "wafv2", "acm", "route53"]),
    ("Load balancing", &["elasticloadbalancing"]),
    ("Services", &["ecs", "application-autoscaling", "ecr"]),
    ("Network", &["ec2"]),
    ("Functions", &["lambda", "events"]),
    ("Secrets", &["secretsmanager"]),
    ("Access", &["iam"]),
    ("Monitoring", &["cloudwatch", "logs", "sns"]),
    ("Storage", &["s3"]),
];

/// The layer of a service that has none above.
const OTHER: (usize, &str) = (LAYERS.len(), "Other");

/// The place and the name of the layer in which a service's resources stand.
pub(super) fn layer(service: &str) -> (usize, &'static str) {
    let mut layers = LAYERS.iter().enumerate();
    layers
        .find(|(_, (_, services))| services.contains(&service))
        .map_or(OTHER, |(place, (name, _))| (place, name))
}
