//! Forms with files (RFC 7578), as browsers send them: the whole body lies in memory already, and is small.

/// Parts of a form at the most.
const MOST: usize = 32;

/// A field or file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

/// What separates the parts, from the content type; `None` if that is another.
pub(crate) fn boundary(kind: &str) -> Option<&str> {
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary =
        parameters.split(';').find_map(|one| one.trim().strip_prefix("boundary="))?.trim_matches('"');
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// The parts; `None` if it is no such form, whole.
pub(crate) fn parse(boundary: &str, body: &[u8]) -> Option<Vec<Part>> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut parts = Vec::new();
    while parts.len() < MOST {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let (head, behind) = split(rest, b"\r\n\r\n")?;
        let (content, behind) = split(behind, next.as_bytes())?;
        parts.push(Part { name: name(std::str::from_utf8(head).ok()?)?, content: content.to_vec() });
        rest = behind;
    }
    None
}

/// The field's name, as the part's head says it. Names of ours have no quotes in them.
fn name(head: &str) -> Option<String> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, says) = lines.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))?;
    // Browsers put it first; what stands in a file's name is never looked at.
    let says = says.trim().strip_prefix("form-data;")?.trim_start().strip_prefix("name=")?;
    let name = match says.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => says.split(';').next()?.trim(),
    };
    Some(name.to_owned())
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    let (before, behind) = bytes.split_at_checked(found)?;
    Some((before, behind.get(at.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "--XyZ\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n--XyZ\r\nContent-Disposition: form-data; \
        name=\"file\"; filename=\"a; name=b\"\r\nContent-Type: application/octet-stream\r\n\r\n\u{0}--Xy\r\n\r\n--Z\r\n--XyZ--\r\n";

    #[test]
    fn files_come_through_byte_by_byte() {
        let kind = "multipart/form-data; boundary=XyZ";
        let parts = parse(boundary(kind).unwrap(), FORM.as_bytes()).unwrap();
        let part = |name: &str, content: &[u8]| Part { name: name.to_owned(), content: content.to_vec() };
        assert_eq!(parts, [part("csrf", b"abc"), part("file", b"\0--Xy\r\n\r\n--Z")]);
    }

    #[test]
    fn what_is_cut_off_or_another_form_is_refused() {
        for length in 0..FORM.len() - 4 {
            assert_eq!(parse("XyZ", &FORM.as_bytes()[..length]), None, "{length}");
        }
        assert_eq!(parse("XyZ", b"--XyZ--"), Some(Vec::new()));
        for bad in ["", "multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=x"] {
            assert_eq!(boundary(bad), None, "{bad}");
        }
        let many = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n".repeat(MOST + 1) + "--x--";
        assert_eq!(parse("x", many.as_bytes()), None);
        for (before, after) in [("form-data; name=\"file\"", "form-data"), ("Content-Disposition", "Other")] {
            assert_eq!(parse("XyZ", FORM.replace(before, after).as_bytes()), None);
        }
    }
}
