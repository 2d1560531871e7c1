//! Images in ECR repositories.
//!
//! `PutImage`: on AWS an image's digest is that of its manifest, so two manifests are two images; moto
//! makes one of the layers alone.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Answer, Next, Shim};
use crate::operation::Request;

pub(crate) struct Image;

impl Shim for Image {
    fn operations(&self) -> &'static [&'static str] {
        &["ecr:PutImage"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let digest = Sha256::digest(request.text("imageManifest"));
            let mut sent = request.parameters.clone();
            sent["imageDigest"] = json!(format!("sha256:{digest:x}"));
            next.forward(&request.with_value(sent)).await
        })
    }
}
