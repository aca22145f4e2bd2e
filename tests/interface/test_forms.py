"""Fields are wired for screen readers, errors lead to their fields, and long lists stay plain checkboxes."""

import re
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError

from cooperation_portal.interface import widgets
from cooperation_portal.interface.forms import PlainMessages


class ExampleForm(PlainMessages, forms.Form):
    title = forms.CharField(max_length=5, help_text="As it is called.")
    note = forms.CharField(required=False, error_messages={"max_length": "Own words."}, max_length=3)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    starts = forms.DateField(widget=widgets.DayInput)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def rendered(source: str, **context) -> str:
    return Template("{% load interface %}" + source).render(Context(context))


def ids(html: str) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', html))


@pytest.fixture
def wrong():
    form = ExampleForm({"title": "too long", "note": "abcd", "starts": "soon"})
    form.is_valid()
    return form


def test_everything_a_field_refers_to_is_on_the_page(wrong):
    html = rendered("{% render_form form %}", form=wrong)
    referred = {i for value in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', html) for i in value.split()}
    referred |= set(re.findall(r'href="#([^"]+)"', html)) | set(re.findall(r'<label[^>]* for="([^"]+)"', html))
    assert referred <= ids(html)
    assert "id_title_helptext" in referred
    assert "id_title_error" in referred


def test_no_id_stands_twice(wrong):
    found = re.findall(r'\bid="([^"]+)"', rendered("{% render_form form %}", form=wrong))
    assert len(found) == len(set(found))


def test_what_was_typed_is_kept(wrong):
    assert 'value="too long"' in rendered("{% render_form form %}", form=wrong)


def test_field_in_error_is_marked_invalid(wrong):
    assert 'aria-invalid="true"' in rendered("{% field form.title %}", form=wrong)


def test_summary_leads_to_each_field_in_error(wrong):
    html = rendered("{% error_summary form %}", form=wrong)
    assert "4 entries need another look" in html
    assert '<a href="#id_title">Title</a>: Shorten this to 5 characters; it has 8.' in html


def test_summary_is_empty_while_nothing_is_wrong():
    assert rendered("{% error_summary form %}", form=ExampleForm()).strip() == ""


def test_summary_reads_formsets():
    rows = forms.formset_factory(ExampleForm, min_num=1, validate_min=True, extra=0)
    formset = rows({"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-title": "x"})
    formset.is_valid()
    assert 'href="#id_form-0-kind"' in rendered("{% error_summary rows %}", rows=formset)


def test_messages_say_what_to_do_and_own_ones_stay(wrong):
    assert wrong.errors["kind"] == ["Choose one."]
    assert wrong.errors["note"] == ["Own words."]
    assert wrong.errors["starts"] == ["Write the date as year, month and day, for example 2027-03-12."]


def test_only_optional_fields_are_marked():
    form = ExampleForm()
    assert "optional" in rendered("{% field form.note %}", form=form)
    assert "optional" not in rendered("{% field form.title %}", form=form)


def test_django_renders_fields_in_the_same_way():
    form = ExampleForm()
    assert form["title"].as_field_group().split() == rendered("{% field form.title %}", form=form).split()


def test_hidden_fields_are_in_the_form_once():
    assert rendered("{% render_form form %}", form=ExampleForm()).count('name="token"') == 1


def test_actions_refuse_a_parameter_they_do_not_know():
    with pytest.raises(TemplateSyntaxError, match="colour"):
        rendered("{% form_actions colour='red' %}")


def area(pk, code, parent=None):
    return SimpleNamespace(pk=pk, code=code, parent_id=parent, label=f"Area {code}")


class AreaForm(forms.Form):
    areas = forms.MultipleChoiceField(
        choices=[("1", "Borders"), ("2", "Customs"), ("3", "Awareness")], widget=widgets.AreaTreeWidget
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        areas = [area(1, "BOR"), area(2, "BOR.CUS", 1), area(3, "AWA")]
        self.fields["areas"].widget.tree = widgets.area_tree(areas, label=lambda a: a.label)


def test_area_tree_nests_and_opens_where_something_is_ticked():
    html = str(AreaForm(initial={"areas": ["2"]})["areas"])
    assert html.count("<details") == 1
    assert re.search(r"<details[^>]* open", html)
    assert re.search(r'value="2"[^>]* checked', html)
    assert not re.search(r'value="1"[^>]* checked', html)
    assert "BOR.CUS" in html


def test_area_tree_stays_folded_while_nothing_is_ticked():
    assert not re.search(r"<details[^>]* open", str(AreaForm()["areas"]))


def test_area_tree_posts_like_plain_checkboxes():
    form = AreaForm({"areas": ["1", "3"]})
    assert form.is_valid()
    assert form.cleaned_data["areas"] == ["1", "3"]


def test_area_of_an_unknown_parent_is_shown_at_the_top():
    assert [node[1] for node in widgets.area_tree([area(7, "X.Y", 99)])] == ["X.Y"]


def test_choices_of_an_unset_tree_are_shown_flat():
    field = forms.MultipleChoiceField(choices=[("1", "One")], widget=widgets.AreaTreeWidget)
    assert 'value="1"' in field.widget.render("areas", None)


def test_coverage_choice_carries_the_states_behind_it():
    widget = widgets.CoverageCheckboxes(choices=[("AFR", "African"), ("EEG", "Eastern European")])
    widget.members = {"AFR": ["ZMB", "AGO"]}
    html = widget.render("groups", [])
    assert 'data-members="AGO ZMB"' in html
    assert html.count("data-members") == 1


def test_day_input_gives_the_browser_an_iso_date():
    html = ExampleForm(initial={"starts": "2027-03-12"})["starts"].as_widget()
    assert 'type="date"' in html
    assert 'value="2027-03-12"' in html
