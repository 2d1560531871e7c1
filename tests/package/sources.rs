//! From a stack file and its neighbours to digests and contents.

use qpiac::model::{BuildContext, Content, Contents};
use qpiac::package::{build_functions, gather, zip};
use qpiac::spec::{Diagnostics, Reading, read};
use qpiac::stack::Digests;

use crate::folder::Folder;

const STACK: &str = "stack: shop
region: eu-west-1
services:
  app:
    build: app
  jobs:
    build: jobs
    architecture: arm64
functions:
  report:
    code: report
    handler: report.handler
    runtime: python3.13
";

fn reading(stack: &str) -> Reading {
    read("stack.yaml", stack).unwrap_or_else(|problems| panic!("{problems}"))
}

fn gathered(folder: &Folder, reading: &Reading) -> Result<(Digests, Contents), Diagnostics> {
    gather(&reading.spec, &reading.sources, folder.path())
        .map_err(|problems| reading.problems(problems))
}

#[test]
fn every_source_gets_its_digest_and_its_content() {
    let folder = Folder::with(&[
        ("app/Dockerfile", "FROM scratch"),
        ("jobs/Dockerfile", "FROM scratch"),
        ("report/report.py", "pass"),
    ]);
    let (digests, contents) = gathered(&folder, &reading(STACK)).expect("digests");
    let package = zip(&folder.file("report")).expect("a zip");
    assert_eq!(digests.functions["report"], package.sha256);
    assert_eq!(contents.bytes(&package.sha256), Some(&package.bytes));
    assert_ne!(
        digests.images["app"], digests.images["jobs"],
        "processors differ"
    );
    for (service, platform) in [("app", "linux/amd64"), ("jobs", "linux/arm64")] {
        let context = BuildContext {
            directory: folder.file(service),
            platform: platform.to_owned(),
        };
        let expected = Content::BuildContext(context);
        assert_eq!(contents.get(&digests.images[service]), Some(&expected));
    }
    assert_eq!(digests.edge, None);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let folder = Folder::with(&[("app/main.py", ""), ("report", "a file")]);
    let problems = gathered(&folder, &reading(STACK)).expect_err("problems");
    let told: Vec<(usize, usize, String)> = problems
        .iter()
        .map(|problem| {
            let position = problems.position(problem.span);
            let place = folder.path().display().to_string();
            let message = problem.message.replace(&place, "");
            (position.line, position.column, message)
        })
        .collect();
    assert_eq!(
        told,
        [
            (5, 12, "there is no `Dockerfile` in `/app`".to_owned()),
            (7, 12, "there is no `/jobs`".to_owned()),
            (11, 11, "`/report` is not a directory".to_owned()),
        ]
    );
    assert!(problems.iter().all(|problem| problem.hint.is_some()));
}

#[test]
fn the_code_of_the_edge_is_a_file() {
    let stack = format!(
        "{}load_balancer: {{ listen: [80] }}\nsecrets: {{ cdn-auth: {{}} }}\n\
         cdn:\n  auth: {{ header: X-CDN-Auth, secret: cdn-auth }}\n  function: edge/guard.js\n",
        STACK.replace("build: app\n", "build: app\n    port: 8000\n")
    );
    let files = [
        ("app/Dockerfile", ""),
        ("jobs/Dockerfile", ""),
        ("report/report.py", "pass"),
        (
            "edge/guard.js",
            "function handler(event) { return event.request; }\n",
        ),
    ];
    let folder = Folder::with(&files);
    let (digests, contents) = gathered(&folder, &reading(&stack)).expect("digests");
    let digest = digests.edge.expect("a digest");
    assert_eq!(digest.len(), 64);
    let code = contents.bytes(&digest).expect("the code");
    assert_eq!(code.as_ref(), files[3].1.as_bytes());

    folder.write("edge/guard.js", &"/".repeat(10_241));
    let problems = gathered(&folder, &reading(&stack)).expect_err("too large");
    assert!(problems.to_string().contains("10241 bytes"), "{problems}");
    folder.write("edge/guard.js", "");
    let problems = gathered(&folder, &reading(&stack)).expect_err("empty");
    assert!(problems.to_string().contains("is empty"), "{problems}");
}

#[cfg(unix)]
#[tokio::test]
async fn functions_are_built_before_they_are_packed() {
    let stack = format!("{STACK}    build: [cp, template.txt, report.py]\n");
    let folder = Folder::with(&[("report/template.txt", "pass")]);
    let reading = reading(&stack);
    let build = || build_functions(&reading.spec, &reading.sources, folder.path(), &|_| {});
    build().await.expect("it works");
    assert_eq!(folder.read("report/report.py"), "pass");

    folder.remove("report/template.txt");
    let problem = build().await.expect_err("nothing to copy");
    assert!(
        problem.message.starts_with(
            "the code of the function `report` was not built: `cp template.txt report.py` failed: "
        ),
        "{}",
        problem.message
    );
    let problems = reading.problems(vec![problem]);
    let span = problems.iter().next().expect("a problem").span;
    assert_eq!(problems.position(span).line, 11);
}
