//! CBOR (RFC 8949) as AWS's rpc-v2-cbor uses it, to and from JSON values.
//!
//! Depends on nothing else of this crate. A time, which is a tagged number, is the object
//! `{"$time": SECONDS}`; bytes are text. Invariant: what was read is written with the same meaning.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Number, Value, json};

/// The tag of a time in seconds since 1970.
const EPOCH: u64 = 1;

/// The key that a time has in JSON.
const TIME: &str = "$time";

/// How deep lists and maps may stand in each other.
const DEEPEST: usize = 64;

/// What ends a list or map of unstated length.
const BREAK: u8 = 0xff;

/// Reads one value.
///
/// # Errors
///
/// When the bytes end early, nest too deeply or hold what JSON has no word for.
pub fn read(bytes: &[u8]) -> Result<Value> {
    Reader { rest: bytes }.value(DEEPEST)
}

/// Writes a value.
#[must_use]
pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, value);
    bytes
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value> {
        if depth == 0 {
            bail!("the values are nested too deeply");
        }
        let first = self.take(1)?[0];
        let (major, minor) = (first >> 5, first & 0x1f);
        if major == 7 {
            return self.simple(minor);
        }
        let length = self.argument(minor)?;
        Ok(match (major, length) {
            (0, Some(number)) => json!(number),
            (1, Some(number)) => json!(-1 - i64::try_from(number)?),
            (2 | 3, Some(length)) => Value::String(self.text(length)?),
            (2 | 3, None) => self.pieces(depth)?,
            (4, length) => self.list(length, depth)?,
            (5, length) => self.map(length, depth)?,
            (6, Some(EPOCH)) => json!({ TIME: self.value(depth - 1)? }),
            (6, Some(_)) => self.value(depth - 1)?,
            _ => bail!("{first:#x} begins no value"),
        })
    }

    fn simple(&mut self, minor: u8) -> Result<Value> {
        let float = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
        Ok(match minor {
            20 => Value::Bool(false),
            21 => Value::Bool(true),
            22 | 23 => Value::Null,
            26 => {
                let bits = u32::try_from(self.number(4)?)?;
                float(f64::from(f32::from_bits(bits)))
            }
            27 => float(f64::from_bits(self.number(8)?)),
            25 => float(half(u16::try_from(self.number(2)?)?)),
            other => bail!("{other} is no simple value"),
        })
    }

    /// A length or number; none where the end is marked instead.
    fn argument(&mut self, minor: u8) -> Result<Option<u64>> {
        Ok(match minor {
            0..=23 => Some(u64::from(minor)),
            24 => Some(self.number(1)?),
            25 => Some(self.number(2)?),
            26 => Some(self.number(4)?),
            27 => Some(self.number(8)?),
            31 => None,
            other => bail!("{other} is no length"),
        })
    }

    fn list(&mut self, length: Option<u64>, depth: usize) -> Result<Value> {
        let mut items = Vec::new();
        while self.goes_on(length, items.len())? {
            items.push(self.value(depth - 1)?);
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, length: Option<u64>, depth: usize) -> Result<Value> {
        let mut fields = Map::new();
        let mut count = 0;
        while self.goes_on(length, count)? {
            let key = self.value(depth - 1)?;
            let key = key.as_str().context("a key is no text")?.to_owned();
            fields.insert(key, self.value(depth - 1)?);
            count += 1;
        }
        Ok(Value::Object(fields))
    }

    /// Text that comes in pieces.
    fn pieces(&mut self, depth: usize) -> Result<Value> {
        let mut text = String::new();
        while self.goes_on(None, 0)? {
            let piece = self.value(depth - 1)?;
            text.push_str(piece.as_str().context("a piece is no text")?);
        }
        Ok(Value::String(text))
    }

    fn goes_on(&mut self, length: Option<u64>, count: usize) -> Result<bool> {
        if let Some(length) = length {
            return Ok((count as u64) < length);
        }
        if self.rest.first() == Some(&BREAK) {
            self.take(1)?;
            return Ok(false);
        }
        Ok(true)
    }

    fn text(&mut self, length: u64) -> Result<String> {
        let bytes = self.take(usize::try_from(length)?)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn number(&mut self, bytes: usize) -> Result<u64> {
        let digits = self.take(bytes)?;
        Ok(digits
            .iter()
            .fold(0, |number, digit| number << 8 | u64::from(*digit)))
    }

    fn take(&mut self, count: usize) -> Result<&[u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .context("the value ends early")?;
        self.rest = rest;
        Ok(taken)
    }
}

/// A number of sixteen bits.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

fn put(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => bytes.push(0xf6),
        Value::Bool(truth) => bytes.push(if *truth { 0xf5 } else { 0xf4 }),
        Value::Number(number) => put_number(bytes, number),
        Value::String(text) => {
            head(bytes, 3, text.len() as u64);
            bytes.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(bytes, 4, items.len() as u64);
            items.iter().for_each(|item| put(bytes, item));
        }
        Value::Object(fields) => {
            if let (1, Some(time)) = (fields.len(), fields.get(TIME)) {
                head(bytes, 6, EPOCH);
                put(bytes, time);
                return;
            }
            head(bytes, 5, fields.len() as u64);
            for (key, value) in fields {
                head(bytes, 3, key.len() as u64);
                bytes.extend(key.as_bytes());
                put(bytes, value);
            }
        }
    }
}

fn put_number(bytes: &mut Vec<u8>, number: &Number) {
    if let Some(natural) = number.as_u64() {
        head(bytes, 0, natural);
    } else if let Some(negative) = number.as_i64() {
        head(bytes, 1, negative.unsigned_abs() - 1);
    } else {
        bytes.push(0xfb);
        bytes.extend(number.as_f64().unwrap_or(0.0).to_be_bytes());
    }
}

/// What begins a value: its kind, and a length or number.
fn head(bytes: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let wide = argument.to_be_bytes();
    match argument {
        0..=23 => bytes.push(major | wide[7]),
        24..=0xff => bytes.extend([major | 24, wide[7]]),
        0x100..=0xffff => {
            bytes.push(major | 25);
            bytes.extend(&wide[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            bytes.push(major | 26);
            bytes.extend(&wide[4..]);
        }
        _ => {
            bytes.push(major | 27);
            bytes.extend(wide);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn values_are_written_and_read() {
        for value in [
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!(23),
            json!(24),
            json!(70_000),
            json!(5_000_000_000_u64),
            json!(-1),
            json!(-300),
            json!(0.5),
            json!(""),
            json!("a".repeat(300)),
            json!([]),
            json!([1, [2], {}]),
            json!({ "AlarmNames": ["a"], "At": { TIME: 1_767_225_600.25 }, "b": null }),
        ] {
            assert_eq!(read(&write(&value)).unwrap(), value);
        }
    }

    #[test]
    fn what_others_write_is_read() {
        let table: [(&[u8], Value); 5] = [
            (b"\xbf\x61a\x9f\x01\x02\xff\xff", json!({ "a": [1, 2] })),
            (b"\x7f\x61a\x62bc\xff", json!("abc")),
            (b"\xfa\x3f\xc0\x00\x00", json!(1.5)),
            (b"\xf9\x3e\x00", json!(1.5)),
            (b"\xc1\x19\x01\x00", json!({ TIME: 256 })),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(bytes).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_not_cbor_is_refused() {
        for bytes in [
            b"".as_slice(),
            b"\xa1\x61",
            b"\x1c",
            b"\xa1\x01\x01",
            &[0x81; 100],
        ] {
            assert!(read(bytes).is_err(), "{bytes:x?}");
        }
    }
}
