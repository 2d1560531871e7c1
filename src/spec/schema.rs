//! The JSON Schema of the stack file, for editors.
//!
//! Depends on the shapes and the tree of this room. Invariant: what the schema refuses, reading
//! refuses too; checks across keys are beyond it.

use serde_json::{Map, Value, json};

use super::diagnostic::Span;
use super::shape::{Choice, KeyShape, Presence, SectionShape, Shape, TextShape};
use super::tree::{Content, Meaning, Node};

/// The schema whose root is this section.
pub(crate) fn document(root: &SectionShape) -> Value {
    let mut sections = Map::new();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "stack.yaml of qpiac",
    });
    let body = section(root, &mut sections);
    if let (Value::Object(schema), Value::Object(body)) = (&mut schema, body) {
        schema.extend(body);
        schema.insert("$defs".to_owned(), Value::Object(sections));
    }
    schema
}

fn section(shape: &SectionShape, sections: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for declared in &shape.keys {
        properties.insert(declared.name.to_owned(), key(declared, sections));
    }
    let required: Vec<&str> = shape
        .keys
        .iter()
        .filter(|key| matches!(key.presence, Presence::Required))
        .map(|key| key.name)
        .collect();
    let mut schema =
        json!({ "type": "object", "description": shape.doc, "properties": properties });
    if required.is_empty() {
        // `network:` with nothing under it takes every default.
        schema["type"] = json!(["object", "null"]);
    } else {
        schema["required"] = json!(required);
    }
    schema["additionalProperties"] = json!(false);
    let each =
        |keys: &[&str]| -> Value { keys.iter().map(|it| json!({ "required": [it] })).collect() };
    let needs = shape
        .keys
        .iter()
        .filter_map(|key| Some((key.name.to_owned(), json!([key.needs?]))));
    let needs: Map<String, Value> = needs.collect();
    if !needs.is_empty() {
        schema["dependentRequired"] = Value::Object(needs);
    }
    match shape.choice {
        None => {}
        Some(Choice::ExactlyOne(keys)) => schema["oneOf"] = each(keys),
        Some(Choice::AtLeastOne(keys)) => schema["anyOf"] = each(keys),
    }
    schema
}

fn key(key: &KeyShape, sections: &mut Map<String, Value>) -> Value {
    let mut schema = json!({ "description": key.doc });
    match key.presence {
        Presence::Required => {}
        Presence::Default(default) => schema["default"] = json_of_text(default),
        Presence::Absent(words) => {
            schema["description"] = json!(format!("{}\n\nLeft out: {words}.", key.doc));
        }
    }
    if let Shape::Words(words) = &key.shape {
        let text = schema["description"].as_str().unwrap_or_default();
        let text = words
            .iter()
            .fold(text.to_owned() + "\n", |text, (word, doc)| {
                format!("{text}\n- `{word}`: {}.", doc.trim())
            });
        schema["description"] = json!(text);
    }
    if let Some(example) = key.example {
        schema["examples"] = json!([json_of_text(example)]);
    }
    if let (Value::Object(schema), Value::Object(shape)) =
        (&mut schema, value(&key.shape, sections))
    {
        schema.extend(shape);
    }
    // These mean lists alone, wherever among the forms of the value one stands.
    if key.distinct {
        schema["uniqueItems"] = json!(true);
    }
    if key.some {
        schema["minItems"] = json!(1);
    }
    schema
}

fn value(shape: &Shape, sections: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer { min, max } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        Shape::Numbers(numbers) => json!({ "type": "integer", "enum": numbers }),
        Shape::Text(shape) => text(shape),
        Shape::Off => json!({ "enum": ["off", false] }),
        Shape::Literal => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Words(words) => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let docs: Vec<&str> = words.iter().map(|(_, doc)| doc.trim()).collect();
            // Not of the standard: editors show it beside each word.
            json!({ "type": "string", "enum": known, "enumDescriptions": docs })
        }
        Shape::List { of, min } => {
            let mut schema = json!({ "type": "array", "items": value(of, sections) });
            if *min > 0 {
                schema["minItems"] = json!(min);
            } else {
                schema["type"] = json!(["array", "null"]);
            }
            schema
        }
        Shape::Map { key, of } => json!({
            "type": ["object", "null"],
            "propertyNames": text(key),
            "additionalProperties": value(of, sections),
        }),
        Shape::Either(shapes) => {
            let mut choices = Vec::new();
            flatten(shapes, sections, &mut choices);
            json!({ "anyOf": choices })
        }
        Shape::Section(shape) => {
            let name = shape.name.trim_end_matches("Section");
            if !sections.contains_key(name) {
                let body = section(shape, sections);
                sections.insert(name.to_owned(), body);
            }
            json!({ "$ref": format!("#/$defs/{name}") })
        }
    }
}

fn flatten(shapes: &[Shape], sections: &mut Map<String, Value>, choices: &mut Vec<Value>) {
    for shape in shapes {
        match shape {
            Shape::Either(inner) => flatten(inner, sections, choices),
            Shape::Bool
            | Shape::Integer { .. }
            | Shape::Numbers(_)
            | Shape::Text(_)
            | Shape::Literal
            | Shape::Off
            | Shape::Words(_)
            | Shape::List { .. }
            | Shape::Map { .. }
            | Shape::Section(_) => choices.push(value(shape, sections)),
        }
    }
}

fn text(shape: &TextShape) -> Value {
    json!({
        "type": "string",
        "pattern": shape.pattern,
        "minLength": shape.min,
        "maxLength": shape.max,
    })
}

/// A declared default or example as JSON.
pub(crate) fn json_of_text(text: &str) -> Value {
    json_of(&Node::declared(text, Span::default()))
}

/// A tree as JSON; a number that does not fit stays text.
pub(crate) fn json_of(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) => match scalar.meaning() {
            Meaning::Null => Value::Null,
            Meaning::Bool(value) => json!(value),
            Meaning::Integer(Some(number)) => json!(number),
            Meaning::Float => match scalar.text.parse::<f64>() {
                Ok(number) if number.is_finite() => json!(number),
                Ok(_) | Err(_) => json!(scalar.text),
            },
            Meaning::Integer(None) | Meaning::Text => json!(scalar.text),
        },
        Content::List(items) => items.iter().map(json_of).collect(),
        Content::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), json_of(&entry.value)))
            .collect(),
    }
}
