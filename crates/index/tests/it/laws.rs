//! The laws of the index on every implementation.

mod memory {
    rushes_testkit::index_laws!(rushes_testkit::index_model::Memory::default());
}

mod embedded {
    rushes_testkit::index_laws!(crate::fixtures::Embedded::new());
}

mod embedded_that_flushes_at_once {
    rushes_testkit::index_laws!(crate::fixtures::Embedded::flushing(0));
}
