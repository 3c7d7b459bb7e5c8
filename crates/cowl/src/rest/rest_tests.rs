//! Files under a passphrase, and the `age` program as the other side.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use super::*;
use crate::files::{self, Access, FileError};

const WORDS: &str = "correct horse battery";

fn passphrase() -> Passphrase {
    Passphrase::for_new(WORDS.to_owned()).unwrap()
}

fn refused<T: std::fmt::Debug>(result: Result<T, FileError>) -> RestError {
    match result {
        Err(FileError::Rest { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_locked_file_is_read_and_written_as_before_and_stays_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.cowl");
    files::create(&path, b"keys", Access::Owner).unwrap();
    lock(&path, &passphrase()).unwrap();
    let locked = fs::read(&path).unwrap();
    assert!(is_protected(&locked) && !locked.windows(4).any(|bytes| bytes == b"keys"));
    assert_eq!(refused(lock(&path, &passphrase())), RestError::AlreadyLocked);

    assert_eq!(&**files::read_secret(&path, 100).unwrap(), b"keys");
    files::replace(&path, b"other keys", Access::Owner).unwrap();
    assert!(is_protected(&fs::read(&path).unwrap()));
    assert_eq!(&**files::read_secret(&path, 100).unwrap(), b"other keys");

    let copy = folder.path().join("copy");
    files::replace_summed_like(&path, &copy, b"other keys").unwrap();
    assert!(is_protected(&fs::read(&copy).unwrap()));
    assert_eq!(&**files::read_secret(&copy, 100).unwrap(), b"other keys");

    unlock(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"other keys");
    assert_eq!(refused(unlock(&path)), RestError::NotLocked);
    files::replace(&path, b"open", Access::Owner).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"open");
}

#[test]
fn another_passphrase_an_altered_file_and_a_short_passphrase_are_told_apart() {
    let sealed = open::by_passphrase(b"keys", &passphrase(), 4).unwrap();
    let other = Passphrase::new("incorrect horse".to_owned());
    assert_eq!(
        open_with(&sealed, Some(&other), &Identities::none()).unwrap_err(),
        RestError::WrongPassphrase
    );
    assert_eq!(open_with(&sealed, None, &Identities::none()).unwrap_err(), RestError::NoPassphrase);
    for at in [sealed.len() - 1, sealed.len() - 20, 30] {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        let found = open_with(&altered, Some(&passphrase()), &Identities::none()).unwrap_err();
        // The kind of lock is in clear: one that was altered reads as a kind that nobody here has the key of.
        let named = matches!(found, RestError::Damaged | RestError::WrongPassphrase | RestError::NoIdentity);
        assert!(named, "{at}: {found:?}");
    }
    for length in [22, 60, 120, sealed.len() - 1] {
        let found = open_with(&sealed[..length], Some(&passphrase()), &Identities::none()).unwrap_err();
        assert_eq!(found, RestError::Damaged, "{length}");
    }
    assert_eq!(Passphrase::for_new("1234567".to_owned()).unwrap_err(), RestError::TooShort);
    assert_eq!(format!("{:?}", passphrase()), "Passphrase(…)");
}

#[test]
fn work_that_nobody_asked_for_is_not_done() {
    let text = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 30\n\
                ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n";
    let bytes = [text.as_bytes(), &[0; 40]].concat();
    assert_eq!(
        open_with(&bytes, Some(&passphrase()), &Identities::none()).unwrap_err(),
        RestError::TooMuchWork
    );
}

#[test]
fn identities_of_both_kinds_open_what_is_for_them() {
    let hybrid = Identity::of_seed(cowl_core::Secret::new([7; 32]));
    let text = hybrid.to_text();
    assert!(text.starts_with("AGE-SECRET-KEY-PQ-1") && text.len() == 77, "{}", text.len());
    let public = hybrid.to_public().unwrap();
    assert_eq!(public.to_string().len(), 1_959);
    let again: Recipient = public.to_string().parse().unwrap();
    let classic: Identities = Identities::parse(
        "# created: today\nAGE-SECRET-KEY-184JMZMVQH3E6U0PSL869004Y3U2NYV7R30EU99CSEDNPH02YUVFSZW44VU\n",
    )
    .unwrap();
    let file = Identities::parse(&text).unwrap();
    let sealed = seal(b"keys", &To::Recipients(vec![again.clone()])).unwrap();
    assert_eq!(&**open_with(&sealed, None, &file).unwrap(), b"keys");
    assert_eq!(open_with(&sealed, None, &classic).unwrap_err(), RestError::NoIdentity);
    let other = Identities::one(Identity::of_seed(cowl_core::Secret::new([8; 32])));
    assert_eq!(open_with(&sealed, None, &other).unwrap_err(), RestError::NoIdentity);
    let classic_public = classic.0[0].to_public().unwrap();
    let sealed = seal(b"keys", &To::Recipients(vec![classic_public.clone()])).unwrap();
    assert_eq!(&**open_with(&sealed, None, &classic).unwrap(), b"keys");
    let mixed = seal(b"keys", &To::Recipients(vec![classic_public, again]));
    assert_eq!(mixed.unwrap_err(), RestError::MixedRecipients);
}

#[test]
fn other_kinds_of_keys_are_named() {
    let recipient = |text: &str| text.parse::<Recipient>().unwrap_err();
    assert_eq!(recipient("ssh-ed25519 AAAA"), RestError::OtherRecipient);
    assert_eq!(recipient("age1yubikey1qg8"), RestError::OtherRecipient);
    assert_eq!(recipient("age1pq1qqqq"), RestError::NotARecipient);
    assert_eq!(recipient("medic"), RestError::NotARecipient);
    let identity = |text: &str| Identities::parse(text).unwrap_err();
    assert_eq!(identity("AGE-PLUGIN-YUBIKEY-1XXXX"), RestError::OtherIdentity);
    assert_eq!(identity("-----BEGIN OPENSSH PRIVATE KEY-----"), RestError::OtherIdentity);
    assert_eq!(identity("AGE-SECRET-KEY-1XXXX"), RestError::NotAnIdentity);
    assert_eq!(identity("# nothing\n"), RestError::NotAnIdentity);
}

#[test]
fn what_was_opened_by_an_identity_is_closed_for_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("medic.cowl");
    let identity = Identity::of_seed(cowl_core::Secret::new([9; 32]));
    let to = To::Recipients(vec![identity.to_public().unwrap()]);
    files::create(&path, &seal(b"keys", &to).unwrap(), Access::Owner).unwrap();
    assert_eq!(refused(files::read_secret(&path, 100)), RestError::NoIdentity);
    use_identities(Identities::one(identity));
    assert_eq!(&**files::read_secret(&path, 100).unwrap(), b"keys");
    files::replace(&path, b"fewer", Access::Owner).unwrap();
    assert!(is_protected(&fs::read(&path).unwrap()));
    assert_eq!(&**files::read_secret(&path, 100).unwrap(), b"fewer");
    assert_eq!(refused(unlock(&path)), RestError::ForAnIdentity);
}

/// The `age` program, where it is installed.
fn age(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("age")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// It reads passphrases from a terminal only; `script` gives it one.
fn age_asking(arguments: &str) -> Option<String> {
    Command::new("age").arg("--version").output().ok()?;
    let mut child = Command::new("script")
        .args(["-qec", &format!("age {arguments}"), "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take().unwrap();
    for _ in 0..2 {
        input.write_all(format!("{WORDS}\r").as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_age_program_opens_what_is_locked_here_and_the_other_way_round() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).display().to_string();
    let key = "AGE-SECRET-KEY-184JMZMVQH3E6U0PSL869004Y3U2NYV7R30EU99CSEDNPH02YUVFSZW44VU\n";
    fs::write(name("key.txt"), key).unwrap();
    let identities = Identities::parse(key).unwrap();
    let public = identities.0[0].to_public().unwrap();
    let sealed = seal(b"keys", &To::Recipients(vec![public.clone()])).unwrap();
    let Some(opened) = age(&["-d", "-i", &name("key.txt")], &sealed) else {
        eprintln!("skipped: there is no `age` program here");
        return;
    };
    assert_eq!(opened, b"keys");
    let sealed = age(&["-r", &public.to_string()], b"their keys").unwrap();
    assert_eq!(&**open_with(&sealed, None, &identities).unwrap(), b"their keys");

    fs::write(name("ours"), seal(b"our keys", &To::Passphrase(passphrase())).unwrap()).unwrap();
    let Some(printed) = age_asking(&format!("-d -o {} {}", name("opened"), name("ours"))) else {
        eprintln!("skipped: there is no `script` program here");
        return;
    };
    assert_eq!(fs::read(name("opened")).unwrap_or_default(), b"our keys", "{printed}");
    fs::write(name("plain"), "their keys").unwrap();
    let printed = age_asking(&format!("-p -o {} {}", name("theirs"), name("plain"))).unwrap();
    let sealed = fs::read(name("theirs")).unwrap_or_else(|_| panic!("{printed}"));
    assert_eq!(&**open_with(&sealed, Some(&passphrase()), &Identities::none()).unwrap(), b"their keys");
}

#[test]
fn the_kernel_keeps_a_passphrase_until_it_is_told_to_forget() {
    let path = Path::new("/nowhere/that/exists");
    assert!(!forget(path));
    if remember(path, &passphrase(), 60) == Err(RestError::NoKeyRing) {
        eprintln!("skipped: this kernel keeps no keys for this process");
        return;
    }
    assert_eq!(kernel::recall(path).unwrap().bytes(), WORDS.as_bytes());
    assert!(kernel::recall(Path::new("/nowhere/else")).is_none());
    assert!(forget(path));
    assert!(kernel::recall(path).is_none());
}
