//! Tests of wording, to come.
