//! Which type an unquoted text has: for resources (v3) and for kustomization files (v2).

use longshore_yaml::{Schema, Tag};

#[track_caller]
fn check(text: &str, v3: Tag, v2: Tag) {
    assert_eq!((Schema::V3.resolve(text), Schema::V2.resolve(text)), (v3, v2), "{text}");
}

#[test]
fn words() {
    for text in ["", "~", "null", "Null", "NULL"] {
        check(text, Tag::Null, Tag::Null);
    }
    for text in ["true", "True", "TRUE", "false", "False", "FALSE"] {
        check(text, Tag::Bool, Tag::Bool);
    }
    for text in ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"] {
        check(text, Tag::Str, Tag::Bool);
    }
    for text in ["yES", "nULL", "tRUE", "nil", "none", "ye", "offf", "inf", "NaN"] {
        check(text, Tag::Str, Tag::Str);
    }
    check("<<", Tag::Merge, Tag::Merge);
}

#[test]
fn integers() {
    for text in ["0", "-1", "+1", "0777", "0o17", "0x1F", "0XAB", "0b11", "-0x10", "1_000", "18446744073709551615"] {
        check(text, Tag::Int, Tag::Int);
    }
    check("0o-7", Tag::Int, Tag::Str);
    for text in ["1Gi", "100m", "1:30", "0x", "0xG", "--1", "+", "-", "1-2"] {
        check(text, Tag::Str, Tag::Str);
    }
}

#[test]
fn floats() {
    for text in ["1.5", "1.", ".5", "1e3", "1E+3", "-1.5e-7", "08", "18446744073709551616", ".inf", "-.INF", ".NaN"] {
        check(text, Tag::Float, Tag::Float);
    }
    for text in ["1e999", "1e", "._1", ".", "..", "1.2.3", ".Nan", "1e+"] {
        check(text, Tag::Str, Tag::Str);
    }
}

#[test]
fn times() {
    for text in ["2001-01-01", "2001-1-1", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "2000-02-29"] {
        check(text, Tag::Timestamp, Tag::Timestamp);
    }
    for text in ["2001-13-01", "2001-02-30", "1900-02-29", "2001-01", "01-01-2001", "2001-01-01T1:2"] {
        check(text, Tag::Str, Tag::Str);
    }
}
