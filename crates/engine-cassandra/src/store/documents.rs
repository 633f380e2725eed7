//! Documents that people write: a row each, changed by compare and set of the whole value, which begins with the version.

use rushes_store::documents::{
    Documents, KeptDocument, check_document, check_version, decode_document, encode_document,
};
use rushes_types::{Error, ErrorKind, Result};

use super::CassandraStore;
use crate::client::{Outcome, Write};

const READ: &str = "SELECT value FROM documents WHERE kind = ? AND id = ?";
const LIST: &str = "SELECT id FROM documents WHERE kind = ?";

impl CassandraStore {
    /// A serial read: it sees every conditional write that was begun before.
    async fn value_of(&self, kind: &str, id: &str) -> Result<Option<Vec<u8>>> {
        let rows = self.cluster.serial::<(Option<Vec<u8>>,)>(READ, (kind, id)).await?;
        Ok(rows.into_iter().next().and_then(|(value,)| value))
    }

    async fn replace_document(&self, document: &KeptDocument) -> Result<()> {
        const FIRST: &str = "INSERT INTO documents (kind, id, value) VALUES (?, ?, ?) IF NOT EXISTS";
        const NEXT: &str = "UPDATE documents SET value = ? WHERE kind = ? AND id = ? IF value = ?";
        let (kind, id) = (document.kind.as_str(), document.id.as_str());
        let there = self.value_of(kind, id).await?;
        let version = match &there {
            Some(value) => decode_document(kind, id, value)?.version,
            None => 0,
        };
        check_version(document, version)?;
        let value = encode_document(document);
        let write = match there {
            Some(there) => Write::new(NEXT, (value.clone(), kind, id, there)),
            None => Write::new(FIRST, (kind, id, value.clone())),
        };
        match self.cluster.conditional(&[write]).await {
            Ok(Outcome::Applied) => Ok(()),
            Err(error) if error.kind() != ErrorKind::OutcomeUnknown => Err(error),
            // Somebody was faster, or it is not known who: what is there now says it.
            outcome => match self.value_of(kind, id).await? {
                Some(now) if now == value => Ok(()),
                Some(now) => {
                    check_version(document, decode_document(kind, id, &now)?.version)?;
                    Err(outcome.err().unwrap_or_else(|| {
                        Error::new(ErrorKind::Busy, "another change is under way").mend("send it again")
                    }))
                }
                None => Err(Error::new(ErrorKind::Busy, "another change is under way").mend("send it again")),
            },
        }
    }

    async fn list_documents(&self, kind: &str) -> Result<Vec<String>> {
        let rows = self.cluster.rows::<(String,)>(LIST, (kind,)).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

impl Documents for CassandraStore {
    fn each_document(&self, kind: &str, each: &mut dyn FnMut(KeptDocument) -> Result<()>) -> Result<()> {
        for id in self.cluster.block_on(self.list_documents(kind))? {
            if let Some(document) = self.document(kind, &id)?.filter(|document| !document.bytes.is_empty()) {
                each(document)?;
            }
        }
        Ok(())
    }

    fn document(&self, kind: &str, id: &str) -> Result<Option<KeptDocument>> {
        let value = self.cluster.block_on(self.value_of(kind, id))?;
        value.map(|value| decode_document(kind, id, &value)).transpose()
    }

    fn put_document(&self, document: &KeptDocument) -> Result<()> {
        check_document(document)?;
        self.cluster.block_on(self.replace_document(document))
    }

    fn import_document(&self, document: &KeptDocument) -> Result<()> {
        const PUT: &str = "INSERT INTO documents (kind, id, value) VALUES (?, ?, ?)";
        check_document(document)?;
        let (kind, id) = (document.kind.as_str(), document.id.as_str());
        self.cluster.block_on(self.cluster.write(PUT, (kind, id, encode_document(document))))
    }
}
