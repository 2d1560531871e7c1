//! The schema of the documents that the program prints for programs.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

/// The schema, closed: a key that it does not name is an error here, though not for others.
pub(crate) struct Schemas(Value);

impl Schemas {
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/output.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema");
        let mut schema: Value = serde_json::from_str(&text).expect("JSON");
        close(&mut schema);
        Self(schema)
    }

    pub(crate) fn of(&self, name: &str) -> Validator {
        assert!(self.0["$defs"].get(name).is_some(), "{name}");
        let mut schema = self.0.clone();
        schema["$ref"] = json!(format!("#/$defs/{name}"));
        jsonschema::validator_for(&schema).expect("a schema")
    }

    /// Its parts, by name.
    pub(crate) fn parts(&self) -> &Value {
        &self.0["$defs"]
    }

    #[track_caller]
    pub(crate) fn admit(&self, name: &str, document: &Value) {
        let errors: Vec<String> = self
            .of(name)
            .iter_errors(document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{name}: {}\n{document:#}",
            errors.join("\n")
        );
    }

    #[track_caller]
    pub(crate) fn admit_lines(&self, name: &str, text: &str) {
        assert!(!text.is_empty());
        for line in text.lines() {
            self.admit(name, &serde_json::from_str(line).expect("JSON"));
        }
    }
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") {
                members.insert("additionalProperties".into(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
