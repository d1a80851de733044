//! Shared pieces of the benchmarks: counting allocator, timing, tables.
