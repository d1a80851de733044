//! Fields taken out of an object.

use longshore_yaml::{Document, NodeId};

use crate::path::{FieldPath, Segment, json_scalar};

/// Removes a field, and the collections above it that it leaves empty. Nothing happens where it is not.
pub(crate) fn remove(doc: &mut Document, path: &FieldPath) {
    let mut above = vec![doc.root_id()];
    for segment in path.segments() {
        let last = *above.last().expect("the root is there");
        let Some(next) = child(doc, last, segment) else { return };
        above.push(next);
    }
    for (segment, pair) in path.segments().iter().zip(above.windows(2)).rev() {
        let (parent, id) = (pair[0], pair[1]);
        let is_end = above.last() == Some(&id);
        if !is_end && !doc.node(id).is_empty() {
            return;
        }
        match segment {
            Segment::Field(name) => {
                doc.map_remove(parent, name);
            }
            _ => {
                if let Some(at) = doc.node(parent).items().position(|item| item.resolved().id() == id) {
                    doc.seq_remove(parent, at);
                }
            }
        }
    }
}

fn child(doc: &Document, id: NodeId, segment: &Segment) -> Option<NodeId> {
    let node = doc.node(id);
    let found = match segment {
        Segment::Field(name) => node.get(name),
        Segment::Index(index) => node.item(*index),
        Segment::Value(json) => node.items().find(|item| json_scalar(*item) == *json),
        Segment::Key(pairs) => node.items().find(|item| {
            pairs.iter().all(|(key, json)| match item.get(key) {
                Some(value) => json_scalar(value) == *json,
                None => json == "\"TCP\"" && key == "protocol",
            })
        }),
    };
    found.map(|node| node.resolved().id())
}
