//! Tests of the search through the public interface of the library.

mod curvature;
mod session;
