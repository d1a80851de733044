//! The order in which Go's YAML libraries print the keys of a map.

use std::cmp::Ordering;

/// Sorts entries by their keys.
///
/// The order of Go is not quite transitive (overlong digit runs wrap), which the standard library's sorts may answer
/// with a panic; insertion and merging never do.
pub(crate) fn sort_entries<T: Copy>(entries: &mut [T], key: impl Fn(&T) -> &str + Copy) {
    const RUN: usize = 16;
    for run in entries.chunks_mut(RUN) {
        for end in 1..run.len() {
            let mut at = end;
            while at > 0 && compare_keys(key(&run[at - 1]), key(&run[at])) == Ordering::Greater {
                run.swap(at - 1, at);
                at -= 1;
            }
        }
    }
    let mut width = RUN;
    while width < entries.len() {
        for pair in entries.chunks_mut(2 * width) {
            merge_halves(pair, width, key);
        }
        width *= 2;
    }
}

fn merge_halves<T: Copy>(pair: &mut [T], middle: usize, key: impl Fn(&T) -> &str) {
    if pair.len() <= middle || compare_keys(key(&pair[middle - 1]), key(&pair[middle])) != Ordering::Greater {
        return;
    }
    let left = pair[..middle].to_vec();
    let (mut next, mut right) = (0, middle);
    for at in 0..pair.len() {
        let take_left = right == pair.len()
            || next < left.len() && compare_keys(key(&left[next]), key(&pair[right])) != Ordering::Greater;
        if next == left.len() {
            return;
        }
        pair[at] = if take_left { left[next] } else { pair[right] };
        if take_left { next += 1 } else { right += 1 }
    }
}

/// Compares two keys: digit runs as numbers, letters behind everything else, all other characters by code point.
pub(crate) fn compare_keys(a: &str, b: &str) -> Ordering {
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    if shared == a.len() || shared == b.len() {
        return a.len().cmp(&b.len());
    }
    let (x, y) = (a.as_bytes()[shared], b.as_bytes()[shared]);
    if x.is_ascii_alphabetic() && y.is_ascii_alphabetic() {
        return x.cmp(&y);
    }
    let shared = (0..=shared).rev().find(|&at| a.is_char_boundary(at) && b.is_char_boundary(at)).unwrap_or(0);
    compare_from(a, b, shared)
}

/// The texts are equal up to `at` and differ in the character there.
fn compare_from(a: &str, b: &str, at: usize) -> Ordering {
    let (Some(x), Some(y)) = (a[at..].chars().next(), b[at..].chars().next()) else { return a.len().cmp(&b.len()) };
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero counts as the continuation of a number that began in the shared part.
    let inside_number =
        (x == '0' || y == '0') && a[..at].chars().rev().take_while(|&char| is_digit(char)).any(|char| char != '0');
    let start = i64::from(inside_number);
    let (x_number, x_len) = digit_run(&a[at..], start);
    let (y_number, y_len) = digit_run(&b[at..], start);
    x_number.cmp(&y_number).then(x_len.cmp(&y_len)).then(x.cmp(&y))
}

/// Value and length of the digits at the start of `text`; the value wraps as Go's does.
fn digit_run(text: &str, start: i64) -> (i64, usize) {
    let digits = text.chars().take_while(|&char| is_digit(char));
    digits.fold((start, 0), |(number, len), char| {
        let digit = i64::from(u32::from(char)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(digit), len + 1)
    })
}

fn is_letter(char: char) -> bool {
    char.is_alphabetic() && !char.is_numeric()
}

/// Decimal digits of any script: each script's ten follow its zero.
fn is_digit(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_digit();
    }
    let code = u32::from(char);
    if (0x1d7ce..=0x1d7ff).contains(&code) {
        return true;
    }
    let zero = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1).map(|index| ZEROS[index]);
    zero.is_some_and(|zero| code - zero < 10)
}

const ZEROS: [u32; 60] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
    0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0,
    0x16b50, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];
