//! Changes behind the program's back, for every kind: an attribute that AWS lets one change, the
//! resource itself gone with what AWS wants gone first, and children added by hand. The plan names
//! exactly that, an apply mends it, and then there is nothing left to do. A plan that was saved in
//! between is refused then, by the name of what moved.

mod balancing;
mod containers;
mod domain;
mod edge;
mod functions;
mod identity;
mod monitoring;
mod network;
mod scaling;
mod secrets;
mod security;
mod storage;

use std::cell::RefCell;
use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, SecurityGroupRule};
use qpiac::resources::KINDS;

use crate::observer::Observer;
use crate::program::{Program, golden, short};

const ANYWHERE: &str = "0.0.0.0/0";
const STACK: &str = "qp-iac-cdn-headers";
const CLUSTER: &str = "qp-iac-cdn-headers-cluster";
const SERVICE: &str = "qp-iac-cdn-headers-app-service";

/// Its content cannot be meddled with without a builder: `images.rs` has its case.
const ELSEWHERE: &str = "container-image";

/// Where a plan is saved.
const PLAN: &str = "drift.plan";

/// A stack that is applied, and clients to meddle with it.
struct Scene {
    program: Program,
    aws: Observer,
    /// The kinds of which a saved plan was refused.
    refused: RefCell<BTreeSet<String>>,
}

impl Scene {
    async fn with(stack: &str) -> Self {
        Self::of(Program::with(stack).await).await
    }

    /// The whole stack.
    async fn whole() -> Self {
        Self::of(Program::whole().await).await
    }

    /// Whatever the program's stack file says.
    async fn of(program: Program) -> Self {
        program.apply().await;
        let aws = Observer::of(&program.bed);
        Self {
            program,
            aws,
            refused: RefCell::default(),
        }
    }

    /// One case: the plan after meddling is the golden one, and applying it mends everything.
    async fn drifts(&self, name: &str, meddle: impl AsyncFnOnce(&Self)) {
        meddle(self).await;
        let saving = ["plan", "--format", "json", "--out", PLAN];
        let plan = self.program.run(&saving).await.exits(0).json();
        golden(&format!("drift/{name}.txt"), &short(&plan));
        let ran = self.program.run(&["apply", "--yes"]).await;
        assert_eq!(ran.code, 0, "{name}:\n{}\n{}", ran.out, ran.err);
        let left = self.program.plan().await;
        let nothing = left["steps"].as_array().is_some_and(Vec::is_empty);
        assert!(nothing, "{name} is not mended:\n{}", short(&left));
        self.assert_refused(&plan).await;
    }

    /// That a plan which somebody else's run has overtaken is refused by name; once for a kind.
    async fn assert_refused(&self, plan: &serde_json::Value) {
        let Some(address) = plan["steps"][0]["address"].as_str() else {
            return;
        };
        let kind = address.split('/').next().unwrap().to_owned();
        if !self.refused.borrow_mut().insert(kind) {
            return;
        }
        self.program.bed.clear_journal();
        let refused = self.program.run(&["apply", PLAN, "--yes"]).await.exits(1);
        let says = format!("  - {address}");
        for part in ["AWS is not what it was", &says, "nothing was changed"] {
            assert!(refused.err.contains(part), "{part}: {}", refused.err);
        }
        assert_eq!(self.program.bed.mutating().len(), 0);
    }

    /// Calls the emulator past the proxy, where nothing else that AWS has is in the way.
    async fn bare(&self, service: &str, action: &str, parameters: &[(&str, &str)]) {
        self.program
            .bed
            .emulator()
            .read(service, action, parameters)
            .await
            .unwrap();
    }
}

#[test]
fn every_kind_has_a_case() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/drift");
    let mut moved = BTreeSet::from([ELSEWHERE.to_owned()]);
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let kind = first.split([' ', '/']).nth(1);
        moved.extend(kind.map(str::to_owned));
    }
    let without: Vec<&str> = KINDS
        .iter()
        .map(|kind| kind.schema.kind.as_str())
        .filter(|kind| !moved.contains(*kind))
        .collect();
    assert_eq!(without, [""; 0]);
}

/// The filter for what stands at an address of the stack.
fn at(address: &str) -> Filter {
    Filter::builder()
        .name("tag:qpiac:address")
        .values(address)
        .build()
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn tag(key: &str, value: &str) -> aws_sdk_ec2::types::Tag {
    aws_sdk_ec2::types::Tag::builder()
        .key(key)
        .value(value)
        .build()
}

/// One function for each kind: the identifier of what stands at an address.
macro_rules! identifiers {
    ($($name:ident: $describe:ident . $filters:ident -> $items:ident . $id:ident;)+) => {
        impl Scene {$(
            async fn $name(&self, address: &str) -> String {
                let reply = self.aws.ec2.$describe().$filters(at(address)).send().await.unwrap();
                let [found] = reply.$items() else {
                    panic!("{address}: {reply:?}")
                };
                found.$id().unwrap().to_owned()
            }
        )+}
    };
}

identifiers! {
    vpc: describe_vpcs.filters -> vpcs.vpc_id;
    subnet: describe_subnets.filters -> subnets.subnet_id;
    gateway: describe_internet_gateways.filters -> internet_gateways.internet_gateway_id;
    table: describe_route_tables.filters -> route_tables.route_table_id;
    address: describe_addresses.filters -> addresses.allocation_id;
    group: describe_security_groups.filters -> security_groups.group_id;
    endpoint: describe_vpc_endpoints.filters -> vpc_endpoints.vpc_endpoint_id;
}

impl Scene {
    /// The one NAT gateway that is not deleted.
    async fn nat(&self) -> String {
        let available = filter("state", "available");
        let reply = self
            .aws
            .ec2
            .describe_nat_gateways()
            .filter(available)
            .send()
            .await
            .unwrap();
        let [nat] = reply.nat_gateways() else {
            panic!("{reply:?}")
        };
        nat.nat_gateway_id().unwrap().to_owned()
    }

    /// Adds a tag to anything of EC2.
    async fn tag(&self, id: &str) {
        let ec2 = &self.aws.ec2;
        ec2.create_tags()
            .resources(id)
            .tags(tag("by", "hand"))
            .send()
            .await
            .unwrap();
    }

    /// Takes the `Name` tag from anything of EC2.
    async fn unname(&self, id: &str) {
        let ec2 = &self.aws.ec2;
        let name = aws_sdk_ec2::types::Tag::builder().key("Name").build();
        ec2.delete_tags()
            .resources(id)
            .tags(name)
            .send()
            .await
            .unwrap();
    }

    /// Takes the route tables' associations with a subnet, or of a table, by a filter's name.
    async fn dissociate(&self, by: &str, id: &str) {
        let ec2 = &self.aws.ec2;
        let tables = ec2
            .describe_route_tables()
            .filters(filter(by, id))
            .send()
            .await
            .unwrap();
        for association in tables
            .route_tables()
            .iter()
            .flat_map(|table| table.associations())
            .filter(|association| {
                association.subnet_id().is_some()
                    && [association.subnet_id(), association.route_table_id()].contains(&Some(id))
            })
        {
            ec2.disassociate_route_table()
                .association_id(association.route_table_association_id().unwrap())
                .send()
                .await
                .unwrap();
        }
    }

    /// The rules of a security group.
    async fn rules(&self, group: &str) -> Vec<SecurityGroupRule> {
        self.aws
            .ec2
            .describe_security_group_rules()
            .filters(filter("group-id", group))
            .send()
            .await
            .unwrap()
            .security_group_rules()
            .to_vec()
    }

    /// Takes one rule from its group.
    async fn revoke(&self, rule: &SecurityGroupRule) {
        let (ec2, group, id) = (
            &self.aws.ec2,
            rule.group_id().unwrap(),
            rule.security_group_rule_id().unwrap(),
        );
        if rule.is_egress() == Some(true) {
            ec2.revoke_security_group_egress()
                .group_id(group)
                .security_group_rule_ids(id)
                .send()
                .await
                .unwrap();
        } else {
            ec2.revoke_security_group_ingress()
                .group_id(group)
                .security_group_rule_ids(id)
                .send()
                .await
                .unwrap();
        }
    }

    /// Deletes the service with its tasks.
    async fn delete_service(&self) {
        self.aws
            .ecs
            .delete_service()
            .cluster(CLUSTER)
            .service(SERVICE)
            .force(true)
            .send()
            .await
            .unwrap();
    }

    async fn delete_load_balancer(&self) {
        let balancer = self.aws.load_balancer().await;
        self.aws
            .elbv2
            .delete_load_balancer()
            .load_balancer_arn(balancer.load_balancer_arn().unwrap())
            .send()
            .await
            .unwrap();
    }
}
