//! The budget check.

fn main() {}
