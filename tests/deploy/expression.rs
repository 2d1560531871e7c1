//! The expressions of workflow files: as much of them as ours use. What is not understood fails the test.

use serde_json::Value;

/// How the steps or jobs so far ended, for `cancelled()` and for the condition that is there unless
/// another one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sofar {
    Well,
    Failed,
}

/// A text with the values of its expressions.
pub(crate) fn filled(text: &str, contexts: &Value, sofar: Sofar) -> String {
    let mut parts = text.split("${{");
    let mut full = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once("}}").expect("an expression ends");
        full += &shown(&value(expression, contexts, sofar));
        full += rest;
    }
    full
}

/// Whether a condition holds. One that does not ask how things went holds only where they went well.
pub(crate) fn holds(condition: Option<&str>, contexts: &Value, sofar: Sofar) -> bool {
    let condition = condition.unwrap_or("success()");
    let inner = condition.trim().trim_start_matches("${{");
    let inner = inner.trim_end_matches("}}");
    let asks = ["success()", "failure()", "cancelled()", "always()"]
        .iter()
        .any(|call| inner.contains(call));
    (asks || sofar == Sofar::Well) && is_true(&value(inner, contexts, sofar))
}

fn value(expression: &str, contexts: &Value, sofar: Sofar) -> Value {
    let mut parser = Parser {
        tokens: tokens(expression),
        at: 0,
        contexts,
        sofar,
    };
    let value = parser.any();
    assert_eq!(parser.at, parser.tokens.len(), "not read: {expression}");
    value
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => rest[1..].find('\'').expect("a text ends") + 2,
            '(' | ')' => 1,
            '!' if !rest.starts_with("!=") => 1,
            '=' | '!' | '&' | '|' => 2,
            c if c.is_ascii_alphanumeric() => rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)))
                .unwrap_or(rest.len()),
            other => panic!("not known in an expression: {other}"),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<String>,
    at: usize,
    contexts: &'a Value,
    sofar: Sofar,
}

impl Parser<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let is = self.tokens.get(self.at).is_some_and(|t| t == token);
        self.at += usize::from(is);
        is
    }

    fn any(&mut self) -> Value {
        let mut left = self.all();
        while self.takes("||") {
            let right = self.all();
            left = if is_true(&left) { left } else { right };
        }
        left
    }

    fn all(&mut self) -> Value {
        let mut left = self.comparison();
        while self.takes("&&") {
            let right = self.comparison();
            left = if is_true(&left) { right } else { left };
        }
        left
    }

    fn comparison(&mut self) -> Value {
        let left = self.one();
        let wants_equal = match self.tokens.get(self.at).map(String::as_str) {
            Some("==") => true,
            Some("!=") => false,
            _ => return left,
        };
        self.at += 1;
        // Nothing and the empty text are equal there.
        let right = self.one();
        Value::Bool((shown(&left) == shown(&right)) == wants_equal)
    }

    fn one(&mut self) -> Value {
        if self.takes("!") {
            return Value::Bool(!is_true(&self.one()));
        }
        if self.takes("(") {
            let inner = self.any();
            assert!(self.takes(")"), "a parenthesis is not closed");
            return inner;
        }
        let token = self
            .tokens
            .get(self.at)
            .expect("an expression goes on")
            .clone();
        self.at += 1;
        if self.takes("(") {
            assert!(self.takes(")"), "a function with arguments: {token}");
            return Value::Bool(match token.as_str() {
                "success" => self.sofar == Sofar::Well,
                "failure" => self.sofar == Sofar::Failed,
                "always" => true,
                "cancelled" => false,
                other => panic!("not known: {other}()"),
            });
        }
        if let Some(text) = token.strip_prefix('\'') {
            return text.trim_end_matches('\'').into();
        }
        let mut parts = token.split('.');
        let context = parts.next().unwrap_or_default();
        let root = self.contexts.get(context);
        let root = root.unwrap_or_else(|| panic!("no such context: {token}"));
        parts.fold(root, |at, part| &at[part]).clone()
    }
}
