//! A Git revision as files, and commits made from them, through gix.
