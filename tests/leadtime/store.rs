//! Tests of store, to come.
