//! Tests of the search through the public interface of the library.

mod bilevel;
mod change;
mod curvature;
mod freezing;
mod method;
mod neumann;
mod partial_channels;
mod parts;
mod selection;
mod session;
mod stages;
mod supernets;
