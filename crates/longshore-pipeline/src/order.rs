//! Strongly connected components in depth-first order, without recursion.

/// Visits `0..count` and what they point to, each behind its children; gives that order.
///
/// `found` sees each strongly connected component, its members in the order in which they were met.
pub(crate) fn components<'c>(
    count: usize,
    children: impl Fn(usize) -> &'c [usize],
    mut found: impl FnMut(&[usize]),
) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let mut met = vec![NEW; count];
    let mut low = vec![0; count];
    let mut done = vec![false; count];
    let mut stack = Vec::new();
    let mut order = Vec::with_capacity(count);
    let mut calls: Vec<(usize, usize)> = Vec::new();
    let mut time = 0;
    for root in 0..count {
        if met[root] != NEW {
            continue;
        }
        calls.push((root, 0));
        while let Some(&mut (node, ref mut next)) = calls.last_mut() {
            if *next == 0 {
                (met[node], low[node]) = (time, time);
                time += 1;
                stack.push(node);
            }
            if let Some(&child) = children(node).get(*next) {
                *next += 1;
                if met[child] == NEW {
                    calls.push((child, 0));
                } else if !done[child] {
                    low[node] = low[node].min(met[child]);
                }
                // A node without children is met with `next` 0 once only: it leaves below at once.
                continue;
            }
            calls.pop();
            if let Some(&(parent, _)) = calls.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == met[node] {
                let start = stack.iter().rposition(|&member| member == node).expect("a root is on the stack");
                stack[start..].iter().for_each(|&member| done[member] = true);
                found(&stack[start..]);
                order.extend(stack.drain(start..).rev());
            }
        }
    }
    order
}
