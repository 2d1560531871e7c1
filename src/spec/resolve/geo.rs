//! Checks of the countries that are served.
//!
//! Depends on the sections of the spec. Invariant: countries are either admitted or refused, never
//! both.

use std::collections::BTreeSet;

use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::CountryCode;
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::resolved::Geo;
use crate::spec::sections::cdn::GeoSection;

/// The codes that ISO 3166 assigns.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Codes that people write for others.
const MISTAKEN: &[(&str, &str)] = &[("UK", "GB"), ("EL", "GR"), ("SU", "RU"), ("TP", "TL")];

pub(super) fn geo(geo: &Optional<GeoSection>, reader: &mut Reader) -> Geo {
    let Optional::Given(section) = geo else {
        return Geo::Everywhere;
    };
    match (&section.value.allow, &section.value.deny) {
        (Optional::Given(allow), Optional::Given(deny)) => {
            reader.report(
                Diagnostic::error(deny.subject, "`allow` and `deny` exclude each other")
                    .expected("one of the two")
                    .hint("`allow` serves only its countries, `deny` all but its own")
                    .related(allow.subject, "the other one"),
            );
            Geo::Everywhere
        }
        (Optional::Given(allow), _) => Geo::Allow(countries(allow, reader)),
        (_, Optional::Given(deny)) => Geo::Deny(countries(deny, reader)),
        (Optional::Absent, Optional::Absent) => {
            reader.report(
                Diagnostic::error(section.subject, "this names no country")
                    .expected("`allow` or `deny`")
                    .hint("leave `geo` out to serve all countries"),
            );
            Geo::Everywhere
        }
        (Optional::Absent | Optional::Broken, Optional::Absent | Optional::Broken) => {
            Geo::Everywhere
        }
    }
}

fn countries(
    list: &Spanned<Vec<Spanned<CountryCode>>>,
    reader: &mut Reader,
) -> BTreeSet<CountryCode> {
    if list.value.is_empty() && !list.is_broken() {
        reader.report(
            Diagnostic::error(list.span, "this list is empty")
                .expected("at least one country")
                .hint("or leave `geo` out to serve all countries"),
        );
    }
    for (place, country) in list.value.iter().enumerate() {
        let code = country.value.as_str();
        let earlier = list.value[..place]
            .iter()
            .find(|it| it.value == country.value);
        if let Some(first) = earlier {
            reader.report(
                Diagnostic::error(country.span, format!("the country {code} stands twice"))
                    .expected("each country once")
                    .hint("remove one of them")
                    .related(first.span, "first here"),
            );
        } else if !COUNTRIES.split(' ').any(|known| known == code) {
            let meant = MISTAKEN.iter().find(|(wrong, _)| *wrong == code);
            let problem = Diagnostic::error(country.span, format!("there is no country `{code}`"))
                .expected("a code that ISO 3166 assigns");
            reader.report(match meant {
                Some((_, right)) => problem.hint(format!("did you mean `{right}`?")),
                None => problem.hint("for example DE, JP or US"),
            });
        }
    }
    list.value
        .iter()
        .map(|country| country.value.clone())
        .collect()
}
