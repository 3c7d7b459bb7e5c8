//! Every `--help` and every error of the command line, as a person sees it: `tests/cmd/*.trycmd`.
#![allow(missing_docs, reason = "a test")]

#[test]
fn command_line() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
