//! Tests of import, to come.
