//! Which emulator a service lives in.
//!
//! Depends on nothing else of this crate. Invariant: a service has one home in a set-up, so that
//! what one of its calls made, all of them find.

/// How the services are shared out between the emulators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetUp {
    /// moto, which is stricter; what it lacks is on ministack.
    ControlPlane,
    /// ministack, which carries requests to applications; what it lacks is on moto.
    DataPlane,
}

/// Services that moto lacks or speaks too little of.
const NOT_ON_MOTO: [&str; 2] = ["cloudfront", "cloudwatch"];

/// Services that ministack lacks.
const NOT_ON_MINISTACK: [&str; 1] = ["application-autoscaling"];

/// Where calls go, as ports on the loopback interface.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Homes {
    /// One endpoint for all.
    One(u16),
    /// Each service's own.
    Shared {
        moto: u16,
        ministack: u16,
        set_up: SetUp,
    },
}

impl Homes {
    /// Where a service is asked.
    pub(crate) fn port_of(self, service: &str) -> u16 {
        let (moto, ministack, set_up) = match self {
            Homes::One(port) => return port,
            Homes::Shared {
                moto,
                ministack,
                set_up,
            } => (moto, ministack, set_up),
        };
        let on_moto = match set_up {
            SetUp::ControlPlane => !NOT_ON_MOTO.contains(&service),
            SetUp::DataPlane => NOT_ON_MINISTACK.contains(&service),
        };
        if on_moto { moto } else { ministack }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_its_home() {
        let port = |set_up, service| {
            Homes::Shared {
                moto: 1,
                ministack: 2,
                set_up,
            }
            .port_of(service)
        };
        let table = [
            ("ec2", 1, 2),
            ("secretsmanager", 1, 2),
            ("cloudfront", 2, 2),
            ("cloudwatch", 2, 2),
            ("application-autoscaling", 1, 1),
        ];
        for (service, control, data) in table {
            assert_eq!(port(SetUp::ControlPlane, service), control, "{service}");
            assert_eq!(port(SetUp::DataPlane, service), data, "{service}");
        }
        assert_eq!(Homes::One(7).port_of("ec2"), 7);
    }
}
