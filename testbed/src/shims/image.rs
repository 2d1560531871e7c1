//! ECR repositories and the images in them.
//!
//! - `PutImage`: on AWS an image's digest is that of its manifest, so two manifests are two images;
//!   moto makes one of the layers alone.
//! - `PutImageScanningConfiguration` without `scanOnPush`: AWS takes it as false; moto keeps the old one.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Answer, Next, Shim};
use crate::operation::Request;

pub(crate) struct Image;

impl Shim for Image {
    fn operations(&self) -> &'static [&'static str] {
        &["ecr:PutImage", "ecr:PutImageScanningConfiguration"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let mut sent = request.parameters.clone();
            if request.operation == "PutImage" {
                let digest = Sha256::digest(request.text("imageManifest"));
                sent["imageDigest"] = json!(format!("sha256:{digest:x}"));
            } else if sent["imageScanningConfiguration"]["scanOnPush"].is_null() {
                sent["imageScanningConfiguration"] = json!({ "scanOnPush": false });
            }
            next.forward(&request.with_value(sent)).await
        })
    }
}
