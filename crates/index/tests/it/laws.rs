//! The laws of the index on every implementation.

mod memory {
    rushes_testkit::index_laws!(crate::fixtures::Memory::new());
}

mod embedded {
    rushes_testkit::index_laws!(crate::fixtures::Embedded::new());
}

mod embedded_that_spills_at_once {
    rushes_testkit::index_laws!(crate::fixtures::Embedded::spilling(0));
}
