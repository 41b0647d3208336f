//! Tests of real_data, to come.
