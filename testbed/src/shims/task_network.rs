//! The network interfaces of tasks on ministack.
//!
//! - `DescribeTasks`: AWS gives every task in a VPC an attachment with its subnet, network interface and
//!   private address; ministack gives none.
//! - `DescribeNetworkInterfaces` of these: AWS gives them, with a public address only where the
//!   service assigns one; ministack has none.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;
use serde_json::{Value, json};

use super::{Answer, Next, Shim, memory};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// The interface of a task.
#[derive(Clone)]
struct Interface {
    subnet: String,
    private: String,
    groups: Vec<String>,
    public: Option<String>,
}

#[derive(Default)]
pub(crate) struct TaskNetwork {
    /// By the interface's id.
    interfaces: Mutex<BTreeMap<String, Interface>>,
}

impl Shim for TaskNetwork {
    fn operations(&self) -> &'static [&'static str] {
        &["ecs:DescribeTasks", "ec2:DescribeNetworkInterfaces"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "DescribeTasks" => self.tasks(request, next).await,
                _ => self.interfaces(request, next).await,
            }
        })
    }
}

impl TaskNetwork {
    async fn tasks(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        let mut body = reply.value();
        for task in body["tasks"].as_array_mut().into_iter().flatten() {
            let group = task["group"].as_str().unwrap_or("");
            let Some(service) = group.strip_prefix("service:") else {
                continue;
            };
            let asked = json!({ "cluster": task["clusterArn"], "services": [service] });
            let found = next.json("ecs", "DescribeServices", &asked).await?;
            let network = &found["services"][0]["networkConfiguration"]["awsvpcConfiguration"];
            if network.is_object() {
                self.attach(task, network);
            }
        }
        Ok(reply.with_value(&body))
    }

    /// Gives a task an interface in one of the subnets of its service.
    fn attach(&self, task: &mut Value, network: &Value) {
        let arn = task["taskArn"].as_str().unwrap_or("").to_owned();
        let digits: String = arn.chars().rev().filter(char::is_ascii_hexdigit).collect();
        let number = u32::from_str_radix(&digits[..digits.len().min(6)], 16).unwrap_or(0);
        let [_, second, third, fourth] = number.to_be_bytes();
        let subnets = texts(&network["subnets"]);
        let subnet = subnets.get(usize::from(fourth) % subnets.len().max(1));
        let id = format!("eni-{:0>17}", &digits[..digits.len().min(17)]);
        let interface = Interface {
            subnet: subnet.cloned().unwrap_or_default(),
            private: format!("10.{second}.{third}.{}", fourth.max(4)),
            groups: texts(&network["securityGroups"]),
            public: (network["assignPublicIp"] == "ENABLED")
                .then(|| format!("203.0.113.{}", fourth.max(1))),
        };
        task["attachments"] = json!([{
            "id": format!("{arn}/eni"),
            "type": "ElasticNetworkInterface",
            "status": "ATTACHED",
            "details": [
                { "name": "subnetId", "value": interface.subnet },
                { "name": "networkInterfaceId", "value": id },
                { "name": "privateIPv4Address", "value": interface.private },
            ],
        }]);
        memory(&self.interfaces).insert(id, interface);
    }

    async fn interfaces(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let known = memory(&self.interfaces).clone();
        let mut form = request.form();
        form.retain(|name, _| !name.starts_with("NetworkInterfaceId."));
        let (ours, others): (Vec<&str>, Vec<&str>) = asked(request)
            .into_iter()
            .partition(|id| known.contains_key(*id));
        let mut items = Vec::new();
        if ours.is_empty() || !others.is_empty() {
            for (id, index) in others.iter().zip(1..) {
                form.insert(format!("NetworkInterfaceId.{index}"), (*id).into());
            }
            let reply = next.forward(&request.with_form(form)).await?;
            if ours.is_empty() || !reply.is_success() {
                return Ok(reply);
            }
            let found = reply.element(request)?;
            items.extend_from_slice(found.members("networkInterfaceSet"));
        }
        items.extend(ours.iter().map(|id| described(id, &known[*id])));
        let set = Element::list("networkInterfaceSet", items);
        let root = Element::list("DescribeNetworkInterfacesResponse", vec![set]);
        Ok(Reply::xml(root.to_string()))
    }
}

/// The interfaces that are asked for, by their identifiers or by a filter of them.
fn asked(request: &Request) -> Vec<&str> {
    if request.text("Filter.1.Name") == "network-interface-id" {
        return request.list("Filter.1.Value");
    }
    request.list("NetworkInterfaceId")
}

/// An interface as EC2 describes it.
fn described(id: &str, interface: &Interface) -> Element {
    let groups = interface
        .groups
        .iter()
        .map(|group| Element::list("item", vec![Element::text("groupId", group)]));
    let mut fields = vec![
        Element::text("networkInterfaceId", id),
        Element::text("subnetId", &interface.subnet),
        Element::text("status", "in-use"),
        Element::text("interfaceType", "interface"),
        Element::text("privateIpAddress", &interface.private),
        Element::list("groupSet", groups.collect()),
    ];
    if let Some(public) = &interface.public {
        let address = vec![Element::text("publicIp", public)];
        fields.push(Element::list("association", address));
    }
    Element::list("item", fields)
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}
