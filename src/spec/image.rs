//! References to container images.
//!
//! Depends on the text types of this room. Invariant: a reference that is read can be pulled, if it
//! exists.

use super::text::{Hint, all, only, texts};

texts! {
    /// Reference to a container image.
    ImageReference {
        name: "a container image",
        expected: "[REGISTRY/]NAME[:TAG][@sha256:DIGEST]",
        example: "ghcr.io/example/app:1.0",
        pattern: IMAGE_PATTERN,
        length: 1..=500,
        read: |text| image(text),
    }
}

impl ImageReference {
    /// Host of the registry, or `None` for Docker Hub.
    pub fn registry(&self) -> Option<&str> {
        let (first, _) = self.0.split_once('/')?;
        is_registry(first).then_some(first)
    }

    /// Tag, if one is given.
    pub fn tag(&self) -> Option<&str> {
        let name = self.0.split('@').next().unwrap_or_default();
        let last = name.rsplit('/').next().unwrap_or_default();
        last.split_once(':').map(|(_, tag)| tag)
    }

    /// Whether the reference names one content for ever.
    pub fn is_pinned(&self) -> bool {
        self.0.contains("@sha256:")
    }

    /// Whether the image is in a private registry of Amazon ECR.
    pub fn is_ecr(&self) -> bool {
        self.registry()
            .is_some_and(|host| host.contains(".dkr.ecr."))
    }
}

const IMAGE_PATTERN: &str = concat!(
    r"^((localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)(:[0-9]+)?/|[A-Za-z0-9-]+:[0-9]+/)?",
    r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
);

fn image(text: &str) -> Result<(), Hint> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    if let Some(digest) = digest {
        let hexadecimal = digest.strip_prefix("sha256:").ok_or(None)?;
        only(hexadecimal.len() == 64)
            .map_err(|_| Some("a digest has 64 hexadecimal digits".to_owned()))?;
        all(
            hexadecimal,
            |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        )?;
    }
    let path = match name.split_once('/') {
        Some((first, rest)) if is_registry(first) => rest,
        Some(_) | None => name,
    };
    let last = path.rfind('/').map_or(0, |slash| slash + 1);
    let path = match path[last..].find(':') {
        Some(colon) => {
            let tag = &path[last + colon + 1..];
            only(tag.len() <= 128 && !tag.starts_with(['.', '-']))?;
            all(tag, |byte| {
                byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
            })?;
            &path[..last + colon]
        }
        None => path,
    };
    let upper = path.bytes().any(|byte| byte.is_ascii_uppercase());
    only(!upper).map_err(|_| Some("names of images are lower-case".to_owned()))?;
    path.split('/').try_for_each(|part| {
        only(!part.starts_with(['.', '_', '-']) && !part.ends_with(['.', '_', '-']))?;
        all(part, |byte| {
            byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
        })
    })
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let named = host
        .split('.')
        .all(|label| all(label, |byte| byte.is_ascii_alphanumeric() || byte == b'-').is_ok());
    let port_is_number = port.is_none_or(|port| all(port, |byte| byte.is_ascii_digit()).is_ok());
    named && port_is_number && (host.contains('.') || host == "localhost" || port.is_some())
}
