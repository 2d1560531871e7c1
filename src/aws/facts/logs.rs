//! What stands in logs.
//!
//! May depend on `clients`, `fault` and `presence`. Invariant: a log that is not there has no lines.

use aws_sdk_cloudwatchlogs::types::OrderBy;
use aws_smithy_types::DateTime;

use super::super::clients::Clients;
use super::super::fault::Call;
use super::super::presence::if_present;
use crate::model::Fault;

/// The words by which functions on AWS Lambda, and what AWS says of them, tell of failures.
const FAILURES: &str = "?ERROR ?Exception ?Traceback ?\"Task timed out\"";

/// A stream of a log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// Its name.
    pub name: String,
    /// When its newest event was, as far as AWS has noticed; that may lag by an hour
    /// (DescribeLogStreams in the Logs API reference).
    pub newest: Option<DateTime>,
}

/// The stream of a group that has the newest event.
///
/// # Errors
/// The fault of the call.
pub async fn newest_stream(aws: &Clients, group: &str) -> Result<Option<LogStream>, Fault> {
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
    Ok(streams
        .into_iter()
        .flatten()
        .next()
        .map(|stream| LogStream {
            name: stream.log_stream_name.unwrap_or_default(),
            newest: stream.last_event_timestamp.map(DateTime::from_millis),
        }))
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
