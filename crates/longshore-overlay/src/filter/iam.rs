//! `IAMPolicyGenerator`: a service account bound to one of Google's.

use longshore_yaml::{Document, NodeId};

use crate::filter::edit::FilterError;

/// Whose account is bound to whose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IamPolicy {
    /// The only cloud is `gke`.
    pub(crate) cloud: String,
    /// Name of the Kubernetes service account.
    pub(crate) name: String,
    /// Its namespace, which may be empty.
    pub(crate) namespace: String,
    /// Name of the cloud's service account.
    pub(crate) account: String,
    /// Its project.
    pub(crate) project_id: String,
}

impl IamPolicy {
    /// The service account as a document.
    pub(crate) fn generate(&self) -> Result<Document, FilterError> {
        if self.cloud != "gke" {
            return Err(FilterError::new(format!("cloud provider {} not supported yet, use gke", self.cloud)));
        }
        let mut doc = Document::new();
        let account = format!("{}@{}.iam.gserviceaccount.com", self.account, self.project_id);
        let annotations = map(&mut doc, &[("iam.gke.io/gcp-service-account", &account)]);
        let metadata = doc.add_mapping();
        doc.map_set(metadata, "annotations", annotations);
        let fields = [("name", &self.name), ("namespace", &self.namespace)];
        for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            let value = doc.add_str(value);
            doc.map_set(metadata, key, value);
        }
        let root = map(&mut doc, &[("apiVersion", "v1"), ("kind", "ServiceAccount")]);
        doc.map_set(root, "metadata", metadata);
        doc.set_root(root);
        Ok(doc)
    }
}

fn map(doc: &mut Document, entries: &[(&str, &str)]) -> NodeId {
    let map = doc.add_mapping();
    for (key, value) in entries {
        let value = doc.add_str(value);
        doc.map_set(map, key, value);
    }
    map
}
