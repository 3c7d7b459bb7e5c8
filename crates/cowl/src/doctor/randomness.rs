//! Where keys come from, and where they may end without anybody wishing it.

use std::{fs, path::Path, sync::mpsc, time::Duration};

use super::finding::{Finding, Topic};

/// The system's randomness comes at once, or there is something wrong with the machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bits below which old kernels let a reader wait; newer ones always say 256.
const ENOUGH: u32 = 128;

const WHY: &str = "every key, place and message comes of it: a machine that draws the same twice gives everybody's reports away";
const WHY_MEMORY: &str = "keys in memory can be written to the disk, where they stay when they are deleted elsewhere, and a thief \
                          of the machine finds them";

/// Draws twice from the system.
pub(super) fn source(root: &Path) -> Vec<Finding> {
    let mut findings = vec![draws(|bytes| getrandom::fill(bytes).is_ok(), PATIENCE)];
    findings.extend(pool(&read(root, "proc/sys/kernel/random/entropy_avail")));
    findings
}

fn draws(draw: impl Fn(&mut [u8]) -> bool + Send + 'static, patience: Duration) -> Finding {
    let (sender, drawn) = mpsc::channel();
    // A source that blocks would block us for ever.
    std::thread::spawn(move || {
        let (mut first, mut second) = ([0; 32], [0; 32]);
        let worked = draw(&mut first) && draw(&mut second);
        let _ = sender.send(worked.then_some((first, second)));
    });
    let reboot = "sudo reboot    (if it stays so, use another machine)";
    match drawn.recv_timeout(patience) {
        Ok(Some((first, second))) if first != second && first != [0; 32] && second != [0; 32] => {
            Topic::Randomness.ok("the system gives randomness at once, and never the same", WHY)
        }
        Ok(Some(_)) => Topic::Randomness.problem("the system gave the same randomness twice", WHY, reboot),
        Ok(None) => Topic::Randomness.problem("the system gives no randomness", WHY, reboot),
        Err(_) => Topic::Randomness.problem(
            "the system's randomness does not come",
            "a machine that was just switched on gathers it first; until then nothing can be sealed",
            "cowl doctor    (in a minute; move the mouse meanwhile)",
        ),
    }
}

fn pool(text: &str) -> Option<Finding> {
    let bits: u32 = text.trim().parse().ok()?;
    (bits < ENOUGH).then(|| {
        Topic::Randomness.notice(
            format!("the kernel's pool holds {bits} bits of randomness"),
            "an old kernel that was just switched on makes programs wait until there are more",
            "sudo apt install rng-tools5",
        )
    })
}

/// Swap and core dumps.
pub(super) fn leftovers(root: &Path) -> Vec<Finding> {
    let limits = read(root, "proc/self/limits");
    let pattern = read(root, "proc/sys/kernel/core_pattern");
    let is_encrypted = |device: &str| {
        let real = fs::canonicalize(root.join(device.trim_start_matches('/')));
        let name = real.ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        name.is_some_and(|name| read(root, &format!("sys/block/{name}/dm/uuid")).starts_with("CRYPT-"))
    };
    let mut findings = Vec::new();
    if !limits.is_empty() {
        findings.push(core_dumps(&limits, &pattern));
    }
    if root.join("proc/swaps").exists() {
        findings.push(swap(&read(root, "proc/swaps"), is_encrypted));
    }
    findings
}

fn core_dumps(limits: &str, pattern: &str) -> Finding {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or("0");
    // A pipe takes the dump whatever the limit is (core(5)).
    let piped = pattern.starts_with('|');
    if (soft == "0" && !piped) || pattern.trim().is_empty() {
        return Topic::Memory.ok("a program that crashes leaves no image of its memory", WHY_MEMORY);
    }
    let remedy = if piped {
        "sudo sysctl -w kernel.core_pattern=/dev/null"
    } else {
        "ulimit -c 0    (in this shell; for a service of systemd: LimitCORE=0)"
    };
    Topic::Memory.notice(
        "a program that crashes leaves an image of its memory (core dump)",
        WHY_MEMORY,
        remedy,
    )
}

fn swap(swaps: &str, is_encrypted: impl Fn(&str) -> bool) -> Finding {
    let devices = swaps.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    // zram is memory.
    let open: Vec<_> = devices.filter(|device| !device.contains("zram") && !is_encrypted(device)).collect();
    if open.is_empty() {
        return Topic::Memory.ok("memory is not swapped to a disk in clear", WHY_MEMORY);
    }
    Topic::Memory.notice(
        format!("memory is swapped to {}, which is not known to be encrypted", open.join(", ")),
        WHY_MEMORY,
        "sudo swapoff -a",
    )
}

/// Empty where there is none: not every system has these files.
fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;
    use crate::doctor::Level;

    #[test]
    fn this_machine_draws_and_one_that_repeats_is_found() {
        assert_eq!(source(Path::new("/nowhere"))[0].level, Level::Ok);
        let same = |bytes: &mut [u8]| {
            bytes.fill(7);
            true
        };
        assert_eq!(draws(same, PATIENCE).level, Level::Problem);
        assert_eq!(draws(|_| true, PATIENCE).level, Level::Problem);
        assert_eq!(draws(|_| false, PATIENCE).level, Level::Problem);
        let blocked = |_: &mut [u8]| {
            thread::park();
            true
        };
        assert!(draws(blocked, Duration::from_millis(1)).what.contains("does not come"));
    }

    #[test]
    fn a_pool_that_is_nearly_empty_is_noticed() {
        assert_eq!(pool("256\n"), None);
        assert_eq!(pool(""), None);
        assert_eq!(pool("12\n").unwrap().level, Level::Notice);
    }

    #[test]
    fn core_dumps_are_noticed_where_they_are_made() {
        let limits = |soft: &str| {
            format!("Limit Soft Hard Units\nMax core file size        {soft}   unlimited   bytes\n")
        };
        for (soft, pattern, level) in [
            ("0", "core", Level::Ok),
            ("unlimited", "", Level::Ok),
            ("unlimited", "core", Level::Notice),
            ("0", "|/usr/lib/systemd/systemd-coredump %P", Level::Notice),
        ] {
            assert_eq!(core_dumps(&limits(soft), pattern).level, level, "{soft} {pattern}");
        }
    }

    #[test]
    fn swap_in_clear_is_noticed_and_an_encrypted_one_is_not() {
        let head = "Filename Type Size Used Priority\n";
        assert_eq!(swap(head, |_| false).level, Level::Ok);
        assert_eq!(swap(&format!("{head}/dev/zram0 partition 1 0 100\n"), |_| false).level, Level::Ok);
        let disk = format!("{head}/dev/sda3 partition 1 0 -2\n");
        assert_eq!(swap(&disk, |_| false).level, Level::Notice);
        assert!(swap(&disk, |_| false).what.contains("/dev/sda3"));
        assert_eq!(swap(&disk, |device| device == "/dev/sda3").level, Level::Ok);
    }

    #[test]
    fn an_encrypted_device_is_known_by_its_mapping() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("proc/self/limits", "Max core file size 0 0 bytes\n");
        put("proc/sys/kernel/core_pattern", "core\n");
        put("proc/swaps", "Filename\n/dev/dm-1 partition 1 0 -2\n");
        put("dev/dm-1", "");
        assert_eq!(leftovers(folder.path()).iter().map(|one| one.level).max(), Some(Level::Notice));
        put("sys/block/dm-1/dm/uuid", "CRYPT-PLAIN-swap\n");
        let levels: Vec<_> = leftovers(folder.path()).iter().map(|one| one.level).collect();
        assert_eq!(levels, [Level::Ok, Level::Ok]);
    }
}
