//! Every call is declared by a kind, so that the permissions in the reference suffice.

use std::collections::BTreeSet;

use qpiac::aws::objects;
use qpiac::model::Operations;
use qpiac::resources::KINDS;
use serde_json::Value;
use testbed::Testbed;

use crate::program::{Program, WHOLE_STACK, edited};

/// What no kind asks for: whose credentials they are.
const OF_NO_KIND: [&str; 1] = ["sts:GetCallerIdentity"];

/// Checks the calls that were made so far; tells how many different ones there were.
#[track_caller]
pub(crate) fn check_declared(bed: &Testbed) -> usize {
    check(bed, |of| {
        vec![of.find, of.explain, of.create, of.update, of.delete]
    })
}

/// Checks that the calls which were made so far are those that a plan is declared to make.
#[track_caller]
pub(crate) fn check_read(bed: &Testbed) {
    check(bed, |of| vec![of.find]);
}

#[track_caller]
fn check(bed: &Testbed, of: fn(Operations) -> Vec<&'static [&'static str]>) -> usize {
    let operations = KINDS.iter().flat_map(|kind| of(kind.schema.operations));
    let (of_bucket, of_objects) = objects::OPERATIONS;
    let own = of_bucket.iter().chain(&of_objects);
    let declared = operations.flatten().chain(&OF_NO_KIND).chain(own);
    let declared: BTreeSet<&str> = declared.copied().collect();
    let called: BTreeSet<String> = bed.calls().iter().map(testbed::Call::permission).collect();
    let undeclared: Vec<_> = called
        .iter()
        .filter(|name| !declared.contains(name.as_str()))
        .collect();
    assert!(undeclared.is_empty(), "{undeclared:?}");
    called.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_declared() {
    let program = Program::whole().await;
    program.apply().await;
    program.run(&["status"]).await;
    program.destroy().await;
    let count = check_declared(&program.bed);
    assert!(count > 150, "too few to mean anything: {count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_a_stack_allows_what_its_life_calls() {
    let program = Program::whole().await;
    let policy = Policy::of(&program, &["policy"]).await;
    let looking = Policy::of(&program, &["policy", "--plan-only"]).await;
    program.apply().await;
    program.bed.clear_journal();
    program.plan().await;
    program.run(&["status"]).await;
    program.run(&["output"]).await;
    looking.check(&program.bed);

    program.bed.clear_journal();
    let edited = edited(WHOLE_STACK, "{ project: cdn-headers }", "{ team: web }");
    program.write(&edited.replace("memory: 512", "memory: 1024"));
    program.apply().await;
    program.destroy().await;
    program.write(WHOLE_STACK);
    program.apply().await;
    program.destroy().await;
    policy.check(&program.bed);
    policy.check_tags(&program.bed);
}

/// A printed policy.
struct Policy(Value);

impl Policy {
    async fn of(program: &Program, arguments: &[&str]) -> Self {
        Self(program.run(arguments).await.exits(0).json())
    }

    /// The statements that allow an action.
    fn of_action(&self, action: &str) -> Vec<&Value> {
        let statements = self.0["Statement"].as_array().expect("statements").iter();
        let allows = |statement: &&Value| match &statement["Action"] {
            Value::String(one) => one == action,
            Value::Array(all) => all.iter().any(|one| one == action),
            _ => false,
        };
        statements.filter(allows).collect()
    }

    /// That it allows all calls that were made.
    #[track_caller]
    fn check(&self, bed: &Testbed) {
        let called: BTreeSet<String> = bed.calls().iter().map(testbed::Call::permission).collect();
        let denied: Vec<_> = called
            .iter()
            .filter(|action| self.of_action(action).is_empty())
            .collect();
        assert!(denied.is_empty(), "{denied:?}");
    }

    /// That a call carries the stack's tag where each of its statements or one of several asks for
    /// it: else AWS would deny it always.
    #[track_caller]
    fn check_tags(&self, bed: &Testbed) {
        let mut asked = BTreeSet::new();
        for call in bed.calls() {
            let statements = self.of_action(&call.permission());
            let asks = |one: &&Value| {
                let tag = &one["Condition"]["StringEquals"]["aws:RequestTag/qpiac:stack"];
                tag.is_string() && one["Condition"]["Null"].is_null()
            };
            if statements.iter().any(asks) {
                let request = call.request.to_string();
                assert!(
                    request.contains("qpiac:stack"),
                    "{}: {request}",
                    call.name()
                );
                asked.insert(call.permission());
            }
        }
        assert!(asked.len() > 14, "{asked:?}");
    }
}
