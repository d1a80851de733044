//! Splitting of field paths, as kustomize writes them.

use std::borrow::Cow;

use smallvec::SmallVec;

/// A part of a path, most often as it stands there.
pub(crate) type Piece<'p> = Cow<'p, str>;

/// All parts of a path.
pub(crate) type Pieces<'p> = SmallVec<[Piece<'p>; 8]>;

/// Splits `a/b\/c` at a delimiter, which a backslash in front makes part of a name. A leading delimiter says nothing.
pub(crate) fn split(path: &str, delimiter: char) -> Pieces<'_> {
    let path = path.strip_prefix(delimiter).unwrap_or(path);
    let mut parts = Pieces::new();
    let mut escaped = false;
    for piece in path.split(delimiter) {
        let (name, ends_escaped) = match piece.strip_suffix('\\') {
            Some(name) => (name, true),
            None => (piece, false),
        };
        match parts.last_mut() {
            Some(last) if escaped => {
                let last = last.to_mut();
                last.push(delimiter);
                last.push_str(name);
            }
            _ => parts.push(Cow::Borrowed(name)),
        }
        escaped = ends_escaped;
    }
    if let Some(last) = parts.last_mut().filter(|_| escaped) {
        last.to_mut().push('\\');
    }
    parts
}

/// Splits a path of a replacement at its dots: `[name=a.b]` stays in one piece, `[a.b/c]` becomes `a.b/c`.
pub(crate) fn split_smart(path: &str) -> Pieces<'_> {
    let mut parts = Pieces::new();
    let mut pieces = split(path, '.').into_iter();
    while let Some(mut piece) = pieces.next() {
        if piece.starts_with('[') && !piece.ends_with(']') {
            for next in pieces.by_ref() {
                piece.to_mut().push('.');
                piece.to_mut().push_str(&next);
                if next.ends_with(']') {
                    break;
                }
            }
            if !piece.contains('=') {
                piece = Cow::Owned(piece.trim_matches(['[', ']']).to_owned());
            }
        }
        parts.push(piece);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expect: &[&str]) {
        assert_eq!(&split(path, '/')[..], expect);
    }

    #[track_caller]
    fn check_smart(path: &str, expect: &[&str]) {
        assert_eq!(&split_smart(path)[..], expect);
    }

    #[test]
    fn a_backslash_keeps_a_delimiter() {
        check("a/b[]/c", &["a", "b[]", "c"]);
        check(r"a\/b/c", &["a/b", "c"]);
        check(r"a/b\", &["a", r"b\"]);
        check("/a", &["a"]);
        check("", &[""]);
    }

    #[test]
    fn brackets_keep_dots() {
        check_smart("a.[name=x.y].b", &["a", "[name=x.y]", "b"]);
        check_smart("a.[x.y/z].b", &["a", "x.y/z", "b"]);
        check_smart("a.[x].b", &["a", "[x]", "b"]);
        check_smart(r"a.x\.y", &["a", "x.y"]);
        check_smart("a.[never.ends", &["a", "never.ends"]);
    }
}
