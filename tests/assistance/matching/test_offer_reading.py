"""What an offer's prose takes away from its tags, or adds to them, in seven languages."""

from __future__ import annotations

from typing import Any

import pytest

from assistance.matching.offer_reading import OfferReading, read_offer

from .builders import directory, offer

TAGGED = ("TRNG", "EQPT", "GUID")


def read(summary: str, **values: Any) -> OfferReading:
    values.setdefault("types", TAGGED)
    values.setdefault("areas", ("BOR.CUS", "EXP.LIC"))
    values.setdefault("languages", ("en", "fr", "es"))
    return read_offer(offer(summary=summary, **values), directory())


def in_africa(summary: str, **values: Any) -> frozenset[str]:
    """The States that an offer for Africa is open to after its text has been read."""
    values = {"coverage": "selected", "regional_groups": frozenset({"African"}), **values}
    return read(summary, **values).covered or frozenset()


CLOSED = [
    "Applications for the 2027 course closed on 30 September 2026.",
    "All seats for 2027 have been allocated.",
    "The programme is fully booked until further notice.",
    "Registration is closed.",
    "No further applications are accepted.",
    "New applications are no longer accepted.",
    "The last remaining place was given to Togo in October.",
    "All places in this cycle are taken.",
    "The call for applications has closed.",
    "The project has been put on hold for lack of funds.",
    "Activities are suspended until the donor decides.",
    "The programme was discontinued in August 2026.",
    "Las inscripciones están cerradas.",
    "Se han asignado todas las plazas.",
    "La convocatoria se cerró en octubre de 2026.",
    "Todos los cupos para 2027 están cubiertos.",
    "El programa está suspendido por falta de fondos.",
    "Les inscriptions sont closes.",
    "Toutes les places sont déjà attribuées.",
    "Le programme est suspendu depuis juin.",
    "Les candidatures ne sont plus acceptées.",
    "Набор участников завершён.",
    "Все места уже распределены.",
    "Приём заявок закрыт.",
    "Программа приостановлена.",
    "تم إغلاق باب التسجيل.",
    "جميع المقاعد محجوزة.",
    "البرنامج معلق حالياً.",
    "报名已截止。",
    "名额已满。",
    "该项目已暂停。",
    "As inscrições estão encerradas.",
    "Todas as vagas foram preenchidas.",
    "O programa encontra-se suspenso.",
    "The pool takes no new work at present.",
]
OPEN = [
    "Two places remain for 2027.",
    "Un pays reste à retenir pour la période 2027-2028.",
    "Applications are open until March 2027.",
    "The course has twenty places for each State.",
    "Closed containers are opened and inspected in practice.",
    "The first phase ended in 2025; the second phase is open to all members.",
    "It fills gaps in national law and gives full support to authorities.",
    "Applications will be accepted from January 2027.",
    "Applications close on 31 March 2027.",
    "Quedan dos plazas para 2027.",
    "La capacitación completa comprende tres módulos y veinte plazas.",
    "Les inscriptions sont ouvertes jusqu'en avril 2027.",
    "Осталось три места.",
    "لا يزال التسجيل مفتوحاً.",
    "仍有名额。",
    "Suspended in 2025, the programme resumed in March 2026.",
    "Closed-circuit cameras are installed at storage places.",
    "Places can be requested at any time.",
    "Equipment is not handed over.",
]


@pytest.mark.parametrize("summary", CLOSED)
def test_places_taken_or_work_suspended_close_an_offer(summary: str) -> None:
    assert read(summary).is_closed


@pytest.mark.parametrize("summary", OPEN)
def test_an_offer_stays_open(summary: str) -> None:
    assert not read(summary).is_closed


TAKEN_AWAY = [
    ("No equipment is supplied.", "EQPT"),
    ("Equipment is not part of the programme.", "EQPT"),
    ("The programme does not provide equipment.", "EQPT"),
    ("Equipment cannot be financed.", "EQPT"),
    ("Training only.", "EQPT GUID"),
    ("Training only; equipment must be bought by the host.", "EQPT GUID"),
    ("Courses and a handbook, without equipment.", "EQPT"),
    ("Sans fourniture de matériel.", "EQPT"),
    ("Aucun équipement n'est fourni.", "EQPT"),
    ("Le matériel n'est pas compris.", "EQPT"),
    ("No se entregan equipos.", "EQPT"),
    ("El programa no incluye equipos ni manuales.", "EQPT GUID"),
    ("Los equipos quedan excluidos.", "EQPT"),
    ("Оборудование не поставляется.", "EQPT"),
    ("Без поставки оборудования.", "EQPT"),
    ("Программа не включает поставку оборудования.", "EQPT"),
    ("لا يشمل البرنامج توفير معدات.", "EQPT"),
    ("المعدات غير مشمولة.", "EQPT"),
    ("不提供设备。", "EQPT"),
    ("O programa não inclui equipamento.", "EQPT"),
    ("Não são fornecidos equipamentos.", "EQPT"),
    ("Training is free of charge and at no cost to participants.", ""),
    ("Supplies detectors and trains operators.", ""),
    ("Equipment is supplied at no cost, training without delay.", ""),
    ("Not only training but also equipment is given.", ""),
    ("The guide is given to all participants, without exception.", ""),
    ("There is no limit to the number of courses.", ""),
    ("Hardware is the responsibility of the host.", "EQPT"),
    ("Purchases of equipment fall outside the scope of the project.", "EQPT"),
    ("Guides are available, but no courses are held.", "TRNG"),
]


@pytest.mark.parametrize(("summary", "gone"), TAKEN_AWAY)
def test_forms_of_help_that_the_text_does_not_give_are_taken_away(summary: str, gone: str) -> None:
    assert set(TAGGED) - read(summary).types == set(gone.split())


LANGUAGES = [
    ("English only.", "en"),
    ("Only in French.", "fr"),
    ("Courses are held in Spanish only.", "es"),
    ("Given in English, French or Spanish.", "en es fr"),
    ("Se imparte únicamente en español.", "es"),
    ("Uniquement en français.", "fr"),
    ("Только на английском языке.", "en"),
    ("باللغة الإنجليزية فقط.", "en"),
    ("仅提供英语授课。", "en"),
    ("Somente em inglês.", "en"),
    ("Interpretation into Arabic can be arranged.", "ar en es fr"),
    ("With interpretation into Russian.", "en es fr ru"),
    ("Interpretation into Arabic is not provided.", "en es fr"),
    ("Not only in English.", "en es fr"),
    ("Materials exist in English only; the course is also given in French.", "en fr"),
]


@pytest.mark.parametrize(("summary", "left"), LANGUAGES)
def test_languages_are_narrowed_or_added_by_the_text(summary: str, left: str) -> None:
    assert read(summary).languages == set(left.split())


AFRICA = directory().in_group("African")
LLDC = {state.iso3 for state in directory().states.values() if state.is_lldc} & AFRICA
LDC = {state.iso3 for state in directory().states.values() if state.is_ldc} & AFRICA
SIDS = {state.iso3 for state in directory().states.values() if state.is_sids} & AFRICA
WEST = (directory().in_group("Western Africa") | directory().members("ECOWAS")) & AFRICA
COVERAGE = [
    ("Open only to members of the Southern African Development Community.", directory().members("SADC")),
    ("Reserved for least developed countries.", LDC),
    ("Landlocked States only.", LLDC),
    ("Courses on profiling. Only for landlocked States in this phase.", LLDC),
    ("Limited to West African States.", WEST),
    ("Réservé aux pays du Sahel.", {"BFA", "CMR", "TCD", "GMB", "GIN", "MLI", "MRT", "NER", "NGA", "SEN"}),
    ("Reservado a los países de Centroamérica.", set()),
    ("Not open to Kenya and Uganda, which were served in 2025.", AFRICA - {"KEN", "UGA"}),
    ("For Kenya, Uganda and Rwanda only.", {"KEN", "UGA", "RWA"}),
    ("Только для стран, не имеющих выхода к морю.", LLDC),
    ("仅面向最不发达国家。", LDC),
    ("مخصص للدول الجزرية فقط.", SIDS),
    ("The course is held in Kenya.", AFRICA),
    ("Only one edition is held in East Africa each year.", AFRICA),
    ("Priority is given to island States.", AFRICA),
    ("Not open to States that have been served in 2025.", AFRICA),
]


@pytest.mark.parametrize(("summary", "left"), COVERAGE)
def test_the_text_narrows_the_coverage(summary: str, left: set[str]) -> None:
    assert in_africa(summary) == left


@pytest.mark.parametrize(
    ("summary", "left"),
    [
        ("Licensing is not covered.", {"BOR.CUS"}),
        ("Customs questions are not dealt with.", {"EXP.LIC"}),
        ("Strategic goods are not addressed.", set()),
        ("Les biens à double usage ne sont pas abordés.", set()),
        ("Не охватывает товары двойного назначения.", set()),
        ("لا يشمل البرنامج السلع الاستراتيجية.", set()),
        ("Customs and licensing are both dealt with.", {"BOR.CUS", "EXP.LIC"}),
    ],
)
def test_subjects_that_the_text_puts_aside_are_taken_away(summary: str, left: set[str]) -> None:
    assert {code for code in read(summary).areas if code in ("BOR.CUS", "EXP.LIC")} == left


def test_a_text_that_names_laboratories_counts_under_a_general_tag() -> None:
    reading = read("Courses for veterinary laboratories.", areas=("BIO",), weapon_types=frozenset({"BW"}))
    assert reading.areas["BIO.LAB"] == 0.85


def test_a_broad_tag_that_the_text_does_not_bear_out_is_weak_beside_one_that_it_does() -> None:
    reading = read("Protection of civil defence teams.", areas=("RSP", "CHE"))
    assert reading.areas["RSP"] == 1.0
    assert reading.areas["CHE"] == 0.5


def test_untagged_forms_and_languages_come_from_the_text() -> None:
    reading = read("Seminars in French.", types=(), languages=())
    assert reading.types == {"WKSH"}
    assert reading.languages == {"fr"}


def test_a_region_in_the_title_is_noticed_and_a_town_is_not() -> None:
    assert read("", title="Kits for the Caribbean").named_region
    assert read("", title="Course in Vienna").named_region is None
