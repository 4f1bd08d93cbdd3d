//! What the program is, beside the commands: the application whose `main` this is.

use dyeline_router::rules::StartKind;

#[cfg(feature = "http")]
use crate::app::Application;
use crate::{chain::Catalog, groups::Inventory};

/// A program: its application, if it has one.
#[derive(Debug, Default)]
pub(super) struct Program {
    #[cfg(feature = "http")]
    application: Option<Application>,
}

impl Program {
    /// The program of an application.
    #[cfg(feature = "http")]
    pub fn of(application: Application) -> Self {
        Self { application: Some(application) }
    }

    /// The service that it is, if it is one.
    #[cfg(feature = "http")]
    pub fn service(&self) -> Option<&str> {
        self.application.as_ref().map(Application::service)
    }

    /// No program of this build is a service.
    #[cfg(not(feature = "http"))]
    pub fn service(&self) -> Option<&str> {
        None
    }

    /// The application.
    #[cfg(feature = "http")]
    pub fn into_application(self) -> Option<Application> {
        self.application
    }

    /// Everything it can start: components, then processors.
    pub fn inventory(&self) -> Inventory {
        #[cfg(feature = "http")]
        if let Some(application) = &self.application {
            return application.inventory();
        }
        let catalog = Catalog::registered();
        Inventory::new(catalog.processors().map(|p| (StartKind::Processor, p.name.clone())))
    }
}
