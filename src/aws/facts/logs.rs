//! What stands in logs.
//!
//! May depend on `clients`, `fault` and `presence`. Invariant: a log that is not there has no lines.

use aws_sdk_cloudwatchlogs::types::OrderBy;
use aws_smithy_types::DateTime;
use futures::future::try_join;

use super::super::clients::Clients;
use super::super::fault::Call;
use super::super::presence::if_present;
use crate::model::Fault;

/// The words by which functions on AWS Lambda, and what AWS says of them, tell of failures.
const FAILURES: &str = "?ERROR ?Exception ?Traceback ?\"Task timed out\"";

/// Pages of events that are looked through at most: AWS may answer with empty ones.
const PAGES_MAX: usize = 10;

/// When a log group has got events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogTimes {
    /// One since the moment that was asked about.
    pub since: Option<DateTime>,
    /// The newest, as far as AWS has noticed; that may lag by an hour (DescribeLogStreams in the Logs
    /// API reference).
    pub newest: Option<DateTime>,
}

/// When a log group has got events, with one since this moment, if there is one.
///
/// # Errors
/// The fault of a call.
pub async fn log_times(aws: &Clients, group: &str, since: DateTime) -> Result<LogTimes, Fault> {
    let (newest, since) = try_join(newest(aws, group), first_since(aws, group, since)).await?;
    Ok(LogTimes { since, newest })
}

async fn first_since(
    aws: &Clients,
    group: &str,
    since: DateTime,
) -> Result<Option<DateTime>, Fault> {
    let mut token = None;
    for _ in 0..PAGES_MAX {
        let reply = aws
            .logs
            .filter_log_events()
            .log_group_name(group)
            .start_time(since.to_millis().unwrap_or_default())
            .limit(1)
            .set_next_token(token)
            .send()
            .await
            .at("logs:FilterLogEvents");
        let Some(reply) = if_present(reply)? else {
            return Ok(None);
        };
        let mut events = reply.events.into_iter().flatten();
        if let Some(at) = events.find_map(|event| event.timestamp) {
            return Ok(Some(DateTime::from_millis(at)));
        }
        token = reply.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(None)
}

async fn newest(aws: &Clients, group: &str) -> Result<Option<DateTime>, Fault> {
    let reply = aws
        .logs
        .describe_log_streams()
        .log_group_name(group)
        .order_by(OrderBy::LastEventTime)
        .descending(true)
        .limit(1)
        .send()
        .await
        .at("logs:DescribeLogStreams");
    let streams = if_present(reply)?.and_then(|reply| reply.log_streams);
    let newest = streams.into_iter().flatten().next();
    let newest = newest.and_then(|stream| stream.last_event_timestamp);
    Ok(newest.map(DateTime::from_millis))
}

/// The last lines of a stream, oldest first.
///
/// # Errors
/// The fault of the call.
pub async fn last_lines(
    aws: &Clients,
    group: &str,
    stream: &str,
    most: i32,
) -> Result<Vec<String>, Fault> {
    let reply = aws
        .logs
        .get_log_events()
        .log_group_name(group)
        .log_stream_name(stream)
        .limit(most)
        .start_from_head(false)
        .send()
        .await
        .at("logs:GetLogEvents");
    let events = if_present(reply)?.and_then(|reply| reply.events);
    let lines = events.into_iter().flatten();
    Ok(lines.filter_map(|event| event.message).collect())
}

/// Lines of a function's log since this moment that tell of failures.
///
/// # Errors
/// The fault of the call.
pub async fn failures(
    aws: &Clients,
    group: &str,
    since: DateTime,
    most: i32,
) -> Result<Vec<String>, Fault> {
    let reply = aws
        .logs
        .filter_log_events()
        .log_group_name(group)
        .filter_pattern(FAILURES)
        .start_time(since.to_millis().unwrap_or_default())
        .limit(most)
        .send()
        .await
        .at("logs:FilterLogEvents");
    let events = if_present(reply)?.and_then(|reply| reply.events);
    let lines = events.into_iter().flatten();
    Ok(lines.filter_map(|event| event.message).collect())
}
