//! Who may read and change the files, and whether their disk can hold that at all.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::finding::{Finding, Topic, shell};

const WHY_READ: &str = "whoever can read a file of keys is that member, or the authority";
const WHY_CHANGE: &str = "whoever can change the folder can put other keys in the place of these";
const WHY_OWNER: &str = "its owner can read and change it whatever its permissions say";
const WHY_LINK: &str =
    "the file lies elsewhere, perhaps on a disk that others have, and is in no backup of this folder";

/// Looks at one folder of ours and the secrets in it, or at one file.
pub(super) fn check(root: &Path, place: &Path, secrets: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let me = fs::metadata(root.join("proc/self")).map(|own| own.uid()).ok();
    let is_folder = place.is_dir();
    if is_folder {
        findings.extend(folder(place));
    } else {
        findings.extend(around(place));
    }
    for path in secrets {
        findings.extend(secret(path));
    }
    for path in secrets.iter().map(PathBuf::as_path).chain(std::iter::once(place)) {
        findings.extend(owner(path, me));
    }
    findings.extend(file_system(root, place));
    if findings.is_empty() {
        let what = if is_folder {
            "the folder and the keys in it are their owner's alone"
        } else {
            "the file is its owner's alone"
        };
        findings.push(Topic::Permissions.ok(what, WHY_READ));
    }
    findings
}

/// An operation's or a gateway's folder: nobody else has any business there.
fn folder(path: &Path) -> Option<Finding> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let (what, why) = if mode & 0o022 == 0 {
            (
                "can be entered by others",
                "others see which files there are and when they change: who was enrolled when",
            )
        } else {
            ("can be changed by others", WHY_CHANGE)
        };
        let what = format!("{} {what} (mode {mode:04o})", path.display());
        Topic::Permissions.warning(what, why, format!("chmod 700 {}", shell(path)))
    })
}

/// The folder of a single credential may hold other things; only nobody else may change it.
fn around(path: &Path) -> Option<Finding> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = fs::metadata(folder).ok()?.permissions().mode();
    // With the sticky bit only the owner of a file can replace it.
    (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| {
        let what = format!(
            "{}, the folder of {}, can be changed by others (mode {:04o})",
            folder.display(),
            path.display(),
            mode & 0o7777
        );
        Topic::Permissions.warning(what, WHY_CHANGE, format!("chmod go-w {}", shell(folder)))
    })
}

fn secret(path: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Ok(own) = fs::symlink_metadata(path) else { return findings };
    if own.is_symlink() {
        let what = format!("{} is a link to another place", path.display());
        let moved = shell(path);
        let remedy = format!(
            "cp --remove-destination \"$(readlink -f {moved})\" {moved}    (then delete where it was)"
        );
        findings.push(Topic::Permissions.warning(what, WHY_LINK, remedy));
    }
    let mode = fs::metadata(path).map_or(0, |real| real.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        let what = format!("{} holds keys and can be read by others (mode {mode:04o})", path.display());
        findings.push(Topic::Permissions.problem(what, WHY_READ, format!("chmod 600 {}", shell(path))));
    }
    findings
}

fn owner(path: &Path, me: Option<u32>) -> Option<Finding> {
    let (owner, me) = (fs::metadata(path).ok()?.uid(), me?);
    // Root reads everything, and may look at what is another's.
    (owner != me && me != 0).then(|| {
        let what = format!("{} belongs to another user (number {owner})", path.display());
        Topic::Permissions.warning(what, WHY_OWNER, format!("sudo chown \"$(id -u)\" {}", shell(path)))
    })
}

/// What kind of file system a place is on, by the kernel's list of mounts.
fn file_system(root: &Path, place: &Path) -> Option<Finding> {
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let real = fs::canonicalize(place).ok()?;
    judge(kind(&mounts, &real)?, place)
}

/// proc(5): the fifth field is where it is mounted, the one after `-` what kind it is. Of several at one place the last counts.
fn kind<'a>(mounts: &'a str, place: &Path) -> Option<&'a str> {
    let mounts = mounts.lines().filter_map(|line| {
        let at = line.split(' ').nth(4)?.replace("\\040", " ");
        let kind = line.split_once(" - ")?.1.split(' ').next()?;
        place.starts_with(&at).then_some((at.len(), kind))
    });
    mounts.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

fn judge(kind: &str, place: &Path) -> Option<Finding> {
    let shown = place.display();
    let elsewhere = format!("cp -a {} ~/    (and use it there; then delete it here)", shell(place));
    match kind {
        "vfat" | "msdos" | "exfat" | "fuseblk" | "ntfs" | "ntfs3" | "hfsplus" => Some(Topic::Permissions.warning(
            format!("{shown} is on a {kind} disk, as sticks are, which holds no permissions"),
            "everyone who has the stick or an account here reads the keys; and what is deleted there can often be read again",
            elsewhere,
        )),
        "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "9p" | "afs" | "ceph" | "glusterfs" | "davfs" | "fuse.sshfs"
        | "fuse.rclone" => Some(Topic::Permissions.warning(
            format!("{shown} is on another machine's disk ({kind})"),
            "whoever runs that machine reads the keys, locks do not hold there for certain, and when the network is gone so are the keys",
            elsewhere,
        )),
        "tmpfs" | "ramfs" => Some(Topic::Permissions.warning(
            format!("{shown} is in memory ({kind})"),
            "it is gone when the machine is switched off: keys, counters and what waits to be sent",
            elsewhere,
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A root with no mounts of its own: the test machine's temporary folder may well be in memory.
    fn root() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        root
    }

    fn said(findings: &[Finding]) -> String {
        let line = |one: &Finding| format!("{}: {} → {:?}", one.level.name(), one.what, one.remedy);
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_private_folder_is_ok_and_each_thing_that_is_open_is_named() {
        let (root, folder) = (root(), tempfile::tempdir().unwrap());
        let ops = folder.path().join("ops");
        fs::create_dir(&ops).unwrap();
        let key = ops.join("authority.key");
        fs::write(&key, "k").unwrap();
        mode(&ops, 0o700);
        mode(&key, 0o600);
        let look = || check(root.path(), &ops, std::slice::from_ref(&key));
        assert_eq!(look().iter().map(|one| one.level).max(), Some(Level::Ok), "{}", said(&look()));
        mode(&key, 0o644);
        let found = look();
        assert_eq!(found[0].level, Level::Problem);
        assert_eq!(found[0].remedy.as_deref(), Some(format!("chmod 600 {}", shell(&key)).as_str()));
        mode(&key, 0o600);
        for (open, word) in [(0o755, "entered"), (0o777, "changed")] {
            mode(&ops, open);
            let found = look();
            assert!(found[0].what.contains(word) && found[0].level == Level::Warning, "{}", said(&found));
        }
    }

    #[test]
    fn a_credential_needs_a_folder_that_others_cannot_change() {
        let (root, folder) = (root(), tempfile::tempdir().unwrap());
        let key = folder.path().join("phone.cowl");
        fs::write(&key, "k").unwrap();
        mode(&key, 0o600);
        for (open, level) in [(0o755, Level::Ok), (0o1777, Level::Ok), (0o777, Level::Warning)] {
            mode(folder.path(), open);
            let found = check(root.path(), &key, std::slice::from_ref(&key));
            assert_eq!(found[0].level, level, "{open:o} {}", said(&found));
        }
    }

    #[test]
    fn a_link_and_another_owner_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let (key, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&key, "k").unwrap();
        mode(&key, 0o600);
        assert!(secret(&key).is_empty());
        std::os::unix::fs::symlink(&key, &link).unwrap();
        assert_eq!(secret(&link)[0].level, Level::Warning);
        let me = fs::metadata(&key).unwrap().uid();
        assert!(owner(&key, Some(me)).is_none());
        assert!(owner(&key, Some(me + 1)).is_some());
    }

    #[test]
    fn the_disk_is_judged_by_the_innermost_mount() {
        let mounts = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      22 21 8:2 / /media/my\\040stick rw,nosuid - vfat /dev/sdb1 rw\n\
                      23 21 0:5 / /net rw shared:3 - nfs4 server:/x rw\n\
                      24 21 0:6 / /run rw - tmpfs tmpfs rw\n";
        for (place, expected) in [
            ("/home/a", "ext4"),
            ("/media/my stick/ops", "vfat"),
            ("/net/ops", "nfs4"),
            ("/network", "ext4"),
            ("/run/ops", "tmpfs"),
        ] {
            let kind = kind(mounts, Path::new(place)).unwrap();
            assert_eq!(kind, expected);
            assert_eq!(judge(kind, Path::new(place)).is_none(), kind == "ext4", "{place}");
        }
    }
}
