//! `File.fnmatch` of Ruby with `FNM_PATHNAME | FNM_DOTMATCH | FNM_EXTGLOB`, as `rules:changes` and `exists` match paths.

/// Patterns that one pattern's braces may expand to.
pub const MAX_BRACES: usize = 1_000;

/// Whether `pattern` matches the whole of `path`.
///
/// `*` and `?` stop at `/`, `**/` stands for any folders, `[a-z]` and `[^a]` are classes, `{a,b}` alternatives, `\`
/// takes the next character as it stands. More than [`MAX_BRACES`] alternatives match nothing.
pub fn matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('{') {
        return matches_path(pattern, path);
    }
    braces(pattern).iter().any(|pattern| matches_path(pattern, path))
}

/// Expands `{a,b}`, nested ones too, left to right.
fn braces(pattern: &str) -> Vec<String> {
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(pattern) = open.pop() {
        match split_brace(&pattern) {
            None => done.push(pattern),
            Some((before, choices, after)) => {
                open.extend(choices.iter().rev().map(|choice| format!("{before}{choice}{after}")));
            }
        }
        if open.len() + done.len() > MAX_BRACES {
            return Vec::new();
        }
    }
    done
}

/// The first brace with a partner: what is before it, its alternatives, what is behind.
fn split_brace(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    let bytes = pattern.as_bytes();
    let (mut depth, mut start, mut choices) = (0, 0, Vec::new());
    let mut first = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'{' => {
                if depth == 0 {
                    (first, start) = (at, at + 1);
                }
                depth += 1;
            }
            b',' if depth == 1 => {
                choices.push(&pattern[start..at]);
                start = at + 1;
            }
            b'}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    choices.push(&pattern[start..at]);
                    return Some((&pattern[..first], choices, &pattern[at + 1..]));
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Segment by segment; `**` as a segment may stand for none, and a failure goes back to the last one only.
fn matches_path(pattern: &str, path: &str) -> bool {
    let patterns: Vec<&str> = pattern.split('/').collect();
    let names: Vec<&str> = path.split('/').collect();
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p + 1 < patterns.len() && patterns[p] == "**" {
            while p + 1 < patterns.len() && patterns[p] == "**" {
                p += 1;
            }
            retry = Some((p, n));
        }
        let matched = p < patterns.len() && n < names.len() && matches_name(patterns[p], names[n]);
        if matched && (p + 1 == patterns.len()) == (n + 1 == names.len()) {
            if p + 1 == patterns.len() {
                return true;
            }
            (p, n) = (p + 1, n + 1);
            continue;
        }
        match retry {
            Some((back, from)) if from + 1 < names.len() => {
                retry = Some((back, from + 1));
                (p, n) = (back, from + 1);
            }
            _ => return false,
        }
    }
}

/// One segment against one name, by the usual two pointers.
fn matches_name(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            p += 1;
            retry = Some((p, n));
            continue;
        }
        if let Some(next) = step(&pattern, p, name[n]) {
            (p, n) = (next, n + 1);
            continue;
        }
        let Some((back, from)) = retry else {
            return false;
        };
        retry = Some((back, from + 1));
        (p, n) = (back, from + 1);
    }
    pattern[p..].iter().all(|&char| char == '*')
}

/// The place behind the element at `p` if it matches `char`.
fn step(pattern: &[char], p: usize, char: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => class(pattern, p + 1, char),
        '\\' => match pattern.get(p + 1) {
            Some(&next) => (next == char).then_some(p + 2),
            None => (char == '\\').then_some(p + 1),
        },
        other => (other == char).then_some(p + 1),
    }
}

fn class(pattern: &[char], mut p: usize, char: char) -> Option<usize> {
    let negated = matches!(pattern.get(p), Some('^' | '!'));
    p += usize::from(negated);
    let mut found = false;
    while *pattern.get(p)? != ']' {
        let (low, next) = member(pattern, p)?;
        p = next;
        let mut high = low;
        if pattern.get(p) == Some(&'-') && pattern.get(p + 1).is_some_and(|&char| char != ']') {
            (high, p) = member(pattern, p + 1)?;
        }
        found |= (low..=high).contains(&char);
    }
    (found != negated).then_some(p + 1)
}

fn member(pattern: &[char], p: usize) -> Option<(char, usize)> {
    match *pattern.get(p)? {
        '\\' => Some((*pattern.get(p + 1)?, p + 2)),
        char => Some((char, p + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[track_caller]
    fn check(pattern: &str, path: &str, expect: bool) {
        assert_eq!(matches(pattern, path), expect, "{pattern} on {path}");
    }

    #[test]
    fn matches_as_ruby_does() {
        check("src/*.rb", "src/a.rb", true);
        check("src/*.rb", "src/x/a.rb", false);
        check("src/**/*.rb", "src/a.rb", true);
        check("src/**/*.rb", "src/x/y/a.rb", true);
        check("**/*", ".hidden/x", true);
        check("*", ".hidden", true);
        check("a/**b", "a/x/b", false);
        check("a/**b", "a/xb", true);
        check("src", "src/a", false);
        check("src/", "src/a", false);
        check("src/**", "src/a/b", false);
        check("src/**/*", "src/a/b", true);
        check("*.{rb,py}", "a.py", true);
        check("{a,b/{c,d}}/x", "b/d/x", true);
        check("a[bc].rb", "ac.rb", true);
        check("a[^b-d].rb", "ac.rb", false);
        check("a?.rb", "ab.rb", true);
        check("\\*", "*", true);
        check("\\*", "a", false);
        check("**/a/**/b", "x/a/y/a/z/b", true);
    }

    #[test]
    fn braces_are_bounded() {
        check(&"{a,b}".repeat(40), &"a".repeat(40), false);
    }
}
