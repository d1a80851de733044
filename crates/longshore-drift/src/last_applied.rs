//! What a client-side apply says it applied last.

use longshore_yaml::Node;
use serde_json::Value;

use crate::step::Step;

/// The annotations in which clients keep it, asked in order.
const ANNOTATIONS: [&str; 2] =
    ["kubectl.kubernetes.io/last-applied-configuration", "config.kubernetes.io/last-applied-configuration"];

/// Whether an annotation is one in which a client keeps what it applied last.
pub(crate) fn is_annotation(name: &str) -> bool {
    ANNOTATIONS.contains(&name)
}

/// The object that a client applied last: the third side of a comparison, where no manager is on record for an apply.
#[derive(Debug)]
pub(crate) struct LastApplied {
    object: Value,
}

impl LastApplied {
    /// Reads it from a live object; `None` where there is none.
    ///
    /// # Errors
    /// A text that is no JSON object, in words that hold nothing of it.
    pub(crate) fn of(live: Node<'_>) -> Option<Result<Self, String>> {
        let annotations = live.at(["metadata", "annotations"])?;
        let (name, text) = ANNOTATIONS.iter().find_map(|name| Some((name, annotations.get(name)?)))?;
        Some(match serde_json::from_str(text.text()) {
            Ok(object @ Value::Object(_)) => Ok(LastApplied { object }),
            Ok(_) => Err(format!("the annotation {name} is ignored: it holds JSON, but no object")),
            Err(error) => Err(format!(
                "the annotation {name} is ignored: it holds no JSON (line {}, column {})",
                error.line(),
                error.column()
            )),
        })
    }

    /// Whether it sets the value at the end of these steps. A Secret's `data` may have been written as `stringData`.
    pub(crate) fn holds(&self, steps: &[Step<'_>]) -> bool {
        let below = |steps: &[Step<'_>], from| steps.iter().try_fold(from, |value, step| step.find(value));
        let found = below(steps, &self.object).or_else(|| match steps {
            [Step::Field("data"), rest @ ..] => below(rest, self.object.get("stringData")?),
            _ => None,
        });
        found.is_some_and(|value| !value.is_null())
    }
}
