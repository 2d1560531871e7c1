//! The reference of one resource kind, for a terminal and for programs.
//!
//! May depend on `model`. Invariant: it says what the page of all kinds says, in the same words.

use serde_json::{Value, json};

use super::kinds::{change, each_member, facts, meaning, operations, shape};
use super::manual::{Page, Row, Table};
use crate::model::Schema;

/// The page of a kind.
pub fn page(schema: &Schema) -> Page {
    let mut rows = Vec::new();
    for attribute in schema.attributes {
        rows.push(Row {
            name: attribute.name.to_owned(),
            note: format!("{}; {}", shape(&attribute.shape), change(attribute)),
            text: meaning(attribute),
        });
        each_member(attribute.name, &attribute.shape, &mut |path, member| {
            rows.push(Row {
                name: path.to_owned(),
                note: shape(&member.shape),
                text: member.doc.to_owned(),
            });
        });
    }
    let outputs = schema.outputs.iter().map(|output| Row {
        name: output.name.to_owned(),
        text: output.doc.to_owned(),
        ..Row::default()
    });
    let calls = operations(schema).into_iter();
    let calls = calls
        .filter(|(_, names)| !names.is_empty())
        .map(|(action, names)| Row {
            name: action.to_owned(),
            text: names.join(", "),
            ..Row::default()
        });
    let table = |title: &str, rows: Vec<Row>| Table {
        title: title.to_owned(),
        rows,
        ..Table::default()
    };
    Page {
        title: schema.kind.to_string(),
        text: std::iter::once(schema.doc.to_owned())
            .chain(facts(schema))
            .collect(),
        tables: vec![
            table("Attributes", rows),
            table("Outputs", outputs.collect()),
            table("API operations", calls.collect()),
        ],
        ..Page::default()
    }
}

/// The same as data.
pub fn document(schema: &Schema) -> Value {
    let mut attributes = Vec::new();
    for attribute in schema.attributes {
        attributes.push(json!({
            "name": attribute.name, "form": shape(&attribute.shape),
            "on_change": change(attribute), "doc": meaning(attribute),
        }));
        each_member(attribute.name, &attribute.shape, &mut |path, member| {
            attributes.push(json!({
                "name": path, "form": shape(&member.shape), "doc": member.doc,
            }));
        });
    }
    let outputs = schema.outputs.iter();
    let calls = operations(schema).map(|(action, names)| (action.to_lowercase(), json!(names)));
    json!({
        "kind": schema.kind,
        "doc": schema.doc,
        "facts": facts(schema),
        "attributes": attributes,
        "outputs": outputs.map(|it| json!({ "name": it.name, "doc": it.doc })).collect::<Value>(),
        "operations": calls.into_iter().collect::<serde_json::Map<_, _>>(),
    })
}
