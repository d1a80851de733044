//! Kustomize's images: splitting, matching, the filter, and `edit set image`.

use std::path::Path;

use longshore_oci::pin::{FieldPath, Rules, Step};
use longshore_oci::{ImageMatcher, ImageOverride, set_images, split_image};
use longshore_testkit::Run;
use serde_json::Value;

use super::{Outcome, load, same, table, text};

pub(super) fn run(run: &mut Run, folder: &Path) {
    let doc = load(folder, "pinning-kustomize.json");
    let file = "pinning-kustomize";
    table(run, file, &doc, "split", |row| {
        same((text(row, "name"), text(row, "tag"), text(row, "digest")), split_image(text(row, "value")))
    });
    table(run, file, &doc, "is_image_matched", |row| {
        let image = ImageOverride { name: text(row, "name").to_owned(), ..ImageOverride::default() };
        // Kustomize takes a name that is no regular expression for one that matches nothing.
        let found = image.matcher().is_ok_and(|matcher| matcher.is_match(text(row, "value")));
        same(row["isMatched"].as_bool(), Some(found))
    });
    table(run, file, &doc, "default_field_specs", |row| {
        let path = row.as_str().unwrap_or_default().replace("[]", "");
        let known = Rules::kustomize();
        same(true, known.paths("example.com/v1", "Anything").iter().any(|own| own.to_string() == path))
    });
    table(run, file, &doc, "imagetag_filter", |row| {
        let specs = row["fsSlice"].as_array().map(Vec::as_slice).unwrap_or_default();
        let paths: Vec<FieldPath> = specs.iter().filter_map(|spec| text(spec, "Path").parse().ok()).collect();
        filter(row, &|steps| paths.iter().any(|path| path.matches(steps)))
    });
    // The older filter looks for a list of containers at any depth.
    table(run, file, &doc, "legacy_filter", |row| filter(row, &is_legacy_place));
    table(run, file, &doc, "set_image", set_image);
}

fn is_legacy_place(steps: &[Step<'_>]) -> bool {
    matches!(steps, [.., Step::Key("containers" | "initContainers"), Step::Index(_), Step::Key("image")])
}

fn yaml(text: &str) -> Result<Value, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

fn filter(row: &Value, is_place: &dyn Fn(&[Step<'_>]) -> bool) -> Outcome {
    let tag = &row["filter"]["ImageTag"];
    let field = |name| text(tag, name).to_owned();
    let image = ImageOverride {
        name: field("Name"),
        new_name: field("NewName"),
        new_tag: field("NewTag"),
        tag_suffix: field("TagSuffix"),
        digest: field("Digest"),
    };
    let matcher = image.matcher().map_err(|error| error.to_string())?;
    let (mut doc, mut expected) = (yaml(text(row, "input"))?, yaml(text(row, "expectedOutput"))?);
    if doc["kind"] != "CustomResourceDefinition" {
        rewrite(&mut doc, &mut Vec::new(), is_place, &matcher);
    }
    // The filter turns an empty field on its way into an empty list; an edit in place leaves it.
    for doc in [&mut doc, &mut expected] {
        drop_empty(doc);
    }
    same(expected, doc)
}

fn rewrite(value: &mut Value, steps: &mut Vec<Key>, is_place: &dyn Fn(&[Step<'_>]) -> bool, matcher: &ImageMatcher) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| {
            steps.push(Key::Name(key.clone()));
            rewrite(value, steps, is_place, matcher);
            steps.pop();
        }),
        Value::Array(items) => items.iter_mut().enumerate().for_each(|(index, value)| {
            steps.push(Key::Index(index));
            rewrite(value, steps, is_place, matcher);
            steps.pop();
        }),
        Value::String(image) => {
            let steps: Vec<Step<'_>> = steps.iter().map(Key::step).collect();
            if let Some(new) = matcher.apply(image).filter(|_| is_place(&steps)) {
                *image = new;
            }
        }
        _ => {}
    }
}

enum Key {
    Name(String),
    Index(usize),
}

impl Key {
    fn step(&self) -> Step<'_> {
        match self {
            Key::Name(name) => Step::Key(name),
            Key::Index(index) => Step::Index(*index),
        }
    }
}

fn drop_empty(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
        fields.values_mut().for_each(drop_empty);
    }
}

fn images(lines: &Value) -> Result<Vec<ImageOverride>, String> {
    let lines = lines.as_array().map(Vec::as_slice).unwrap_or_default();
    let text: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let images = yaml(&text.join("\n"))?["images"].clone();
    serde_json::from_value(images).map_err(|error| error.to_string())
}

fn set_image(row: &Value) -> Outcome {
    let arguments = row["given"]["args"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parsed: Result<Vec<ImageOverride>, _> =
        arguments.iter().map(|argument| ImageOverride::parse_argument(argument.as_str().unwrap_or_default())).collect();
    match (row["expected"]["err"].as_str(), parsed) {
        // That there are no arguments at all is the command's concern.
        (Some("$errImageNoArgs"), _) => same(0, arguments.len()),
        (Some(_), Err(_)) => Ok(()),
        (Some(error), Ok(found)) => Err(format!("accepted as {found:?}, kustomize says {error}")),
        (None, Err(error)) => Err(format!("refused: {error}")),
        (None, Ok(new)) => {
            let found = set_images(&images(&row["given"]["infileImages"])?, &new);
            same(images(&row["expected"]["fileOutput"])?, found)
        }
    }
}
