//! Decimal numbers in canonical form.
//!
//! May depend on `model`. Invariant: two numbers are equal exactly when their text is.

use crate::model::{Field, Misfit, Shape, Value};

/// A decimal number such as `80` or `0.5`: the shortest text that stands for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(String);

impl Decimal {
    /// So many thousandths.
    pub fn of_thousandths(thousandths: u32) -> Self {
        Self::from(f64::from(thousandths) / 1000.0)
    }

    /// The number as the SDK takes it.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<f64> for Decimal {
    fn from(number: f64) -> Self {
        // Adding zero takes the sign from a negative zero.
        Self((number + 0.0).to_string())
    }
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self(number.to_string())
    }
}

impl Field for Decimal {
    const SHAPE: Shape = Shape::Text("decimal number");

    fn value(&self) -> Value {
        Value::Text(self.0.clone())
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Text(text) => text
                .parse()
                .map(|number: f64| Self::from(number))
                .map_err(|_| Misfit::new("a decimal number", value)),
            other => Err(Misfit::new("a decimal number", other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_equal_text() {
        let table = [
            (Decimal::from(80_u32), Decimal::from(80.0), "80"),
            (Decimal::from(-0.0), Decimal::from(0_u32), "0"),
            (Decimal::of_thousandths(1500), Decimal::from(1.5), "1.5"),
            (
                Decimal::of_thousandths(1234),
                Decimal::from(1.2340),
                "1.234",
            ),
            (Decimal::from(1e-7), Decimal::from(0.000_000_1), "0.0000001"),
        ];
        for (one, other, text) in table {
            assert_eq!(one, other);
            assert_eq!(one.value(), Value::Text(text.to_owned()));
            assert_eq!(Decimal::from_value(&one.value()), Ok(other));
            assert_eq!(Decimal::from(one.as_f64()), one);
        }
        let longer = Value::Text("0.50".to_owned());
        assert_eq!(Decimal::from_value(&longer), Ok(Decimal::from(0.5)));
        for wrong in [Value::Text("much".to_owned()), Value::Int(1)] {
            assert!(Decimal::from_value(&wrong).is_err());
        }
    }
}
