//! Every `--help` and every error of the command line, as a person sees it: `tests/cmd/*.trycmd`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

#[test]
fn command_line() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

/// The same with a passphrase known: a file that holds one must be its owner's alone, which no checkout keeps.
#[test]
fn with_a_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = folder.path().join("passphrase");
    cowl::files::create(&passphrase, b"correct horse battery\n", cowl::files::Access::Owner).unwrap();
    let cases = trycmd::TestCases::new();
    cases.env("COWL_PASSPHRASE_FILE", passphrase.display().to_string()).case("tests/cmd/passphrase/*.trycmd");
    // They run when this is dropped, and want the file.
    drop(cases);
}
