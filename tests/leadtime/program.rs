//! Tests of program, to come.
