//! Emptying a bucket.
//!
//! May depend on `aws` and `model`. Invariant: only a bucket whose deletion with all contents was
//! asked for is emptied; the caller sees to that.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::aws::{Call, Clients, of_build, of_item};
use crate::model::{Fault, FaultClass};

const LIST: &str = "s3:ListBucketVersions";
const DELETE: &str = "s3:DeleteObject";
/// How many pages of up to a thousand objects are deleted before the engine hears of it.
const PAGES_PER_CALL: usize = 100;

/// Deletes every version of every object, or so many that the engine should come again.
pub(super) async fn delete_all(aws: &Clients, bucket: &str) -> Result<(), Fault> {
    for _ in 0..PAGES_PER_CALL {
        // What was listed is deleted, so the next page begins at the start again.
        let call = aws.s3.list_object_versions().bucket(bucket);
        let page = call.send().await.at(LIST)?;
        let is_last = page.is_truncated != Some(true);
        let objects = versions(page)?;
        if !objects.is_empty() {
            delete(aws, bucket, objects).await?;
        }
        if is_last {
            return Ok(());
        }
    }
    let message = format!("{bucket} holds many objects and is still being emptied");
    Err(Fault::own(FaultClass::Conflict, DELETE, message))
}

fn versions(page: ListObjectVersionsOutput) -> Result<Vec<ObjectIdentifier>, Fault> {
    let versions = page.versions.unwrap_or_default();
    let markers = page.delete_markers.unwrap_or_default();
    versions
        .into_iter()
        .map(|version| (version.key, version.version_id))
        .chain(markers.into_iter().map(|m| (m.key, m.version_id)))
        .map(|(key, version)| {
            ObjectIdentifier::builder()
                .set_key(key)
                .set_version_id(version)
                .build()
                .map_err(|error| of_build(LIST, &error))
        })
        .collect()
}

async fn delete(aws: &Clients, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<(), Fault> {
    let batch = Delete::builder()
        .set_objects(Some(objects))
        .quiet(true)
        .build()
        .map_err(|error| of_build(DELETE, &error))?;
    let call = aws.s3.delete_objects().bucket(bucket).delete(batch);
    let reply = call.send().await.at(DELETE)?;
    match reply.errors().first() {
        Some(error) => Err(of_item(DELETE, error.code(), error.message())),
        None => Ok(()),
    }
}
