//! Unrolled loops.

/// Unrolled loop of at most eight rounds. For browsers, the compiler would not unroll it, and would keep an array that
/// is indexed by a variable in memory instead of registers.
macro_rules! rounds {
    ($index:ident < $count:expr, $body:block) => {
        rounds!(@ $index $count, $body, 0 1 2 3 4 5 6 7)
    };
    (@ $index:ident $count:expr, $body:block, $($round:literal)*) => {
        $(if $round < $count {
            let $index: usize = $round;
            $body
        })*
    };
}

pub(super) use rounds;
