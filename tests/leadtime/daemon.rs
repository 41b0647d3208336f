//! Tests of daemon, to come.
