//! CBOR as a tree of values: what CloudWatch's protocol carries, as far as it carries it.

use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};
use std::convert::Infallible;

/// A CBOR item.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Also what CBOR calls undefined.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; written in eight bytes.
    Float(f64),
    /// A text.
    Text(String),
    /// Items in order.
    Array(Vec<Tree>),
    /// Members in order. Nothing keeps a name from standing there twice.
    Map(Vec<(Tree, Tree)>),
    /// An item with a meaning: 1 is an instant, in seconds since 1970.
    Tag(u64, Box<Tree>),
}

impl Tree {
    /// The bytes of this item.
    pub fn encoded(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        #[allow(clippy::expect_used, reason = "the writer cannot fail")]
        self.write(&mut encoder).expect("memory takes every byte");
        encoder.into_writer()
    }

    fn write(&self, to: &mut Encoder<Vec<u8>>) -> EncodeResult {
        match self {
            Tree::Null => to.null().map(drop),
            Tree::Bool(value) => to.bool(*value).map(drop),
            Tree::Integer(value) => to.i64(*value).map(drop),
            Tree::Float(value) => to.f64(*value).map(drop),
            Tree::Text(text) => to.str(text).map(drop),
            Tree::Array(items) => {
                to.array(items.len() as u64)?;
                items.iter().try_for_each(|item| item.write(to))
            }
            Tree::Map(members) => {
                to.map(members.len() as u64)?;
                members.iter().try_for_each(|(key, value)| {
                    key.write(to)?;
                    value.write(to)
                })
            }
            Tree::Tag(tag, inner) => {
                to.tag(Tag::new(*tag))?;
                inner.write(to)
            }
        }
    }

    /// Reads one item; what follows it is left alone.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the bytes, or which type the practice stack does not read.
    pub(super) fn decoded(bytes: &[u8]) -> Result<Self, String> {
        item(&mut Decoder::new(bytes), 0)
    }
}

type EncodeResult = Result<(), minicbor::encode::Error<Infallible>>;

/// No request of a client goes deeper.
const DEEPEST: usize = 32;

fn item(from: &mut Decoder<'_>, depth: usize) -> Result<Tree, String> {
    if depth > DEEPEST {
        return Err(format!("more than {DEEPEST} levels"));
    }
    let wrong = |error: minicbor::decode::Error| error.to_string();
    match from.datatype().map_err(wrong)? {
        Type::Null => from.null().map(|()| Tree::Null).map_err(wrong),
        Type::Undefined => from.undefined().map(|()| Tree::Null).map_err(wrong),
        Type::Bool => from.bool().map(Tree::Bool).map_err(wrong),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64 => from.i64().map(Tree::Integer).map_err(wrong),
        Type::F32 => from.f32().map(|x| Tree::Float(x.into())).map_err(wrong),
        Type::F64 => from.f64().map(Tree::Float).map_err(wrong),
        Type::String => from.str().map(Tree::from).map_err(wrong),
        Type::Array | Type::ArrayIndef => {
            let length = from.array().map_err(wrong)?;
            let mut items = Vec::new();
            while !ended(from, length, items.len())? {
                items.push(item(from, depth + 1)?);
            }
            Ok(Tree::Array(items))
        }
        Type::Map | Type::MapIndef => {
            let length = from.map().map_err(wrong)?;
            let mut members = Vec::new();
            while !ended(from, length, members.len())? {
                members.push((item(from, depth + 1)?, item(from, depth + 1)?));
            }
            Ok(Tree::Map(members))
        }
        Type::Tag => {
            let tag = from.tag().map_err(wrong)?.as_u64();
            Ok(Tree::Tag(tag, Box::new(item(from, depth + 1)?)))
        }
        other => Err(format!("the practice stack reads no {other}")),
    }
}

/// Whether a list is over: by its length, or by the mark at its end.
fn ended(from: &mut Decoder<'_>, length: Option<u64>, read: usize) -> Result<bool, String> {
    if let Some(length) = length {
        return Ok(read as u64 == length);
    }
    let at_end = matches!(from.datatype(), Ok(Type::Break));
    if at_end {
        from.skip().map_err(|error| error.to_string())?;
    }
    Ok(at_end)
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Tree::Text(text.to_owned())
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Tree::Text(text)
    }
}

impl From<i64> for Tree {
    fn from(number: i64) -> Self {
        Tree::Integer(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_what_was_written_gives_the_same_tree() {
        let tree = Tree::Map(vec![
            ("Id".into(), "send".into()),
            ("At".into(), Tree::Tag(1, Box::new(Tree::Float(1.5e9)))),
            (
                "Values".into(),
                Tree::Array(vec![Tree::from(-7_i64), Tree::Bool(true), Tree::Null]),
            ),
        ]);
        assert_eq!(Tree::decoded(&tree.encoded()), Ok(tree));
    }

    #[test]
    fn indefinite_length_lists_end_at_their_break_byte() {
        // {_ "a": [_ 1, 2]}
        let bytes = [0xbf, 0x61, b'a', 0x9f, 0x01, 0x02, 0xff, 0xff];
        let list = Tree::Array(vec![Tree::from(1_i64), Tree::from(2_i64)]);
        assert_eq!(
            Tree::decoded(&bytes),
            Ok(Tree::Map(vec![("a".into(), list)]))
        );
    }

    #[test]
    fn truncated_deeply_nested_and_unknown_items_are_refused() {
        for bytes in [&[][..], &[0x82, 0x01], &[0xbf, 0x61], &[0x43, 1, 2, 3]] {
            assert!(Tree::decoded(bytes).is_err(), "{bytes:?}");
        }
        assert!(Tree::decoded(&[0x81; 100_000]).is_err());
    }
}
