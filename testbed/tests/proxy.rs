//! The proxy as a client sees it: counts, rounds, and each fault in each protocol.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testbed::{Call, Client, QUIET, Reply, Rule, Side, Testbed};

async fn bed() -> Testbed {
    Testbed::start().await.unwrap()
}

/// One reading call of each way of speaking: service, operation.
const READS: [(&str, &str); 4] = [
    ("ec2", "DescribeVpcs"),
    ("elasticloadbalancing", "DescribeLoadBalancers"),
    ("ecs", "ListClusters"),
    ("iam", "ListRoles"),
];

async fn read(client: &Client, service: &str, operation: &str) -> anyhow::Result<Reply> {
    match service {
        "ecs" => client.json(service, operation, &json!({})).await,
        _ => client.query(service, operation, &[]).await,
    }
}

async fn vpc(client: &Client) -> anyhow::Result<Reply> {
    client
        .query("ec2", "CreateVpc", &[("CidrBlock", "10.0.0.0/16")])
        .await
}

async fn vpcs(bed: &Testbed) -> usize {
    bed.observer()
        .read("ec2", "DescribeVpcs", &[])
        .await
        .unwrap()
        .members("vpcSet")
        .len()
}

#[tokio::test]
async fn calls_are_journaled_and_counted() {
    let bed = bed().await;
    let client = bed.client();
    vpc(&client).await.unwrap();
    client
        .query("ec2", "DescribeVpcs", &[("NextToken", "x")])
        .await
        .unwrap();
    client
        .json("ecs", "CreateCluster", &json!({ "clusterName": "a" }))
        .await
        .unwrap();
    client
        .json("logs", "DescribeLogGroups", &json!({}))
        .await
        .unwrap();
    bed.observer()
        .query("ec2", "CreateInternetGateway", &[])
        .await
        .unwrap();

    let calls = bed.calls();
    let names: Vec<String> = calls.iter().map(Call::name).collect();
    assert_eq!(
        names,
        [
            "ec2:CreateVpc",
            "ec2:DescribeVpcs",
            "ecs:CreateCluster",
            "logs:DescribeLogGroups"
        ]
    );
    assert_eq!(
        calls.iter().map(|call| call.sequence).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(calls[0].request["CidrBlock"], "10.0.0.0/16");
    assert_eq!(calls[2].request, json!({ "clusterName": "a" }));
    assert!(
        calls.iter().all(|call| call.status == Some(200)),
        "{calls:?}"
    );
    assert_eq!(bed.mutating().len(), 2);
    assert_eq!(bed.counted().len(), 3, "a further page does not count");
    assert_eq!(bed.count_of("ec2:DescribeVpcs"), 1);

    bed.clear_journal();
    assert!(bed.calls().is_empty());
}

#[tokio::test]
async fn rounds_are_measured() {
    let bed = bed().await;
    let client = bed.client();
    let one = async || read(&client, "ec2", "DescribeVpcs").await.unwrap();
    // A first call of a service loads its part of the emulator.
    one().await;
    bed.clear_journal();
    bed.measure_rounds(QUIET);
    tokio::join!(one(), one(), one());
    one().await;
    let page = [("NextToken", "x")];
    client.query("ec2", "DescribeVpcs", &page).await.unwrap();
    assert_eq!(bed.rounds(), 2);
    let rounds: Vec<Option<u32>> = bed.calls().iter().map(|call| call.round).collect();
    assert_eq!(rounds, [Some(1), Some(1), Some(1), Some(2), None]);
    bed.stop_measuring_rounds();
    one().await;
    assert_eq!(bed.calls().last().unwrap().round, None);
}

#[tokio::test]
async fn errors_speak_each_services_form() {
    let bed = bed().await;
    for (service, operation) in READS {
        bed.inject(
            Rule::on(&format!("{service}:{operation}")).error_with_status(
                403,
                "Code<1>",
                "say & why",
            ),
        );
        let reply = read(&bed.client(), service, operation).await.unwrap();
        assert_eq!(reply.status, 403, "{service}");
        let text = reply.text();
        let expected = match service {
            "ec2" => {
                "<Response><Errors><Error><Code>Code&lt;1&gt;</Code><Message>say &amp; why</Message></Error></Errors>"
            }
            "ecs" => r#"{"__type":"Code<1>","message":"say & why"}"#,
            _ => {
                "<ErrorResponse><Error><Type>Sender</Type><Code>Code&lt;1&gt;</Code>\
                 <Message>say &amp; why</Message></Error>"
            }
        };
        assert!(text.contains(expected), "{service}: {text}");
    }
    let faults: Vec<_> = bed.calls().iter().map(|call| call.fault).collect();
    assert_eq!(faults, [Some("error"); 4]);
}

#[tokio::test]
async fn throttling_has_each_services_code() {
    let bed = bed().await;
    bed.inject(Rule::on_every().throttled());
    let expected = [
        (503, "RequestLimitExceeded"),
        (400, "Throttling"),
        (400, "ThrottlingException"),
        (400, "Throttling"),
    ];
    for ((service, operation), (status, code)) in READS.into_iter().zip(expected) {
        let reply = read(&bed.client(), service, operation).await.unwrap();
        assert_eq!(reply.status, status, "{service}");
        assert!(
            reply.text().contains(&format!("{code}<"))
                || reply.text().contains(&format!("\"{code}\""))
        );
    }
}

#[tokio::test]
async fn faults_speak_rest_and_cbor() {
    let bed = bed().await;
    bed.inject(Rule::on_every().error_with_status(409, "Code", "why"));
    let client = bed.client();
    let rest = async |service: &str, path: &str| {
        let reply = client.rest(service, "GET", path, &[], "").await.unwrap();
        assert_eq!(reply.status, 409, "{service}");
        reply.text()
    };
    let wrapped = "<ErrorResponse><Error><Type>Sender</Type><Code>Code</Code>";
    assert!(
        rest("cloudfront", "/2020-05-31/distribution")
            .await
            .contains(wrapped)
    );
    assert!(
        rest("s3", "/bucket")
            .await
            .starts_with("<Error><Code>Code</Code>")
    );
    let lambda = rest("lambda", "/2015-03-31/functions").await;
    assert_eq!(lambda, r#"{"__type":"Code","message":"why"}"#);
    let reply = client.cbor("DescribeAlarms", &json!({})).await.unwrap();
    assert_eq!(reply.headers["smithy-protocol"], "rpc-v2-cbor");
    assert_eq!(reply.value(), json!({ "__type": "Code", "message": "why" }));
    let names: Vec<String> = bed.calls().iter().map(Call::name).collect();
    assert_eq!(
        names,
        [
            "cloudfront:ListDistributions",
            "s3:ListObjects",
            "lambda:ListFunctions",
            "cloudwatch:DescribeAlarms"
        ]
    );
    assert_eq!(bed.calls()[1].permission(), "s3:ListBucket");
    assert!(bed.mutating().is_empty());
}

#[tokio::test]
async fn the_control_plane_is_made_of_both_emulators() {
    let bed = bed().await;
    let client = bed.client();
    vpc(&client).await.unwrap();
    let dashboard = json!({ "DashboardName": "d", "DashboardBody": "{}" });
    let put = client.cbor("PutDashboard", &dashboard).await.unwrap();
    assert!(put.is_success(), "{}", put.value());
    let path = "/2020-05-31/distribution";
    let listed = client
        .rest("cloudfront", "GET", path, &[], "")
        .await
        .unwrap();
    assert!(listed.is_success(), "{}", listed.text());
    assert_eq!(bed.calls().len(), 3);
    bed.reset().await.unwrap();
    let asked = json!({ "DashboardName": "d" });
    let gone = client.cbor("GetDashboard", &asked).await.unwrap();
    assert_eq!(gone.code(), "ResourceNotFound", "a reset empties both");
}

#[tokio::test]
async fn faults_hit_the_occurrences_they_name() {
    let bed = bed().await;
    bed.inject(Rule::on("ec2:DescribeVpcs").nth(2).bare(500));
    bed.inject(Rule::on("ec2:*").from(4).bare(503));
    bed.inject(
        Rule::on_every()
            .first(1)
            .having(|request| request.service == "iam")
            .bare(502),
    );
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(
            read(&bed.client(), "ec2", "DescribeVpcs")
                .await
                .unwrap()
                .status
                .as_u16(),
        );
    }
    for _ in 0..2 {
        statuses.push(
            read(&bed.client(), "iam", "ListRoles")
                .await
                .unwrap()
                .status
                .as_u16(),
        );
    }
    assert_eq!(statuses, [200, 500, 200, 503, 502, 200]);
    bed.clear_faults();
    assert_eq!(
        read(&bed.client(), "ec2", "DescribeVpcs")
            .await
            .unwrap()
            .status,
        200
    );
}

#[tokio::test]
async fn a_connection_closed_before_does_nothing_and_one_closed_after_did() {
    let bed = bed().await;
    let before = vpcs(&bed).await;
    bed.inject(Rule::on_mutating().nth(1).closed_before());
    bed.inject(Rule::on_mutating().nth(2).closed_after());
    assert!(vpc(&bed.client()).await.is_err());
    assert_eq!(vpcs(&bed).await, before);
    assert!(vpc(&bed.client()).await.is_err());
    assert_eq!(vpcs(&bed).await, before + 1);
    let seen: Vec<_> = bed
        .calls()
        .iter()
        .map(|call| (call.status, call.fault))
        .collect();
    assert_eq!(
        seen,
        [(None, Some("closed before")), (None, Some("closed after"))]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_stands_before_a_call_and_nothing_of_it_passes_any_more() {
    let bed = bed().await;
    let before = vpcs(&bed).await;
    let halt = bed.halt_at(2, Side::Before);
    let dying = bed.client().signing_as(halt.access_key());
    vpc(&dying).await.unwrap();
    assert_eq!((halt.call(), halt.seen()), (None, 1));
    let hung = [dying.clone(), dying.clone()].map(|client| tokio::spawn(call(client)));
    assert_eq!(halt.reached().await, "ec2:CreateVpc");
    read(&dying, "ec2", "DescribeVpcs").await.unwrap();
    assert!(vpc(&bed.client()).await.is_ok(), "others are not stopped");
    halt.lift().await;
    for call in hung {
        assert!(call.await.unwrap().is_err());
    }
    assert!(vpc(&dying).await.is_err(), "read after its death");
    assert_eq!(vpcs(&bed).await, before + 2);
}

async fn call(client: Client) -> anyhow::Result<Reply> {
    vpc(&client).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_stands_after_a_call_whose_reply_is_withheld() {
    let bed = bed().await;
    let before = vpcs(&bed).await;
    let halt = bed.halt_at(1, Side::After);
    let hung = tokio::spawn(call(bed.client().signing_as(halt.access_key())));
    assert_eq!(halt.reached().await, "ec2:CreateVpc");
    assert_eq!(halt.call().as_deref(), Some("ec2:CreateVpc"));
    assert_eq!(vpcs(&bed).await, before + 1);
    assert!(!hung.is_finished());
    halt.lift().await;
    assert!(hung.await.unwrap().is_err());
}

#[tokio::test]
async fn what_has_arrived_is_carried_out_when_its_client_is_gone() {
    let bed = bed().await;
    let before = vpcs(&bed).await;
    let address = bed.endpoint().strip_prefix("http://").unwrap();
    let body = "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16";
    let scope = "Credential=KEY/20260101/us-east-1/ec2/aws4_request";
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nAuthorization: AWS4-HMAC-SHA256 {scope}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = TcpStream::connect(address).unwrap();
    connection
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    let start = Instant::now();
    // What was not read yet has not arrived.
    while bed.count_of("ec2:CreateVpc") == 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "never read");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(connection);
    while vpcs(&bed).await == before {
        assert!(start.elapsed() < Duration::from_secs(20), "never made");
    }
}

#[tokio::test]
async fn replies_are_delayed_scripted_and_changed() {
    let bed = bed().await;
    let client = bed.client();
    let delay = Duration::from_millis(300);
    bed.inject(Rule::on("ec2:CreateVpc").delayed(delay));
    let before = vpcs(&bed).await;
    let start = Instant::now();
    vpc(&client).await.unwrap();
    assert!(start.elapsed() >= delay);
    assert_eq!(vpcs(&bed).await, before + 1);

    let gone: Value = json!({ "clusters": [], "failures": [{ "reason": "MISSING" }] });
    let script = gone.clone();
    bed.inject(Rule::on("ecs:DescribeClusters").answered(move |_| Reply::json(&script)));
    assert_eq!(
        client
            .json("ecs", "DescribeClusters", &json!({}))
            .await
            .unwrap()
            .value(),
        gone
    );

    bed.inject(
        Rule::on("ec2:DescribeVpcs").replaced(|_, reply| reply.replacing("available", "pending")),
    );
    let text = read(&client, "ec2", "DescribeVpcs").await.unwrap().text();
    assert!(text.contains("<state>pending</state>"), "{text}");
}

#[tokio::test]
async fn two_test_beds_share_nothing_and_reset_empties_one() {
    let (one, other) = tokio::join!(bed(), bed());
    let empty = vpcs(&one).await;
    vpc(&one.client()).await.unwrap();
    one.inject(Rule::on_every().bare(500));
    assert_eq!((vpcs(&one).await, vpcs(&other).await), (empty + 1, empty));
    assert!(other.calls().is_empty());
    one.reset().await.unwrap();
    assert_eq!(vpcs(&one).await, empty);
    assert!(one.calls().is_empty());
    assert_eq!(
        read(&one.client(), "ec2", "DescribeVpcs")
            .await
            .unwrap()
            .status,
        200
    );
}

#[tokio::test]
async fn the_environment_leaves_out_the_users_own_configuration() {
    let bed = bed().await;
    let environment = bed.environment();
    let get = |name: &str| {
        environment
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(get("AWS_ENDPOINT_URL"), Some(bed.endpoint()));
    assert_eq!(get("AWS_REGION"), Some("us-east-1"));
    assert_eq!(get("AWS_CONFIG_FILE"), Some("/dev/null"));
    assert!(get("AWS_ACCESS_KEY_ID").is_some() && get("AWS_SECRET_ACCESS_KEY").is_some());
}

/// The variable that makes the test below hold a test bed instead of looking for its end.
const HOLD: &str = "TESTBED_TEST_HOLDS";

#[tokio::test]
async fn the_emulators_end_with_a_killed_process() {
    let name = "the_emulators_end_with_a_killed_process";
    if std::env::var_os(HOLD).is_some() {
        let bed = bed().await;
        let emulators = bed.emulator();
        for service in ["ec2", "cloudfront"] {
            println!("\nport {}", emulators.port_of(service));
        }
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(HOLD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let ports: Vec<u16> = lines
        .filter_map(|line| line.strip_prefix("port ")?.parse().ok())
        .take(2)
        .collect();
    let connections = [0, 1].map(|index| TcpStream::connect(("127.0.0.1", ports[index])).unwrap());
    holder.kill().unwrap();
    holder.wait().unwrap();
    for mut connection in connections {
        connection
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        // The connection, on which nothing was asked, ends with the process at its other end.
        let ended = match connection.read(&mut [0]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        };
        assert!(ended, "an emulator still runs");
    }
}

#[tokio::test]
async fn a_failing_nat_gateway_is_scripted() {
    let bed = bed().await;
    let failed = "<state>failed</state><failureCode>Gateway.NotAttached</failureCode>";
    let gateway = format!(
        "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId>{failed}</item></natGatewaySet>"
    );
    let reply = Reply::xml(format!(
        "<DescribeNatGatewaysResponse>{gateway}</DescribeNatGatewaysResponse>"
    ));
    bed.inject(
        Rule::on("ec2:DescribeNatGateways")
            .first(1)
            .answered(move |_| reply.clone()),
    );
    let described = async || {
        bed.client()
            .read("ec2", "DescribeNatGateways", &[])
            .await
            .unwrap()
    };
    assert_eq!(
        described().await.at("natGatewaySet/item/failureCode"),
        "Gateway.NotAttached"
    );
    assert_eq!(described().await.at("natGatewaySet/item/failureCode"), "");
}
