//! Go's regular expressions: what matches, what is refused, and templates.

use longshore_oci::GoRegex;

#[track_caller]
fn check(pattern: &str, text: &str, expect: Option<&str>) {
    let regex = GoRegex::new(pattern).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(regex.find(text), expect, "{pattern} on {text}");
}

#[test]
fn patterns_match_as_in_go() {
    check("[a&&b]+", "x&ba", Some("&ba"));
    check("[[a]b]", "[b]", Some("[b]"));
    check(r"[\d\-x]+", "7-x", Some("7-x"));
    check(r"\<", "a<b", Some("<"));
    check("a{,2}", "a{,2}", Some("a{,2}"));
    check("{", "a{", Some("{"));
    check("[]a]+", "]a", Some("]a"));
    check("[a-]+", "-a", Some("-a"));
    check(r"\Qa.b\E+", "a.bb", Some("a.bb"));
    check(r"\x41\x{42}\103", "ABC", Some("ABC"));
    check(r"(?i)abc", "xABC", Some("ABC"));
    check(r"(?P<1n>a)b", "ab", Some("ab"));
    check(r"\d+", "\u{661}1", Some("1"));
    check(r"[[:alpha:]]+", "1ab", Some("ab"));
    check(r"[[:^digit:]]", "1a", Some("a"));
    check(r"\s", "\u{b}", None);
    check(r"\pL+", "1é", Some("é"));
    check(r"\p{Greek}", "aα", Some("α"));
    check(r"\bfoo\b", "a foo", Some("foo"));
    check("a.b", "a\nb", None);
    check("(?s)a.b", "a\nb", Some("a\nb"));
    check("a*?", "aa", Some(""));
    check("(|a)+", "aa", Some(""));
}

#[track_caller]
fn refused(pattern: &str, expect: &str) {
    let error = GoRegex::new(pattern).expect_err("Go refuses the pattern");
    assert!(error.to_string().ends_with(expect), "{error}");
}

#[test]
fn what_go_refuses_is_refused_in_its_words() {
    refused("(", "missing closing ): `(`");
    refused("a)", "unexpected ): `a)`");
    refused("a**", "invalid nested repetition operator: `**`");
    refused("*a", "missing argument to repetition operator: `*`");
    refused("a{1001}", "invalid repeat count: `{1001}`");
    refused("(a{100}){11}", "invalid repeat count: `{11}`");
    refused("a{2,1}", "invalid repeat count: `{2,1}`");
    refused("[a--b]", "invalid character class range: `a--`");
    refused("[a", "missing closing ]: `[a`");
    refused("(?x)a", "invalid or unsupported Perl syntax: `(?x`");
    refused("(?=a)", "invalid or unsupported Perl syntax: `(?=`");
    refused(r"\1", r"invalid escape sequence: `\1`");
    refused(r"\y", r"invalid escape sequence: `\y`");
    refused("(?P<n>a)(?P<n>b)", "duplicate capture group name: `n`");
    refused("[[:word:]-a", "missing closing ]: `[[:word:]-a`");
    refused("\\", "trailing backslash at end of expression: ``");
    refused(&"(".repeat(2000), "expression nests too deeply");
}

#[track_caller]
fn expand(pattern: &str, text: &str, template: &str, expect: &str) {
    let regex = GoRegex::new(pattern).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(regex.expand(text, template).as_deref(), Some(expect), "{template}");
}

#[test]
fn templates_expand_as_in_go() {
    expand("(a)(?P<n>b)", "ab", "$1-$n-${n}x", "a-b-bx");
    expand("(a)(?P<n>b)", "ab", "$1x", "");
    expand("(a)(?P<n>b)", "ab", "$$1 $", "$1 $");
    expand("(a)(?P<n>b)", "ab", "${n", "${n");
    expand("(a)(?P<n>b)", "ab", "$9$nope$01", "");
    expand("(?P<1n>a)", "a", "$1n", "a");
}
