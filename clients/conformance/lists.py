"""Points 7 to 10: pages, filters, picked fields and opened relations."""

from __future__ import annotations

import urllib.parse

from .portal import MOST_PAGES, RESOURCES, CannotTell, JsonObject, Portal, expect

_WHOLE = ("type", "id", "ref", "version")


def pages(portal: Portal) -> str:
    """Pages by cursor: each row once, in one order, and cursors that are good for nothing else."""
    name, _ = portal.longest
    first = portal.page(name, limit=2)
    expect(len(first["data"]) == 2, f"{name}/?limit=2 has {len(first['data'])} rows")
    expect(first["next"], f"{name}/?limit=2 has no next page")
    link = portal.answers[-1][1].headers.get("Link", "")
    expect(link == f'<{first["next"]}>; rel="next"', f"the Link header is {link or 'missing'}")
    rows = [row["id"] for row in portal.crawl(name, fields="id")]
    in_small_pages = [row["id"] for row in portal.crawl(name, fields="id", limit=2)]
    expect(rows == sorted(set(rows)), f"{name}: ids are not ascending, or one comes twice")
    expect(rows[: len(in_small_pages)] == in_small_pages, f"{name}: pages of 2 and of 200 show other rows")
    for limit in ("0", "-1", "201", "1000000000", "x"):
        portal.refuses(f"{name}/?limit={limit}", 400)
    _check_cursors(portal, name, first["next"])
    return f"{len(rows)} {name} in pages of 2 and of 200; altered and foreign cursors are refused"


def _check_cursors(portal: Portal, name: str, following: str) -> None:
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(following).query))
    cursor = query["cursor"]
    altered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    other = next(one for one in RESOURCES if one != name)
    for path in (f"{name}/?cursor={altered}", f"{name}/?id__in=1&cursor={cursor}", f"{other}/?cursor={cursor}"):
        portal.refuses(path, 400, "invalid-cursor")
    if portal.has_key:
        portal.refuses(f"{name}/?cursor={cursor}", 400, "invalid-cursor", visitor=True)


def filters(portal: Portal) -> str:
    """Filters find what fits and nothing else, and are those that the document lists."""
    used = 0
    for name, rows in portal.filled.items():
        known = _documented(portal, name)
        expect({"id", "id__in", "ref"} <= known, f"the document names no filters by id and ref of {name}")
        row = rows[len(rows) // 2]
        few = sorted(one["id"] for one in rows[:3])
        tried = {"id": row["id"], "id__in": ",".join(map(str, few)), "ref": row["ref"], "version__gte": row["version"],
                 "created_at__gte": row["created_at"], "created_at__lt": row["created_at"]}  # fmt: skip
        for parameter, value in tried.items():
            if parameter not in known:
                continue
            used += 1
            for found in portal.page(name, limit=200, **{parameter: value})["data"]:
                expect(_fits(found, parameter, value), f"{name}/?{parameter}={value} shows {found['id']}")
            if not parameter.endswith("__lt"):
                shown = [one["id"] for one in portal.crawl(name, **{parameter: value})]
                expect(row["id"] in shown or parameter == "id__in", f"{name}/?{parameter}={value} lacks {row['id']}")
        found = [one["id"] for one in portal.page(name, id__in=tried["id__in"])["data"]]
        expect(found == few, f"{name}/?id__in={tried['id__in']} shows {found}")
        portal.refuses(f"{name}/?id__regex=1", 400)
    return f"{used} filters of {len(portal.filled)} lists"


def _documented(portal: Portal, name: str) -> set[str]:
    """The parameters of a list, where they stand or under `components`."""
    shared = portal.document["components"]["parameters"]
    parameters = portal.document["paths"][f"/api/v1/{name}/"]["get"]["parameters"]
    return {(shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one)["name"] for one in parameters}


def _fits(row: JsonObject, parameter: str, value: object) -> bool:
    name, _, lookup = parameter.partition("__")
    if lookup == "in":
        return str(row[name]) in str(value).split(",")
    if lookup == "gte":
        return bool(row[name] >= value)
    return bool(row[name] < value) if lookup == "lt" else bool(row[name] == value)


def picking(portal: Portal) -> str:
    """`fields=`, `expand=` and `count=`."""
    name, _ = portal.longest
    for row in portal.page(name, fields="ref,version")["data"]:
        shown_names = {"type", "id", "ref", "version"}
        expect(set(row) == shown_names, f"{name}/?fields=ref,version shows {', '.join(sorted(row))}")
    meta = portal.page(name, count="true", limit=1)["meta"]
    shown = sum(1 for _ in portal.crawl(name, fields="id"))
    is_right = meta.get("count") == shown or shown >= 200 * MOST_PAGES
    expect(is_right, f"{name}: count is {meta.get('count')}, and {shown} rows are shown")
    expect("count" not in portal.page(name)["meta"], f"{name} counts without being asked")
    return f"{shown} {name} counted; {_opened(portal)}"


def _opened(portal: Portal) -> str:
    portal.refuses("offers/?expand=organization,state,areas,types", 400)
    for name, relation in (("offers", "areas"), ("organizations", "members"), ("areas", "parent")):
        for row in portal.crawl(name, expand=relation):
            value = row[relation]
            whole = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
            if whole:
                expect(set(_WHOLE) <= set(whole[0]), f"{name}/?expand={relation} opens {', '.join(sorted(whole[0]))}")
                deeper = [
                    key for key, below in whole[0].items() if isinstance(below, dict) and set(_WHOLE) <= set(below)
                ]
                expect(not deeper, f"{name}/?expand={relation} also opens {', '.join(deeper)} of it")
                return f"{relation} of {name} opened"
    return "no relation to open was found"


def queries(portal: Portal) -> str:
    """The number of statements does not depend on the number of rows."""
    raise CannotTell("the database's statements do not show from outside")
