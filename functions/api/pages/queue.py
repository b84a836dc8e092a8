"""`/queue`: the puppet jobs that wait and those in flight, whether they are processed, and steering that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from markupsafe import Markup

from api.pages import confirming, frame
from api.pages.changes import changed
from api.pages.charts import meter
from api.pages.confirming import Step
from api.pages.marks import state
from api.pages.moments import count, duration, moment
from api.pages.site import Site
from api.pages.tables import FORMAT, Column, Row, Table, exported, here
from api.pages.texts import quoted
from nightshift import Choice
from nightshift.routes import Guard, Json, Request, Response, Route

PATH: Final = "/queue"
_LIST = Choice("list", ("types", "users", "processors", "settings", "changes"), "types", "Which list, as a file.")
_MOST = 100
_STEPS: Final = {
    "start": Step(
        "Let puppet jobs be processed?",
        "From the next tick on, at most a minute from now, the jobs that are due are claimed again.",
        "Start processing", f"{PATH}/start", PATH,
    ),
    "stop": Step(
        "Stop processing puppet jobs?",
        "No job is claimed any more until somebody starts processing again. Those in flight come to their end, and what"
        " is put into the queue waits there.",
        "Stop processing", f"{PATH}/stop", PATH, is_risky=True,
    ),
    "reset-stuck-jobs": Step(
        "Reset the jobs that are stuck?",
        "Jobs in flight whose processor has given no sign of life for too long are tried again, or fail where their"
        " attempts are used up. Every tick does the same; this does it now.",
        "Reset them", f"{PATH}/reset-stuck-jobs", PATH,
    ),
}  # fmt: skip
_ACTIONS: Final = {
    "puppet-start": "started", "puppet-stop": "stopped", "puppet-reset-stuck-jobs": "reset stuck jobs",
    "puppet-config": "changed settings",
}  # fmt: skip


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of the page and of its forms."""

    def one(request: Request) -> Response:
        return _page(site, request)

    return (
        Route("GET", PATH, Guard.READ, one, "The queue of puppet jobs", query=(FORMAT, _LIST),
              media_type=frame.MEDIA_TYPE),
        *(route for name, step in _STEPS.items() for route in _form(site, name, step)),
    )  # fmt: skip


def _form(site: Site, name: str, step: Step) -> tuple[Route, ...]:
    def ask(request: Request) -> Response:
        return confirming.ask(request, step)

    def change(request: Request) -> Response:
        return confirming.do(request, step, lambda: site.api.post(request, f"/api/cron/{name}"))

    summary = f"{step.button}, for puppet jobs"
    return (
        Route("GET", step.path, Guard.ADMIN, ask, f"Ask: {summary}", media_type=frame.MEDIA_TYPE),
        Route("POST", step.path, Guard.ADMIN, change, summary, media_type=frame.MEDIA_TYPE),
    )


def _page(site: Site, request: Request) -> Response:
    queue = site.api.get(request, "/api/cron/queue", {"top": _MOST if request.query["format"] != "html" else 15})
    status = site.api.get(request, "/api/cron/status")
    configuration = site.api.get(request, "/api/cron/config")
    tables = {
        "types": _shares("types", "jobType", "Job type", queue["byType"], request),
        "users": _shares("users", "userId", "User", queue["byUser"], request),
        "processors": _processors(queue["processors"], status["processors"], request),
        "settings": _settings(configuration, request),
        "changes": _changes(configuration["history"], request),
    }
    chosen = request.query["list"]
    return exported(request, tables[chosen], f"puppet-{chosen}") or frame.page(
        request, "queue.html", PATH, title="Puppet queue", tables=tables, queue=queue, processing=status,
        configuration=configuration, figures=_figures(queue), ended=_ended(queue["lastHour"]),
    )  # fmt: skip


def _figures(queue: Json) -> list[tuple[str, Any]]:
    states, age = queue["states"], queue["oldestAgeSeconds"]
    return [
        ("Due now", _capped(states["due"])),
        ("Oldest is due for", duration(age * 1000) if age is not None else "\u2013"),
        ("Due again", count(queue["dueAgain"])),
        ("Later", _capped(states["later"])),
        ("Running", _capped(states["running"])),
        ("Waits for an answer", _capped(states["waiting"])),
    ]


def _capped(counted: Json) -> str:
    return f"{count(counted['count'])}{'+' if counted['isCapped'] else ''}"


def _ended(hour: Json) -> list[tuple[str, str]]:
    """Return how jobs ended in the last hour, those ways alone that there were."""
    plus = "+" if hour["isCapped"] else ""
    return [(word, f"{count(hour[word])}{plus} {word}") for word in hour if word != "isCapped" and hour[word]]


def _shares(name: str, key: str, title: str, rows: list[Json], request: Request) -> Table:
    most = max((row["due"] for row in rows), default=0)
    columns = (
        Column(title, key, lambda row: row[key], lambda row: quoted(row[key]), "wide"),
        Column(
            "Due", "due", lambda row: row["due"], lambda row: meter(row["due"], most, count(row["due"])), "measured"
        ),
        Column("In flight", "inFlight", lambda row: row["inFlight"], lambda row: count(row["inFlight"]), "number"),
    )
    caption = "By job type" if name == "types" else "By user"
    return Table(caption, columns, rows, exports=_file(request, name), empty="Nothing is due or in flight.", live=name)


def _processors(flying: list[Json], known: list[Json], request: Request) -> Table:
    """Lay what each processor has in flight beside what it says of itself."""
    rows: dict[str, Json] = {row["processorId"]: {**_SILENT, **row} for row in known}
    for row in flying:
        rows.setdefault(row["processorId"], {**_SILENT, "isAlive": False, "runId": None, "processed": None})
        rows[row["processorId"]] |= row
    found = sorted(rows.values(), key=lambda row: (-row["running"] - row["waiting"], str(row["processorId"])))
    return Table("In flight by processor", _PROCESSOR, found, exports=_file(request, "processors"),
                 empty="No processor has been at work lately.", live="processors")  # fmt: skip


_SILENT: Final[Json] = {"running": 0, "waiting": 0, "longestSeconds": None, "silentSeconds": None}


def _processor(row: Row) -> Markup:
    name = row["processorId"] or "none"
    shown = Markup('<a href="/runs/{}">{}</a>').format(row["runId"], quoted(name, 40)) if row["runId"] else quoted(name)
    return Markup('<span class="code">{}</span>').format(shown)


def _alive(row: Row) -> Markup:
    return state("running", "at work") if row["isAlive"] else state("stopped", "gone")


def _seconds(name: str) -> Callable[[Row], Any]:
    return lambda row: duration(row[name] * 1000) if row[name] is not None else ""


def _number(name: str) -> Callable[[Row], Any]:
    return lambda row: count(row[name])


_PROCESSOR: Final = (
    Column("Processor", "processorId", lambda row: row["processorId"], _processor, "wide"),
    Column("State", "isAlive", lambda row: row["isAlive"], _alive),
    Column("Running", "running", lambda row: row["running"], _number("running"), "number"),
    Column("Waiting", "waiting", lambda row: row["waiting"], _number("waiting"), "number"),
    Column("Longest", "longestSeconds", lambda row: row["longestSeconds"], _seconds("longestSeconds"), "number"),
    Column("Silent for", "silentSeconds", lambda row: row["silentSeconds"], _seconds("silentSeconds"), "number"),
    Column("Done so far", "processed", lambda row: row["processed"], _number("processed"), "number"),
)


def _settings(configuration: Json, request: Request) -> Table:
    presets, bounds = configuration["presets"], configuration["bounds"]
    rows = [
        {
            "name": name, "value": value, **{preset: values.get(name) for preset, values in presets.items()},
            "minimum": bounds[name]["minimum"], "maximum": bounds[name]["maximum"],
        }
        for name, value in configuration["configuration"].items()
    ]  # fmt: skip
    columns = (
        Column("Setting", "name", lambda row: row["name"], kind="code"),
        Column("In force", "value", lambda row: row["value"], kind="number"),
        *(_preset(preset, is_chosen=preset == configuration["preset"]) for preset in presets),
        Column("From", "minimum", lambda row: row["minimum"], kind="number"),
        Column("To", "maximum", lambda row: row["maximum"], kind="number"),
    )
    return Table("Settings, and what the presets would set", columns, rows, exports=_file(request, "settings"),
                 live="settings")  # fmt: skip


def _preset(name: str, *, is_chosen: bool) -> Column:
    return Column(f"{name} (in force)" if is_chosen else name, name, lambda row: row[name], kind="number")


def _changes(history: list[Json], request: Request) -> Table:
    columns = (
        Column("When", "at", lambda row: row["at"], lambda row: moment(row["at"], ago=True)),
        Column("Who", "who", lambda row: row["who"], lambda row: quoted(row["who"])),
        Column("What", "action", lambda row: row["action"], _action),
        Column("Came to", "after", lambda row: row["after"], lambda row: changed(row["before"], row["after"]), "wide"),
    )
    return Table("What was done to it last", columns, history, exports=_file(request, "changes"),
                 empty="Nobody has changed anything yet.", live="changes")  # fmt: skip


def _action(change: Row) -> str:
    return _ACTIONS.get(change["action"], str(change["action"]))


def _file(request: Request, name: str) -> str:
    return here(request, PATH, list=name)
