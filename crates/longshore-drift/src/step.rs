//! A step of a walk, borrowed from what is walked: most paths are never needed whole.

use std::borrow::Cow;
use std::rc::Rc;

use longshore_manifest::schema::TypeRef;
use longshore_yaml::Node;
use serde_json::Value;

use crate::path::{Segment, json_scalar};

/// A step down an object.
#[derive(Clone)]
pub(crate) enum Step<'a> {
    Field(&'a str),
    Key(Keys<'a>, Node<'a>),
    Value(Node<'a>),
    Index(usize),
}

/// The keys of a list's items, each with the value, as JSON, that a missing one has; none where that text is empty.
pub(crate) type Keys<'a> = Rc<[(Cow<'a, str>, Cow<'a, str>)]>;

/// The keys of a list of this type.
pub(crate) fn keys_of(list: TypeRef<'_>) -> Keys<'_> {
    let default = |key| list.key_default(key).map_or(Cow::Borrowed(""), |value| Cow::Owned(value.to_string()));
    list.list_keys().iter().map(|key| (Cow::Borrowed(&**key), default(key))).collect()
}

impl Step<'_> {
    pub(crate) fn to_segment(&self) -> Segment {
        match self {
            Step::Field(name) => Segment::Field((*name).to_owned()),
            Step::Key(keys, item) => key_segment(*item, keys),
            Step::Value(value) => Segment::Value(json_scalar(*value)),
            Step::Index(index) => Segment::Index(*index),
        }
    }

    /// Where the step leads in another object.
    pub(crate) fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Step::Field(name) => value.get(name),
            Step::Index(index) => value.get(index),
            Step::Value(wanted) => {
                let wanted = json_scalar(*wanted);
                value.as_array()?.iter().find(|item| item.to_string() == wanted)
            }
            Step::Key(keys, wanted) => value.as_array()?.iter().find(|item| {
                keys.iter().all(|(key, default)| {
                    let here =
                        item.get(&**key).map_or(Cow::Borrowed(&**default), |value| Cow::Owned(value.to_string()));
                    here == wanted.get(key).map_or(Cow::Borrowed(&**default), |node| Cow::Owned(json_scalar(node)))
                })
            }),
        }
    }
}

/// The segment that names an item of a keyed list.
pub(crate) fn key_segment<K: AsRef<str>, D: AsRef<str>>(item: Node<'_>, keys: &[(K, D)]) -> Segment {
    let mut pairs = Vec::with_capacity(keys.len());
    for (key, default) in keys {
        match item.get(key.as_ref()) {
            Some(value) => pairs.push((key.as_ref().to_owned(), json_scalar(value))),
            None if !default.as_ref().is_empty() => {
                pairs.push((key.as_ref().to_owned(), default.as_ref().to_owned()));
            }
            None => {}
        }
    }
    Segment::Key(pairs)
}

/// What tells an item of a keyed list from the others, as text.
pub(crate) fn identity(item: Node<'_>, keys: &Keys<'_>) -> String {
    let mut identity = String::new();
    for (key, default) in keys.iter() {
        if !identity.is_empty() {
            identity.push(',');
        }
        match item.get(key) {
            Some(value) => identity.push_str(&json_scalar(value)),
            None => identity.push_str(default),
        }
    }
    identity
}
