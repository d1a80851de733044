//! Writing one scalar: which styles its text allows, and each style's bytes, as libyaml's Go descendants do it.

use memchr::{memchr, memchr_iter, memchr2};

use crate::chars::{has_exotic_breaks, is_printable_ascii};
use crate::emit::sink::Sink;
use crate::node::Style;

/// Which styles a text allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Analysis {
    pub(crate) multiline: bool,
    pub(crate) flow_plain: bool,
    pub(crate) block_plain: bool,
    pub(crate) single: bool,
    pub(crate) block: bool,
}

impl Analysis {
    const FREE: Analysis =
        Analysis { multiline: false, flow_plain: true, block_plain: true, single: true, block: true };
    const EMPTY: Analysis =
        Analysis { multiline: false, flow_plain: false, block_plain: true, single: true, block: false };
}

/// May stand anywhere behind the first byte of a plain scalar, also in flow collections.
const SAFE: u8 = 1;
/// May also be the first byte.
const SAFE_FIRST: u8 = 2;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        classes[byte] = match byte as u8 {
            b',' | b'?' | b'[' | b']' | b'{' | b'}' | b':' | b'#' => 0,
            b' ' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' | b'-' | b'.' => SAFE,
            _ => SAFE | SAFE_FIRST,
        };
        byte += 1;
    }
    classes
};

/// Finds the styles that `text` allows. With `tab_is_special` (go-yaml v2) a tab rules block styles out.
pub(crate) fn analyze(text: &str, tab_is_special: bool) -> Analysis {
    match text {
        "" => Analysis::EMPTY,
        _ if is_free(text) => Analysis::FREE,
        _ => analyze_lines(text, tab_is_special).unwrap_or_else(|| analyze_slowly(text, tab_is_special)),
    }
}

/// Whether a text may stand plain anywhere: printable ASCII without any indicator.
pub(crate) fn is_free(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    CLASSES[first as usize] & SAFE_FIRST != 0
        && last != b' '
        && bytes.iter().all(|&byte| CLASSES[byte as usize] & SAFE != 0)
}

/// The same for several lines of printable ASCII, as in files inside ConfigMaps: only what stands beside a break counts.
fn analyze_lines(text: &str, tab_is_special: bool) -> Option<Analysis> {
    let bytes = text.as_bytes();
    memchr(b'\n', bytes)?;
    // Without a way out of the loop it runs over many bytes at once.
    let odd = |byte: u8| ((byte < b' ') & (byte != b'\n') & (byte != b'\t')) | (byte >= 0x7f);
    if bytes.iter().fold(false, |found, &byte| found | odd(byte)) {
        return None;
    }
    let tab = memchr(b'\t', bytes).is_some();
    let (mut break_space, mut space_break) = (false, false);
    for at in memchr_iter(b'\n', bytes) {
        break_space |= bytes.get(at + 1) == Some(&b' ');
        space_break |= at > 0 && bytes[at - 1] == b' ';
    }
    let special = tab && tab_is_special;
    Some(Analysis {
        multiline: true,
        flow_plain: false,
        block_plain: false,
        single: !(break_space || space_break || tab),
        block: !(bytes.ends_with(b" ") || space_break || special),
    })
}

fn analyze_slowly(text: &str, tab_is_special: bool) -> Analysis {
    let bytes = text.as_bytes();
    let blank = |at: usize| bytes.get(at).is_none_or(|&byte| byte == b' ' || byte == b'\t');
    let marker = bytes.starts_with(b"---") || bytes.starts_with(b"...");
    let (mut flow_indicator, mut block_indicator) = (marker, marker);
    let (mut breaks, mut special, mut tab, mut edge) = (false, false, false, false);
    let (mut break_space, mut space_break, mut trailing_space) = (false, false, false);
    let (mut after_space, mut after_break, mut after_white) = (false, false, true);
    for (at, char) in text.char_indices() {
        let end = at + char.len_utf8();
        match char {
            ',' | '[' | ']' | '{' | '}' => {
                flow_indicator = true;
                block_indicator |= at == 0;
            }
            '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' if at == 0 => {
                (flow_indicator, block_indicator) = (true, true);
            }
            '?' if at > 0 => flow_indicator = true,
            '?' | ':' => {
                flow_indicator = true;
                block_indicator |= blank(end);
            }
            '-' if at == 0 && blank(end) => (flow_indicator, block_indicator) = (true, true),
            '#' if after_white => (flow_indicator, block_indicator) = (true, true),
            _ => {}
        }
        if char == '\t' {
            tab = true;
        } else if !is_printable(char) {
            special = true;
        }
        let (space, line_break) = (char == ' ', is_break(char));
        if (space || line_break) && (at == 0 || end == bytes.len()) {
            edge = true;
            trailing_space |= space && end == bytes.len();
        }
        breaks |= line_break;
        break_space |= space && after_break;
        space_break |= line_break && after_space;
        (after_space, after_break) = (space, line_break);
        after_white = space || line_break || matches!(char, '\t' | '\0');
    }
    special |= tab && tab_is_special;
    let plain = !(edge || break_space || space_break || tab || special || breaks);
    Analysis {
        multiline: breaks,
        flow_plain: plain && !flow_indicator,
        block_plain: plain && !block_indicator,
        single: !(break_space || space_break || tab || special),
        block: !(trailing_space || space_break || special),
    }
}

/// A line break to go-yaml: LF, CR, NEL, LS, PS.
pub(crate) fn is_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What go-yaml prints as it is; it escapes everything beyond the basic plane.
fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && char != '\u{feff}'
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// Where a scalar is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Inside a flow collection.
    pub(crate) flow: bool,
    /// As a key on one line.
    pub(crate) key: bool,
    /// Column of continuation lines.
    pub(crate) indent: usize,
}

impl Style {
    /// The style in which Go's YAML writes a string of a program: literal if it has several lines, double quotes if
    /// any YAML would take it for something else, such as `yes`, `1e3` or `12:30`.
    pub fn of_go_string(text: &str) -> Style {
        match text {
            _ if text.contains('\n') => Style::Literal,
            _ if crate::emit::text::needs_quotes(text) => Style::DoubleQuoted,
            _ => Style::Plain,
        }
    }
}

impl From<Style> for Form {
    fn from(style: Style) -> Self {
        match style {
            Style::SingleQuoted => Form::Single,
            Style::DoubleQuoted => Form::Double,
            Style::Literal => Form::Literal,
            Style::Folded => Form::Folded,
            Style::Plain | Style::Block | Style::Flow => Form::Plain,
        }
    }
}

impl Form {
    /// The wanted form, or the nearest one that the text and the place allow.
    pub(crate) fn fit(self, text: &str, analysis: Analysis, place: Place) -> Form {
        let mut form = if place.key && analysis.multiline { Form::Double } else { self };
        let plain = if place.flow { analysis.flow_plain } else { analysis.block_plain };
        if form == Form::Plain && (!plain || text.is_empty() && (place.flow || place.key)) {
            form = Form::Single;
        }
        if form == Form::Single && !analysis.single {
            form = Form::Double;
        }
        if matches!(form, Form::Literal | Form::Folded) && (!analysis.block || place.flow || place.key) {
            form = Form::Double;
        }
        form
    }
}

/// Writes a scalar that is not a block scalar; those have a header of their own: [`block_header`].
pub(crate) fn write_inline(sink: &mut Sink<'_>, text: &str, form: Form, place: Place) {
    match form {
        Form::Plain => write_plain(sink, text, place),
        Form::Single => write_single(sink, text, place),
        _ => write_double(sink, text, place),
    }
}

fn write_plain(sink: &mut Sink<'_>, text: &str, place: Place) {
    if place.key || sink.fits(text.len()) {
        return sink.push(text);
    }
    if is_printable_ascii(text) {
        return write_plain_ascii(sink, text, place.indent);
    }
    let mut spaces = false;
    for (at, char) in text.char_indices() {
        let space = char == ' ';
        if space && !spaces && sink.is_past_width() && text.as_bytes().get(at + 1) != Some(&b' ') {
            sink.line(place.indent);
        } else {
            sink.push_char(char);
        }
        spaces = space;
    }
}

/// The same for text whose bytes are its columns: only single spaces are looked at.
fn write_plain_ascii(sink: &mut Sink<'_>, text: &str, indent: usize) {
    let bytes = text.as_bytes();
    let mut written = 0;
    for at in memchr_iter(b' ', bytes) {
        let alone = bytes.get(at + 1) != Some(&b' ') && (at == 0 || bytes[at - 1] != b' ');
        if alone && !sink.fits(at - written) {
            sink.push(&text[written..at]);
            written = at;
            // The line may hold characters of several bytes before the text.
            if sink.is_past_width() {
                sink.line(indent);
                written += 1;
            }
        }
    }
    sink.push(&text[written..]);
}

fn write_single(sink: &mut Sink<'_>, text: &str, place: Place) {
    sink.push("'");
    if sink.fits(text.len()) && is_printable_ascii(text) && memchr(b'\'', text.as_bytes()).is_none() {
        sink.push(text);
        return sink.push("'");
    }
    let (mut spaces, mut breaks) = (false, false);
    for (at, char) in text.char_indices() {
        if char == ' ' {
            let inner = at > 0 && at + 1 < text.len() && text.as_bytes()[at + 1] != b' ';
            if !place.key && !spaces && inner && sink.is_past_width() {
                sink.line(place.indent);
            } else {
                sink.push_char(' ');
            }
            spaces = true;
        } else if is_break(char) {
            if !breaks && char == '\n' {
                sink.push_char('\n');
            }
            sink.push_break(char);
            breaks = true;
        } else {
            if breaks {
                sink.pad(place.indent);
            }
            if char == '\'' {
                sink.push_char('\'');
            }
            sink.push_char(char);
            (spaces, breaks) = (false, false);
        }
    }
    sink.push("'");
}

fn write_double(sink: &mut Sink<'_>, text: &str, place: Place) {
    sink.push("\"");
    if sink.fits(text.len()) && is_printable_ascii(text) && memchr2(b'"', b'\\', text.as_bytes()).is_none() {
        sink.push(text);
        return sink.push("\"");
    }
    // The original asks whether the *text* starts with a byte order mark, not whether this character is one.
    let escape_all = text.starts_with('\u{feff}');
    let mut spaces = false;
    for (at, char) in text.char_indices() {
        if escape_all || !is_printable(char) || is_break(char) || matches!(char, '"' | '\\') {
            write_escape(sink, char);
            spaces = false;
        } else if char == ' ' {
            if !place.key && !spaces && at > 0 && at + 1 < text.len() && sink.is_past_width() {
                sink.line(place.indent);
                if text.as_bytes()[at + 1] == b' ' {
                    sink.push_char('\\');
                }
            } else {
                sink.push_char(' ');
            }
            spaces = true;
        } else {
            sink.push_char(char);
            spaces = false;
        }
    }
    sink.push("\"");
}

fn write_escape(sink: &mut Sink<'_>, char: char) {
    let short = match char {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{a0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ => "",
    };
    let code = u32::from(char);
    match (short, code) {
        ("", 0..=0xff) => sink.push(&format!("\\x{code:02X}")),
        ("", 0x100..=0xffff) => sink.push(&format!("\\u{code:04X}")),
        ("", _) => sink.push(&format!("\\U{code:08X}")),
        _ => sink.push(short),
    }
}

/// Writes `|` or `>` with indentation and chomping hints, without the break behind them.
pub(crate) fn write_block_header(sink: &mut Sink<'_>, text: &str, form: Form) {
    sink.push(if form == Form::Folded { ">" } else { "|" });
    if text.starts_with(|char| char == ' ' || is_break(char)) {
        sink.push("2");
    }
    let mut end = text.chars().rev();
    match (end.next().is_some_and(is_break), end.next()) {
        (false, _) => sink.push("-"),
        (true, None) => sink.push("+"),
        (true, Some(before)) if is_break(before) => sink.push("+"),
        _ => {}
    }
}

/// Writes the lines of a literal scalar; the header's line is finished. Leaves the last line open if the text does.
pub(crate) fn write_literal_lines(sink: &mut Sink<'_>, text: &str, indent: usize) {
    // Only LF is the everyday case: whole lines at once.
    if !has_exotic_breaks(text.as_bytes()) {
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                sink.pad(indent);
            }
            sink.push_line(line);
        }
        return;
    }
    let mut breaks = true;
    for char in text.chars() {
        if is_break(char) {
            sink.push_break(char);
            breaks = true;
        } else {
            if breaks {
                sink.pad(indent);
            }
            sink.push_char(char);
            breaks = false;
        }
    }
}

/// Writes the lines of a folded scalar. The extra breaks follow the original, which looks for them at the text's start.
pub(crate) fn write_folded_lines(sink: &mut Sink<'_>, text: &str, indent: usize) {
    let first_text = text.chars().find(|&char| !is_break(char));
    let doubled = !matches!(first_text, None | Some(' ' | '\t' | '\0'));
    let (mut breaks, mut leading_spaces) = (true, true);
    for char in text.chars() {
        if is_break(char) {
            if !breaks && !leading_spaces && char == '\n' && doubled {
                sink.push_char('\n');
            }
            sink.push_break(char);
            breaks = true;
        } else {
            if breaks {
                sink.pad(indent);
                leading_spaces = matches!(char, ' ' | '\t');
            }
            sink.push_char(char);
            breaks = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{analyze_lines, analyze_slowly};

    proptest! {
        #[test]
        fn the_quick_look_at_lines_sees_what_the_slow_one_sees(text in "[a-z# :\t\n\r\u{7f}é-]{0,12}", v2: bool) {
            if let Some(quick) = analyze_lines(&text, v2) {
                prop_assert_eq!(quick, analyze_slowly(&text, v2));
            }
        }
    }
}
