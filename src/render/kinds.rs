//! The reference of the resource kinds, written from what they declare.
//!
//! May depend on `model`. Invariant: nothing here knows a kind; a sentence about one stands in its
//! own declaration.

use std::fmt::Write;

use crate::model::{Attribute, Member, Milestone, OnChange, Replacement, Schema, Shape, Wait};

/// The page of all kinds, in Markdown.
pub fn kinds(schemas: &[&Schema]) -> String {
    let mut text = String::from(
        "# Resource kinds\n\nWhat a stack consists of. An address is `KIND/NAME`. *Update* means \
         that AWS changes the attribute in place; *replace*, that only a new resource can have the \
         new value.\n\n",
    );
    for schema in schemas {
        let _ = writeln!(text, "- [{0}](#{0})", schema.kind);
    }
    for schema in schemas {
        kind(&mut text, schema);
    }
    text.push_str(
        "\n## API operations\n\nEvery call that a kind makes, by action. A plan \
         reads; `status` explains beside that, and so does a run of what failed.\n\n",
    );
    text.push_str(
        "| Kind | Read | Explain | Create | Update | Delete |\n|---|---|---|---|---|---|\n",
    );
    for schema in schemas {
        let cells = operations(schema).map(|(_, names)| names.join("<br>"));
        let _ = writeln!(text, "| {} | {} |", schema.kind, cells.join(" | "));
    }
    text
}

fn kind(text: &mut String, schema: &Schema) {
    let _ = write!(text, "\n## {}\n\n{}\n\n", schema.kind, schema.doc);
    for fact in facts(schema) {
        let _ = writeln!(text, "- {fact}");
    }
    text.push_str("\n| Attribute | Form | On change | Meaning |\n|---|---|---|---|\n");
    for attribute in schema.attributes {
        attribute_row(text, attribute);
    }
    text.push_str("\n| Output | Meaning |\n|---|---|\n");
    for output in schema.outputs {
        let _ = writeln!(text, "| `{}` | {} |", output.name, cell(output.doc));
    }
}

/// What holds for a kind as a whole: how it is replaced, owned, lost and waited for.
pub(super) fn facts(schema: &Schema) -> Vec<String> {
    let how = match schema.replacement {
        Replacement::CreateFirst => {
            "Replaced by making the new one first, unless both would need the same place."
        }
        Replacement::DeleteFirst => "Replaced by deleting the old one first.",
    };
    let mut facts = vec![how.to_owned()];
    facts.push(match schema.parent {
        Some(parent) => {
            format!("Owned through its `{parent}`: whatever is found there belongs to the stack.")
        }
        None => "Owned by its tags `qpiac:stack` and `qpiac:address`.".to_owned(),
    });
    facts.extend(
        schema
            .holds
            .map(|data| format!("Deleting it loses {data}.")),
    );
    facts.extend(
        schema
            .outage
            .map(|outage| format!("While it is not there, {outage}.")),
    );
    let waits = [
        ("creation", schema.waits.create),
        ("an update", schema.waits.update),
        ("deletion", schema.waits.delete),
    ];
    facts.extend(waits.into_iter().filter_map(|(what, wait)| {
        let Wait {
            typical_s,
            deadline_s,
        } = wait?;
        Some(format!(
            "AWS goes on working after {what}: usually {typical_s} s, at most {deadline_s} s."
        ))
    }));
    facts
}

/// What a change of an attribute takes.
pub(super) fn change(attribute: &Attribute) -> String {
    match attribute.on_change {
        OnChange::Update => "update".to_owned(),
        OnChange::Attach => "update where absent, else replace".to_owned(),
        OnChange::Replace => "replace".to_owned(),
        OnChange::Refuse(why) => format!("refused: {why}"),
    }
}

/// What an attribute means.
pub(super) fn meaning(attribute: &Attribute) -> String {
    let waits = if attribute.until == Milestone::Ready {
        " Waits until that is ready."
    } else {
        ""
    };
    format!("{}{waits}", attribute.doc)
}

/// The API operations, by action.
pub(super) fn operations(schema: &Schema) -> [(&'static str, &'static [&'static str]); 5] {
    let operations = &schema.operations;
    [
        ("Read", operations.find),
        ("Explain", operations.explain),
        ("Create", operations.create),
        ("Update", operations.update),
        ("Delete", operations.delete),
    ]
}

fn attribute_row(text: &mut String, attribute: &Attribute) {
    let change = change(attribute);
    let _ = writeln!(
        text,
        "| `{}` | {} | {change} | {} |",
        attribute.name,
        cell(&shape(&attribute.shape)),
        cell(&meaning(attribute))
    );
    each_member(attribute.name, &attribute.shape, &mut |path, member| {
        let _ = writeln!(
            text,
            "| `{path}` | {} | | {} |",
            cell(&shape(&member.shape)),
            cell(member.doc)
        );
    });
}

/// What is inside of a structure, each with the path that leads to it.
pub(super) fn each_member(path: &str, shape: &Shape, told: &mut dyn FnMut(&str, &Member)) {
    match shape {
        Shape::Optional(inner) | Shape::List(inner) | Shape::Set(inner) | Shape::Map(inner) => {
            each_member(path, inner, told);
        }
        Shape::Struct(inside) | Shape::OneOf(inside) => {
            for member in *inside {
                let path = format!("{path}.{}", member.name);
                told(&path, member);
                each_member(&path, &member.shape, told);
            }
        }
        Shape::Bool
        | Shape::Int
        | Shape::Text(_)
        | Shape::Word(_)
        | Shape::Id(_)
        | Shape::Document => {}
    }
}

pub(super) fn shape(shape_of: &Shape) -> String {
    match shape_of {
        Shape::Bool => "true or false".to_owned(),
        Shape::Int => "number".to_owned(),
        Shape::Text(what) => (*what).to_owned(),
        Shape::Word(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Shape::Id(class) => format!("reference: {class}"),
        Shape::Document => "JSON document".to_owned(),
        Shape::Optional(inner) => format!("{}, or absent", shape(inner)),
        Shape::List(inner) => format!("list of {}", shape(inner)),
        Shape::Set(inner) => format!("set of {}", shape(inner)),
        Shape::Map(inner) => format!("map to {}", shape(inner)),
        Shape::Struct(_) => "structure".to_owned(),
        Shape::OneOf(_) => "one of".to_owned(),
    }
}

/// Text that does not break a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
