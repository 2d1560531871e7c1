//! What the dashboard shows, from the outside in: alarms, CDN, requests, services, functions, and
//! the latest errors in the logs.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: the rows of the dashboard are full, and
//! there is none for what the stack does not have.

use super::monitoring::{
    Dimensions, Parts, balancer_dimension, distribution_dimensions, function_dimension,
    service_dimensions, target_dimensions,
};
use crate::model::{Document, Graph, Ref, Text};
use crate::resources::{AlarmArn, Dashboard};
use crate::spec::Spec;

/// How wide a dashboard is, in columns.
const WIDTH: i64 = 24;
/// How high a graph is, in rows.
const HEIGHT: i64 = 6;
/// Where CloudFront's metrics are.
const CLOUDFRONT_REGION: &str = "us-east-1";
/// Seconds of a graph's point.
const PERIOD_S: i64 = 60;
/// How many of the latest errors are shown.
const ERRORS_SHOWN: u32 = 50;

const BALANCER: &str = "AWS/ApplicationELB";
const CLOUDFRONT: &str = "AWS/CloudFront";
const ECS: &str = "AWS/ECS";
const LAMBDA: &str = "AWS/Lambda";

pub(super) fn add(graph: &mut Graph, spec: &Spec, parts: &Parts<'_>, alarms: &[Ref<AlarmArn>]) {
    let mut page = Page {
        region: spec.region.to_string(),
        widgets: Vec::new(),
        y: 0,
    };
    page.alarms(alarms);
    page.cdn(parts);
    page.requests(parts);
    page.services(parts);
    page.functions(parts);
    page.errors(parts);
    let body = Document::object([
        ("start", Document::from("-PT3H")),
        ("periodOverride", Document::from("inherit")),
        ("widgets", Document::List(page.widgets)),
    ]);
    // Dashboards are shared by all regions.
    let name = format!("{}-{}", spec.stack, spec.region);
    graph.add("main", &Dashboard { name, body });
}

/// A line in a graph.
struct Line {
    namespace: &'static str,
    metric_name: &'static str,
    dimensions: Dimensions,
    statistic: &'static str,
    label: String,
}

impl Line {
    fn new(
        namespace: &'static str,
        metric_name: &'static str,
        dimensions: &Dimensions,
        statistic: &'static str,
        label: impl Into<String>,
    ) -> Self {
        Self {
            namespace,
            metric_name,
            dimensions: dimensions.clone(),
            statistic,
            label: label.into(),
        }
    }

    fn document(self) -> Document {
        let mut items = vec![self.namespace.into(), self.metric_name.into()];
        for (name, value) in self.dimensions {
            items.extend([name.into(), value.into()]);
        }
        items.push(Document::object([
            ("stat", Document::from(self.statistic)),
            ("label", Document::from(self.label.as_str())),
        ]));
        Document::List(items)
    }
}

/// A dashboard that is being filled from the top.
struct Page {
    region: String,
    widgets: Vec<Document>,
    y: i64,
}

impl Page {
    /// Adds widgets side by side, all of one width.
    fn row(&mut self, height: i64, widgets: Vec<(&str, Document)>) {
        let Ok(count) = i64::try_from(widgets.len()) else {
            return;
        };
        for (at, (kind, properties)) in (0..).zip(widgets) {
            self.widgets.push(Document::object([
                ("type", Document::from(kind)),
                ("x", Document::Int(WIDTH / count * at)),
                ("y", Document::Int(self.y)),
                ("width", Document::Int(WIDTH / count)),
                ("height", Document::Int(height)),
                ("properties", properties),
            ]));
        }
        self.y += height;
    }

    /// Adds graphs side by side.
    fn graphs(&mut self, region: &str, graphs: Vec<(&str, Vec<Line>)>) {
        let graphs = graphs.into_iter().map(|(title, lines)| {
            let lines = lines.into_iter().map(Line::document).collect();
            let properties = Document::object([
                ("title", Document::from(title)),
                ("region", Document::from(region)),
                ("view", Document::from("timeSeries")),
                ("period", Document::Int(PERIOD_S)),
                ("metrics", Document::List(lines)),
                ("yAxis", from_zero()),
            ]);
            ("metric", properties)
        });
        self.row(HEIGHT, graphs.collect());
    }

    fn alarms(&mut self, alarms: &[Ref<AlarmArn>]) {
        if alarms.is_empty() {
            return;
        }
        let arns = alarms.iter().map(|arn| Text::from(arn).into()).collect();
        let properties = Document::object([
            ("title", Document::from("Alarms")),
            ("alarms", Document::List(arns)),
        ]);
        self.row(3, vec![("alarm", properties)]);
    }

    fn cdn(&mut self, parts: &Parts<'_>) {
        let Some(distribution) = parts.distribution else {
            return;
        };
        let of = distribution_dimensions(distribution);
        let line =
            |metric, statistic, label: &str| Line::new(CLOUDFRONT, metric, &of, statistic, label);
        self.graphs(
            CLOUDFRONT_REGION,
            vec![
                ("CDN: requests", vec![line("Requests", "Sum", "requests")]),
                (
                    "CDN: errors, in percent",
                    vec![
                        line("4xxErrorRate", "Average", "4xx"),
                        line("5xxErrorRate", "Average", "5xx"),
                    ],
                ),
                (
                    "CDN: bytes sent",
                    vec![line("BytesDownloaded", "Sum", "bytes")],
                ),
            ],
        );
    }

    fn requests(&mut self, parts: &Parts<'_>) {
        let Some(balancer) = &parts.balancing.load_balancer else {
            return;
        };
        let of_all = vec![balancer_dimension(balancer)];
        let mut requests = Vec::new();
        let mut times = Vec::new();
        for (name, group) in &parts.balancing.targets {
            let of = target_dimensions(balancer, group);
            requests.push(Line::new(BALANCER, "RequestCount", &of, "Sum", name));
            for (statistic, short) in [("Average", "mean"), ("p95", "p95"), ("p99", "p99")] {
                let label = format!("{name}, {short}");
                let metric = "TargetResponseTime";
                times.push(Line::new(BALANCER, metric, &of, statistic, label));
            }
        }
        let answers = [
            ("HTTPCode_Target_2XX_Count", "2xx"),
            ("HTTPCode_Target_3XX_Count", "3xx"),
            ("HTTPCode_Target_4XX_Count", "4xx"),
            ("HTTPCode_Target_5XX_Count", "5xx"),
            ("HTTPCode_ELB_4XX_Count", "4xx of the load balancer"),
            ("HTTPCode_ELB_5XX_Count", "5xx of the load balancer"),
        ]
        .map(|(metric, label)| Line::new(BALANCER, metric, &of_all, "Sum", label));
        let region = self.region.clone();
        self.graphs(
            &region,
            vec![
                ("Requests", requests),
                ("Response time, in seconds", times),
                ("Answers", answers.into()),
            ],
        );
    }

    fn services(&mut self, parts: &Parts<'_>) {
        if parts.services.by_name.is_empty() {
            return;
        }
        let mut lines = [const { Vec::new() }; 3];
        for name in parts.services.by_name.keys() {
            let of = service_dimensions(parts.services, name);
            let [cpu, memory, tasks] = &mut lines;
            cpu.push(Line::new(ECS, "CPUUtilization", &of, "Average", name));
            memory.push(Line::new(ECS, "MemoryUtilization", &of, "Average", name));
            // Every running task gives one sample a minute (service utilization, in the Amazon ECS
            // developer guide).
            tasks.push(Line::new(ECS, "CPUUtilization", &of, "SampleCount", name));
        }
        let [cpu, memory, mut tasks] = lines;
        if let Some(balancer) = &parts.balancing.load_balancer {
            for (name, group) in &parts.balancing.targets {
                let of = target_dimensions(balancer, group);
                let label = format!("{name}, healthy");
                tasks.push(Line::new(
                    BALANCER,
                    "HealthyHostCount",
                    &of,
                    "Minimum",
                    label,
                ));
            }
        }
        let region = self.region.clone();
        self.graphs(
            &region,
            vec![
                ("Processor, in percent", cpu),
                ("Memory, in percent", memory),
                ("Running tasks", tasks),
            ],
        );
    }

    fn functions(&mut self, parts: &Parts<'_>) {
        if parts.functions.is_empty() {
            return;
        }
        let mut lines = [const { Vec::new() }; 3];
        for (name, deployed) in parts.functions {
            let of = vec![function_dimension(deployed)];
            let [calls, errors, durations] = &mut lines;
            calls.push(Line::new(LAMBDA, "Invocations", &of, "Sum", name));
            errors.push(Line::new(LAMBDA, "Errors", &of, "Sum", name));
            durations.push(Line::new(LAMBDA, "Duration", &of, "p95", name));
        }
        let [calls, errors, durations] = lines;
        let region = self.region.clone();
        self.graphs(
            &region,
            vec![
                ("Functions: calls", calls),
                ("Functions: errors", errors),
                ("Functions: duration in ms, p95", durations),
            ],
        );
    }

    /// The latest errors in all logs (CloudWatch Logs Insights).
    fn errors(&mut self, parts: &Parts<'_>) {
        let services = parts.services.by_name.values().map(|it| &it.log_group);
        let functions = parts.functions.values().map(|it| &it.log_group);
        let mut query = Text::default();
        for group in services.chain(functions) {
            query = query.then("SOURCE '").then_ref(group).then("' | ");
        }
        if query == Text::default() {
            return;
        }
        let query = query.then(format!(
            "fields @timestamp, @log, @message | filter @message like \
             /(?i)(error|exception|traceback|fatal)/ | sort @timestamp desc | limit {ERRORS_SHOWN}"
        ));
        let properties = Document::object([
            ("title", Document::from("Latest errors in the logs")),
            ("region", Document::from(self.region.as_str())),
            ("view", Document::from("table")),
            ("query", Document::from(query)),
        ]);
        self.row(HEIGHT, vec![("log", properties)]);
    }
}

/// An axis that begins with zero.
fn from_zero() -> Document {
    let left = Document::object([("min", Document::Int(0))]);
    Document::object([("left", left)])
}
