//! Where the dash of a list stands below its key, and what a text shows of that.

/// How lists inside mappings are indented by [`emit_kyaml`](crate::emit_kyaml).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListIndent {
    /// The dash stands under the key.
    #[default]
    Compact,
    /// The dash stands two columns to the right of the key.
    Wide,
}

impl ListIndent {
    /// What the first list of a text shows, as kyaml's `DeriveSeqIndentStyle` finds it; compact where nothing shows.
    ///
    /// That is the first line which begins with `- ` whose line before, comments left out, ends with its only `:`, and
    /// whose dash stands under that line's beginning or two columns to the right of it.
    pub fn derive(text: &str) -> ListIndent {
        let mut key_line = "";
        for line in text.split('\n') {
            let trimmed = line.trim_matches(' ');
            if trimmed.starts_with("- ") || line.trim_start_matches(' ').starts_with("- ") {
                match dash_offset(line, key_line) {
                    Some(0) => return ListIndent::Compact,
                    Some(2) => return ListIndent::Wide,
                    _ => {}
                }
            }
            if !trimmed.starts_with('#') {
                key_line = line.split('#').next().unwrap_or_default();
            }
        }
        ListIndent::Compact
    }
}

/// How many columns the dash stands to the right of the key in the line before.
fn dash_offset(line: &str, key_line: &str) -> Option<usize> {
    let key = key_line.trim_matches(' ');
    if !key.ends_with(':') || key.matches(':').count() != 1 {
        return None;
    }
    indent(line).checked_sub(indent(key_line))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
