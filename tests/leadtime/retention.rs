//! What is deleted of visits of long ago, and what stays.
