"""What a request's prose says against its tags, in seven languages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistance.matching.request_reading import RequestReading, read_request

from .builders import directory, need, request


def read(description: str, *needs: Any, **values: Any) -> RequestReading:
    values.setdefault("title", "")
    return read_request(request(*needs, description=description, **values), directory())


WANTED = [
    ("The staff do not need lessons.", "EQPT"),
    ("Kenya asks for training. Equipment is not needed.", "TRNG"),
    ("No equipment is needed.", "TRNG"),
    ("Kenya has no need of equipment.", "TRNG"),
    ("There is no need for further equipment; training is requested.", "TRNG"),
    ("Training has already been provided by another partner.", "EQPT"),
    ("Courses were given in 2025 and need not be repeated.", "EQPT"),
    ("Equipment has been delivered by Japan and is sufficient.", "TRNG"),
    ("Classroom courses are not what is needed; the laboratory needs instruments.", "EQPT"),
    ("The Government does not wish to receive equipment.", "TRNG"),
    ("Equipment only; courses are covered by WCO.", "EQPT"),
    ("Le Gouvernement n'a pas besoin de matériel.", "TRNG"),
    ("Aucun équipement n'est demandé.", "TRNG"),
    ("La formation est déjà assurée par l'OMD.", "EQPT"),
    ("L'équipement n'est pas nécessaire.", "TRNG"),
    ("No se necesitan equipos.", "TRNG"),
    ("Los cursos ya fueron impartidos en 2025.", "EQPT"),
    ("No hacen falta equipos.", "TRNG"),
    ("Ya se cuenta con equipos suficientes.", "TRNG"),
    ("Оборудование не требуется.", "TRNG"),
    ("Обучение уже проведено.", "EQPT"),
    ("В оборудовании нет необходимости.", "TRNG"),
    ("لا تحتاج الحكومة إلى معدات.", "TRNG"),
    ("المعدات متوفرة بالفعل.", "TRNG"),
    ("سبق تقديم التدريب من شريك آخر ولا حاجة إلى تكراره.", "EQPT"),
    ("不需要设备。", "TRNG"),
    ("已获得培训，不再需要。", "EQPT"),
    ("Não é necessário equipamento.", "TRNG"),
    ("A formação já foi assegurada por outro parceiro.", "EQPT"),
    ("Kenya requests training and equipment. Courses should not exceed two weeks.", "EQPT TRNG"),
    ("Training must be practical. Equipment should arrive no later than June.", "EQPT TRNG"),
    ("Courses so far have not had lasting effect for want of equipment.", "EQPT TRNG"),
    ("Without equipment the trained officers cannot work.", "EQPT TRNG"),
    ("Equipment is old and training was last given in 2015.", "EQPT TRNG"),
    ("A course alone will not be enough; equipment is needed too.", "EQPT TRNG"),
    ("Los cursos no deben superar una semana. También se necesitan equipos.", "EQPT TRNG"),
    ("No legal advice is required.", "EQPT TRNG"),
    ("Not only training but also equipment is requested.", "EQPT TRNG"),
    ("Online courses are of little use because connections are poor.", "EQPT TRNG"),
    ("The officers have not received training for ten years and have no equipment.", "EQPT TRNG"),
    ("Kenya requests training; it does not yet have equipment of its own and requests some.", "EQPT TRNG"),
]


@pytest.mark.parametrize(("description", "left"), WANTED)
def test_forms_of_help_that_the_text_refuses_are_not_needed(description: str, left: str) -> None:
    reading = read(description, need(types=("TRNG", "EQPT")))
    assert {form for form, weight in reading.needs[0].types.items() if weight >= 1} == set(left.split())


def test_a_refusal_reaches_only_the_area_that_it_names() -> None:
    reading = read(
        "Training on licensing in general was received in 2025 and is not sought again.",
        need("EXP.LIC", ("TRNG",)),
        need("EXP.TRA", ("TRNG",), key="2"),
    )
    assert not reading.needs[0].types
    assert reading.needs[1].types


def test_who_refuses_training_does_not_want_it_as_a_seminar_either() -> None:
    reading = read("Courses are not needed.", need(types=("EQPT",)))
    assert {"TRNG", "WKSH", "ELEA"} <= reading.needs[0].refused_types


INSISTED = [
    ("Training must be given in French.", ("fr",), True),
    ("Courses have to be in Spanish because few officers speak other languages.", ("es",), True),
    ("Spanish is preferred.", ("es",), False),
    ("The working language is Portuguese.", ("pt",), False),
    ("Documents in Arabic are indispensable.", ("ar",), True),
    ("Обучение должно проводиться на русском языке.", ("ru",), True),
    ("La formation doit être dispensée en français.", ("fr",), True),
    ("La capacitación debe ser en español.", ("es",), True),
    ("يجب أن تكون الدورات باللغة العربية.", ("ar",), True),
    ("Only Russian can be used with the staff.", ("ru",), True),
    ("培训必须用中文进行。", ("zh",), True),
    ("O pessoal não fala inglês; os cursos têm de ser em português.", ("pt",), True),
    ("Рабочий язык — русский.", ("ru",), False),
    ("English or French may be used.", ("en", "fr"), False),
    ("The participants do not speak English; French is needed.", ("fr",), True),
    ("Translation into Arabic would help.", ("ar",), False),
]


@pytest.mark.parametrize(("description", "languages", "insists"), INSISTED)
def test_insisting_on_a_language_is_more_than_preferring_it(
    description: str, languages: tuple[str, ...], insists: bool
) -> None:
    assert read(description, languages=languages).insists_on_language is insists


VAGUE = [
    "The authorities are still studying which sectors need help.",
    "Specific needs will be communicated later.",
    "The Government has not yet decided what it needs.",
    "Kenya is interested in assistance and would like to learn about available programmes.",
    "Les besoins précis restent à définir.",
    "Las necesidades concretas se definirán más adelante.",
    "Конкретные потребности будут сообщены позднее.",
    "ستحدد الاحتياجات لاحقاً.",
    "具体需求将另行通知。",
    "As necessidades concretas serão comunicadas mais tarde.",
]


@pytest.mark.parametrize("description", VAGUE)
def test_a_request_that_does_not_yet_know_its_needs_is_vague(description: str) -> None:
    assert read(description, need("BOR", ("NEED",))).is_vague


def test_a_definite_assessment_is_not_vague() -> None:
    assert not read("A baseline study of two border posts is requested.", need("BOR.CUS", ("NEED",))).is_vague


SUBJECTS = [
    ("Prosecutors need training on evidence in trials.", "LAW.PRO"),
    ("Officers who license exports need a course on end-use checks.", "EXP.CAT"),
    ("Training for laboratory staff who handle dangerous pathogens is requested.", "BIO.TRN"),
    ("The Financial Intelligence Unit asks for a course on the freezing of assets.", "LEG.FIN"),
    ("Se pide capacitación sobre transbordo y tránsito de mercancías.", "EXP.TRA"),
    ("Il est demandé une formation sur les sources radioactives scellées.", "NUC.SRC"),
    ("Просим провести обучение таможенных служб.", "BOR.CUS"),
    ("تدريب على الكشف عن الإشعاع في المطار.", "NUC.DET"),
    ("请求为国家主管部门提供关于年度宣布的培训。", "CHE.NA"),
    ("Solicita-se formação sobre corretagem.", "BOR.BRK"),
    ("A course for port facility security officers and the coast guard.", "BOR.MAR"),
    ("Help to write the first national report.", "REP.RPT"),
    ("Training on the physical protection of the research reactor.", "PHY.NUC"),
]


@pytest.mark.parametrize(("description", "area"), SUBJECTS)
def test_under_the_catch_all_the_text_names_the_area(description: str, area: str) -> None:
    assert read(description, need("CAP")).needs[0].areas[area] == 1.0


def test_a_catch_all_request_without_a_subject_stays_one() -> None:
    assert read("Help of any kind is welcome.", need("CAP")).needs[0].areas == {"CAP": 1.0}


def test_a_field_is_found_in_other_parts_of_the_tree() -> None:
    reading = read("The laboratories need locks and cameras.", need("BIO", ("EQPT",)), weapon_types=frozenset({"BW"}))
    assert "PHY.BIO" in reading.needs[0].areas


def test_the_text_asks_for_a_form_beside_the_tagged_ones() -> None:
    reading = read("One drafting workshop is requested.", need("REP.NAP", ("NAPD",)))
    assert reading.needs[0].types == {"NAPD": 1.0, "WKSH": 0.5}


@pytest.mark.parametrize(
    ("description", "urgent"),
    [
        ("The matter is urgent.", True),
        ("Help is needed without delay.", True),
        ("Se solicita con carácter urgente.", True),
        ("De toute urgence.", True),
        ("Как можно скорее.", True),
        ("بصورة عاجلة.", True),
        ("急需援助。", True),
        ("Com urgência.", True),
        ("Work can begin in 2028.", False),
    ],
)
def test_urgency_is_read_from_the_text(description: str, urgent: bool) -> None:
    assert read(description).is_urgent is urgent


@pytest.mark.parametrize(
    ("description", "declined"),
    [
        ("Kenya does not wish to work with NATO.", {"NATO"}),
        ("Offers by EXBS cannot be accepted.", {"EXBS"}),
        ("Assistance from OSCE is not sought.", {"OSCE"}),
        ("The WHO office supports the request.", set()),
        ("Training by WHO is not needed.", set()),
    ],
)
def test_a_provider_may_be_declined_in_the_text(description: str, declined: set[str]) -> None:
    assert read(description).declined == declined


def test_an_unknown_area_is_kept_as_a_need_that_nothing_meets() -> None:
    reading = read("", need("XXX"), needed_by=date(2028, 1, 1))
    assert not reading.needs[0].is_known
    assert reading.needs[0].areas == {}
