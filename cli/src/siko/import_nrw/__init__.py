"""`siko import nrw`: sends the reference data as ordinary commands."""

from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE, UNREACHABLE

from siko.client import LONG_DEADLINE_S, Client, run
from siko.csv_form import PLAIN, Form
from siko.import_nrw.comparison import Compared, compare, only_new
from siko.import_nrw.dispatch import Report, carry_out, command_id
from siko.import_nrw.plan import Plan, read_plan
from siko.output import Failure, Output, say, show, table, wrong_usage
from siko.roles import IMPORT


def import_nrw(
    directory: Path | None, plan: bool, output: Output, data: Path | None, form: Form = PLAIN
) -> int:
    """Import `directory`, by default the shipped data; with `plan` only show the difference. Returns the exit code.

    `form`: how the files of the directory are written.
    """
    if directory is not None and not directory.is_dir():
        raise wrong_usage(f"{directory} is no directory")
    if directory is None and form != PLAIN:
        raise wrong_usage("--separator and --encoding are for files of your own: name their folder")
    planned = read_plan(directory, form) if directory else shipped()

    async def show_difference(client: Client) -> int:
        _show_plan(planned, await compare(client.acting(IMPORT), planned), output)
        return DONE

    async def work(client: Client) -> int:
        compared = await compare(client.acting(IMPORT), planned)
        report = await carry_out(client.acting(IMPORT), only_new(planned, compared))
        await _change(client.acting(IMPORT), compared, report)
        _show_report(report, planned, output)
        return DONE

    if not plan:
        return run(data, work, deadline_s=LONG_DEADLINE_S)
    try:
        return run(data, show_difference)
    except Failure as failure:
        if failure.exit_code != UNREACHABLE:
            raise
        say("No system answers: compared with an empty register.", aside=True)
    commands = [command for kind in planned.kinds().values() for command in kind]
    _show_plan(planned, [Compared(command, "new") for command in commands], output)
    return DONE


def shipped() -> Plan:
    """Return the plan of the data that this package ships."""
    return read_plan(files("siko.import_nrw") / "data")


async def _change(client: Client, compared: list[Compared], report: Report) -> None:
    """Change bodies whose description differs; report everything else that differs and leave it."""
    for comparison in compared:
        kind = comparison.kind
        if comparison.state == "unchanged":
            report.unchanged[kind] = report.unchanged.get(kind, 0) + 1
        elif comparison.state == "different":
            change = comparison.change
            answer = change and await client.command(
                "scheduler", change.NAME, change.model_dump(mode="json", exclude_none=True)
            )
            if answer is None or isinstance(answer, Refusal):
                report.different.append(comparison.name)
            else:
                report.changed[kind] = report.changed.get(kind, 0) + 1


def _show_plan(plan: Plan, compared: list[Compared], output: Output) -> None:
    commands = [
        {
            "service": "scheduler",
            "command": comparison.command.NAME,
            "command_id": command_id(comparison.command),
            "state": comparison.state,
            "differences": comparison.differences,
            "body": comparison.command.model_dump(mode="json", exclude_none=True),
        }
        for comparison in compared
    ]
    if output != Output.TABLE:
        show({"commands": commands, "not_taken": plan.not_taken}, commands, output)
        return
    by_state = Counter(comparison.state for comparison in compared)
    for kind in plan.kinds():
        new = [c.command for c in compared if (c.state, c.kind) == ("new", kind)]
        if new:
            say(f"{kind}: {len(new)} new")
            bodies = [command.model_dump(mode="json", exclude_none=True) for command in new]
            table([{name: value for name, value in body.items() if value != []} for body in bodies])
            say()
    different = [row for comparison in compared for row in _differences(comparison)]
    if different:
        table(different, title="different")
        say()
    counts = ", ".join(f"{by_state[state]} {state}" for state in ("new", "different", "unchanged"))
    say(f"{len(compared)} commands: {counts}; none sent.")
    _show_left_out(plan)


def _differences(compared: Compared) -> list[dict[str, Any]]:
    becomes = "changed by the import" if compared.change else "left as it is"
    return [
        {
            "what": compared.name,
            "field": field,
            "registered": registered,
            "file": in_file,
            "then": becomes,
        }
        for field, (registered, in_file) in compared.differences.items()
    ]


def _show_report(report: Report, plan: Plan, output: Output) -> None:
    rows = report.rows(plan)
    if output == Output.TABLE:
        table(rows)
        for name in report.different:
            say(f"{name} is registered otherwise and was left as it is")
        _show_left_out(plan)
        return
    document = {
        "imported": rows,
        "different": report.different,
        "not_taken": plan.not_taken,
        "areas_without_bodies": plan.areas_without_bodies(),
    }
    show(document, rows, output)


def _show_left_out(plan: Plan) -> None:
    for column in plan.not_taken:
        say(f"Not taken: {column['file']}, column {column['column']} ({column['values']} values)")
    without = plan.areas_without_bodies()
    if without:
        say(f"Without any body, so every category there is a gap: {len(without)} areas")
