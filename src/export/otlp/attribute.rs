//! Attributes: names and values.

use super::writer::Writer;
use crate::export::json::{MAX_SAFE, number_of, text_of};
use crate::json::{self, Kind};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A name and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The name.
    pub key: Cow<'static, str>,
    /// Its value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// True or false.
    Bool(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Value {
        Value::Int(count.min(i64::MAX as u64).cast_signed())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        let whole = number as i64;
        match whole as f64 == number && whole.unsigned_abs() <= MAX_SAFE {
            true => Value::Int(whole),
            false => Value::Double(number),
        }
    }
}

impl Value {
    /// A JSON value as an attribute can hold it: lists and objects as their JSON. None
    /// for null.
    pub fn of(raw: &[u8]) -> Option<Value> {
        match json::kind(raw) {
            Kind::Null => None,
            Kind::Bool => Some(Value::Bool(raw == b"true")),
            Kind::Number => number_of(raw).map(Value::from),
            Kind::String => text_of(raw).map(Value::Text),
            Kind::Array | Kind::Object => {
                core::str::from_utf8(raw).ok().map(|text| Value::Text(text.into()))
            }
        }
    }
}

/// Attributes, in the order they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(pub Vec<Attribute>);

impl Attributes {
    /// Adds one, in the place of one of the same name.
    pub fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|attribute| attribute.key == key) {
            Some(attribute) => attribute.value = value,
            None => self.0.push(Attribute { key, value }),
        }
    }

    /// Adds a text unless it is empty.
    pub fn set_known(&mut self, key: &'static str, text: &str) {
        if !text.is_empty() {
            self.set(key, text);
        }
    }

    /// Adds what is there.
    pub fn set_some(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// The field of a message that holds them.
    pub fn write(&self, field: u32, writer: &mut Writer<'_>) {
        writer.messages(field, "attributes", &self.0, |writer, attribute| {
            writer.text(1, "key", &attribute.key);
            writer.message(2, "value", |writer| attribute.value.write(writer));
        });
    }
}

impl Value {
    /// The fields of an `AnyValue`.
    pub fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Value::Text(text) => writer.text(1, "stringValue", text),
            Value::Bool(value) => writer.bool(2, "boolValue", *value),
            Value::Int(value) => writer.int(3, "intValue", *value),
            Value::Double(value) => writer.double(4, "doubleValue", *value),
            Value::Texts(texts) => writer.message(5, "arrayValue", |writer| {
                writer.messages(1, "values", texts, |writer, text| {
                    writer.text(1, "stringValue", text);
                });
            }),
        }
    }
}
