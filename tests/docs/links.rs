//! Links within the repository.

use crate::pages::{page, pages, root};

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for from in pages() {
        let folder = root().join(&from.name);
        let folder = folder.parent().expect("a folder");
        for link in from.links.iter().filter(|link| !link.contains("://")) {
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = folder.join(file);
            assert!(path.exists(), "{} links to {link}", from.name);
            if anchor.is_empty() {
                continue;
            }
            let anchors = if file.is_empty() {
                page(&from.name).anchors
            } else {
                page(path).anchors
            };
            let is_there = anchors.iter().any(|it| it == anchor);
            assert!(is_there, "{} links to {link}", from.name);
        }
    }
    assert!(count > 50, "{count}");
}
