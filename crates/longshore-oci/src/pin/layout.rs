//! How the fields of an entry stand in a file: lines, columns, braces.
//!
//! Without a YAML reader only what is certain is answered; `None` means that the file is written in another way.

/// Line breaks as readers of YAML 1.1 take them, Kustomize's among them.
const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
const BLANKS: [char; 2] = [' ', '\t'];

pub(super) fn is_space(char: char) -> bool {
    BLANKS.contains(&char) || BREAKS.contains(&char)
}

/// The text without the blanks, line breaks and comments it begins with.
pub(super) fn skip_space(text: &str) -> &str {
    let mut rest = text.trim_start_matches(is_space);
    while rest.starts_with('#') {
        rest = rest[rest.find(BREAKS).unwrap_or(rest.len())..].trim_start_matches(is_space);
    }
    rest
}

/// Whether the value that begins here is the first of a mapping in braces; a pair may stand in brackets without them.
pub(super) fn begins_braces(text: &str, value: usize) -> bool {
    key(text, value).is_some_and(|key| text[..key].trim_end_matches(is_space).ends_with('{'))
}

/// The column of the key of a block mapping whose value begins here.
pub(super) fn block_column(text: &str, value: usize) -> Option<usize> {
    let line = text[..key(text, value)?].rsplit(BREAKS).next()?;
    let mut dashes = line.trim_start_matches(' ');
    while let Some(rest) = dashes.strip_prefix("- ") {
        dashes = rest.trim_start_matches(' ');
    }
    dashes.is_empty().then_some(line.len())
}

/// Where the line ends that this place is on, and its break.
pub(super) fn line_end(text: &str, at: usize) -> (usize, &'static str) {
    let rest = &text[at..];
    let end = rest.find(BREAKS).unwrap_or(rest.len());
    (at + end, if rest[end..].starts_with("\r\n") { "\r\n" } else { "\n" })
}

/// Where the key begins whose value begins here, on the same line: letters, in quotes or without.
fn key(text: &str, value: usize) -> Option<usize> {
    let rest = text.get(..value)?.trim_end_matches(BLANKS).strip_suffix(':')?.trim_end_matches(BLANKS);
    let quote = rest.chars().next_back().filter(|char| matches!(char, '"' | '\''));
    let rest = quote.map_or(rest, |quote| rest.trim_end_matches(quote));
    let before = rest.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let begins = quote.map_or(Some(before), |quote| before.strip_suffix(quote))?;
    (before.len() < rest.len()).then_some(begins.len())
}

#[cfg(test)]
mod tests {
    use super::{begins_braces, block_column, line_end, skip_space};

    #[test]
    fn a_column_is_that_of_the_key() {
        let check = |text: &str, expect| assert_eq!(block_column(text, text.len()), expect, "{text:?}");
        check("a:\n  name: ", Some(2));
        check("a:\u{2028}-  - name :\t", Some(5));
        check("- 'name': ", Some(2));
        check("- \"name\":", Some(2));
        check("- name: &x ", None);
        check("- name:\n    ", None);
        check("- &x name: ", None);
        check("- ? name: ", None);
        check("-- name: ", None);
        check("- \"na me\": ", None);
        check("- name\": ", None);
        check("- : ", None);
        check("", None);
    }

    #[test]
    fn braces_are_told_from_brackets() {
        let check = |text: &str, expect| assert_eq!(begins_braces(text, text.len()), expect, "{text:?}");
        check("{name: ", true);
        check("{\n \"name\":", true);
        check("[name: ", false);
        check("{a: b, name: ", false);
    }

    #[test]
    fn a_line_ends_at_any_break() {
        for (text, expect) in [
            ("a # b\nc", (5, "\n")),
            ("a\r\nb", (1, "\r\n")),
            ("a\rb", (1, "\n")),
            ("a\u{85}b", (1, "\n")),
            ("a", (1, "\n")),
        ] {
            assert_eq!(line_end(text, 1), expect, "{text:?}");
        }
        assert_eq!(skip_space(" # a\r\t# b\u{85}\n c # d"), "c # d");
        assert_eq!(skip_space("# a"), "");
    }
}
