//! Decimals as fields of records, as parameters, and in serde's formats (as text, which keeps every digit).

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::Decimal;
use crate::{
    contract::{FieldType, Param, ParamError},
    record::{Fault, Field, RowCursor, decode_i128, encode_i128, hash_bytes},
};

impl<const SCALE: u8> Field for Decimal<SCALE> {
    const KIND: FieldType = FieldType::Decimal(SCALE);

    #[inline(always)]
    fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
        let negative = row.peek() == Some(b'-');
        if negative {
            row.advance(1);
        }
        let mantissa = i128::from(row.mantissa::<SCALE>()?);
        Ok(Self::from_mantissa(if negative { -mantissa } else { mantissa }))
    }

    fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
        Self::parse_bytes(text)
    }

    #[inline]
    fn encode_text(&self, _: u8, out: &mut Vec<u8>) {
        self.write_bytes(out);
    }

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        encode_i128(self.mantissa(), out);
    }

    #[inline]
    fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
        decode_i128(input).map(Self::from_mantissa)
    }

    #[inline]
    fn hash(&self) -> u64 {
        hash_bytes(&self.mantissa().to_le_bytes())
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl<const SCALE: u8> Param for Decimal<SCALE> {
    fn kind() -> String {
        match SCALE {
            1 => "decimal with 1 place".into(),
            scale => format!("decimal with {scale} places"),
        }
    }

    fn from_value(value: &Value) -> Result<Self, ParamError> {
        let parsed = match value {
            Value::String(text) => text.parse().ok(),
            // The shortest text of a binary float is what was written, up to 15 digits.
            Value::Number(number) => number.to_string().parse().ok(),
            _ => None,
        };
        parsed.ok_or_else(|| {
            ParamError::new(format!("a number with at most {SCALE} places after the point, in quotes"), value)
        })
    }
}

impl<const SCALE: u8> TryFrom<i64> for Decimal<SCALE> {
    type Error = Fault;

    fn try_from(value: i64) -> Result<Self, Fault> {
        Self::from_int(value).ok_or(Fault::Range)
    }
}

impl<const SCALE: u8> Serialize for Decimal<SCALE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const SCALE: u8> Deserialize<'de> for Decimal<SCALE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const SCALE: u8>;

        impl<const SCALE: u8> de::Visitor<'_> for Visitor<SCALE> {
            type Value = Decimal<SCALE>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "a text such as \"12.50\", with at most {SCALE} places after the point, or a whole number"
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                Decimal::from_int(value).ok_or_else(|| E::custom("the number is too large"))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                let value = i64::try_from(value).map_err(|_| E::custom("the number is too large"))?;
                self.visit_i64(value)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}
