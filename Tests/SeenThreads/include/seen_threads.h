/// What ThreadSanitizer has to see and does not by itself. In any other build there is nothing here.
///
/// A target of the tests that a test target only has to depend on: its functions take the place of those of the C
/// library and of Swift's, because the linker finds them first.
