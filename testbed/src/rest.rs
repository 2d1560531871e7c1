//! Which operation a REST call is: by method, path and query.
//!
//! Depends on nothing else of this crate. Invariant: of the entries that fit a call, the first in
//! the table is its operation; those that ask for something in the query stand before the others.

use form_urlencoded::parse;
use hyper::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// One entry per line: method, path with its members, operation.
const CLOUDFRONT: &str = include_str!("operations/cloudfront.txt");
const LAMBDA: &str = include_str!("operations/lambda.txt");
const ROUTE53: &str = include_str!("operations/route53.txt");
const S3: &str = include_str!("operations/s3.txt");

/// A recognised call.
#[derive(Debug, PartialEq)]
pub(crate) struct Recognised {
    pub(crate) operation: &'static str,
    /// The members of the path and of the query, by name.
    pub(crate) members: Map<String, Value>,
}

/// The operation of a call, if the service is known and has one that fits.
pub(crate) fn recognise(
    service: &str,
    method: &Method,
    path_and_query: &str,
) -> Option<Recognised> {
    let table = match service {
        "cloudfront" => CLOUDFRONT,
        "lambda" => LAMBDA,
        "route53" => ROUTE53,
        "s3" => S3,
        _ => return None,
    };
    let (path, query) = path_and_query
        .split_once('?')
        .unwrap_or((path_and_query, ""));
    let query: Map<String, Value> = parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    table.lines().find_map(|line| {
        let (wanted, rest) = line.split_once(' ')?;
        let (template, operation) = rest.split_once(' ')?;
        if wanted != method.as_str() {
            return None;
        }
        let mut members = fit(template, path, &query)?;
        members.extend(query.clone());
        Some(Recognised { operation, members })
    })
}

/// The members of a path that fits a template such as `/2015-03-31/functions/{FunctionName}?url`.
fn fit(template: &str, path: &str, query: &Map<String, Value>) -> Option<Map<String, Value>> {
    let (template, asked) = template.split_once('?').unwrap_or((template, ""));
    for condition in asked.split('&').filter(|condition| !condition.is_empty()) {
        let (name, value) = condition.split_once('=').unwrap_or((condition, ""));
        let found = query.get(name)?;
        if !value.is_empty() && found != value {
            return None;
        }
    }
    let mut members = Map::new();
    let mut insert = |name: &str, text: &str| {
        let decoded = percent_decode_str(text).decode_utf8_lossy().into_owned();
        members.insert(name.to_owned(), Value::String(decoded));
    };
    let mut rest = path.strip_prefix('/')?;
    let mut parts = template.strip_prefix('/')?.split('/').peekable();
    while let Some(part) = parts.next() {
        let member = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        if let Some(greedy) = member.and_then(|name| name.strip_suffix('+')) {
            if rest.is_empty() {
                return None;
            }
            insert(greedy, rest);
            rest = "";
            break;
        }
        let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
        match member {
            Some(_) if segment.is_empty() => return None,
            Some(name) => insert(name, segment),
            None if segment != part => return None,
            None => {}
        }
        rest = after;
        if rest.is_empty() && parts.peek().is_some_and(|part| !part.is_empty()) {
            return None;
        }
    }
    rest.is_empty().then_some(members)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn name(service: &str, method: &str, path: &str) -> String {
        recognise(service, &method.parse().unwrap(), path)
            .map_or_else(String::new, |found| found.operation.to_owned())
    }

    #[test]
    fn calls_are_named_by_method_path_and_query() {
        let table = [
            (
                "cloudfront",
                "POST",
                "/2020-05-31/distribution",
                "CreateDistribution",
            ),
            (
                "cloudfront",
                "POST",
                "/2020-05-31/distribution?WithTags",
                "CreateDistributionWithTags",
            ),
            (
                "cloudfront",
                "GET",
                "/2020-05-31/distribution",
                "ListDistributions",
            ),
            (
                "cloudfront",
                "GET",
                "/2020-05-31/distribution/E1",
                "GetDistribution",
            ),
            (
                "cloudfront",
                "GET",
                "/2020-05-31/distribution/E1/config",
                "GetDistributionConfig",
            ),
            (
                "cloudfront",
                "PUT",
                "/2020-05-31/distribution/E1/config",
                "UpdateDistribution",
            ),
            (
                "cloudfront",
                "GET",
                "/2020-05-31/function/f?Stage=LIVE",
                "GetFunction",
            ),
            (
                "cloudfront",
                "POST",
                "/2020-05-31/function/f/publish",
                "PublishFunction",
            ),
            (
                "cloudfront",
                "POST",
                "/2020-05-31/tagging?Operation=Untag&Resource=a",
                "UntagResource",
            ),
            (
                "cloudfront",
                "POST",
                "/2020-05-31/tagging?Operation=Tag&Resource=a",
                "TagResource",
            ),
            ("lambda", "GET", "/2015-03-31/functions/", "ListFunctions"),
            ("lambda", "POST", "/2015-03-31/functions", "CreateFunction"),
            (
                "lambda",
                "DELETE",
                "/2015-03-31/functions/f/policy/s?RevisionId=1",
                "RemovePermission",
            ),
            (
                "lambda",
                "GET",
                "/2021-10-31/functions/f/url",
                "GetFunctionUrlConfig",
            ),
            (
                "lambda",
                "GET",
                "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aa%2Fb",
                "ListTags",
            ),
            (
                "route53",
                "POST",
                "/2013-04-01/hostedzone/Z1/rrset",
                "ChangeResourceRecordSets",
            ),
            (
                "route53",
                "POST",
                "/2013-04-01/hostedzone/Z1/rrset/",
                "ChangeResourceRecordSets",
            ),
            (
                "route53",
                "GET",
                "/2013-04-01/hostedzone/Z1/rrset?name=a",
                "ListResourceRecordSets",
            ),
            ("s3", "GET", "/?x-id=ListBuckets", "ListBuckets"),
            ("s3", "PUT", "/bucket", "CreateBucket"),
            ("s3", "PUT", "/bucket/", "CreateBucket"),
            ("s3", "PUT", "/bucket?versioning", "PutBucketVersioning"),
            ("s3", "PUT", "/bucket/?versioning", "PutBucketVersioning"),
            ("s3", "GET", "/bucket?list-type=2&prefix=a", "ListObjectsV2"),
            ("s3", "POST", "/bucket?delete", "DeleteObjects"),
            ("s3", "PUT", "/bucket/a/b.txt?x-id=PutObject", "PutObject"),
            ("s3", "DELETE", "/bucket/a/b.txt", "DeleteObject"),
            ("s3", "PATCH", "/bucket", ""),
            ("lambda", "GET", "/2015-03-31/nothing", ""),
            ("elsewhere", "GET", "/", ""),
        ];
        for (service, method, path, expected) in table {
            assert_eq!(name(service, method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn members_are_decoded() {
        let found = recognise(
            "lambda",
            &Method::DELETE,
            "/2017-03-31/tags/arn%3Aa%2Fb?tagKeys=k%20l",
        );
        let members = found.unwrap().members;
        assert_eq!(members["Resource"], "arn:a/b");
        assert_eq!(members["tagKeys"], "k l");
    }

    #[test]
    fn what_asks_for_something_in_the_query_stands_first() {
        for table in [CLOUDFRONT, LAMBDA, ROUTE53, S3] {
            let lines: Vec<Vec<&str>> = table
                .lines()
                .map(|line| line.split(' ').collect())
                .collect();
            for (index, line) in lines.iter().enumerate() {
                assert_eq!(line.len(), 3, "{line:?}");
                let plain = line[1].split_once('?').map_or(line[1], |(path, _)| path);
                let earlier = &lines[..index];
                assert!(
                    !earlier
                        .iter()
                        .any(|other| other[0] == line[0] && other[1] == plain),
                    "{line:?} is never reached"
                );
            }
        }
    }
}
